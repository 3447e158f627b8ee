import type { AgentAnswer } from "./agent-event-writer.ts";

/** How a model marks its reasoning inside its text. */
export interface ReasoningTags {
  open: string;
  close: string;
  /**
   * Whether the text begins inside the reasoning, because the prompt already held the open tag.
   * There is then one reasoning part, and in the answer after it the tags are only text.
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
 * Tells reasoning and answer apart where a tag may be cut anywhere. Text that may be the start of a
 * tag is held back until the next piece decides.
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

  push(piece: string, answer: AgentAnswer): void {
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
      this.#emit(text.slice(0, at), answer);
      text = text.slice(at + tag.length);
      if (this.#state === "outside") this.#state = "inside";
      else this.#state = this.#tags.startsInside ? "rest" : "outside";
    }
    this.#emit(text, answer);
  }

  /** The text is over: what was held back was no tag. */
  end(answer: AgentAnswer): void {
    const text = this.#held;
    this.#held = "";
    this.#emit(text, answer);
  }

  #emit(text: string, answer: AgentAnswer): void {
    if (this.#state === "start" || this.#state === "inside") answer.thinking(text);
    else answer.token(text);
  }
}

/** How many characters at the end of `text` may be the start of `tag`. */
function lengthOfTagStart(text: string, tag: string): number {
  for (let length = Math.min(text.length, tag.length - 1); length > 0; length--) {
    if (text.endsWith(tag.slice(0, length))) return length;
  }
  return 0;
}
