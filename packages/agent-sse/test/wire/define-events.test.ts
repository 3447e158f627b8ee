import type { StandardSchemaV1 } from "@freshet/core";
import * as v from "valibot";
import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import {
  AgentEventParser,
  AgentStreamEmitter,
  agentEvent,
  agentStreamResponse,
  defineEvents,
  formatAgentEvent,
  readAgentEvents,
} from "../../src/index.ts";

const withZod = defineEvents({
  "order.placed": z.object({ order: z.string(), items: z.number().int() }),
  "order.shipped": z.object({ at: z.coerce.date<string>() }),
});
const withValibot = defineEvents({
  "order.placed": v.object({ order: v.string(), items: v.pipe(v.number(), v.integer()) }),
  "order.shipped": v.object({ at: v.pipe(v.string(), v.toDate()) }),
});

describe.each([
  ["zod", withZod],
  ["valibot", withValibot],
])("with %s", (_, events) => {
  const read = (...frames: string[]) => {
    const parser = new AgentEventParser({ schema: events }).push(frames.join(""));
    return [
      ...(function* () {
        for (let next = parser.read(); next; next = parser.read()) yield next.event;
      })(),
    ];
  };

  test("events of defined types are validated and are their schema's output", () => {
    const emitter = new AgentStreamEmitter();
    const placed = events.event("order.placed", { order: "7", items: 2 });
    const shipped = events.event("order.shipped", { at: "2026-01-02T00:00:00.000Z" });
    const [first, second] = read(emitter.event(placed), emitter.event(shipped));
    expect(first).toEqual({ type: "order.placed", order: "7", items: 2 });
    expect(second).toEqual({ type: "order.shipped", at: new Date("2026-01-02T00:00:00.000Z") });
    expectTypeOf(placed).toEqualTypeOf<{ type: "order.placed"; order: string; items: number }>();
    if (second?.type === "order.shipped") expectTypeOf(second.at).toEqualTypeOf<Date>();
    if (first?.type === "token") expectTypeOf(first.text).toEqualTypeOf<string>();
  });

  test("an event that its schema refuses is an error with the issues, after the good events", () => {
    const parser = new AgentEventParser({ schema: events });
    parser.push(formatAgentEvent(agentEvent.token("a"), { id: "1" }));
    parser.push(formatAgentEvent({ type: "order.placed", order: 7, items: 0.5 }));
    expect(parser.read()?.event).toEqual(agentEvent.token("a"));
    expect(() => parser.read()).toThrow(
      expect.objectContaining({
        ...{ code: "INVALID_PAYLOAD", lastEventId: "1" },
        issues: [
          expect.objectContaining({ path: expect.anything() as unknown }),
          expect.objectContaining({ message: expect.any(String) as unknown }),
        ],
      }),
    );
  });

  test("events of other types pass through unchanged", () => {
    const unknown = { type: "constructor", x: 1 };
    expect(read(formatAgentEvent(agentEvent.turn(1)), formatAgentEvent(unknown))).toEqual([
      ...[agentEvent.turn(1), unknown],
    ]);
  });

  test("defined events survive a response and a reader", async () => {
    const placed = events.event("order.placed", { order: "7", items: 2 });
    const response = agentStreamResponse([placed, agentEvent.done()]);
    const types = [];
    for await (const { event } of readAgentEvents(response, { schema: events })) {
      types.push(event.type);
      if (event.type === "order.placed") expectTypeOf(event.items).toEqualTypeOf<number>();
    }
    expect(types).toEqual(["order.placed", "done"]);
  });
});

test("defineEvents can make a standard event stricter", () => {
  const events = defineEvents({ token: z.object({ text: z.string().max(3) }) });
  const parser = new AgentEventParser({ schema: events });
  parser.push(
    formatAgentEvent(agentEvent.token("abc")) + formatAgentEvent(agentEvent.token("abcd")),
  );
  expect(parser.read()?.event).toEqual(agentEvent.token("abc"));
  expect(() => parser.read()).toThrow(expect.objectContaining({ code: "INVALID_PAYLOAD" }));
});

test("a schema of whole events works without defineEvents", () => {
  const schema = z.object({ type: z.literal("token"), text: z.string() });
  const parser = new AgentEventParser({ schema });
  parser.push(formatAgentEvent(agentEvent.token("a")) + formatAgentEvent(agentEvent.done()));
  const received = parser.read();
  expectTypeOf(received?.event).toEqualTypeOf<{ type: "token"; text: string } | undefined>();
  expect(() => parser.read()).toThrow(expect.objectContaining({ code: "INVALID_PAYLOAD" }));
});

test("done ends the stream, whatever its schema outputs", async () => {
  const events = defineEvents({ done: z.object({ model: z.string() }) });
  const read = [];
  const response = agentStreamResponse([agentEvent.done({ model: "m" })]);
  for await (const { event } of readAgentEvents(response, { schema: events })) read.push(event);
  expect(read).toEqual([{ type: "done", model: "m" }]);
});

const broken = (
  validate: (value: unknown) => never,
): StandardSchemaV1<unknown, { type: string }> => ({
  "~standard": { version: 1, vendor: "test", validate },
});

test("a schema that returns a promise or throws is an error and not a crash", () => {
  const asynchronous = broken(() => Promise.reject(new Error("later")) as never);
  const throwing = broken(() => {
    throw new Error("in the schema");
  });
  for (const schema of [asynchronous, throwing]) {
    const parser = new AgentEventParser({ schema }).push(formatAgentEvent(agentEvent.token("a")));
    expect(() => parser.read()).toThrow(expect.objectContaining({ code: "INVALID_PAYLOAD" }));
  }
});

test("the result of defineEvents is a Standard Schema of whole events", async () => {
  const validate = withZod["~standard"].validate;
  expect(await validate({ type: "order.placed", order: "1", items: 1 })).toEqual({
    value: { type: "order.placed", order: "1", items: 1 },
  });
  expect(await validate({ type: "order.placed" })).toHaveProperty("issues");
  expect(await validate("text")).toHaveProperty("issues");
  expect(await validate({ type: 7 })).toEqual({ value: { type: 7 } });
});
