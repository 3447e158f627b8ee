import { memo, useEffect, useMemo, useRef, type PointerEvent, type ReactElement } from "react";
import { onSelect, select, selected } from "../model/selection.ts";
import { rangeOf, seenAt, type TextSegment } from "../model/conversation.ts";
import { renderMarkdown } from "./markdown.ts";
import { align, rangesOf, sourceIndexAt, type Alignment } from "./text-alignment.ts";

/** The text of a response. Pointing at a word selects the event that added it. */
export function ResponseText({
  segment,
  text,
}: {
  segment: TextSegment;
  text: string;
}): ReactElement {
  const blocks = useMemo(() => renderMarkdown(text), [text]);
  const root = useRef<HTMLDivElement>(null);
  useHighlight(root, segment, text);
  const onPointerMove = (event: PointerEvent) => {
    if (event.pointerType === "touch") return;
    selectAt(segment, event.clientX, event.clientY);
  };
  return (
    <div
      ref={root}
      className={segment.kind === "thinking" ? "prose prose-thinking" : "prose"}
      onPointerMove={onPointerMove}
      onPointerLeave={() => select(undefined)}
      onClick={(event) => selectAt(segment, event.clientX, event.clientY)}
    >
      {blocks.map(({ start, source, html }) => (
        <Block key={start} start={start} source={source} html={html} />
      ))}
    </div>
  );
}

interface BlockProps {
  start: number;
  source: string;
  html: string;
}

const Block = memo(function Block({ start, source, html }: BlockProps): ReactElement {
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = root.current;
    if (!element) return;
    sources.set(element, { start, source, alignment: undefined });
  }, [start, source]);
  return <div ref={root} className="block" dangerouslySetInnerHTML={{ __html: html }} />;
});

interface BlockSource {
  readonly start: number;
  readonly source: string;
  /** Computed when it is first needed. */
  alignment: Alignment | undefined;
}

const sources = new WeakMap<Element, BlockSource>();

function alignmentOf(block: Element): { start: number; alignment: Alignment } | undefined {
  const known = sources.get(block);
  if (!known) return undefined;
  known.alignment ??= align(block, known.source);
  return { start: known.start, alignment: known.alignment };
}

function selectAt(segment: TextSegment, x: number, y: number): void {
  const caret = caretAt(x, y);
  const block = caret?.node.parentElement?.closest(".block");
  const aligned = block ? alignmentOf(block) : undefined;
  if (!caret || !aligned) return;
  const index = sourceIndexAt(aligned.alignment, caret.node, caret.offset);
  if (index === undefined) return;
  const seen = seenAt(segment, aligned.start + index);
  if (seen) select({ index: seen.index, from: "text", at: { x, y } });
}

/** Finds the text at a point. `caretPositionFromPoint` is the standard; Safari has only the older API. */
function caretAt(x: number, y: number): { node: Node; offset: number } | undefined {
  const page = document as Partial<Pick<Document, "caretPositionFromPoint">> & {
    caretRangeFromPoint?: (x: number, y: number) => Range | null;
  };
  const position = page.caretPositionFromPoint?.(x, y);
  if (position) return { node: position.offsetNode, offset: position.offset };
  const range = page.caretRangeFromPoint?.(x, y);
  return range ? { node: range.startContainer, offset: range.startOffset } : undefined;
}

/** Highlights the text of the selected event without touching the DOM of the response. */
function useHighlight(
  root: { readonly current: HTMLElement | null },
  segment: TextSegment,
  text: string,
): void {
  useEffect(() => {
    // Older browsers have no highlights: there only the row of the table shows the link.
    const highlights = (CSS as Partial<typeof CSS>).highlights;
    if (!highlights) return;
    const highlight = new Highlight();
    const show = () => {
      highlight.clear();
      const index = selected()?.index;
      const seen = segment.pieces.find((piece) => piece.seen.index === index)?.seen;
      const range = seen && rangeOf(segment, seen);
      if (!range || !root.current) return;
      for (const block of root.current.children) {
        const aligned = alignmentOf(block);
        if (!aligned) continue;
        const [start, end] = [range[0] - aligned.start, range[1] - aligned.start];
        for (const shown of rangesOf(aligned.alignment, start, end)) highlight.add(shown);
      }
      if (highlight.size > 0) highlights.set("event", highlight);
    };
    show();
    const stop = onSelect(show);
    return () => {
      stop();
      highlight.clear();
    };
  }, [root, segment, text]);
}
