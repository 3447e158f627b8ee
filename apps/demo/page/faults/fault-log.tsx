import type { ReactElement } from "react";
import type { FaultReport } from "../../src/protocol/api.ts";
import type { ConnectionMark } from "../model/connection-mark.ts";
import { shortPosition } from "../../src/protocol/position.ts";

interface FaultLogProps {
  reports: readonly FaultReport[];
  marks: readonly ConnectionMark[];
}

interface Line {
  readonly key: string;
  readonly at: number;
  readonly fault: string;
  readonly reaction: string | undefined;
}

const maxLines = 40;

/** Lists what broke and how the code handled it, newest first. */
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
        {lines.map(({ key, at, fault, reaction }) => (
          <li key={key}>
            <time dateTime={new Date(at).toISOString()}>{clock(at)}</time>
            <span>
              <strong>{fault}</strong> {reaction ?? "…"}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function reportLine({ seq, at, fault, reaction }: FaultReport): Line {
  return { key: `fault ${seq}`, at, fault, reaction };
}

/** Joins successive breaks of the connection into one line: there may be hundreds. */
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
      fault:
        breaks === 1
          ? "This page lost its connection."
          : `This page lost its connection ${breaks} times.`,
      reaction: `It resumed after ${mark.lastEventId ? shortPosition(mark.lastEventId) : "the start"}, with no gap and nothing repeated.`,
    });
    breaks = 0;
    first = undefined;
  }
  return lines;
}

function clock(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour12: false });
}
