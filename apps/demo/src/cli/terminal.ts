import { styleText } from "node:util";
import { shortPosition } from "../protocol/position.ts";
import type { Display } from "../run/display.ts";

type Style = Parameters<typeof styleText>[0];

/** Shows nothing, for `--json`. */
export const silentDisplay: Display = {
  note: () => undefined,
  event: () => undefined,
  reconnected: () => undefined,
  fault: () => undefined,
};

/** Shows the response as it arrives, with a mark at every fault and reconnect. */
export function terminalDisplay(out: NodeJS.WriteStream): Display {
  const coloured = out.isTTY && !process.env["NO_COLOR"];
  const style = (format: Style, text: string) => (coloured ? styleText(format, text) : text);
  let inText = false;
  let textKind = "";
  const line = (text: string) => {
    out.write(`${inText ? "\n" : ""}${text}\n`);
    inText = false;
  };
  const run = (text: string) => {
    out.write(text);
    inText = true;
  };
  const write = (kind: "token" | "thinking", text: string) => {
    if (inText && kind !== textKind) out.write("\n\n");
    textKind = kind;
    run(text);
  };
  return {
    note: line,
    reconnected: (position) => {
      run(
        style(
          "yellow",
          ` ⟲ from ${position === undefined ? "the start" : shortPosition(position)} `,
        ),
      );
    },
    fault: (description) => {
      run(style("red", ` ✂ ${description} `));
    },
    event: (event) => {
      switch (event.type) {
        case "token":
          write("token", event.text);
          break;
        case "thinking":
          write("thinking", style("dim", event.text));
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
