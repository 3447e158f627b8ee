/** The fields of an event beside its type: what is its data on the wire. */
export function fieldsOf<E extends { type: string }>(event: E): Omit<E, "type"> {
  const fields: Partial<E> = { ...event };
  delete fields.type;
  return fields as Omit<E, "type">;
}
