import { parseAreaOptions } from "../options.ts";
import { formatAgentEvent, agentEvent } from "@freshet/agent-sse";
import type { Comparison } from "../harness.ts";
import { comparisonTable, formatMs, writeReport } from "../report.ts";
import { bundleBytes, measureReact } from "./browser.ts";
import { compareFrames, compareResponses, compareTokenFrames } from "./emit.ts";
import { compareParsing } from "./parse.ts";
import { compareSockets } from "./socket.ts";
import { chunksOf, mixedTurn, tokens } from "./streams.ts";

parseAreaOptions({});

const count = 100_000;
// The slowest servers would take a minute for more.
const responseCount = 30_000;
const socketCount = 20_000;
const tokenChunks = chunksOf(tokens(count), 16_384);
const mixedChunks = chunksOf(mixedTurn(count), 16_384);
const large = (size: number) => chunksOf([agentEvent.token("x".repeat(size))], 1400);

const parse = {
  batches: await compareParsing("parse tokens", tokenChunks, { units: count }),
  single: await compareParsing("parse tokens, one by one", tokenChunks, {
    ...{ read: "single", all: false, units: count },
  }),
  mixed: await compareParsing("parse a mixed turn", mixedChunks, { all: false, units: count }),
  mixedSingle: await compareParsing("parse a mixed turn, one by one", mixedChunks, {
    ...{ read: "single", all: false, units: count },
  }),
  mebi: await compareParsing("parse one event of 1 MiB in chunks of 1400 bytes", large(2 ** 20), {
    units: 1,
  }),
  large: await compareParsing("parse one event of 4 MiB in chunks of 1400 bytes", large(2 ** 22), {
    ...{ all: false, units: 1 },
  }),
};
const emit = {
  tokens: await compareTokenFrames("write token frames", tokens(count)),
  mixed: await compareFrames("write frames of a mixed turn", mixedTurn(count)),
  response: await compareResponses("respond with tokens, in process", tokens(responseCount)),
  socket: await compareSockets("respond with tokens, over a socket", tokens(socketCount)),
};
const react = await measureReact();
const bytes = await bundleBytes("AgentEventParser, connectAgentStream");

const share = ({ rows }: Comparison) => `${Math.round((rows[1]?.ratio ?? Number.NaN) * 100)}%`;
const times = ({ rows }: Comparison) => (rows[1]?.ratio ?? Number.NaN).toFixed(1);
const perSecond = ({ rows }: Comparison) =>
  `${((rows[0]?.perSecond ?? Number.NaN) / 1e6).toFixed(2)} million/s`;
const longest = !react
  ? "not measured"
  : react.longTasks.length === 0
    ? "none"
    : formatMs(Math.max(...react.longTasks));

const goals = [
  ["parse by batches, relative to eventsource-parser with JSON.parse", share(parse.batches), "90%"],
  ["the same, a mixed turn", share(parse.mixed), "90%"],
  ["parse one by one, relative to the same", share(parse.single), "75%"],
  ["the same, a mixed turn", share(parse.mixedSingle), "75%"],
  ["4 MiB event, relative to eventsource-parser", share(parse.large), "50%"],
  [
    "write token frames, relative to a bare template with JSON.stringify",
    share(emit.tokens),
    "90%",
  ],
  ["write frames of a mixed turn, relative to the same", share(emit.mixed), "90%"],
  ["agentStreamResponse in process", perSecond(emit.response), "2.5 million/s"],
  ["agentStreamResponse over a socket, times Hono's streamSSE", times(emit.socket), "5"],
  ["parser and client, minified and gzipped", `${bytes} B`, "at most 5000 B"],
  ["React, 10,000 tokens at full speed: longest task over 50 ms", longest, "none"],
];

await writeReport(
  "sse",
  "agent-sse against other readers and writers of text/event-stream",
  [
    `Token frames are ${formatAgentEvent(agentEvent.token(" tok500")).length} bytes, in chunks of 16 KiB. A mixed turn is 60% plain tokens, 20% tokens with line ends and quotes, 20% tool results and progress. Every contestant reads the same bytes from a Response, or writes the same events; ours parses to typed events.`,
    "",
    "| measure | figure | target |",
    "| --- | ---: | ---: |",
    ...goals.map((cells) => `| ${cells.join(" | ")} |`),
    "",
    react
      ? `React 19 in Chromium rendered the 10,000 tokens in ${formatMs(react.ms)} and ${react.renders} renders.`
      : "React was not measured: there is no Chromium. Install it (apt-get install chromium), or set CHROMIUM_PATH.",
    "",
    comparisonTable([...Object.values(parse), ...Object.values(emit)]),
  ].join("\n"),
);
