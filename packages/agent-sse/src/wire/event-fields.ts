/** All fields of an event except its type; on the wire they are its data. */
export function fieldsOf<E extends { type: string }>(event: E): Omit<E, "type"> {
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- only the rest is needed; `delete` makes slow objects
  const { type, ...fields } = event;
  return fields;
}
