import { useCallback, useEffect, useRef, useState } from "react";
import { Conversation } from "../model/conversation.ts";
import type { Recording } from "./recording.ts";

export interface Player {
  /** The events that have been played. */
  readonly conversation: Conversation;
  /** The number of events that have been played. */
  readonly position: number;
  readonly isPlaying: boolean;
  readonly speed: number;
  readonly setSpeed: (speed: number) => void;
  readonly toggle: () => void;
  /** Jumps to where `position` events have been played. */
  readonly seek: (position: number) => void;
}

const tickMs = 40;

/** Plays a recording from any event at any speed. */
export function usePlayer({ events }: Recording): Player {
  const [played, setPlayed] = useState(() => ({ conversation: new Conversation(), position: 0 }));
  const [isPlaying, setPlaying] = useState(true);
  const [speed, setSpeed] = useState(1);
  /** The position in the recording's own time, in milliseconds. */
  const clock = useRef(0);
  const newest = useRef(played);
  const { position } = played;
  const isAtEnd = position >= events.length;

  const show = useCallback(
    (upTo: number) => {
      const before = newest.current;
      if (upTo === before.position) return;
      const goesOn = upTo > before.position;
      const conversation = goesOn ? before.conversation : new Conversation();
      for (const { event, id } of events.slice(goesOn ? before.position : 0, upTo)) {
        conversation.add(event, id, event.wire?.at ?? 0);
      }
      newest.current = { conversation, position: upTo };
      setPlayed(newest.current);
    },
    [events],
  );

  useEffect(() => {
    if (!isPlaying || isAtEnd) return;
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      clock.current += (now - last) * speed;
      last = now;
      const next = events.findIndex(({ atMs }) => atMs > clock.current);
      show(next === -1 ? events.length : next);
      if (next === -1) setPlaying(false);
    }, tickMs);
    return () => clearInterval(timer);
  }, [isPlaying, isAtEnd, speed, events, show]);

  const seek = useCallback(
    (to: number) => {
      clock.current = events[to - 1]?.atMs ?? 0;
      show(to);
    },
    [events, show],
  );
  const toggle = useCallback(() => {
    if (isAtEnd) seek(0);
    setPlaying((playing) => isAtEnd || !playing);
  }, [isAtEnd, seek]);
  return { ...played, isPlaying, speed, setSpeed, toggle, seek };
}
