import { findCycles } from "./cycles.js";
import { readSourceGraph, sourceOf } from "./source-graph.js";

/** More arrows than these are no picture that a newcomer could hold in mind. */
export const maxArrows = 30;

/**
 * Holds the sources of one package against the order of its rooms. A room is a folder of `src/`, or a
 * file there that is not a public entry; the entries stand above all rooms.
 *
 * @param {{ manifest: object, files: Map<string, string> }} pkg `files`: text by path below `src/`
 * @param {readonly string[] | undefined} order the rooms from top to bottom
 * @returns {{ rooms: string[], arrows: string[], problems: string[] }}
 */
export function checkPackage(pkg, order) {
  const entries = publicEntries(pkg.manifest);
  const roomOf = (file) =>
    file.includes("/") ? file.replace(/\/.*/, "/") : entries.has(file) ? undefined : file;
  const rooms = [...new Set([...pkg.files.keys()].map(roomOf))].filter(Boolean);
  const problems = orderProblems(rooms, order);
  const graph = readSourceGraph(pkg);
  const arrows = new Map();
  for (const [file, targets] of graph) {
    for (const target of targets) {
      const [from, to] = [roomOf(file), roomOf(target)];
      if (from === to || from === undefined) continue;
      const arrow = `${from} -> ${to ?? target}`;
      if (!arrows.has(arrow) && (to === undefined || isUpward(from, to, order))) {
        problems.push(`upward: ${arrow} (src/${file} imports src/${target})`);
      }
      arrows.set(arrow);
    }
  }
  if (arrows.size > maxArrows) problems.push(`${arrows.size} arrows; at most ${maxArrows}`);
  for (const cycle of findCycles(graph)) problems.push(`file cycle: ${cycle.join(" -> ")}`);
  return { rooms: order ?? rooms, arrows: [...arrows.keys()].sort(), problems };
}

/** The files of `src/` that the package's exports and commands name, and every `index.ts`. */
function publicEntries({ exports = {}, bin = {} }) {
  const targets = [...Object.values(exports).map((entry) => entry.default), ...Object.values(bin)];
  return new Set(["index.ts", ...targets.filter(Boolean).map(sourceOf)]);
}

/** Rooms that the order does not list are a problem of their own. */
function isUpward(from, to, order = []) {
  return order.includes(from) && order.includes(to) && order.indexOf(from) > order.indexOf(to);
}

function orderProblems(rooms, order) {
  if (!order) return ["docs/architecture.md has no section for it"];
  return [
    ...rooms
      .filter((room) => !order.includes(room))
      .map((room) => `docs/architecture.md does not list ${room}`),
    ...order
      .filter((room) => !rooms.includes(room))
      .map((room) => `docs/architecture.md lists ${room}, which src/ does not have`),
  ];
}
