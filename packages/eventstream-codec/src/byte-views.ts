/** Views the same memory as a DataView. */
export function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Views a part of the same memory as bytes. */
export function bytesOf(view: DataView, start: number, end: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + start, end - start);
}

/** Copies a part of the same memory. */
export function copyOf(view: DataView, start: number, end: number): DataView {
  return new DataView(view.buffer.slice(view.byteOffset + start, view.byteOffset + end));
}
