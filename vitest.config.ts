import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type Plugin } from "vitest/config";
import { chromium } from "./scripts/prerequisites/chromium.js";
import { missingPrerequisites, testsThatNeed } from "./scripts/prerequisites/index.js";

// Tests run on the sources. The exports map has a condition for that; an `imports` map cannot have
// one (it would be published), so its `./dist/x.js` targets are read as `./src/x.ts` here.
const conditions = ["@freshet/source"];

// `pnpm test` installs what is missing, and reports at the end which of these did not run.
const missing = missingPrerequisites();
const notRun = missing.flatMap(({ usedBy }) => testsThatNeed(import.meta.dirname, usedBy));
const hasChromium = !missing.includes(chromium);

type ImportsMap = Record<string, Record<string, string>>;

function sourceImports(folder: string, condition: "node" | "browser"): Plugin {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    imports?: ImportsMap;
  };
  return {
    name: "freshet:source-imports",
    enforce: "pre",
    resolveId(id, importer) {
      const targets = importer?.startsWith(folder) ? manifest.imports?.[id] : undefined;
      const target = targets?.[condition] ?? targets?.["default"];
      return target && join(folder, target.replace("./dist/", "./src/").replace(/\.js$/, ".ts"));
    },
  };
}

/**
 * The projects of one workspace folder. `*.test.ts` runs on Node and, in a package that also has a
 * "chromium" project, in Chromium; `*.node.test.ts` only on Node; `*.browser.test.ts` only in Chromium.
 */
function projects(folder: string, name: string, all: readonly string[]) {
  const root = join(import.meta.dirname, folder, name);
  const sources = (condition: "node" | "browser") =>
    all.map((other) => sourceImports(join(import.meta.dirname, "packages", other), condition));
  // What a project's tests need beside them (a build, a server) starts once, before them.
  const setup = join(root, "test/global-setup.ts");
  const globalSetup = existsSync(setup) ? [setup] : [];
  const node = {
    plugins: sources("node"),
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      ...(waitsMostly.has(name) && { maxWorkers: 4, sequence: { groupOrder: 1 } }),
      name,
      root,
      globalSetup,
      include: ["test/**/*.test.{ts,tsx}"],
      exclude: ["test/**/*.browser.test.{ts,tsx}", ...notRunIn(`${folder}/${name}/`)],
      testTimeout: 30_000,
      hookTimeout: 30_000,
    },
  };
  if (!inChromium.has(name) || !hasChromium) return [node];
  const browsers = {
    plugins: sources("browser"),
    resolve: { conditions: [...conditions, "browser", "module", "import"] },
    test: {
      name: `${name} in browsers`,
      root,
      globalSetup,
      include: ["test/**/*.test.{ts,tsx}"],
      exclude: ["test/**/*.node.test.{ts,tsx}"],
      testTimeout: 30_000,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({
          launchOptions: {
            executablePath: process.env["CHROMIUM_PATH"],
            args: [
              "--no-sandbox",
              "--disable-background-networking",
              "--disable-component-update",
              "--disable-sync",
              "--no-first-run",
              "--disable-quic",
            ],
          },
        }),
        instances: [{ browser: "chromium" as const, name: `${name} (chromium)` }],
      },
    },
  };
  return [node, browsers];
}

function notRunIn(folder: string): string[] {
  return notRun.filter((file) => file.startsWith(folder)).map((file) => file.slice(folder.length));
}

const inChromium = new Set([
  "core",
  "eventstream-codec",
  "agent-sse",
  "bedrock-adapter",
  "durable-streams-client",
]);

/**
 * Projects whose tests wait for timers, disks and other processes rather than compute: their files run
 * side by side even on two cores, after those of the other projects.
 */
const waitsMostly = new Set(["durable-streams-server"]);
const folders = (parent: string) =>
  readdirSync(join(import.meta.dirname, parent)).filter((name) =>
    existsSync(join(import.meta.dirname, parent, name, "package.json")),
  );
const packages = folders("packages");

/** The client's tests against a real server, on the server of this repository: it has both ends. */
function clientOnServer() {
  const [node] = projects("packages", "durable-streams-client", packages);
  const setup = join(import.meta.dirname, "apps/conformance/test/client-on-server/global-setup.ts");
  return {
    ...node,
    test: {
      ...node?.test,
      name: "client-on-server",
      globalSetup: [setup],
      include: ["test/durable-stream.test.ts", "test/faults.test.ts"],
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      ...packages.flatMap((name) => projects("packages", name, packages)),
      ...folders("apps").flatMap((name) => projects("apps", name, packages)),
      clientOnServer(),
      {
        test: {
          name: "repository",
          root: join(import.meta.dirname, "scripts"),
          include: ["test/**/*.test.js"],
          testTimeout: 30_000,
        },
      },
    ],
  },
});
