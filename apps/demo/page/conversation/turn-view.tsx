import { memo, useState, type ReactElement } from "react";
import { ResponseText } from "./response-text.tsx";
import type { Attempt, Segment, TextSegment, Turn } from "../model/conversation.ts";
import { AttemptEnd } from "./attempt-end.tsx";
import { ToolCard } from "./tool-card.tsx";
import type { TurnActions } from "./turn-actions.ts";

interface TurnProps {
  turn: Turn;
  /** The conversation's version, because the turn is changed in place. */
  version: number;
  isLast: boolean;
  actions: TurnActions | undefined;
}

/** A prompt and its response. */
export const TurnView = memo(
  function TurnView({ turn, isLast, actions }: TurnProps): ReactElement {
    const { prompt, attempts, beforeId } = turn;
    return (
      <article className="turn" aria-label={prompt === "" ? "Answer" : `Question: ${prompt}`}>
        {prompt !== "" && (
          <header className="prompt">
            <h2 className="prompt-text">{prompt}</h2>
            {actions && (
              <button
                type="button"
                className="quiet"
                onClick={() => actions.forkBefore(beforeId, prompt)}
              >
                Ask differently
              </button>
            )}
          </header>
        )}
        {attempts.map((attempt, index) => (
          <AttemptView
            key={index}
            attempt={attempt}
            isLive={isLast && index === attempts.length - 1 && !attempt.done}
            actions={actions}
            prompt={prompt}
            isLastAttempt={index === attempts.length - 1}
          />
        ))}
      </article>
    );
  },
  // An older turn no longer changes.
  (before, after) =>
    before.turn === after.turn &&
    before.isLast === after.isLast &&
    before.actions === after.actions &&
    (!after.isLast || before.version === after.version),
);

interface AttemptProps {
  attempt: Attempt;
  isLive: boolean;
  isLastAttempt: boolean;
  prompt: string;
  actions: TurnActions | undefined;
}

function AttemptView(props: AttemptProps): ReactElement {
  const { attempt, isLive } = props;
  const { segments } = attempt;
  return (
    <div className={isLive ? "attempt is-live" : "attempt"}>
      <div className="gauge" aria-hidden="true" />
      <div className="attempt-body">
        {segments.map((segment, index) => (
          <SegmentView
            key={index}
            segment={segment}
            isGrowing={isLive && index === segments.length - 1}
          />
        ))}
        {isLive && segments.length === 0 && <p className="waiting">Waiting for the first word …</p>}
        {attempt.done && segments.length === 0 && !attempt.error && !attempt.done.stopped && (
          <p className="waiting">The model returned no text.</p>
        )}
        <AttemptEnd {...props} />
      </div>
    </div>
  );
}

function SegmentView({
  segment,
  isGrowing,
}: {
  segment: Segment;
  isGrowing: boolean;
}): ReactElement {
  if (segment.kind === "tool")
    return <ToolCard segment={segment} isRunning={!segment.result && isGrowing} />;
  if (segment.kind === "thinking") return <Thinking segment={segment} isGrowing={isGrowing} />;
  return <ResponseText segment={segment} text={segment.text} />;
}

/** The excerpt of a folded thought: its last words while it grows, then its first. */
function peekAt(text: string, isGrowing: boolean): string {
  if (!isGrowing || text.length <= 160) return text.slice(0, 160);
  const tail = text.slice(-160);
  return tail.slice(tail.indexOf(" ") + 1);
}

function Thinking({
  segment,
  isGrowing,
}: {
  segment: TextSegment;
  isGrowing: boolean;
}): ReactElement {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="thinking" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span className="thinking-title">{isGrowing ? "Thinking" : "Thought"}</span>
        {!isOpen && <span className="thinking-peek">{peekAt(segment.text, isGrowing)}</span>}
      </summary>
      {isOpen && <ResponseText segment={segment} text={segment.text} />}
    </details>
  );
}
