import type { ReactElement, ReactNode } from "react";
import type { Conversation } from "../model/conversation.ts";
import type { ConnectionMark } from "../model/connection-mark.ts";
import { useSelection } from "../model/selection.ts";
import { Timeline } from "./timeline.tsx";
import { WireTable } from "./wire-table.tsx";

interface WirePanelProps {
  conversation: Conversation;
  marks: readonly ConnectionMark[];
  faults: readonly number[];
  /** Whether it happens now and is not a replay. */
  isLive: boolean;
  /** The content above the wire. */
  children?: ReactNode;
}

/** The frames and events that pass between Bedrock and this page. */
export function WirePanel(props: WirePanelProps): ReactElement {
  const { conversation, marks, faults, isLive, children } = props;
  const selection = useSelection();
  const { turns, events } = conversation;
  const chosen = selection && events[selection.index];
  const turn = turns.find((one) => chosen && one.events.includes(chosen)) ?? turns.at(-1);
  return (
    <section className="side" aria-label="Faults and wire">
      {children}
      <section className="wire-panel" aria-labelledby="wire-title">
        <h2 id="wire-title">The wire</h2>
        <Timeline conversation={conversation} marks={marks} faults={faults} isLive={isLive} />
        {turn ? (
          <WireTable turn={turn} version={conversation.version} />
        ) : (
          <p className="nothing">
            Frames, events, offsets and ids appear here as they pass. Point at a word to see where
            it came from.
          </p>
        )}
      </section>
    </section>
  );
}
