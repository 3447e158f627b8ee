import { useEffect, useRef, type ReactElement, type ReactNode } from "react";
import { WireNote } from "../wire/wire-note.tsx";
import type { Conversation } from "../model/conversation.ts";
import { TurnView, type TurnActions } from "./turn-view.tsx";

interface ConversationPaneProps {
  conversation: Conversation;
  version: number;
  /** How many questions were asked from here: the next answer is looked at from its beginning. */
  asked?: number;
  heading: string;
  note?: ReactNode;
  actions: TurnActions | undefined;
  /** Under the conversation: the composer, or the player. */
  footer: ReactNode;
  children?: ReactNode;
}

/** The conversation, which follows its end unless its reader has scrolled away from it. */
export function ConversationPane(props: ConversationPaneProps): ReactElement {
  const { conversation, version, asked, heading, note, actions, footer, children } = props;
  const box = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    follows.current = true;
  }, [asked]);
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
