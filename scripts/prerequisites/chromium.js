import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { aptInstall } from "./apt.js";
import { onPath } from "./on-path.js";

const require = createRequire(import.meta.url);

/** The browser tests run in a real Chromium, which no npm package contains. */
export const chromium = {
  name: "Chromium",
  variable: "CHROMIUM_PATH",
  command: "apt-get install chromium, or npx playwright-core install chromium",
  /** What a test file that needs it contains. */
  usedBy: /from "playwright-core"|\/page-site\.ts"/,

  /** @returns {string | undefined} its executable: the system's, else playwright's download */
  find() {
    const { CHROMIUM_PATH } = process.env;
    if (CHROMIUM_PATH) return existsSync(CHROMIUM_PATH) ? CHROMIUM_PATH : undefined;
    return onPath("chromium", "chromium-browser", "google-chrome") ?? downloaded();
  },

  install() {
    try {
      aptInstall(["chromium"]);
    } catch {
      // apt-get printed why; there is another way.
    }
    if (this.find()) return;
    const cli = join(dirname(require.resolve("playwright-core/package.json")), "cli.js");
    console.log("Installing what the tests need: playwright-core install chromium");
    execFileSync(process.execPath, [cli, "install", "chromium"], {
      stdio: ["ignore", "ignore", "inherit"],
      timeout: 300_000,
    });
  },
};

function downloaded() {
  const path = require("playwright-core").chromium.executablePath();
  return path && existsSync(path) ? path : undefined;
}
