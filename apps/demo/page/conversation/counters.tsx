import { useEffect, useState, type ReactElement } from "react";
import type { Conversation } from "../model/conversation.ts";
import { webServer } from "../server/web-server.ts";
import { fingerprint } from "./fingerprint.ts";

interface CountersProps {
  id: string;
  conversation: Conversation;
  reconnects: number;
}

/** What the durable stream holds, by separate requests, and whether the page shows the same. */
interface Stored {
  readonly written: number;
  readonly matches: boolean | undefined;
}

const pollMs = 1000;

/** Counts what was written, read, lost and repeated, and compares a fingerprint of both sides at the end. */
export function Counters({ id, conversation, reconnects }: CountersProps): ReactElement {
  const { events, lost, repeated, isRunning } = conversation;
  const read = events.length;
  const stored = useStored(id, conversation);
  const written = Math.max(stored.written, read - repeated);
  return (
    <dl className="counters" aria-label="Counters of this conversation">
      <Counter name="written" value={written} />
      <Counter name="read" value={read} />
      <Counter name="lost" value={lost} isGood={lost === 0} />
      <Counter name="repeated" value={repeated} isGood={repeated === 0} />
      <Counter name="reconnects" value={reconnects} />
      <div className="counter counter-match">
        <dt>SHA-256</dt>
        <dd>{matchText(stored.matches, isRunning, read)}</dd>
      </div>
    </dl>
  );
}

function matchText(matches: boolean | undefined, isRunning: boolean, read: number): ReactElement {
  if (matches === false) return <span className="is-bad">differs</span>;
  if (matches) return <span className="is-good">match</span>;
  return <span className="is-open">{isRunning || read > 0 ? "at the end" : "–"}</span>;
}

function Counter(props: { name: string; value: number; isGood?: boolean }): ReactElement {
  const { name, value, isGood } = props;
  const verdict = isGood === undefined ? "" : isGood ? "is-good" : "is-bad";
  return (
    <div className={`counter counter-${name}`}>
      <dt>{name}</dt>
      <dd className={verdict}>{value}</dd>
    </div>
  );
}

function useStored(id: string, conversation: Conversation): Stored {
  const [stored, setStored] = useState<Stored>({ written: 0, matches: undefined });
  const { isRunning } = conversation;
  const read = conversation.events.length;
  useEffect(() => {
    if (!isRunning) return;
    const stopping = new AbortController();
    const timer = setInterval(() => {
      webServer.written(id, stopping.signal).then(
        ({ written }) => setStored({ written, matches: undefined }),
        () => undefined, // The web server is restarting; the next request is a second away.
      );
    }, pollMs);
    return () => {
      clearInterval(timer);
      stopping.abort();
    };
  }, [id, isRunning]);
  useEffect(() => {
    if (isRunning || read === 0) return;
    const stopping = new AbortController();
    const compare = async () => {
      const transcript = await webServer.transcript(id, stopping.signal);
      const mine = conversation.events.slice();
      const [theirs, ours] = await Promise.all([
        fingerprint(transcript.map(({ event }) => event)),
        fingerprint(mine.map(({ event }) => event)),
      ]);
      if (stopping.signal.aborted) return;
      setStored({ written: transcript.length, matches: theirs === ours });
    };
    // If the stream has grown meanwhile or the server is down, later events start another comparison.
    const timer = setTimeout(() => void compare().catch(() => undefined), 150);
    return () => {
      clearTimeout(timer);
      stopping.abort();
    };
  }, [id, isRunning, read, conversation]);
  return stored;
}
