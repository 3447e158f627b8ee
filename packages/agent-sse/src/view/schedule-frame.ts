/**
 * Calls back at the next animation frame. A hidden page has no frames, and neither has a server, so a timer
 * runs as a fallback: the title of a hidden tab must still change when its turn is done.
 *
 * @returns a function that cancels the call
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
