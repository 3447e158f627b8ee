export { nodeListener } from "./listener.ts";
export type { NodeRequest, NodeResponse } from "./listener.ts";
