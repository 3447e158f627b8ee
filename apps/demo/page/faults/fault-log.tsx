import type { ReactElement } from "react";
import type { FaultReport } from "../../src/protocol/api.ts";
import type { ConnectionMark } from "../conversation/use-conversation.ts";
import { shortPosition } from "../model/position.ts";

interface FaultLogProps {
  reports: readonly FaultReport[];
  marks: readonly ConnectionMark[];
}

interface Line {
  readonly key: string;
  readonly at: number;
  readonly what: string;
  readonly answer: string | undefined;
}

const maxLines = 40;

/** What broke, and what the code did about it: the newest first. */
export function FaultLog({ reports, marks }: FaultLogProps): ReactElement {
  const lines = [...reports.map(reportLine), ...connectionLines(marks)]
    .sort((a, b) => b.at - a.at)
    .slice(0, maxLines);
  return (
    <section className="log" aria-labelledby="log-title">
      <h2 id="log-title">What happened</h2>
      {lines.length === 0 && (
        <p className="nothing">Nothing yet. Ask something, and break it while the answer runs.</p>
      )}
      <ol tabIndex={lines.length > 0 ? 0 : undefined} aria-label="Faults, newest first">
        {lines.map(({ key, at, what, answer }) => (
          <li key={key}>
            <time dateTime={new Date(at).toISOString()}>{clock(at)}</time>
            <span>
              <strong>{what}</strong> {answer ?? "…"}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function reportLine({ seq, at, what, answer }: FaultReport): Line {
  return { key: `fault ${seq}`, at, what, answer };
}

/** Breaks of the connection in a row are one line: there may be hundreds. */
function connectionLines(marks: readonly ConnectionMark[]): Line[] {
  const lines: Line[] = [];
  let breaks = 0;
  let first: ConnectionMark | undefined;
  for (const [index, mark] of marks.entries()) {
    if (mark.kind === "lost") {
      first ??= mark;
      breaks++;
      continue;
    }
    if (!first) continue;
    const next = marks.slice(index + 1).find(({ kind }) => kind === "lost");
    if (next && next.at - mark.at < 3000) continue;
    lines.push({
      key: `break ${first.at}`,
      at: mark.at,
      what:
        breaks === 1
          ? "This page lost its connection."
          : `This page lost its connection ${breaks} times.`,
      answer: `It went on after ${mark.lastEventId ? shortPosition(mark.lastEventId) : "the start"}, with no gap and nothing twice.`,
    });
    breaks = 0;
    first = undefined;
  }
  return lines;
}

function clock(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour12: false });
}
