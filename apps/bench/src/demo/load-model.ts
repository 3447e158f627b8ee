import { createServer, type Server, type ServerResponse } from "node:http";
import { once } from "node:events";
import { encodeConverseEvent } from "@freshet/bedrock-adapter/testing";

/** What the bench needs of a Bedrock: tokens that say when they were sent, at a steady pace. */
export interface LoadModel {
  readonly url: string;
  /** How many tokens the answers have that begin from now on. */
  tokens: number;
  close(): void;
}

/** An answer that is being given. */
interface Answer {
  readonly response: ServerResponse;
  readonly tokens: number;
  readonly startedAt: number;
  sent: number;
}

/**
 * Answers every request with real frames, one token in each; its text is its number and the time at
 * which the frame was handed to the socket, in milliseconds since 1970 with a fraction.
 *
 * One timer serves all answers, and each token has its time from the start of its answer: a process that
 * was kept waiting for the CPU makes up for it, so that the load is the one that was asked for.
 */
export async function startLoadModel(tokensPerSecond: number): Promise<LoadModel> {
  const model = { tokens: 0 };
  const answers = new Set<Answer>();
  const server: Server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" });
    response.write(encodeConverseEvent({ type: "messageStart", role: "assistant" }));
    const answer = { response, tokens: model.tokens, startedAt: performance.now(), sent: 0 };
    answers.add(answer);
    response.on("close", () => answers.delete(answer));
  });
  const timer = setInterval(() => {
    const now = performance.now();
    for (const answer of answers) {
      const due = Math.floor(((now - answer.startedAt) * tokensPerSecond) / 1000);
      while (answer.sent < Math.min(due, answer.tokens)) send(answer);
      if (answer.sent < answer.tokens) continue;
      answers.delete(answer);
      answer.response.write(
        encodeConverseEvent({ type: "contentBlockStop", contentBlockIndex: 0 }),
      );
      answer.response.end(encodeConverseEvent({ type: "messageStop", stopReason: "end_turn" }));
    }
  }, tickMs);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The model has no port.");
  return Object.assign(model, {
    url: `http://127.0.0.1:${address.port}`,
    close: () => {
      clearInterval(timer);
      server.close();
      server.closeAllConnections();
    },
  });
}

/** How often it looks which tokens are due, in milliseconds. */
const tickMs = 2;

function send(answer: Answer): void {
  const sentAt = (performance.timeOrigin + performance.now()).toFixed(2);
  const text = `${answer.sent++}@${sentAt} `;
  const delta = { text };
  answer.response.write(
    encodeConverseEvent({ type: "contentBlockDelta", contentBlockIndex: 0, delta }),
  );
}
