import type { Expected } from "./expected-response.ts";
import type { Verdict } from "./linearizability.ts";
import type { Checked } from "./minimal-history.ts";
import type { RecordedRequest } from "./stream-history.ts";
import { resultOf } from "./stream-model.ts";
import type { StreamRequest, StreamResponse } from "./stream-request.ts";
import type { FamilyState } from "./stream-state.ts";

/** More lines than these are left to whoever runs the seed again. */
const MAX_LINES = 40;

/** A history that is not linearizable, for people: the requests, their responses, and why not. */
export function describeHistory(
  { history, verdict }: Checked<FamilyState, RecordedRequest>,
  total: number,
): string {
  const inOrder = history.toSorted((a, b) => a.invokedAt - b.invokedAt);
  const left = inOrder.length - MAX_LINES;
  const title =
    verdict.kind === "impossible"
      ? `No order of these ${history.length} requests has their responses`
      : `No order of these ${history.length} requests was found in time`;
  return [
    `${title} (of ${total} in all; from the moment of the request to that of the response):`,
    ...(left > 0 ? [`  (${left} before)`] : []),
    ...inOrder.slice(-MAX_LINES).map((request) => `  ${describeRecorded(request)}`),
    ...(verdict.kind === "impossible" ? reason(history, verdict) : []),
  ].join("\n");
}

function describeRecorded({ client, server, input, invokedAt, response }: RecordedRequest): string {
  const when = `${invokedAt}-${response?.at ?? ""}`.padEnd(11);
  const what = `${describeRequest(input)}: ${describeResponse(response?.output)}`;
  return `${when} ${client} to ${server}: ${what}`;
}

/** How far one gets, and what would have to come then. */
function reason(
  history: readonly RecordedRequest[],
  verdict: Verdict<FamilyState> & { readonly kind: "impossible" },
): string[] {
  const blocked = history[verdict.blocked];
  if (!blocked) return [];
  const last = verdict.order.flatMap((index) => history[index]?.input ?? []).slice(-3);
  const { allowed } = resultOf(verdict.state, blocked.input, {});
  return [
    `In the longest order that is possible, ${describeRequest(blocked.input)}`,
    ...last.map((request) => `  comes after ${describeRequest(request)}`),
    `  and must be responded to with ${allowed.map(describeExpected).join(" or ")}.`,
  ];
}

function describeExpected({ position, ...expected }: Expected): string {
  const text = describeResponse(expected);
  return position === undefined ? text : `${text} offset of position ${position}`;
}

export function describeRequest(request: StreamRequest): string {
  const { kind, path } = request;
  switch (kind) {
    case "create": {
      const { fork, closed, data } = request;
      const from = fork ? ` fork of ${fork.path} at ${fork.offset ?? "its tail"}` : "";
      return `create ${path}${from} ${data}${closed ? " closed" : ""}`;
    }
    case "append": {
      const { data, close, seq, producer } = request;
      const by = producer ? ` ${producer.id} ${producer.epoch}:${producer.seq}` : "";
      const order = seq === undefined ? "" : ` Stream-Seq ${seq}`;
      return `append ${path}${by}${order} ${data}${close ? " and close" : ""}`;
    }
    case "read":
      return `read ${path} from ${request.offset ?? "the start"}`;
    default:
      return `${kind} ${path}`;
  }
}

function describeResponse(response: StreamResponse | undefined): string {
  if (!response) return "unknown";
  const { status, ...rest } = response;
  const headers = Object.entries<string | number | boolean | undefined>(rest).flatMap(
    ([name, value]) => (value === undefined || value === false ? [] : [`${name} ${value}`]),
  );
  return [status, ...headers].join(" ");
}
