import { useEffect, useRef, useState, type ReactElement } from "react";
import type { Conversation, SeenEvent } from "../model/conversation.ts";
import type { ConnectionMark } from "../model/connection-mark.ts";
import { useSelection } from "../model/selection.ts";
import { drawTimeline, timelineHeight } from "./timeline-drawing.ts";

interface TimelineProps {
  conversation: Conversation;
  marks: readonly ConnectionMark[];
  faults: readonly number[];
  /** Whether it is drawn as it happens; a replay has its own time. */
  isLive: boolean;
}

const shortestMs = 8000;
const lateMs = 30_000;

/** The timeline of the newest turn: frames, stored events, read events, and every break. */
export function Timeline({ conversation, marks, faults, isLive }: TimelineProps): ReactElement {
  const canvas = useRef<HTMLCanvasElement>(null);
  const selection = useSelection();
  const isRunning = isLive && conversation.isRunning;
  const now = useClock(isRunning);
  const turn = conversation.turns.at(-1);
  const events = turn?.events ?? [];
  const { from, to } = spanOf(events, isRunning ? now : undefined);
  const lost = marks.filter(({ at, kind }) => kind === "lost" && at >= from && at <= to).length;
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const draw = () =>
      drawTimeline(element, { events, marks, faults, from, to, selectedIndex: selection?.index });
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", draw);
    return () => {
      observer.disconnect();
      scheme.removeEventListener("change", draw);
    };
  });
  const seconds = ((to - from) / 1000).toFixed(0);
  return (
    <canvas
      ref={canvas}
      className="timeline"
      style={{ height: timelineHeight }}
      role="img"
      aria-label={`Timeline of the newest answer: ${events.length} events in ${seconds} seconds, the reader's connection broke ${lost} times.`}
    />
  );
}

/** Returns the span from the first event to now, or to the last one if `now` is undefined. */
function spanOf(
  events: readonly SeenEvent[],
  now: number | undefined,
): { from: number; to: number } {
  const [first, last] = [events[0], events.at(-1)];
  if (!first || !last) return { from: 0, to: shortestMs };
  const from = first.event.wire?.at ?? first.receivedAt;
  const written = last.event.wire?.at ?? last.receivedAt;
  // A page that was opened later read all events in one step, long after they were written.
  const isLate = last.receivedAt - written > lateMs;
  const to = now ?? (isLate ? written : last.receivedAt);
  return { from, to: Math.max(from + shortestMs, to) };
}

/** Returns the time, updated while `isRunning`; slowly for people who prefer reduced motion. */
function useClock(isRunning: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!isRunning) return;
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const timer = setInterval(() => setNow(Date.now()), isCalm ? 1000 : 100);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now;
}
