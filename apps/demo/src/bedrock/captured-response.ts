import {
  type AgentEventInput,
  BedrockError,
  ConverseMessageBuilder,
  type ConverseStreamEvent,
  decodeConverseStream,
  decodeInvokeModelStream,
  toAgentEvents,
} from "@freshet/bedrock-adapter";
import type { DemoEvent } from "../protocol/events.ts";

/** What a reader must get of a captured response. */
export interface CapturedResponse {
  readonly text: string;
  /** The code of the error that it ends with, if it is incomplete or holds an exception. */
  readonly errorType: string | undefined;
}

/** Decodes a captured response body without any of the pipeline's processes. */
export async function readCapturedResponse(
  body: Uint8Array,
  operation: "converse" | "invoke",
  model: string,
): Promise<CapturedResponse> {
  const response = new FirstResponse();
  if (operation === "invoke") {
    const chunks = decodeInvokeModelStream<object>([body]);
    for await (const event of toAgentEvents(chunks, { errors: "event", model })) {
      response.add(event);
    }
    return response.content();
  }
  const builder = new ConverseMessageBuilder();
  const onInput = (event: AgentEventInput) => builder.push(event as ConverseStreamEvent);
  const events = toAgentEvents(decodeConverseStream([body]), { errors: "event", model, onInput });
  for await (const event of events) response.add(event);
  const content = response.content();
  return { ...content, errorType: content.errorType ?? messageError(builder) };
}

/** Gathers what a reader gets of the first model call of a turn; the capture is the response to it. */
export class FirstResponse {
  #text = "";
  #errorType: string | undefined;
  #calls = 0;

  add(event: DemoEvent): void {
    if (event.type === "turn") this.#calls++;
    if (this.#calls > 1) return;
    if (event.type === "token") this.#text += event.text;
    if (event.type === "error") this.#errorType ??= event.error_type;
  }

  content(): CapturedResponse {
    return { text: this.#text, errorType: this.#errorType };
  }
}

/** The code of the error with which the agent refuses a complete response: its tool call is not JSON. */
function messageError(builder: ConverseMessageBuilder): string | undefined {
  try {
    builder.message();
    return undefined;
  } catch (error) {
    if (error instanceof BedrockError) return error.code;
    throw error;
  }
}
