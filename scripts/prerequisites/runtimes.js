import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { onPath } from "./on-path.js";

const { platform, arch } = process;
const conformance = createRequire(new URL("../../apps/conformance/package.json", import.meta.url));

/** The packages of each runtime hold its program for one platform; its own postinstall is not needed. */
export const runtimes = [
  runtime("Bun", "BUN_PATH", {
    name: "bun",
    binaries: [arch, `${arch}-musl`].map(
      (cpu) =>
        `@oven/bun-${nameOf({ win32: "windows" })}-${cpu.replace("arm64", "aarch64")}/bin/bun`,
    ),
  }),
  runtime("Deno", "DENO_PATH", {
    name: "deno",
    binaries: [`@deno/${platform}-${arch}${platform === "linux" ? "-glibc" : ""}/deno`],
  }),
  runtime("workerd", "WORKERD_PATH", {
    name: "workerd",
    binaries: [
      `@cloudflare/workerd-${nameOf({ win32: "windows" })}-${arch.replace("x64", "64")}/bin/workerd`,
    ],
  }),
];

function nameOf(names) {
  return names[platform] ?? platform;
}

function runtime(title, variable, { name, binaries }) {
  return {
    name: title,
    variable,
    command: `pnpm install (the npm package ${name} has no program for ${platform} ${arch} installed), or set ${variable}`,
    usedBy: undefined,
    find() {
      const given = process.env[variable];
      if (given) return existsSync(given) ? given : undefined;
      return binaries.map((path) => fromNpm(name, path)).find(Boolean) ?? onPath(name);
    },
    install() {
      // It comes with the dependencies of apps/conformance, or not at all.
    },
  };
}

function fromNpm(name, path) {
  try {
    const own = createRequire(conformance.resolve(`${name}/package.json`));
    const [scope, pkg, ...rest] = path.split("/");
    const folder = dirname(own.resolve(`${scope}/${pkg}/package.json`));
    const suffix = platform === "win32" ? ".exe" : "";
    const file = join(folder, `${rest.join("/")}${suffix}`);
    return existsSync(file) ? file : undefined;
  } catch {
    return undefined;
  }
}
