/** The fields of all families that state why the response ended, and thereby that it did. */
interface WithReason {
  stop_reason?: unknown;
  finish_reason?: unknown;
  completionReason?: unknown;
}

/** The final markers of all families; their names do not clash. */
interface Chunk extends WithReason {
  "amazon-bedrock-invocationMetrics"?: unknown;
  type?: unknown;
  messageStop?: unknown;
  is_finished?: unknown;
  generations?: unknown;
  outputs?: unknown;
  choices?: unknown;
}

/**
 * Whether a decoded chunk states that the response is complete: by Bedrock's metrics, which end the
 * responses of every family, or by the family's own marker.
 */
export function isFinalChunk(chunk: unknown): boolean {
  if (typeof chunk !== "object" || chunk === null) return false;
  const fields: Chunk = chunk;
  return (
    fields["amazon-bedrock-invocationMetrics"] !== undefined ||
    fields.type === "message_stop" ||
    fields.messageStop !== undefined ||
    fields.is_finished === true ||
    fields.generations !== undefined ||
    hasReason(fields) ||
    someHasReason(fields.outputs) ||
    someHasReason(fields.choices)
  );
}

function someHasReason(list: unknown): boolean {
  return Array.isArray(list) && list.some((item: WithReason | null) => item && hasReason(item));
}

function hasReason({ stop_reason, finish_reason, completionReason }: WithReason): boolean {
  return isReason(stop_reason) || isReason(finish_reason) || isReason(completionReason);
}

/** A reason is a word. Before there is one the field is null, and Jamba's may be a number. */
function isReason(reason: unknown): boolean {
  return typeof reason === "string" && reason !== "";
}
