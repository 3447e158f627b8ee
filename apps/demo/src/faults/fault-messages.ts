/** What the page says of a fault: what happened, and what the code did about it. */
import type { BedrockFault, KillableService } from "../protocol/api.ts";
import type { ServiceName } from "../pipeline/pipeline.ts";

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

export const nobody = "Nobody was reading.";

export function cameBack(ms: number, lastEventId: string | undefined): string {
  const after = lastEventId === undefined ? "from the start" : `after ${short(lastEventId)}`;
  return `It was back in ${ms} ms and read on ${after}, the id of its last event.`;
}

export function cutEvery(bytes: number): [what: string, answer: string] {
  if (bytes === 0) return ["Readers are not cut any more.", "The next connection stays."];
  return [
    `Every connection of a reader is cut after ${bytes} bytes.`,
    "Each time the page asks for what comes after its last id.",
  ];
}

export function latency(ms: number): [what: string, answer: string] {
  if (ms === 0)
    return ["Readers are not slowed down any more.", "Events arrive as they are written."];
  return [
    `Everything for a reader comes ${ms} ms later.`,
    "The order stays, and the worker does not wait for anybody.",
  ];
}

export function restarted(
  name: KillableService,
  pid: number,
  ms: number,
  worker: { epoch: number; interrupted: number } | undefined,
): string {
  const again = `Started again in ${Math.round(ms)} ms (pid ${pid}).`;
  switch (name) {
    case "web":
      return `${again} It keeps nothing: readers came back with the id of their last event.`;
    case "streams":
      return `${again} Its data was on disk; the worker sends again what was not acknowledged, readers go on from their offsets.`;
    case "worker": {
      const { epoch, interrupted } = worker ?? { epoch: 0, interrupted: 0 };
      const turns = interrupted === 1 ? "1 interrupted turn" : `${interrupted} interrupted turns`;
      const did =
        interrupted === 0
          ? "No turn was open."
          : `It closed ${turns} with an error and asked again below.`;
      return `${again} It took epoch ${epoch}, so an older worker cannot write any more. ${did}`;
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
  "The request was refused with status 429; the client waited, asked again, and the reader saw nothing of it.";

export function turnFailed(failed: {
  errorType: string;
  message: string;
  eventsBefore: number;
}): string {
  const { errorType, message, eventsBefore } = failed;
  return `${errorType}: ${message} The ${eventsBefore} events before it are kept; an error and a done follow.`;
}

/** Positions are padded with zeros, which say nothing to a human. */
function short(position: string): string {
  return position.replace(/(^|_)0+(?=\d)/g, "$1");
}
