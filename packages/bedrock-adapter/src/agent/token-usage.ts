import type { TokenUsage } from "@freshet/core";

/** Sets a count if the wire has one: 0.0 and null occur. */
export function setCount(
  usage: Partial<TokenUsage>,
  name: keyof TokenUsage,
  value: number | null | undefined,
): void {
  if (typeof value === "number") usage[name] = value;
}

/** Fills in the counts that the wire left out; `undefined` if it had none at all. */
export function completeUsage(usage: Partial<TokenUsage>): TokenUsage | undefined {
  if (Object.keys(usage).length === 0) return undefined;
  const { input_tokens = 0, output_tokens = 0, ...rest } = usage;
  const cached = (rest.cache_read_input_tokens ?? 0) + (rest.cache_write_input_tokens ?? 0);
  return {
    input_tokens,
    output_tokens,
    total_tokens: input_tokens + output_tokens + cached,
    ...rest,
  };
}
