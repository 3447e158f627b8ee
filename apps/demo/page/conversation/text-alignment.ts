/**
 * Maps the characters of a rendered block to those of its Markdown source. The rendered text is the
 * source with some characters left out (`**`, `[`, `](…)`), so its words are searched in the source, in
 * order.
 */
export interface Alignment {
  readonly nodes: readonly AlignedText[];
}

interface AlignedText {
  readonly node: Text;
  /** For each character of the node, its index in the block's source. */
  readonly sourceIndex: Uint32Array;
}

/** A match farther ahead than this is another occurrence of the same word. */
const farthest = 400;

export function align(block: Element, source: string): Alignment {
  const nodes: AlignedText[] = [];
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  let cursor = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node as Text;
    const sourceIndex = new Uint32Array(text.data.length);
    for (const { 0: word, index } of text.data.matchAll(/[\p{L}\p{N}]+|\s+|[^]/gu)) {
      const found = /^\s/.test(word) ? -1 : source.indexOf(word, cursor);
      if (found !== -1 && found - cursor < farthest) cursor = found;
      for (let at = 0; at < word.length; at++) sourceIndex[index + at] = cursor + at;
      if (found !== -1 && found === cursor) cursor += word.length;
    }
    nodes.push({ node: text, sourceIndex });
  }
  return { nodes };
}

/** Returns the source index of the character at `offset` of a text node. */
export function sourceIndexAt(
  { nodes }: Alignment,
  node: Node,
  offset: number,
): number | undefined {
  const aligned = nodes.find((one) => one.node === node);
  if (!aligned) return undefined;
  return aligned.sourceIndex[Math.min(offset, aligned.sourceIndex.length - 1)];
}

/** Returns the ranges of the page that show the source from `start` to `end`. */
export function rangesOf({ nodes }: Alignment, start: number, end: number): Range[] {
  const ranges: Range[] = [];
  for (const { node, sourceIndex } of nodes) {
    const first = sourceIndex.findIndex((index) => index >= start && index < end);
    if (first === -1) continue;
    const last = sourceIndex.findLastIndex((index) => index >= start && index < end);
    const range = document.createRange();
    range.setStart(node, first);
    range.setEnd(node, last + 1);
    ranges.push(range);
  }
  return ranges;
}
