import { useEffect, useRef, type ReactElement, type ReactNode } from "react";
import { WireNote } from "../wire/wire-note.tsx";
import type { Conversation } from "../model/conversation.ts";
import type { TurnActions } from "./turn-actions.ts";
import { TurnView } from "./turn-view.tsx";

interface ConversationPaneProps {
  conversation: Conversation;
  version: number;
  /** How many prompts were sent from here: after each the pane follows the new turn. */
  sent?: number;
  heading: string;
  note?: ReactNode;
  actions: TurnActions | undefined;
  /** Under the conversation: the composer, or the player. */
  footer: ReactNode;
  children?: ReactNode;
}

/** The conversation, scrolled to its end unless the person has scrolled away from it. */
export function ConversationPane(props: ConversationPaneProps): ReactElement {
  const { conversation, version, sent, heading, note, actions, footer, children } = props;
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    follows.current = true;
  }, [sent]);
  useEffect(() => {
    const element = box.current;
    if (element && follows.current) element.scrollTop = element.scrollHeight;
  }, [version, conversation]);
  const { turns } = conversation;
  return (
    <section className="pane" aria-label="Conversation">
      <div
        className="pane-scroll"
        ref={box}
        tabIndex={0}
        role="region"
        aria-label="Questions and answers"
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          follows.current = scrollHeight - scrollTop - clientHeight < 60;
        }}
      >
        <div className="column">
          <p className="sr-only">{heading}</p>
          {note !== undefined && <p className="pane-note">{note}</p>}
          {turns.map((turn, index) => (
            <TurnView
              key={`${turn.turnId} ${index}`}
              turn={turn}
              version={version}
              isLast={index === turns.length - 1}
              actions={actions}
            />
          ))}
          {children}
        </div>
      </div>
      <div className="pane-foot">
        <div className="column">{footer}</div>
      </div>
      <WireNote conversation={conversation} />
    </section>
  );
}
