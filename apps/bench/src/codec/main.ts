import { awsCryptoCost, zlibShare } from "./checksum.ts";
import { bundleSizes, nodeCodecs, portableCodecs } from "./codecs.ts";
import { bedrockFrames, uniqueHeaderFrames } from "./frames.ts";
import { report, type Goal } from "./report.ts";
import * as works from "./workloads.ts";
import { versioned } from "../report.ts";

const smithyName = await versioned("@smithy/core");
const node = { ...(await nodeCodecs()), names: ["freshet", smithyName] as const };
const portable = {
  ...(await portableCodecs()),
  names: ["freshet, portable", `${smithyName}, browser build`] as const,
};

const small = bedrockFrames(20_000, 247);
const unlike = uniqueHeaderFrames(20_000, 247);
const middle = bedrockFrames(5_000, 1024);
const large = bedrockFrames(300, 65_536);
// The other side needs half a millisecond a frame here.
const few = bedrockFrames(60, 65_536);

const goals: Goal[] = [];
const add = async (target: number | undefined, comparison: Promise<Goal["comparison"]>) => {
  goals.push({ target, comparison: await comparison });
};
await add(4, works.decodeWhole("decode 247-byte frames, whole", small, node));
await add(5, works.encode("encode 247-byte frames", small, node));
await add(6, works.streamPushed("stream 247-byte frames, push and read", small, 1400, node));
await add(5, works.streamIterated("stream 247-byte frames, decodeMessages", small, 1400, node));
await add(1.4, works.streamPushed("stream 64 KiB frames, push and read", large, 16_384, node));
await add(undefined, works.streamIterated("the same, decodeMessages", large, 16_384, node));
await add(undefined, works.decodeWhole("decode 64 KiB frames, whole", large, node));
await add(undefined, works.decodeWhole("decode 247 B, headers never alike", unlike, node));
await add(undefined, works.encode("encode 247 B, headers never alike", unlike, node));
await add(7, works.decodeWhole("portable: decode 247 B", small, portable));
await add(10, works.decodeWhole("portable: decode 1 KiB", middle, portable));
await add(14, works.decodeWhole("portable: decode 64 KiB", few, portable));
await add(undefined, works.encode("portable: encode 247 B", small, portable));

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
