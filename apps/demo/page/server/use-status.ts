import { useCallback, useEffect, useState } from "react";
import type { FaultCommand, Status } from "../../src/protocol/api.ts";
import { server } from "./web-server.ts";

const pollMs = 700;

export interface StatusInUse {
  /** The newest; undefined until the first has come. */
  readonly status: Status | undefined;
  /** The last question for it was not answered: the web server is away. */
  readonly isAway: boolean;
  readonly breakIt: (command: FaultCommand) => Promise<void>;
}

/**
 * How everything is. It is asked for again and again, not streamed: a browser gives a server six
 * connections, which are for the conversations; and whoever breaks streams should not report on one.
 */
export function useStatus(): StatusInUse {
  const [status, setStatus] = useState<Status>();
  const [isAway, setAway] = useState(false);
  useEffect(() => {
    const stopping = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      clearTimeout(timer);
      if (!document.hidden) {
        try {
          setStatus(await server.status(stopping.signal));
          setAway(false);
        } catch {
          if (stopping.signal.aborted) return;
          setAway(true);
        }
      }
      timer = setTimeout(() => void look(), pollMs);
    };
    void look();
    return () => {
      stopping.abort();
      clearTimeout(timer);
    };
  }, []);
  const breakIt = useCallback(async (command: FaultCommand) => {
    setStatus(await server.breakIt(command));
  }, []);
  return { status, isAway, breakIt };
}
