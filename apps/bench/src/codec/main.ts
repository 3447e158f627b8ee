import { parseAreaOptions } from "../options.ts";
import { awsCryptoCost, zlibShare } from "./checksum.ts";
import { bundleSizes, nodeCodecs, portableCodecs } from "./codecs.ts";
import { bedrockFrames, uniqueHeaderFrames } from "./frames.ts";
import { report, type Goal } from "./report.ts";
import * as workloads from "./workloads.ts";
import { versioned } from "../report.ts";

parseAreaOptions({});

const smithyName = await versioned("@smithy/core");
const node = { ...(await nodeCodecs()), names: ["freshet", smithyName] as const };
const portable = {
  ...(await portableCodecs()),
  names: ["freshet, portable", `${smithyName}, browser build`] as const,
};

const small = bedrockFrames(20_000, 247);
const unique = uniqueHeaderFrames(20_000, 247);
const middle = bedrockFrames(5_000, 1024);
const large = bedrockFrames(300, 65_536);
// The peer needs half a millisecond per frame here.
const few = bedrockFrames(60, 65_536);

const goals: Goal[] = [];
const add = async (target: number | undefined, comparison: Promise<Goal["comparison"]>) => {
  goals.push({ target, comparison: await comparison });
};
await add(4, workloads.decodeWhole("decode 247-byte frames, whole", small, node));
await add(5, workloads.encode("encode 247-byte frames", small, node));
await add(6, workloads.streamPushed("stream 247-byte frames, push and read", small, 1400, node));
await add(5, workloads.streamIterated("stream 247-byte frames, decodeMessages", small, 1400, node));
await add(1.4, workloads.streamPushed("stream 64 KiB frames, push and read", large, 16_384, node));
await add(undefined, workloads.streamIterated("the same, decodeMessages", large, 16_384, node));
await add(undefined, workloads.decodeWhole("decode 64 KiB frames, whole", large, node));
await add(undefined, workloads.decodeWhole("decode 247 B, unique headers", unique, node));
await add(undefined, workloads.encode("encode 247 B, unique headers", unique, node));
await add(7, workloads.decodeWhole("portable: decode 247 B", small, portable));
await add(10, workloads.decodeWhole("portable: decode 1 KiB", middle, portable));
await add(14, workloads.decodeWhole("portable: decode 64 KiB", few, portable));
await add(undefined, workloads.encode("portable: encode 247 B", small, portable));

await report({
  goals,
  zlib: await zlibShare(large),
  awsCrypto: [
    await awsCryptoCost("247-byte frames", small),
    await awsCryptoCost("64 KiB frames", few),
  ],
  sizes: await bundleSizes(),
  smithyName,
});
