import { concatBytes } from "@freshet/core";
import { BedrockError } from "../bedrock-error.ts";
import type {
  Citation,
  ContentBlockDelta,
  ConverseStreamEvent,
  ToolResultBlockStart,
  ToolResultDelta,
} from "../decode/converse-events.ts";
import type {
  ContentBlock,
  JsonValue,
  Message,
  ToolResultBlock,
  ToolUseBlock,
} from "./converse-request.ts";

interface OpenBlock {
  text: string;
  citations: Citation[];
  reasoning: string;
  signature?: string;
  redacted: Uint8Array[];
  toolUse?: Omit<ToolUseBlock, "input"> & { input: string };
  toolResult?: ToolResultBlockStart & { content: ToolResultDelta[] };
  /** The image's format. */
  image?: string;
  bytes: Uint8Array[];
}

/**
 * Builds the message for the next request from a ConverseStream response: with its tool calls, and with
 * the reasoning and the signatures that no agent event carries.
 *
 * @example
 * ```ts
 * import { BedrockClient, ConverseMessageBuilder, type Message, toAgentEvents } from "@freshet/bedrock-adapter";
 *
 * export async function turn(client: BedrockClient, messages: Message[]): Promise<void> {
 *   const builder = new ConverseMessageBuilder();
 *   const response = await client.converseStream({ modelId: "some.model", messages });
 *   for await (const event of toAgentEvents(builder.watch(response))) console.log(event.type);
 *   messages.push(builder.message());
 * }
 * ```
 */
export class ConverseMessageBuilder {
  readonly #blocks = new Map<number, OpenBlock>();
  #role: Message["role"] = "assistant";
  #isComplete = false;

  /** Yields the events unchanged and pushes each. */
  async *watch(
    events: AsyncIterable<ConverseStreamEvent> | Iterable<ConverseStreamEvent>,
  ): AsyncGenerator<ConverseStreamEvent> {
    for await (const event of events) {
      this.push(event);
      yield event;
    }
  }

  push(event: ConverseStreamEvent): this {
    switch (event.type) {
      case "messageStart":
        if (event.role === "user") this.#role = "user";
        break;
      case "contentBlockStart": {
        const block = this.#block(event.contentBlockIndex);
        const { toolUse, toolResult, image } = event.start;
        if (toolUse) block.toolUse = { ...toolUse, input: "" };
        if (toolResult) block.toolResult = { ...toolResult, content: [] };
        if (image) block.image = image.format;
        break;
      }
      case "contentBlockDelta":
        addDelta(this.#block(event.contentBlockIndex), event.delta);
        break;
      case "messageStop":
        this.#isComplete = true;
        break;
      default:
    }
    return this;
  }

  /**
   * The message. Blocks that are empty, or only white space, are left out, because Bedrock refuses them.
   *
   * @throws BedrockError INCOMPLETE_STREAM before `messageStop`; INVALID_PAYLOAD if the input of a tool
   * call is not JSON, as when the model ran out of tokens inside it
   */
  message(): Message {
    if (!this.#isComplete) {
      throw new BedrockError(
        "INCOMPLETE_STREAM",
        "The message is incomplete: there was no messageStop. Build it after the stream has ended.",
      );
    }
    const blocks = [...this.#blocks].sort(([left], [right]) => left - right);
    return { role: this.#role, content: blocks.flatMap(([, block]) => contentOf(block)) };
  }

  #block(index: number): OpenBlock {
    let block = this.#blocks.get(index);
    if (!block) {
      block = { text: "", citations: [], reasoning: "", redacted: [], bytes: [] };
      this.#blocks.set(index, block);
    }
    return block;
  }
}

function addDelta(block: OpenBlock, delta: ContentBlockDelta): void {
  const { text, citation, reasoningContent, toolUse, toolResult, image } = delta;
  block.text += text ?? "";
  if (citation) block.citations.push(citation);
  if (toolUse && block.toolUse) block.toolUse.input += toolUse.input;
  if (toolResult && block.toolResult) block.toolResult.content.push(...toolResult);
  if (image?.source?.bytes) block.bytes.push(image.source.bytes);
  if (!reasoningContent) return;
  block.reasoning += reasoningContent.text ?? "";
  if (reasoningContent.redactedContent) block.redacted.push(reasoningContent.redactedContent);
  if (reasoningContent.signature !== undefined) {
    block.signature = (block.signature ?? "") + reasoningContent.signature;
  }
}

/** The block's content. On the wire text and citations share a block. */
function contentOf(block: OpenBlock): ContentBlock[] {
  const { text, citations, reasoning, signature, redacted, toolUse, toolResult, image } = block;
  if (toolUse) return [{ toolUse: { ...toolUse, input: parseInput(toolUse) } }];
  if (toolResult) {
    return [
      { toolResult: { ...toolResult, content: joinTexts(toolResult.content) } as ToolResultBlock },
    ];
  }
  if (image !== undefined) {
    return [{ image: { format: image, source: { bytes: concatBytes(block.bytes) } } }];
  }
  if (redacted.length > 0)
    return [{ reasoningContent: { redactedContent: concatBytes(redacted) } }];
  if (reasoning !== "" || signature !== undefined) {
    const signed = signature === undefined ? {} : { signature };
    return [{ reasoningContent: { reasoningText: { text: reasoning, ...signed } } }];
  }
  if (citations.length > 0) return [{ citationsContent: { content: [{ text }], citations } }];
  return text.trim() === "" ? [] : [{ text }];
}

function parseInput({ name, input }: { name: string; input: string }): JsonValue {
  try {
    return JSON.parse(input === "" ? "{}" : input) as JsonValue;
  } catch (cause) {
    throw new BedrockError(
      "INVALID_PAYLOAD",
      `The input of the tool call ${name} is not valid JSON: the model stopped inside it. Do not run it.`,
      { cause },
    );
  }
}

function joinTexts(parts: readonly ToolResultDelta[]): ToolResultDelta[] {
  const joined: ToolResultDelta[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.text !== undefined && last?.text !== undefined) last.text += part.text;
    else joined.push({ ...part });
  }
  return joined;
}
