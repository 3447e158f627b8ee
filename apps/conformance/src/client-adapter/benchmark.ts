import { DurableStream, IdempotentProducer, stream } from "@freshet/durable-streams-client";
import type { BenchmarkOperation, Command, Result } from "./protocol.ts";
import { isJson } from "./result.ts";
import type { Session } from "./session.ts";

interface Metrics {
  bytesTransferred?: number;
  messagesProcessed?: number;
}

/** Runs one operation and measures its time. */
export async function benchmark(session: Session, command: Command): Promise<Result> {
  const { operation, iterationId } = command;
  if (!operation) throw new Error("benchmark: the command has no operation.");
  const run = operations[operation.op];
  if (!run) throw new Error(`benchmark: unknown operation ${operation.op}.`);
  const url = session.url(operation.path);
  const contentType = operation.contentType ?? session.contentType(operation.path);
  const start = process.hrtime.bigint();
  const metrics = await run(operation, url, contentType ?? "application/octet-stream");
  const durationNs = String(process.hrtime.bigint() - start);
  return { type: "benchmark", success: true, iterationId, durationNs, metrics };
}

type Operation = (
  operation: BenchmarkOperation,
  url: string,
  contentType: string,
) => Promise<Metrics>;

const payload = ({ size = 0 }: BenchmarkOperation, contentType: string) =>
  isJson(contentType) ? "*".repeat(size) : new Uint8Array(size).fill(42);

const operations: Record<string, Operation | undefined> = {
  async append(operation, url, contentType) {
    await new DurableStream({ url, contentType }).append(payload(operation, contentType));
    return { bytesTransferred: operation.size ?? 0 };
  },
  async read(operation, url) {
    const res = await stream(url, { live: false, offset: operation.offset });
    return { bytesTransferred: (await res.readBytes()).length };
  },
  async create(_operation, url, contentType) {
    await DurableStream.create({ url, contentType });
    return {};
  },
  async roundtrip(operation, url, contentType) {
    const handle = await DurableStream.create({ url, contentType });
    const res = await handle.stream({ live: operation.live ?? "long-poll" });
    const chunks = res[Symbol.asyncIterator]();
    const [received] = await Promise.all([
      chunks.next(),
      handle.append(payload(operation, contentType)),
    ]);
    await chunks.return?.();
    const size = received.done ? 0 : received.value.length;
    return { bytesTransferred: (operation.size ?? 0) + size };
  },
  async throughput_append(operation, url, contentType) {
    const handle = await DurableStream.create({ url, contentType });
    const producer = new IdempotentProducer(handle, "bench-producer", {
      ...{ lingerMs: 0, autoClaim: true },
    });
    const data = payload(operation, contentType);
    const count = operation.count ?? 0;
    for (let n = 0; n < count; n++) producer.append(data);
    await producer.flush();
    return { bytesTransferred: count * data.length, messagesProcessed: count };
  },
  async throughput_read(_operation, url) {
    let messagesProcessed = 0;
    let bytesTransferred = 0;
    const res = await stream(url, { live: false });
    for await (const item of res.iterJson()) {
      messagesProcessed++;
      bytesTransferred += JSON.stringify(item).length;
    }
    return { messagesProcessed, bytesTransferred };
  },
};
