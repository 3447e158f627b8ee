import { createParser } from "eventsource-parser";
import { agentEvent, formatAgentEvent } from "@freshet/agent-sse";

export type AgentEventOf = Parameters<typeof formatAgentEvent>[0];

/** Creates tokens of a few letters, as models send them. */
export function tokens(count: number): AgentEventOf[] {
  return Array.from({ length: count }, (_, index) => agentEvent.token(` tok${index % 1000}`));
}

/** Creates the events of an agent's turn: mostly plain tokens, some with line ends and quotes, some tools. */
export function mixedTurn(count: number): AgentEventOf[] {
  return Array.from({ length: count }, (_, index) => {
    const kind = index % 10;
    if (kind === 9) return agentEvent.progress("reading", index % 100, `page ${index}`);
    if (kind === 8) {
      return agentEvent.toolResult("search", `call-${index}`, { outputSummary: '{"hits":3}' });
    }
    if (kind >= 6) return agentEvent.token(`"line ${index % 1000}"\n`);
    return agentEvent.token(` tok${index % 1000}`);
  });
}

/** Formats a stream and cuts it into chunks of one size. */
export function chunksOf(events: readonly AgentEventOf[], size: number): Uint8Array[] {
  const bytes = new TextEncoder().encode(events.map((event) => formatAgentEvent(event)).join(""));
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += size) {
    chunks.push(bytes.subarray(start, start + size));
  }
  return chunks;
}

/** Creates a response whose body is ready, so that only the reading is measured. */
export function responseOf(chunks: readonly Uint8Array[]): Response {
  let next = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = chunks[next++];
      if (chunk) controller.enqueue(chunk);
      else controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

/** Extracts the texts of a response, whatever the protocol around them; for comparing, not for measuring. */
export function textsOf(body: string): string {
  const texts: string[] = [];
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data === "[DONE]" || data === "") return;
      const { text, delta } = JSON.parse(data) as { text?: string; delta?: string };
      const piece = text ?? delta;
      if (piece !== undefined) texts.push(piece);
    },
  });
  parser.feed(body);
  return texts.join("|");
}
