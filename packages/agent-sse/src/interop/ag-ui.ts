/**
 * Agent events as AG-UI events, and AG-UI events as agent events.
 *
 * @module
 * @see https://docs.ag-ui.com/concepts/events
 */
export { agUiResponse } from "./ag-ui-response.ts";
export type { AgUiResponseOptions } from "./ag-ui-response.ts";
export { fromAgUi } from "./from-ag-ui.ts";
export { toAgUi } from "./to-ag-ui.ts";
export type { ToAgUiOptions } from "./to-ag-ui.ts";
