export { SseParser } from "./http/sse-parser.ts";
export type { SseHandlers } from "./http/sse-parser.ts";
