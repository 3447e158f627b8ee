export { guardServer } from "./guard-server.ts";
export type { NodeServer, ServerGuardOptions } from "./guard-server.ts";
export { nodeListener } from "./listener.ts";
export type { NodeListenerOptions } from "./listener.ts";
export type { NodeRequest, NodeResponse } from "./node-http.ts";
