import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const folder = dirname(fileURLToPath(import.meta.url));

async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: folder },
    ...{ bundle: true, minify: true, format: "esm", platform: "browser", write: false },
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return outputFiles[0]?.text ?? "";
}

/** Measures a browser bundle of these exports, minified and gzipped, in bytes. */
export async function bundleBytes(names: string): Promise<number> {
  return gzipSync(await bundle(`export { ${names} } from "@freshet/agent-sse";`), { level: 9 })
    .length;
}

const page = `
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { agentEvent, agentStreamResponse } from "@freshet/agent-sse";
import { useAgentStream } from "@freshet/agent-sse/react";

const texts = Array.from({ length: 10_000 }, (_, index) => "word" + index + " ");
const fetch = () => Promise.resolve(agentStreamResponse([...texts.map(agentEvent.token), agentEvent.done()]));
const longTasks = [];
const started = performance.now();
new PerformanceObserver((list) => {
  // Without the task that loads React and this script.
  for (const { startTime, duration } of list.getEntries()) {
    if (startTime >= started) longTasks.push(duration);
  }
}).observe({ type: "longtask", buffered: true });
let renders = 0;
function Text() {
  const { text, status } = useAgentStream("/events", { fetch });
  renders++;
  if (status === "done" && text === texts.join("")) {
    const ms = performance.now() - started;
    // Long tasks are reported after the fact.
    setTimeout(() => (window.result = { ms, renders, longTasks }), 500);
  }
  return createElement("p", null, text);
}
createRoot(document.body).render(createElement(Text));
`;

/** `CHROMIUM_PATH`, else the system's Chromium, else the one that playwright downloaded. */
function chromiumPath(): string | undefined {
  const given = process.env["CHROMIUM_PATH"];
  const paths = given ? [given] : ["/usr/bin/chromium", chromium.executablePath()];
  return paths.find((path) => existsSync(path));
}

/** The cost of 10,000 tokens at full speed in a React page. */
export interface ReactFigures {
  ms: number;
  renders: number;
  /** Tasks of more than 50 ms, in milliseconds. */
  longTasks: number[];
}

/** Returns nothing where there is no Chromium. */
export async function measureReact(): Promise<ReactFigures | undefined> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) return undefined;
  const script = await bundle(page);
  const server = createServer((request, response) => {
    const isScript = request.url === "/page.js";
    response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
    response.end(
      isScript ? script : '<!doctype html><body><script type="module" src="/page.js"></script>',
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-background-networking", "--no-first-run", "--disable-quic"],
  });
  try {
    const tab = await browser.newPage();
    await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const result = await tab.waitForFunction("window.result");
    return (await result.jsonValue()) as ReactFigures;
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}
