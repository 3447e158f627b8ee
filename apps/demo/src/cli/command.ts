import { once } from "node:events";
import { responseSourceOf } from "../pipeline/response-source.ts";
import { startPipeline } from "../pipeline/pipeline.ts";
import { Supervisor } from "../pipeline/supervisor.ts";
import { startSite } from "../faults/site.ts";
import { runOnce } from "../run/run.ts";
import { summaryLine } from "../run/summary.ts";
import { checkPort } from "./check-port.ts";
import { abortOnInterrupt } from "./interrupt.ts";
import { introduction } from "./introduction.ts";
import { openBrowser } from "./open-browser.ts";
import type { DemoOptions } from "./options.ts";
import { silentDisplay, terminalDisplay } from "./terminal.ts";

/** Runs the demo with the command line's options. Resolves to the exit code. */
export async function runCommand(demo: DemoOptions): Promise<number> {
  if (!demo.once && demo.port !== 0) await checkPort(demo.port);
  const interrupted = abortOnInterrupt();
  try {
    return await runUntil(interrupted, demo);
  } catch (error) {
    if (interrupted.aborted) return 130;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

async function runUntil(interrupted: AbortSignal, demo: DemoOptions): Promise<number> {
  await using supervisor = new Supervisor(demo.profile);
  process.on("exit", () => supervisor.killAll());
  const display = demo.json ? silentDisplay : terminalDisplay(process.stdout);
  const source = await responseSourceOf(demo);
  for (const line of introduction(demo, source)) display.note(line);
  await using pipeline = await startPipeline({ options: demo, source, supervisor });
  interrupted.throwIfAborted();
  let isOk = true;
  if (demo.run) {
    const running = { ...demo, source, supervisor, pipeline, display, signal: interrupted };
    const summary = await runOnce(running);
    isOk = summary.ok;
    if (demo.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    display.note(`\n${summaryLine(summary)}`);
  }
  if (!demo.once && !interrupted.aborted) {
    await using site = await startSite(pipeline, demo.port);
    display.note(`\nThe page is served at ${site.url} until Ctrl-C.`);
    if (demo.open) openBrowser(site.url);
    await once(interrupted, "abort");
  }
  return isOk ? 0 : 1;
}
