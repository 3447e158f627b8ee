import { aFunction, checkOption, type StandardSchemaV1 } from "@freshet/core";
import { invalidOption, ParseError } from "../errors.ts";
import { formatPosition, type Offset } from "../protocol/offset.ts";
import type { Batch } from "./batches.ts";

/**
 * Turns a parsed item into a value; what it throws becomes the cause of a ParseError. Where there is a
 * `decode`, integers that a number cannot hold exactly reach it (and the schema before it) as text, so
 * that it can make BigInts of them.
 */
export type Decode<T> = (item: unknown) => T;

export function checkDecode(decode: Decode<unknown> | undefined): void {
  checkOption("decode", decode, aFunction, invalidOption);
}

/** Where reading continues after the first `count` units of the segment. */
export function positionIn(batch: Batch<unknown>, count: number): Offset {
  return count === batch.to ? batch.position : formatPosition(batch.segment.start, count, "items");
}

/**
 * Validates and decodes the items of each batch. When an item is rejected, the items before it are
 * delivered first; then the ParseError with that item and its position is reported and thrown.
 */
export async function* decodeItems<T>(
  batches: AsyncGenerator<Batch<unknown[]>, void, undefined>,
  schema: StandardSchemaV1<unknown, T> | undefined,
  decode: Decode<T> | undefined,
  onFailure: (error: ParseError) => void,
): AsyncGenerator<Batch<T[]>, void, undefined> {
  for await (const batch of batches) {
    const data: T[] = [];
    for (const item of batch.data) {
      try {
        let value = item as T;
        if (schema) {
          const result = schema["~standard"].validate(item);
          value = accepted(result instanceof Promise ? await result : result);
        }
        data.push(decode ? decode(value) : value);
      } catch (error) {
        const to = batch.from + data.length;
        const position = positionIn(batch, to);
        if (data.length > 0) yield { ...batch, data, to, position, complete: false };
        const failure = rejected(error, item, batch, to);
        onFailure(failure);
        throw failure;
      }
    }
    yield { ...batch, data };
  }
}

class SchemaIssues extends Error {
  readonly issues: readonly StandardSchemaV1.Issue[];
  constructor(issues: readonly StandardSchemaV1.Issue[]) {
    super(issues.map((issue) => issue.message).join("; "));
    this.issues = issues;
  }
}

function accepted<T>(result: StandardSchemaV1.Result<T>): T {
  if (result.issues) throw new SchemaIssues(result.issues);
  return result.value;
}

function rejected(
  cause: unknown,
  item: unknown,
  batch: Batch<unknown[]>,
  index: number,
): ParseError {
  const position = positionIn(batch, index);
  const isSchema = cause instanceof SchemaIssues;
  return new ParseError(
    "INVALID_ITEM",
    `${isSchema ? "The schema" : "decode"} rejected the item at position ${position}: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      cause,
      position,
      nextPosition: positionIn(batch, index + 1),
      item,
      issues: isSchema ? cause.issues : undefined,
    },
  );
}
