import type { ScriptedResponse } from "@freshet/bedrock-adapter/testing";
import { hasToolResult, type RequestMessage } from "./request-messages.ts";

// The simulated model's responses. To the default prompt it thinks, calls a tool and then writes its
// text, in two responses: the first ends with the tool call whose result is in the second request.

const reasoning =
  "The question is about a water level at this moment, which I cannot know by heart. There is a tool for " +
  "the gauges on the Elbe; it takes the name of a station and gives the level in centimetres together with " +
  "its trend. One call for Dresden should do. What the figure means depends on the alarm levels there: " +
  "level one begins at 400 cm, level two at 500 cm, level three at 600 cm and level four at 700 cm.";

export const beforeTheTool: ScriptedResponse = {
  parts: [
    { reasoning },
    { text: "Let me look at the gauge first; a level from memory would be worth nothing.\n\n" },
    { toolUse: { name: "river_level", input: { station: "Dresden" }, toolUseId: "tooluse_gauge" } },
  ],
};

const riverText =
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

export const afterTheTool: ScriptedResponse = { parts: riverText };

const pipelineText =
  "A token crosses four processes on its way here, and each of them may die.\n\n" +
  "| where | what it is there | what preserves it |\n| --- | --- | --- |\n" +
  "| Bedrock's answer | part of a binary frame with two checksums | nothing: the worker must take it now |\n" +
  '| the worker | an event, `{"type": "token", …}` | its number in the producer\'s session |\n' +
  "| the durable stream | bytes on disk, with an offset | the disk |\n" +
  "| the web server | a frame of `text/event-stream` | nothing: it can be read again from its offset |\n" +
  "| this page | a word | the id that it came with |\n\n" +
  "The **id** is the trick. It is the position in the durable stream, so a browser that sends\n\n" +
  "```http\nGET /agents/7d1f…/events\nLast-Event-ID: 0000000000000000_0000000000002314,1\n```\n\n" +
  "gets exactly what comes after it, from whichever web server is running. Nothing is kept in memory for it, " +
  "so there is nothing to lose.\n\n" +
  "Point at any word of this answer: its frame, its offset and its id light up in the table.";

const restartText =
  "It depends on which one dies, and that is the point of the buttons on this page.\n\n" +
  "1. **The web server** holds nothing. Another one starts; browsers reconnect with the id of their last " +
  "event and read on from there.\n" +
  "2. **The worker** holds half an answer, and all of it so far is in the stream. The next worker takes " +
  "a higher *epoch*, so that the stream refuses the old one if it wakes up. It closes the broken turn with " +
  "an `error` event that says so, and asks the model again below.\n" +
  "3. **The durable streams server** has everything on disk. Until it is back, the worker keeps its batches " +
  "and sends them again; each has a number, so a batch that was stored before the crash is not stored " +
  "twice.\n\n" +
  "What cannot be repaired is reported. An answer that Bedrock cuts short ends with an error, never with a " +
  "full stop that the model did not write.";

/** Chooses the response to a conversation by the words of its last prompt. */
export function scriptedResponse(messages: readonly RequestMessage[]): ScriptedResponse {
  if (hasToolResult(messages)) return afterTheTool;
  const texts = messages.at(-1)?.content.map(({ text }) => text) ?? [];
  const prompt = texts.filter((text) => typeof text === "string").join(" ");
  if (/dies|die |dead|kill|crash|restart/i.test(prompt)) {
    return { parts: [{ reasoning: shortReasoning }, { text: restartText }] };
  }
  if (/token|work|how does|frame|page/i.test(prompt)) {
    return { parts: [{ reasoning: shortReasoning }, { text: pipelineText }] };
  }
  return beforeTheTool;
}

const shortReasoning =
  "This is about the system itself, so no tool is needed. The order should follow a token through the pipeline, " +
  "and each step should say what would be lost there if nothing were done about it.";

/** Follows a captured response that ends with a tool call. */
export const afterTheCapture: ScriptedResponse = {
  parts: "(The capture ends with its tool call; the model’s reply to the result is not in it.)",
};

/** The whole text of a scripted response. */
export function textOf({ parts }: ScriptedResponse): string {
  if (typeof parts === "string") return parts;
  return parts
    .map((part) => ("text" in part ? part.text : "reasoning" in part ? part.reasoning : ""))
    .join("");
}
