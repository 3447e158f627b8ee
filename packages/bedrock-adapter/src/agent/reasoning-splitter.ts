import type { AgentEventWriter } from "./agent-event-writer.ts";

/** How a model marks its reasoning inside its text. */
export interface ReasoningTags {
  open: string;
  close: string;
  /**
   * Whether the text begins inside the reasoning, because the prompt ends with the open tag. There is
   * then one reasoning part, and in the text after it the tags have no meaning.
   */
  startsInside: boolean;
}

export const gptOssTags: ReasoningTags = {
  open: "<reasoning>",
  close: "</reasoning>",
  startsInside: false,
};

export const deepSeekTags: ReasoningTags = {
  open: "<think>",
  close: "</think>",
  startsInside: true,
};

/**
 * Separates reasoning from text, where a tag may be cut anywhere. Text that may be the start of a tag is
 * held back until the next piece decides.
 */
export class ReasoningSplitter {
  readonly #tags: ReasoningTags;
  /** `start`: inside, but the model may repeat the open tag first. `rest`: no more tags. */
  #state: "start" | "inside" | "outside" | "rest";
  #held = "";

  constructor(tags: ReasoningTags) {
    this.#tags = tags;
    this.#state = tags.startsInside ? "start" : "outside";
  }

  push(piece: string, out: AgentEventWriter): void {
    let text = this.#held + piece;
    this.#held = "";
    if (this.#state === "start") {
      const { open } = this.#tags;
      if (text.length < open.length && open.startsWith(text)) {
        this.#held = text;
        return;
      }
      if (text.startsWith(open)) text = text.slice(open.length);
      this.#state = "inside";
    }
    while (this.#state !== "rest") {
      const tag = this.#state === "inside" ? this.#tags.close : this.#tags.open;
      const at = text.indexOf(tag);
      if (at === -1) {
        const kept = text.length - lengthOfTagStart(text, tag);
        this.#held = text.slice(kept);
        text = text.slice(0, kept);
        break;
      }
      this.#emit(text.slice(0, at), out);
      text = text.slice(at + tag.length);
      if (this.#state === "outside") this.#state = "inside";
      else this.#state = this.#tags.startsInside ? "rest" : "outside";
    }
    this.#emit(text, out);
  }

  /** Ends the text: what was held back is not a tag. */
  end(out: AgentEventWriter): void {
    const text = this.#held;
    this.#held = "";
    this.#emit(text, out);
  }

  #emit(text: string, out: AgentEventWriter): void {
    if (this.#state === "start" || this.#state === "inside") out.thinking(text);
    else out.token(text);
  }
}

/** How many characters at the end of `text` may be the start of `tag`. */
function lengthOfTagStart(text: string, tag: string): number {
  for (let length = Math.min(text.length, tag.length - 1); length > 0; length--) {
    if (text.endsWith(tag.slice(0, length))) return length;
  }
  return 0;
}
