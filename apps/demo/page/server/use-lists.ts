import { useCallback, useEffect, useState } from "react";
import type { CaptureSummary, ConversationSummary } from "../../src/protocol/api.ts";
import { errorMessage } from "./error-message.ts";
import { server } from "./web-server.ts";

export interface Lists {
  /** Undefined until they are known. */
  readonly conversations: readonly ConversationSummary[] | undefined;
  readonly captures: readonly CaptureSummary[] | undefined;
  readonly failure: string | undefined;
  readonly refresh: () => void;
}

const refreshMs = 5000;

/** What can be opened: looked at again now and then, because other tabs make conversations too. */
export function useLists(): Lists {
  const [conversations, setConversations] = useState<readonly ConversationSummary[]>();
  const [captures, setCaptures] = useState<readonly CaptureSummary[]>();
  const [failure, setFailure] = useState<string>();
  const [turn, setTurn] = useState(0);
  const refresh = useCallback(() => setTurn((before) => before + 1), []);
  useEffect(() => {
    const stopping = new AbortController();
    const look = async () => {
      if (document.hidden) return;
      try {
        setConversations(await server.conversations(stopping.signal));
        setCaptures(await server.captures(stopping.signal));
        setFailure(undefined);
      } catch (error) {
        if (!stopping.signal.aborted) setFailure(errorMessage(error));
      }
    };
    void look();
    const timer = setInterval(() => void look(), refreshMs);
    return () => {
      stopping.abort();
      clearInterval(timer);
    };
  }, [turn]);
  return { conversations, captures, failure, refresh };
}
