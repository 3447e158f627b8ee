import type { ReactElement } from "react";
import { select } from "../model/selection.ts";
import type { ToolSegment } from "../model/conversation.ts";
import { duration } from "./duration.ts";

/** A tool call: its input, its output, and how long it took. */
export function ToolCard({
  segment,
  isRunning,
}: {
  segment: ToolSegment;
  isRunning: boolean;
}): ReactElement {
  const { call, result, seen } = segment;
  const state = result
    ? result.status === "error"
      ? "failed"
      : "done"
    : isRunning
      ? "running"
      : "cut off";
  return (
    <div
      role="group"
      className={`tool tool-${state.replace(" ", "-")}`}
      aria-label={`Tool ${call.tool_name}, ${state}`}
      onPointerEnter={() => select({ index: seen.index, from: "text" })}
      onPointerLeave={() => select(undefined)}
    >
      <header>
        <span className="tool-name">{call.tool_name}</span>
        <span className="tool-state">
          {state}
          {result && ` in ${duration(result.duration_ms)}`}
        </span>
      </header>
      <dl>
        <dt>in</dt>
        <dd>
          <Json text={call.input_summary} />
        </dd>
        {result && (
          <>
            <dt>out</dt>
            <dd>
              <Json text={result.output_summary} />
            </dd>
          </>
        )}
      </dl>
    </div>
  );
}

/** Shows an object as its fields, anything else as text. */
function Json({ text }: { text: string }): ReactElement {
  const fields = fieldsOf(text);
  if (!fields) return <code className="wrap">{text === "" ? "(nothing)" : text}</code>;
  return (
    <ul className="fields">
      {fields.map(([name, value]) => (
        <li key={name}>
          <span className="field-name">{name}</span>{" "}
          <code>{typeof value === "string" ? value : JSON.stringify(value)}</code>
        </li>
      ))}
    </ul>
  );
}

function fieldsOf(text: string): [string, unknown][] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return Object.entries(value);
  } catch {
    return undefined;
  }
}
