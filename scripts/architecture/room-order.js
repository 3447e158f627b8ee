/**
 * The rooms of each package from top to bottom, as docs/architecture.md declares them: the list under
 * `### @freshet/<name>`, each item beginning with the room's name (- `folder/`: what it holds).
 *
 * @param {string} markdown
 * @returns {Map<string, string[]>}
 */
export function readRoomOrder(markdown) {
  const order = new Map();
  let rooms;
  for (const line of markdown.split("\n")) {
    if (/^#+ /.test(line)) {
      const name = /^### (@freshet\/\S+)/.exec(line)?.[1];
      rooms = name && [];
      if (name) order.set(name, rooms);
    }
    const room = /^- `([^`]+)`/.exec(line)?.[1];
    if (room) rooms?.push(room);
  }
  return order;
}
