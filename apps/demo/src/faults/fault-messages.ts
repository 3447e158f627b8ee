/** What the page shows of a fault: what happened, and how the code handled it. */
import type { BedrockFault, KillableService } from "../protocol/api.ts";
import { shortPosition } from "../protocol/position.ts";
import type { ServiceName, TurnFailure, WorkerStart } from "../protocol/processes.ts";

export const labels: Record<ServiceName, string> = {
  web: "The web server",
  worker: "The worker",
  streams: "The durable streams server",
  bedrock: "The simulated Bedrock",
};

export function cut(readers: number): string {
  return readers === 1
    ? "A reader’s connection was cut."
    : `The connections of ${readers} readers were cut.`;
}

export const noReaders = "Nobody was reading.";

export function reconnected(ms: number, lastEventId: string | undefined): string {
  const after =
    lastEventId === undefined ? "from the start" : `after ${shortPosition(lastEventId)}`;
  return `It was back in ${ms} ms and read on ${after}, the id of its last event.`;
}

export function cutEvery(bytes: number): [fault: string, reaction: string] {
  if (bytes === 0) return ["Readers are no longer cut.", "The next connection stays open."];
  return [
    `Every connection of a reader is cut after ${bytes} bytes.`,
    "Each time the page requests what comes after its last id.",
  ];
}

export function latency(ms: number): [fault: string, reaction: string] {
  if (ms === 0) return ["Readers are no longer delayed.", "Events arrive as they are written."];
  return [
    `Everything for a reader is delayed by ${ms} ms.`,
    "The order stays the same, and the worker does not wait for anybody.",
  ];
}

export function restarted(
  name: KillableService,
  pid: number,
  ms: number,
  worker: WorkerStart | undefined,
): string {
  const again = `Started again in ${Math.round(ms)} ms (pid ${pid}).`;
  switch (name) {
    case "web":
      return `${again} It holds no state: readers reconnected with the id of their last event.`;
    case "streams":
      return `${again} Its data was on disk; the worker sends again what was not acknowledged, readers resume from their offsets.`;
    case "worker": {
      const { epoch, interrupted } = worker ?? { epoch: 0, interrupted: 0 };
      const turns = interrupted === 1 ? "1 interrupted turn" : `${interrupted} interrupted turns`;
      const recovery =
        interrupted === 0
          ? "No turn was open."
          : `It closed ${turns} with an error and asked again below.`;
      return `${again} It took epoch ${epoch}, so an older worker can no longer write. ${recovery}`;
    }
  }
}

export const bedrock: Record<BedrockFault, string> = {
  throttle: "Bedrock throttles the answer.",
  stall: "Bedrock falls silent in the middle of the answer.",
  checksum: "Bedrock sends a frame with a wrong checksum.",
  "end-early": "Bedrock ends in the middle of a frame.",
};

export const refused =
  "The request was refused with status 429; the client waited and retried, and the reader saw nothing of it.";

export function turnFailed({ errorType, message, eventsBefore }: TurnFailure): string {
  return `${errorType}: ${message} The ${eventsBefore} events before it are kept; an error and a done event follow.`;
}
