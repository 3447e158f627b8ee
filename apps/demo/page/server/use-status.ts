import { useCallback, useEffect, useState } from "react";
import type { FaultCommand, Status } from "../../src/protocol/api.ts";
import { webServer } from "./web-server.ts";

const pollMs = 700;

export interface PolledStatus {
  /** The newest status; undefined until the first has arrived. */
  readonly status: Status | undefined;
  /** Whether the last request for it failed: the web server is not running. */
  readonly isAway: boolean;
  readonly injectFault: (command: FaultCommand) => Promise<void>;
}

/**
 * Polls the status of the demo. It is not streamed: a browser opens at most six connections to a server,
 * which are for the conversations; and streams are what this page breaks.
 */
export function useStatus(): PolledStatus {
  const [status, setStatus] = useState<Status>();
  const [isAway, setAway] = useState(false);
  useEffect(() => {
    const stopping = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const poll = async () => {
      clearTimeout(timer);
      if (!document.hidden) {
        try {
          setStatus(await webServer.status(stopping.signal));
          setAway(false);
        } catch {
          if (stopping.signal.aborted) return;
          setAway(true);
        }
      }
      timer = setTimeout(() => void poll(), pollMs);
    };
    void poll();
    return () => {
      stopping.abort();
      clearTimeout(timer);
    };
  }, []);
  const injectFault = useCallback(async (command: FaultCommand) => {
    setStatus(await webServer.injectFault(command));
  }, []);
  return { status, isAway, injectFault };
}
