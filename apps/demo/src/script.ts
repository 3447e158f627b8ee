import type { ScriptedAnswer } from "@freshet/bedrock-adapter/testing";

// What the simulated model says: it thinks, looks at a gauge, and then answers. Two answers, because
// the first one ends with a tool call whose result goes into the second request.

const reasoning =
  "The question is about a water level at this moment, which I cannot know by heart. There is a tool for " +
  "the gauges on the Elbe; it takes the name of a station and gives the level in centimetres together with " +
  "its trend. One call for Dresden should do. What the figure means depends on the alarm levels there: " +
  "level one begins at 400 cm, level two at 500 cm, level three at 600 cm and level four at 700 cm.";

export const beforeTheTool: ScriptedAnswer = {
  parts: [
    { reasoning },
    { text: "Let me look at the gauge first; a level from memory would be worth nothing.\n\n" },
    { toolUse: { name: "river_level", input: { station: "Dresden" }, toolUseId: "tooluse_gauge" } },
  ],
};

const answer =
  "The Elbe at Dresden stands at **412 cm** and it is rising by about 6 cm an hour.\n\n" +
  "What that means:\n\n" +
  "- The level is 12 cm above the mark of 400 cm at which the first of four alarm levels begins, so the " +
  "meadows along the river are getting wet and the cycle path below the Brühl terrace is closed.\n" +
  "- At the present rate the second level (500 cm) would be reached in not quite fifteen hours. That is a " +
  "straight line drawn through one moment; rivers do not read rulers, so look again in an hour or two.\n" +
  "- The crest comes down from Bohemia. The gauge at Bad Schandau, some fifty kilometres upstream, shows " +
  "what Dresden gets about seven hours later, and it is the better one to watch tonight.\n\n" +
  "If you keep things in a cellar near the water, carry the ones that matter upstairs today, while that is " +
  "still an errand and not an adventure. — *“Žádný strach”*, as they say upstream: no panic, just boots. 🌊";

export const afterTheTool: ScriptedAnswer = { parts: answer };

/** For a captured answer that ends with a tool call. */
export const afterTheCapture: ScriptedAnswer = {
  parts: "(The capture ends with its tool call: what the model said to the result is not in it.)",
};

/** All the words of a scripted answer. */
export function textOf({ parts }: ScriptedAnswer): string {
  if (typeof parts === "string") return parts;
  return parts
    .map((part) => ("text" in part ? part.text : "reasoning" in part ? part.reasoning : ""))
    .join("");
}
