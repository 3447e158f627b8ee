import type { ReactElement } from "react";
import type { TurnDoneEvent } from "../../src/protocol/events.ts";
import type { Attempt } from "../model/conversation.ts";
import { duration } from "./duration.ts";
import type { TurnActions } from "./turn-actions.ts";

interface AttemptEndProps {
  attempt: Attempt;
  isLive: boolean;
  isLastAttempt: boolean;
  prompt: string;
  actions: TurnActions | undefined;
}

/** How an attempt ended, what it cost, and what can be done next. */
export function AttemptEnd(props: AttemptEndProps): ReactElement {
  const { attempt, isLive, isLastAttempt, prompt, actions } = props;
  const { error, done, lastId } = attempt;
  const isFinal = isLastAttempt && done !== undefined;
  return (
    <footer className="attempt-end">
      {error && (
        <p className="failure">
          <strong>{titles[error.error_type] ?? error.error_type}</strong> {error.message}{" "}
          <span className="failure-kept">Everything before it is kept.</span>
        </p>
      )}
      {done?.stopped && <p className="failure is-calm">Stopped. The text so far is kept.</p>}
      <div className="attempt-facts">
        {done && done.num_turns > 0 && <Usage done={done} />}
        {actions && !isLive && (
          <span className="attempt-actions">
            {isFinal && (error !== undefined || done.stopped) && prompt !== "" && (
              <button type="button" className="quiet" onClick={() => actions.askAgain(prompt)}>
                Ask again
              </button>
            )}
            <button type="button" className="quiet" onClick={() => actions.fork(lastId)}>
              Fork from here
            </button>
          </span>
        )}
      </div>
    </footer>
  );
}

const titles: Record<string, string> = {
  interrupted: "Interrupted.",
  THROTTLED: "Throttled.",
  IDLE_TIMEOUT: "The model fell silent.",
  INVALID_FRAME: "A damaged frame.",
  INCOMPLETE_STREAM: "Cut short.",
};

/** Names the cost: the simulated model is free, and for real ones there is at best an estimate. */
function costOf({ total_cost_usd: cost, model }: TurnDoneEvent): string {
  if (cost > 0) return `about $${cost.toFixed(5)} (estimate, list prices of 2026)`;
  return model.includes("claude-demo") ? "no cost, simulated" : "price unknown";
}

function Usage({ done }: { done: TurnDoneEvent }): ReactElement {
  const facts = [
    duration(done.duration_ms),
    `${done.num_turns} model ${done.num_turns === 1 ? "call" : "calls"}`,
    done.usage && `${done.usage.input_tokens} in, ${done.usage.output_tokens} out`,
    costOf(done),
  ];
  return <span className="usage">{facts.filter(Boolean).join(" · ")}</span>;
}
