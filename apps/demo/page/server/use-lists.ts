import { useCallback, useEffect, useState } from "react";
import type { CaptureSummary, ConversationSummary } from "../../src/protocol/api.ts";
import { errorMessage } from "./error-message.ts";
import { webServer } from "./web-server.ts";

export interface Lists {
  /** Undefined until they are known. */
  readonly conversations: readonly ConversationSummary[] | undefined;
  readonly captures: readonly CaptureSummary[] | undefined;
  readonly failure: string | undefined;
  readonly refresh: () => void;
}

const refreshMs = 5000;

/** Polls the lists of what can be opened, because other tabs create conversations too. */
export function useLists(): Lists {
  const [conversations, setConversations] = useState<readonly ConversationSummary[]>();
  const [captures, setCaptures] = useState<readonly CaptureSummary[]>();
  const [failure, setFailure] = useState<string>();
  const [turn, setTurn] = useState(0);
  const refresh = useCallback(() => setTurn((before) => before + 1), []);
  useEffect(() => {
    const stopping = new AbortController();
    const poll = async () => {
      if (document.hidden) return;
      try {
        setConversations(await webServer.conversations(stopping.signal));
        setCaptures(await webServer.captures(stopping.signal));
        setFailure(undefined);
      } catch (error) {
        if (!stopping.signal.aborted) setFailure(errorMessage(error));
      }
    };
    void poll();
    const timer = setInterval(() => void poll(), refreshMs);
    return () => {
      stopping.abort();
      clearInterval(timer);
    };
  }, [turn]);
  return { conversations, captures, failure, refresh };
}
