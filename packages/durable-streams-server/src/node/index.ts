export { nodeListener } from "./listener.ts";
