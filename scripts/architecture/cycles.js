/**
 * The cycles of a graph, each once: for every group of nodes that reach each other, one shortest way
 * around.
 *
 * @param {Map<string, string[]>} graph
 * @returns {string[][]} the nodes of each cycle in order, the first one again at the end
 */
export function findCycles(graph) {
  const cycles = [];
  const seen = new Set();
  for (const start of graph.keys()) {
    const cycle = seen.has(start) ? undefined : wayBack(graph, start);
    if (!cycle) continue;
    cycle.forEach((node) => seen.add(node));
    cycles.push(cycle);
  }
  return cycles;
}

/** The shortest way from a node back to itself, by breadth-first search. */
function wayBack(graph, start) {
  const from = new Map();
  const queue = [start];
  for (const node of queue) {
    for (const next of graph.get(node) ?? []) {
      if (next === start) {
        const way = [node];
        while (way[0] !== start) way.unshift(from.get(way[0]));
        return [...way, start];
      }
      if (from.has(next)) continue;
      from.set(next, node);
      queue.push(next);
    }
  }
  return undefined;
}
