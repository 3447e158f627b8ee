import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { expect, test, vi } from "vitest";
import { emptyTranscript } from "../../src/index.ts";
import { useAgentStream } from "../../src/view/react.ts";

test("a server renders what is known, and asks nothing", () => {
  const fetch = vi.fn();
  function Answer({ url }: { url: string | null }) {
    const initialState = { ...emptyTranscript, text: "so far" };
    const { text, status } = useAgentStream(url, { fetch, initialState, lastEventId: "4" });
    return createElement("p", null, `${status}: ${text}`);
  }
  expect(renderToString(createElement(Answer, { url: "/events" }))).toBe("<p>idle: so far</p>");
  expect(renderToString(createElement(Answer, { url: null }))).toBe("<p>idle: so far</p>");
  expect(fetch).not.toHaveBeenCalled();
});
