import { useEffect, useRef, useState, type ReactElement } from "react";
import type { Conversation } from "../model/conversation.ts";

/**
 * Announces changes to a screen reader in whole sentences, not token by token: an answer begins, calls a
 * tool, ends. The answer itself is not announced.
 */
export function Announcer({
  conversation,
  reconnects,
}: {
  conversation: Conversation;
  reconnects: number;
}): ReactElement {
  const [announced, setAnnounced] = useState("");
  const sentence = sentenceOf(conversation);
  const isFirst = useRef(true);
  useEffect(() => {
    // The state when the page was opened is not a change.
    if (isFirst.current) isFirst.current = sentence === "";
    else setAnnounced(sentence);
  }, [sentence]);
  return (
    <p className="sr-only" role="status">
      {announced}
      {announced !== "" && !conversation.isRunning && reconnects > 0
        ? ` The connection broke ${reconnects} times, ${conversation.lost} events were lost.`
        : ""}
    </p>
  );
}

function sentenceOf({ turns }: Conversation): string {
  const attempt = turns.at(-1)?.attempts.at(-1);
  if (!attempt) return "";
  const { done, error, segments } = attempt;
  if (done)
    return error ? `The answer ended with an error: ${error.message}` : "The answer is complete.";
  const last = segments.at(-1);
  if (!last) return "The question was sent.";
  if (last.kind === "thinking") return "The model is thinking.";
  return last.kind === "tool" ? `The tool ${last.call.tool_name} is called.` : "The answer begins.";
}
