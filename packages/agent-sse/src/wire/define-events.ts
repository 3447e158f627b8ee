import { checkOption, type AgentEvent, type StandardSchemaV1 } from "@freshet/core";
import { invalidOption } from "./error.ts";
import { aSchema } from "./option-rules.ts";

/** The schema of each event type's data, which is all its fields except `type`. */
export type EventSchemas = Readonly<Record<string, StandardSchemaV1<unknown, unknown>>>;

/** The events that a reader gets: the standard ones, and the defined ones as their schemas output them. */
export type DefinedEvent<Schemas extends EventSchemas> =
  | Exclude<AgentEvent, { type: keyof Schemas }>
  | {
      [Type in keyof Schemas & string]: Typed<Type, StandardSchemaV1.InferOutput<Schemas[Type]>>;
    }[keyof Schemas & string];

/** The data with its type; distributes over a union. */
type Typed<Type extends string, Data> = Data extends unknown
  ? Flat<{ type: Type } & Omit<Data, "type">>
  : never;

type Flat<T> = { [Field in keyof T]: T[Field] };

/** What {@link defineEvents} returns; it is itself a Standard Schema of whole events. */
export interface EventDefinitions<Schemas extends EventSchemas> extends StandardSchemaV1<
  unknown,
  DefinedEvent<Schemas>
> {
  /** Builds an event of a defined type. The compiler checks its fields, the reader validates them. */
  event<Type extends keyof Schemas & string>(
    type: Type,
    data: StandardSchemaV1.InferInput<Schemas[Type]>,
  ): Typed<Type, StandardSchemaV1.InferInput<Schemas[Type]>>;
}

/**
 * Defines custom events, or stricter versions of the standard ones, with any synchronous validator that
 * implements Standard Schema (zod, valibot, arktype, …). Pass the result as `schema` to a parser, a reader
 * or the hook: events of the defined types are validated and typed, all others pass through unchanged.
 *
 * @example
 * ```ts
 * import { defineEvents, readAgentEvents } from "@freshet/agent-sse";
 * import { z } from "zod";
 *
 * const events = defineEvents({ "order.placed": z.object({ order: z.string(), items: z.number() }) });
 *
 * async function orders(response: Response) {
 *   for await (const { event } of readAgentEvents(response, { schema: events })) {
 *     if (event.type === "order.placed") console.log(event.order, event.items);
 *   }
 * }
 * ```
 */
export function defineEvents<const Schemas extends EventSchemas>(
  schemas: Schemas,
): EventDefinitions<Schemas> {
  // A map rather than an object, so that an event type may be "constructor".
  const byType = new Map(Object.entries(schemas));
  for (const [type, schema] of byType)
    checkOption(`schemas.${type}`, schema, aSchema, invalidOption);
  return {
    event: (type, data) => ({ ...(data as object), type }) as never,
    "~standard": {
      version: 1,
      vendor: "freshet",
      validate: (value) => validateEvent(value, byType) as StandardSchemaV1.Result<never>,
    },
  };
}

function validateEvent(
  value: unknown,
  schemas: ReadonlyMap<string, StandardSchemaV1>,
): StandardSchemaV1.Result<unknown> | Promise<StandardSchemaV1.Result<unknown>> {
  if (typeof value !== "object" || value === null || !("type" in value)) {
    return { issues: [{ message: "Expected an object with a `type`." }] };
  }
  const { type, ...data } = value;
  const schema = typeof type === "string" ? schemas.get(type) : undefined;
  if (!schema) return { value };
  const withType = (result: StandardSchemaV1.Result<unknown>) =>
    result.issues ? result : { value: { ...(result.value as object), type } };
  const result = schema["~standard"].validate(data);
  return result instanceof Promise ? result.then(withType) : withType(result);
}
