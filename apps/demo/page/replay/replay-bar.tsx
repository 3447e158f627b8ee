import type { ReactElement } from "react";
import { shortPosition } from "../../src/protocol/position.ts";
import type { Recording } from "./recording.ts";
import type { Player } from "./use-player.ts";

const speeds = [0.25, 0.5, 1, 2, 4, 16];

/** The controls of a replay: play and pause, position, speed. */
export function ReplayBar({
  recording,
  player,
}: {
  recording: Recording;
  player: Player;
}): ReactElement {
  const { events } = recording;
  const { position, isPlaying, speed, setSpeed, toggle, seek } = player;
  const at = events[position - 1];
  return (
    <div className="replay-bar" role="group" aria-label="Replay">
      <button type="button" className="primary" onClick={toggle}>
        {isPlaying ? "Pause" : position >= events.length ? "Again" : "Play"}
      </button>
      <label className="replay-position">
        <span className="sr-only">Position</span>
        <input
          type="range"
          min={0}
          max={events.length}
          value={position}
          aria-valuetext={`event ${position} of ${events.length}`}
          onChange={(event) => seek(Number(event.target.value))}
        />
        <span className="mono">
          {position} / {events.length} · {at ? shortPosition(at.id) : "the start"}
        </span>
      </label>
      <label className="choice">
        <span>Speed</span>
        <select value={speed} onChange={(event) => setSpeed(Number(event.target.value))}>
          {speeds.map((one) => (
            <option key={one} value={one}>
              {one}×
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
