/** What the families call the field that says why, and thereby that, the answer ended. */
interface WithReason {
  stop_reason?: unknown;
  finish_reason?: unknown;
  completionReason?: unknown;
}

/** The final markers of all families; their names do not collide. */
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
 * Whether a decoded chunk says that the answer is complete: Bedrock's own metrics, which end the
 * answers of every family, or the marker that the family itself has.
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

/** Reasons are words; until there is one the field is null, and Jamba has numbers in it. */
function isReason(reason: unknown): boolean {
  return typeof reason === "string" && reason !== "";
}
