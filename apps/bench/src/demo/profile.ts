import { readFile } from "node:fs/promises";

/** https://chromedevtools.github.io/devtools-protocol/v8/Profiler/#type-Profile */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The share of a process's busy time that was spent in the code of one area, without callees. */
export interface AreaShare {
  readonly area: string;
  readonly share: number;
}

export interface ProcessProfile {
  readonly name: string;
  /** Largest first. */
  readonly areas: readonly AreaShare[];
}

/** Sums up a profile's self time by area, without idle time. */
export async function readProfile(name: string, file: string): Promise<ProcessProfile> {
  const profile = JSON.parse(await readFile(file, "utf8")) as CpuProfile;
  const areaById = new Map(
    profile.nodes.map(({ id, callFrame }) => [id, areaOf(callFrame.functionName, callFrame.url)]),
  );
  const times = new Map<string, number>();
  let busy = 0;
  for (const [index, id] of profile.samples.entries()) {
    const area = areaById.get(id);
    if (area === undefined) continue;
    const micros = profile.timeDeltas[index] ?? 0;
    busy += micros;
    times.set(area, (times.get(area) ?? 0) + micros);
  }
  const areas = [...times]
    .map(([area, micros]) => ({ area, share: micros / busy }))
    .sort((left, right) => right.share - left.share);
  return { name, areas };
}

/** The area of code by its file; the first pattern that matches counts. */
const places: readonly (readonly [pattern: RegExp, area: string])[] = [
  [/\/packages\/([\w-]+)\//, "@freshet/$1"],
  [/\/apps\/demo\//, "the demo's own code"],
  [/\/apps\/bench\//, "the bench's own code"],
  [/\/node_modules\/undici\/|deps\/undici/, "undici (HTTP client, fetch)"],
  [/\/node_modules\/(@hono\/[\w-]+|hono)\//, "hono"],
  [/\/node_modules\/((?:@[\w-]+\/)?[\w.-]+)\/(?!.*\/node_modules\/)/, "$1"],
  [/webstreams|internal\/encoding/, "Node: web streams, text encoding"],
  [/^node:_http|^node:internal\/http|^node:http/, "Node: HTTP server"],
  [/^node:(net|internal\/(stream|streams|net|js_stream)|stream)/, "Node: sockets and streams"],
  [/^node:(internal\/)?timers/, "Node: timers"],
  [/event_target|abort_controller/, "Node: abort signals, event targets"],
  [/^node:(internal\/process|internal\/async|async_hooks|diagnostics)/, "Node: promises and ticks"],
  [/^node:/, "Node: other"],
];

/** Node's native functions that open, write and close sockets. */
const socketCalls =
  /^(write(v|Buffer|\w+String)|connect6?|close|shutdown|readStart|readStop|open)$/;

function areaOf(functionName: string, url: string): string | undefined {
  if (functionName === "(idle)" || functionName === "(root)") return undefined;
  if (functionName === "(garbage collector)") return "garbage collection";
  if (functionName === "(program)")
    return "native code outside JavaScript (system calls, event loop)";
  for (const [pattern, area] of places) {
    const match = pattern.exec(url);
    if (match) return area.replace("$1", match[1] ?? "");
  }
  if (url !== "") return "other";
  if (socketCalls.test(functionName)) return "system calls for sockets";
  if (functionName === "runMicrotasks") return "Node: promises and ticks";
  return "built-in functions of V8 and Node";
}
