import { memo, useEffect, useRef, type KeyboardEvent, type ReactElement } from "react";
import type { DemoEvent, FrameRecord } from "../../src/protocol/events.ts";
import type { SeenEvent, Turn } from "../model/conversation.ts";
import { offsetOf, shortPosition } from "../../src/protocol/position.ts";
import { onSelect, select, selected, useIsSelected } from "../model/selection.ts";

/** The number of events shown; more would not help, and the older ones are still in the conversation. */
const maxRows = 400;

/** Lists each event with the frames that it was made from, its offset and its id. */
export function WireTable({ turn }: { turn: Turn; version: number }): ReactElement {
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const { events } = turn;
  const shown = events.slice(-maxRows);
  useEffect(() => {
    const element = box.current;
    if (element && isAtEnd.current && !selected()) element.scrollTop = element.scrollHeight;
  });
  useEffect(() => onSelect(() => revealSelected(box.current)), []);
  return (
    <div
      className="wire-scroll"
      ref={box}
      tabIndex={0}
      role="region"
      aria-label="Frames and events of this answer. Arrow keys walk through the rows."
      onKeyDown={(event) => walk(event, shown)}
      onBlur={() => select(undefined)}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < 40;
      }}
    >
      <table className="wire">
        <thead>
          <tr>
            <th scope="col">Bedrock frame</th>
            <th scope="col" className="number">
              bytes
            </th>
            <th scope="col">crc32</th>
            <th scope="col">event</th>
            <th scope="col">offset</th>
            <th scope="col">SSE id</th>
          </tr>
        </thead>
        {shown.map((seen) => (
          <EventRows key={seen.index} seen={seen} />
        ))}
      </table>
      {events.length > maxRows && (
        <p className="wire-more">
          The last {maxRows} of {events.length} events.
        </p>
      )}
    </div>
  );
}

const EventRows = memo(function EventRows({ seen }: { seen: SeenEvent }): ReactElement {
  const isSelected = useIsSelected(seen.index);
  const { event, id, index } = seen;
  const frames: readonly (FrameRecord | undefined)[] = event.wire?.frames.length
    ? event.wire.frames
    : [undefined];
  return (
    <tbody
      data-index={index}
      className={isSelected ? "is-selected" : undefined}
      onPointerEnter={() => select({ index, from: "table" })}
      onPointerLeave={() => select(undefined)}
    >
      {frames.map((frame, row) => (
        <tr key={row} className={frame?.failed ? "is-bad" : undefined}>
          <FrameCells frame={frame} />
          {row === 0 && (
            <>
              <td rowSpan={frames.length} className={`event event-${event.type}`}>
                <span className="event-type">{event.type}</span> {excerpt(event)}
              </td>
              <td rowSpan={frames.length} className="mono">
                {offsetOf(id)}
              </td>
              <td rowSpan={frames.length} className="mono">
                {shortPosition(id)}
              </td>
            </>
          )}
        </tr>
      ))}
    </tbody>
  );
});

function FrameCells({ frame }: { frame: FrameRecord | undefined }): ReactElement {
  if (!frame) {
    return (
      <td colSpan={3} className="no-frame">
        from the agent
      </td>
    );
  }
  return (
    <>
      <td title={`call ${frame.call}, frame ${frame.index}, at byte ${frame.offset}`}>
        {frame.type}
      </td>
      <td className="number">{frame.bytes}</td>
      <td className="mono">{frame.crc}</td>
    </>
  );
}

function excerpt(event: DemoEvent): string {
  switch (event.type) {
    case "token":
    case "thinking":
    case "prompt":
      return event.text.replace(/\s+/g, " ").trim().slice(0, 40);
    case "tool_use":
    case "tool_result":
      return event.tool_name;
    case "error":
      return event.error_type;
    case "turn":
      return String(event.turn_number);
    default:
      return "";
  }
}

function revealSelected(box: HTMLElement | null): void {
  const selection = selected();
  if (!box || selection?.from !== "text") return;
  const rows = box.querySelector<HTMLElement>(`[data-index="${selection.index}"]`);
  if (!rows) return;
  const { offsetTop, offsetHeight } = rows;
  if (
    offsetTop >= box.scrollTop + 30 &&
    offsetTop + offsetHeight <= box.scrollTop + box.clientHeight
  )
    return;
  box.scrollTop = offsetTop - box.clientHeight / 2;
}

function walk(event: KeyboardEvent, shown: readonly SeenEvent[]): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") select(undefined);
  if (step === undefined || shown.length === 0) return;
  event.preventDefault();
  const at = shown.findIndex(({ index }) => index === selected()?.index);
  const next =
    shown[at === -1 ? shown.length - 1 : Math.min(Math.max(at + step, 0), shown.length - 1)];
  if (next) select({ index: next.index, from: "text" });
}
