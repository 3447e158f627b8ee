/**
 * Calls back with the next animation frame. A page that is hidden has no frames, and a server has none
 * at all, so a timer stands by: a title that says "answered" must change also in a tab that nobody sees.
 *
 * @returns how to cancel it
 */
export function scheduleFrame(update: () => void): () => void {
  const { requestAnimationFrame, cancelAnimationFrame } = globalThis as Partial<typeof globalThis>;
  const cancel = () => {
    clearTimeout(timer);
    if (frame !== undefined) cancelAnimationFrame?.(frame);
  };
  const run = () => {
    cancel();
    update();
  };
  const timer = setTimeout(run, requestAnimationFrame ? longestFrameMs : frameMs);
  const frame = requestAnimationFrame?.(run);
  return cancel;
}

const frameMs = 16;
const longestFrameMs = 1000;
