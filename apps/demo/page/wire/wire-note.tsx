import type { ReactElement } from "react";
import type { Conversation } from "../model/conversation.ts";
import { shortPosition } from "../../src/protocol/position.ts";
import { useSelection } from "../model/selection.ts";

/** A note next to the pointer with the origin of a word. The table shows the same without a pointer. */
export function WireNote({ conversation }: { conversation: Conversation }): ReactElement | null {
  const selection = useSelection();
  if (!selection?.at) return null;
  const seen = conversation.events[selection.index];
  if (!seen) return null;
  const frames = seen.event.wire?.frames ?? [];
  const [first, last] = [frames[0], frames.at(-1)];
  const bytes = frames.reduce((sum, frame) => sum + frame.bytes, 0);
  const { x, y } = selection.at;
  const width = 264;
  const style = {
    left: Math.min(Math.max(8, x - 20), window.innerWidth - width - 8),
    top: y + 132 > window.innerHeight ? y - 128 : y + 22,
    width,
  };
  return (
    <div className="wire-note" style={style} aria-hidden="true">
      <dl>
        <dt>{frames.length === 1 ? "frame" : "frames"}</dt>
        <dd>
          {first && last
            ? `${first === last ? first.index : `${first.index}–${last.index}`}, ${bytes} bytes at ${first.offset}`
            : "none: from the agent"}
        </dd>
        {last && (
          <>
            <dt>crc32</dt>
            <dd>{last.crc}</dd>
          </>
        )}
        <dt>SSE id</dt>
        <dd>{shortPosition(seen.id)}</dd>
        <dt>event</dt>
        <dd>
          {seen.index + 1} of the stream, {seen.event.type}
        </dd>
      </dl>
    </div>
  );
}
