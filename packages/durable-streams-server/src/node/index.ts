export { nodeListener } from "./listener.ts";
export type { NodeListenerOptions, NodeRequest, NodeResponse } from "./listener.ts";
