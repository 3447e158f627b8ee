import { once } from "node:events";
import { loadAnswer } from "../pipeline/response-source.ts";
import { checkPort } from "./check-port.ts";
import { abortOnInterrupt } from "./interrupt.ts";
import { introduction } from "./introduction.ts";
import type { DemoOptions } from "./options.ts";
import { runDemo } from "../run/run.ts";
import { summaryLine } from "../run/summary.ts";
import { Supervisor } from "../pipeline/supervisor.ts";
import { silentDisplay, terminalDisplay } from "./terminal.ts";
import { openBrowser } from "./open-browser.ts";
import { type Site, startSite } from "../faults/site.ts";
import { startWay, type Way } from "../pipeline/pipeline.ts";

/** Runs the demo as the command line asks for it. Resolves to the exit code. */
export async function runCommand(demo: DemoOptions): Promise<number> {
  if (!demo.once && demo.port !== 0) await checkPort(demo.port);
  const supervisor = new Supervisor(demo.profile);
  const interrupted = abortOnInterrupt();
  process.on("exit", () => supervisor.killAll());
  const display = demo.json ? silentDisplay : terminalDisplay(process.stdout);
  let way: Way | undefined;
  let site: Site | undefined;
  try {
    const answer = await loadAnswer(demo);
    for (const line of introduction(demo, answer)) display.note(line);
    way = await startWay({ demo, answer, supervisor });
    interrupted.throwIfAborted();
    let isOk = true;
    if (demo.run) {
      const summary = await runDemo({
        demo,
        answer,
        supervisor,
        way,
        display,
        signal: interrupted,
      });
      isOk = summary.ok;
      if (demo.json) process.stdout.write(`${JSON.stringify(summary)}\n`);
      display.note(`\n${summaryLine(summary)}`);
    }
    if (!demo.once && !interrupted.aborted) {
      site = await startSite(way, demo.port);
      display.note(`\nThe page stays up at ${site.url} until Ctrl-C.`);
      if (demo.open) openBrowser(site.url);
      await once(interrupted, "abort");
    }
    return isOk ? 0 : 1;
  } catch (error) {
    if (interrupted.aborted) return 130;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await site?.close();
    await way?.close();
    await supervisor.stopAll();
  }
}
