export { nodeListener } from "./listener.ts";
export type { NodeListenerOptions } from "./listener.ts";
export type { NodeRequest, NodeResponse } from "./node-http.ts";
