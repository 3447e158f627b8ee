import DOMPurify from "dompurify";
import { Marked } from "marked";

/** A paragraph, a list, a table: a block that can be rendered without its neighbours. */
export interface MarkdownBlock {
  /** Where its source begins in the whole text. */
  readonly start: number;
  readonly source: string;
  /** Sanitised. */
  readonly html: string;
}

const purify = DOMPurify(window);
purify.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName !== "A") return;
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer");
});

/** Shows HTML tags of a response as text instead of interpreting them. */
const marked = new Marked({
  renderer: {
    html: ({ text, block }) => (block ? `<p>${escaped(text)}</p>` : escaped(text)),
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  },
});

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}

const rendered = new Map<string, string>();
const maxRendered = 500;

/**
 * Renders a model's Markdown as blocks of safe HTML. A model's output is not trusted: no scripts, no
 * styles, no forms, and nothing that would be fetched from another origin.
 */
export function renderMarkdown(text: string): MarkdownBlock[] {
  const blocks: MarkdownBlock[] = [];
  let start = 0;
  for (const token of marked.lexer(text)) {
    const source = token.raw;
    if (token.type !== "space") blocks.push({ start, source, html: render(source, token) });
    start += source.length;
  }
  return blocks;
}

function render(source: string, token: Parameters<typeof marked.parser>[0][number]): string {
  const known = rendered.get(source);
  if (known !== undefined) return known;
  const html = purify.sanitize(marked.parser([token]), {
    USE_PROFILES: { html: true },
    FORBID_TAGS: [
      "img",
      "style",
      "form",
      "input",
      "button",
      "textarea",
      "select",
      "audio",
      "video",
    ],
    FORBID_ATTR: ["style", "class", "id"],
  });
  if (rendered.size >= maxRendered) rendered.clear();
  rendered.set(source, html);
  return html;
}
