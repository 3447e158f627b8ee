import { readFileSync } from "node:fs";
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { expect, test, vi } from "vitest";
import { emptyTranscript } from "../../src/index.ts";
import { useAgentStream } from "../../src/view/react.ts";

test("useAgentStream renders the initial state on a server and makes no request", () => {
  const fetch = vi.fn();
  function Turn({ url }: { url: string | null }) {
    const initialState = { ...emptyTranscript, text: "so far" };
    const { text, status } = useAgentStream(url, { fetch, initialState, lastEventId: "4" });
    return createElement("p", null, `${status}: ${text}`);
  }
  expect(renderToString(createElement(Turn, { url: "/events" }))).toBe("<p>idle: so far</p>");
  expect(renderToString(createElement(Turn, { url: null }))).toBe("<p>idle: so far</p>");
  expect(fetch).not.toHaveBeenCalled();
});

test("the module of the hook is for the client, where a framework has servers as well", () => {
  const source = readFileSync(new URL("../../src/view/react.ts", import.meta.url), "utf8");
  // Compilers keep a directive only as the first statement.
  expect(source.startsWith('"use client";\n')).toBe(true);
});
