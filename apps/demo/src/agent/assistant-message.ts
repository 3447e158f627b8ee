import type {
  ContentBlock,
  ConverseStreamEvent,
  JsonValue,
  Message,
} from "@freshet/bedrock-adapter";

/** A tool call that the model asks for. */
export interface ToolCall {
  readonly toolUseId: string;
  readonly name: string;
  readonly input: JsonValue;
}

interface OpenBlock {
  text: string;
  reasoning: string;
  signature: string | undefined;
  redacted: Uint8Array[];
  toolUse: { toolUseId: string; name: string } | undefined;
  toolInput: string;
}

/**
 * Puts the streamed pieces of an answer together again: the next request has to show the model its own
 * message, with the reasoning and its signature unchanged.
 */
export class AssistantMessage {
  readonly #blocks = new Map<number, OpenBlock>();
  readonly toolCalls: ToolCall[] = [];
  readonly #content: ContentBlock[] = [];

  /** Takes note of the events that pass, and passes them on as they are. */
  async *collect(events: AsyncIterable<ConverseStreamEvent>): AsyncGenerator<ConverseStreamEvent> {
    for await (const event of events) {
      this.#add(event);
      yield event;
    }
  }

  toMessage(): Message {
    return { role: "assistant", content: this.#content };
  }

  #add(event: ConverseStreamEvent): void {
    if (event.type === "contentBlockStart") {
      const { toolUse } = event.start;
      if (toolUse && toolUse.type === undefined)
        this.#block(event.contentBlockIndex).toolUse = toolUse;
    } else if (event.type === "contentBlockDelta") {
      const block = this.#block(event.contentBlockIndex);
      const { text, toolUse, reasoningContent } = event.delta;
      block.text += text ?? "";
      block.toolInput += toolUse?.input ?? "";
      block.reasoning += reasoningContent?.text ?? "";
      block.signature = reasoningContent?.signature ?? block.signature;
      if (reasoningContent?.redactedContent) block.redacted.push(reasoningContent.redactedContent);
    } else if (event.type === "contentBlockStop") {
      this.#close(event.contentBlockIndex);
    }
  }

  #block(index: number): OpenBlock {
    let block = this.#blocks.get(index);
    if (!block) {
      block = {
        text: "",
        reasoning: "",
        signature: undefined,
        redacted: [],
        toolUse: undefined,
        toolInput: "",
      };
      this.#blocks.set(index, block);
    }
    return block;
  }

  #close(index: number): void {
    const block = this.#blocks.get(index);
    this.#blocks.delete(index);
    if (!block) return;
    const { text, reasoning, signature, redacted, toolUse, toolInput } = block;
    if (reasoning !== "") {
      const reasoningText =
        signature === undefined ? { text: reasoning } : { text: reasoning, signature };
      this.#content.push({ reasoningContent: { reasoningText } });
    }
    for (const redactedContent of redacted)
      this.#content.push({ reasoningContent: { redactedContent } });
    if (text !== "") this.#content.push({ text });
    if (!toolUse) return;
    const call = {
      ...toolUse,
      input: JSON.parse(toolInput === "" ? "{}" : toolInput) as JsonValue,
    };
    this.#content.push({ toolUse: call });
    this.toolCalls.push(call);
  }
}
