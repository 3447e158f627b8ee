/** The fields of an event beside its type: what is its data on the wire. */
export function fieldsOf<E extends { type: string }>(event: E): Omit<E, "type"> {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- the rest is wanted; `delete` makes slow objects
  const { type, ...fields } = event;
  return fields;
}
