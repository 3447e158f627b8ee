/**
 * US dollars per million tokens, on demand, at a model's global endpoint (endpoints of one region cost up to
 * a tenth more). As third parties listed them in 2026, not checked against
 * https://aws.amazon.com/bedrock/pricing/: estimates, and shown as such. Models whose price has changed, or
 * whose listed prices disagree, are left out.
 */
const prices: readonly [pattern: RegExp, input: number, output: number][] = [
  [/claude-sonnet-4|claude-3-7-sonnet/, 3, 15],
  [/claude-haiku-4-5/, 1, 5],
  [/claude-3-5-haiku/, 0.8, 4],
  [/claude-opus-4-5/, 5, 25],
  [/claude-opus-4-(1-|2025)/, 15, 75],
  [/amazon\.nova-pro/, 0.8, 3.2],
  [/amazon\.nova-lite/, 0.06, 0.24],
  [/amazon\.nova-micro/, 0.035, 0.14],
];

/** Estimates the cost of the tokens; 0 if the model's price is unknown. */
export function costUsd(
  modelId: string,
  usage: { input_tokens: number; output_tokens: number },
): number {
  const price = prices.find(([pattern]) => pattern.test(modelId));
  if (!price) return 0;
  const [, input, output] = price;
  return (usage.input_tokens * input + usage.output_tokens * output) / 1e6;
}
