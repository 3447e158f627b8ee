import { useMemo, useState } from "react";
import { keepDraft, takeDraft } from "../model/draft.ts";
import { navigate } from "../model/route.ts";
import { errorMessage } from "../server/error-message.ts";
import { webServer } from "../server/web-server.ts";
import type { TurnActions } from "./turn-actions.ts";

/** What a person can do in a conversation, and the state of the last action. */
export interface ConversationActions {
  readonly draft: string;
  readonly setDraft: (draft: string) => void;
  readonly isSending: boolean;
  /** How many prompts were sent from here. */
  readonly sent: number;
  /** Why the last action failed. */
  readonly failure: string | undefined;
  readonly send: (prompt: string) => void;
  readonly stop: () => void;
  readonly turnActions: TurnActions;
}

/** The actions of one conversation; `onCreated` is called after a fork. */
export function useConversationActions(id: string, onCreated: () => void): ConversationActions {
  const [draft, setDraft] = useState(() => takeDraft() ?? "");
  const [isSending, setSending] = useState(false);
  const [sent, setSent] = useState(0);
  const [failure, setFailure] = useState<string>();
  const actions = useMemo(() => {
    const attempt = async (action: () => Promise<unknown>) => {
      setFailure(undefined);
      setSending(true);
      try {
        await action();
      } catch (error) {
        setFailure(errorMessage(error));
      }
      setSending(false);
    };
    const send = (prompt: string) =>
      void attempt(async () => {
        await webServer.addTurn(id, prompt);
        setSent((count) => count + 1);
        setDraft("");
      });
    const stop = () => {
      webServer.stop(id).catch((error: unknown) => setFailure(errorMessage(error)));
    };
    const fork = (position: string) =>
      void attempt(async () => {
        const { id: forked } = await webServer.fork(id, position);
        onCreated();
        navigate({ view: "conversation", id: forked });
      });
    const forkBefore = (position: string | undefined, prompt: string) => {
      keepDraft(prompt);
      if (position === undefined) navigate({ view: "new" });
      else fork(position);
    };
    const turnActions: TurnActions = { fork, forkBefore, askAgain: send };
    return { send, stop, turnActions };
  }, [id, onCreated]);
  return { draft, setDraft, isSending, sent, failure, ...actions };
}
