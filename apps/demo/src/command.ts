import { once } from "node:events";
import { loadAnswer } from "./answer.ts";
import { abortOnInterrupt } from "./interrupt.ts";
import { introduction } from "./introduction.ts";
import type { DemoOptions } from "./options.ts";
import { runDemo } from "./run.ts";
import { summaryLine } from "./summary.ts";
import { Supervisor } from "./supervisor.ts";
import { silentDisplay, terminalDisplay } from "./terminal.ts";
import type { Way } from "./way.ts";

/** Runs the demo as the command line asks for it. Resolves to the exit code. */
export async function runCommand(demo: DemoOptions): Promise<number> {
  const supervisor = new Supervisor();
  const interrupted = abortOnInterrupt();
  process.on("exit", () => supervisor.killAll());
  const display = demo.json ? silentDisplay : terminalDisplay(process.stdout);
  let way: Way | undefined;
  try {
    const answer = await loadAnswer(demo);
    for (const line of introduction(demo, answer)) display.note(line);
    const run = await runDemo({ demo, answer, supervisor, display, signal: interrupted });
    way = run.way;
    if (demo.json) process.stdout.write(`${JSON.stringify(run.summary)}\n`);
    display.note(`\n${summaryLine(run.summary)}`);
    if (!demo.once && !interrupted.aborted) {
      display.note(
        `\nThe web server stays up at ${way.webUrl()} until Ctrl-C: POST /agents {"prompt": "…"}`,
      );
      await once(interrupted, "abort");
    }
    return run.summary.ok ? 0 : 1;
  } catch (error) {
    if (interrupted.aborted) return 130;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await way?.close();
    await supervisor.stopAll();
  }
}
