import { styleText } from "node:util";
import type { DemoEvent } from "../protocol/events.ts";

type Style = Parameters<typeof styleText>[0];

/** Where the run is shown. */
export interface Display {
  note(text: string): void;
  event(event: DemoEvent): void;
  reconnected(position: string | undefined): void;
  fault(what: string): void;
}

/** Shows nothing: for `--json`. */
export const silentDisplay: Display = {
  note: () => undefined,
  event: () => undefined,
  reconnected: () => undefined,
  fault: () => undefined,
};

/** Shows the answer as it arrives, and every break in the way as a mark of its own. */
export function terminalDisplay(out: NodeJS.WriteStream): Display {
  const coloured = out.isTTY && !process.env["NO_COLOR"];
  const style = (format: Style, text: string) => (coloured ? styleText(format, text) : text);
  let inText = false;
  let speaker = "";
  const line = (text: string) => {
    out.write(`${inText ? "\n" : ""}${text}\n`);
    inText = false;
  };
  const run = (text: string) => {
    out.write(text);
    inText = true;
  };
  const say = (who: "token" | "thinking", text: string) => {
    if (inText && who !== speaker) out.write("\n\n");
    speaker = who;
    run(text);
  };
  return {
    note: line,
    reconnected: (position) => {
      run(style("yellow", ` ⟲ from ${position === undefined ? "the start" : short(position)} `));
    },
    fault: (what) => {
      run(style("red", ` ✂ ${what} `));
    },
    event: (event) => {
      switch (event.type) {
        case "token":
          say("token", event.text);
          break;
        case "thinking":
          say("thinking", style("dim", event.text));
          break;
        case "prompt":
          line(style("bold", `> ${event.text}`));
          break;
        case "tool_use":
          line(style("cyan", `→ ${event.tool_name} ${event.input_summary}`));
          break;
        case "tool_result":
          line(style("cyan", `← ${event.tool_name} (${event.status}) ${event.output_summary}`));
          break;
        case "error":
          line(style("red", `error ${event.error_type}: ${event.message}`));
          break;
        case "turn":
          line(style("dim", `— model call ${event.turn_number} —`));
          break;
        default:
          if (inText) line("");
      }
    },
  };
}

/** Positions are long because they are padded with zeros, which say nothing to a human. */
function short(position: string): string {
  return position.replace(/(?<!\d)0+(?=\d)/g, "");
}
