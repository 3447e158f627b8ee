/**
 * A short key for a path (FNV-1a, 32 bits). Two paths with the same key wake each other's readers, who
 * then find nothing.
 */
export function pathKey(path: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < path.length; i++) {
    hash = Math.imul(hash ^ path.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(36);
}
