// `pnpm stress:server`: runs main.ts, which is TypeScript, on the sources.
import { createViteServer } from "vitest/node";

// The helper that starts PostgreSQL is told where its programs are, as by the repository's test run.
const prerequisite = new URL("../../../../scripts/prerequisites/postgres.js", import.meta.url);
const { postgres } = await import(prerequisite.href);
const programs = postgres.find();
if (programs) process.env[postgres.variable] = programs;

const vite = await createViteServer({
  root: import.meta.dirname,
  configFile: false,
  logLevel: "error",
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  ssr: { resolve: { conditions: ["@freshet/source", "node"] } },
});
const { main } = await vite.ssrLoadModule("/main.ts");
process.exitCode = await main(process.argv.slice(2));
await vite.close();
