/** One block of a message's content; of InvokeModel's text content, the text alone. */
export type RequestBlock = Readonly<Record<string, unknown>>;

export interface RequestMessage {
  readonly content: readonly RequestBlock[];
}

/**
 * Returns the messages of a request's body, which comes from the wire and may be anything. The content
 * of a message is a list of blocks in Converse, and a list or a text in InvokeModel.
 */
export function messagesOf(body: unknown): RequestMessage[] {
  const messages = isObject(body) ? body["messages"] : undefined;
  if (!Array.isArray(messages)) return [];
  return messages.filter(isObject).map(({ content }) => ({ content: blocksOf(content) }));
}

/** Whether the last message of the request holds a tool's result, and no new prompt. */
export function hasToolResult(messages: readonly RequestMessage[]): boolean {
  const content = messages.at(-1)?.content ?? [];
  return content.length > 0 && content.every((block) => "toolResult" in block);
}

function blocksOf(content: unknown): RequestBlock[] {
  if (typeof content === "string") return [{ text: content }];
  return Array.isArray(content) ? content.filter(isObject) : [];
}

function isObject(value: unknown): value is RequestBlock {
  return typeof value === "object" && value !== null;
}
