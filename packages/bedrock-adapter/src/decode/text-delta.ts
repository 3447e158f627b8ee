// Nearly every event of an answer is a piece of text, written in one and the same way. Read by a
// regular expression it costs a sixth of JSON.parse; whatever does not match exactly is parsed. Both
// expressions match nothing that is not JSON, and nothing that means more than they take out of it.
import type { AnthropicChunk } from "./invoke-chunks.ts";
import type { ContentBlockDeltaEvent } from "./converse-events.ts";

/** A greedy loop over a very long text would need a very deep stack. */
const maxLength = 8192;

/** With or without the padding that is dropped. */
const converseTextDelta =
  // eslint-disable-next-line no-control-regex -- JSON strings cannot hold them as they are
  /^\{"contentBlockIndex":(0|[1-9]\d{0,5}),"delta":\{"text":"([^"\\\x00-\x1f]*)"\}(?:,"p":"[a-zA-Z0-9]*")?\}$/;

/** On the bytes of the chunk, one character each, so that text outside ASCII does not match. */
const anthropicTextDelta =
  // eslint-disable-next-line no-control-regex -- JSON strings cannot hold them as they are
  /^\{"type":"content_block_delta","index":(0|[1-9]\d{0,5}),"delta":\{"type":"text_delta","text":"([^"\\\x00-\x1f\x7f-\xff]*)"\}\}$/;

/** The payload of a Converse text delta as its event; `undefined` for anything else. */
export function readConverseTextDelta(payload: string): ContentBlockDeltaEvent | undefined {
  const match = payload.length < maxLength ? converseTextDelta.exec(payload) : null;
  if (!match) return undefined;
  const [, index, text = ""] = match;
  return { type: "contentBlockDelta", contentBlockIndex: Number(index), delta: { text } };
}

/** The bytes of an Anthropic text delta as its chunk; `undefined` for anything else. */
export function readAnthropicTextDelta(binary: string): AnthropicChunk | undefined {
  const match = binary.length < maxLength ? anthropicTextDelta.exec(binary) : null;
  if (!match) return undefined;
  const [, index, text = ""] = match;
  return {
    type: "content_block_delta",
    index: Number(index),
    delta: { type: "text_delta", text },
  };
}
