import type { ConnectionMark } from "../model/connection-mark.ts";
import type { SeenEvent } from "../model/conversation.ts";

/** The contents of the timeline: one turn, from left to right. */
export interface TimelineScene {
  readonly events: readonly SeenEvent[];
  readonly marks: readonly ConnectionMark[];
  /** When something was broken. */
  readonly faults: readonly number[];
  readonly from: number;
  readonly to: number;
  readonly selectedIndex: number | undefined;
}

interface Colours {
  readonly ink: string;
  readonly faint: string;
  readonly water: string;
  readonly flood: string;
}

const left = 76;
const laneHeight = 20;
export const timelineHeight: number = laneHeight * 3 + 22;
const lanes = ["Bedrock", "stored", "read"] as const;

/** Draws the scene on a canvas, because a tick for every frame would be thousands of elements. */
export function drawTimeline(canvas: HTMLCanvasElement, scene: TimelineScene): void {
  const context = canvas.getContext("2d");
  if (!context) return;
  const width = canvas.clientWidth;
  const ratio = window.devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(timelineHeight * ratio);
  context.scale(ratio, ratio);
  const colours = coloursOf(canvas);
  const span = Math.max(1, scene.to - scene.from);
  const x = (at: number) => left + (Math.max(0, at - scene.from) / span) * (width - left - 8);
  drawAxis(context, scene, x, width, colours);
  drawConnection(context, scene, x, colours);
  for (const seen of scene.events) drawEvent(context, seen, x, colours, scene);
  context.fillStyle = colours.flood;
  for (const at of scene.faults) {
    if (at < scene.from || at > scene.to) continue;
    context.fillRect(x(at) - 0.5, 0, 1, laneHeight * 3);
    context.beginPath();
    context.moveTo(x(at) - 4, 0);
    context.lineTo(x(at) + 4, 0);
    context.lineTo(x(at), 6);
    context.fill();
  }
}

function coloursOf(canvas: HTMLCanvasElement): Colours {
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    ink: colour("--ink-soft"),
    faint: colour("--line"),
    water: colour("--water"),
    flood: colour("--flood"),
  };
}

function drawAxis(
  context: CanvasRenderingContext2D,
  { from, to }: TimelineScene,
  x: (at: number) => number,
  width: number,
  colours: Colours,
): void {
  context.font = `11px ${getComputedStyle(context.canvas).fontFamily}`;
  context.textBaseline = "middle";
  for (const [lane, name] of lanes.entries()) {
    const middle = lane * laneHeight + laneHeight / 2;
    context.fillStyle = colours.ink;
    context.fillText(name, 12, middle);
    context.fillStyle = colours.faint;
    context.fillRect(left, middle + 8, width - left - 8, 1);
  }
  const step =
    [1, 2, 5, 10, 20, 30, 60, 120, 300, 600].find((s) => (to - from) / 1000 / s <= 8) ?? 1200;
  context.fillStyle = colours.ink;
  context.textAlign = "center";
  for (let second = 0; second * 1000 <= to - from; second += step) {
    const at = x(from + second * 1000);
    context.fillText(`${second} s`, Math.min(at, width - 18), laneHeight * 3 + 12);
  }
  context.textAlign = "start";
}

/** Draws a band while the connection is open and a gap while it is not. */
function drawConnection(
  context: CanvasRenderingContext2D,
  { marks, from, to }: TimelineScene,
  x: (at: number) => number,
  { water, flood }: Colours,
): void {
  const middle = 2 * laneHeight + laneHeight / 2;
  let openSince: number | undefined;
  const band = (until: number) => {
    if (openSince === undefined || until < from) return;
    context.globalAlpha = 0.28;
    context.fillStyle = water;
    context.fillRect(
      x(Math.max(openSince, from)),
      middle - 6,
      Math.max(1, x(until) - x(Math.max(openSince, from))),
      12,
    );
    context.globalAlpha = 1;
  };
  for (const { at, kind } of marks) {
    if (kind === "open") openSince ??= at;
    else {
      band(Math.min(at, to));
      openSince = undefined;
      if (at < from || at > to) continue;
      context.strokeStyle = flood;
      context.lineWidth = 1.5;
      context.beginPath();
      context.moveTo(x(at) - 3.5, middle - 3.5);
      context.lineTo(x(at) + 3.5, middle + 3.5);
      context.moveTo(x(at) + 3.5, middle - 3.5);
      context.lineTo(x(at) - 3.5, middle + 3.5);
      context.stroke();
    }
  }
  band(to);
}

function drawEvent(
  context: CanvasRenderingContext2D,
  { event, receivedAt, index }: SeenEvent,
  x: (at: number) => number,
  { ink, water, flood }: Colours,
  { selectedIndex, to }: TimelineScene,
): void {
  const isSelected = index === selectedIndex;
  const tick = (lane: number, at: number, colour: string, height: number) => {
    const bottom = lane * laneHeight + laneHeight / 2 + 8;
    if (at > to) return;
    context.fillStyle = colour;
    const thick = isSelected ? 3 : 1;
    context.fillRect(
      x(at) - thick / 2,
      bottom - (isSelected ? 15 : height),
      thick,
      isSelected ? 15 : height,
    );
  };
  const { wire } = event;
  for (const frame of wire?.frames ?? []) {
    tick(
      0,
      frame.at,
      frame.failed ? flood : ink,
      frame.failed ? 15 : Math.min(14, 3 + frame.bytes / 24),
    );
  }
  const colour = event.type === "error" ? flood : water;
  if (wire) tick(1, wire.at, colour, event.type === "token" || event.type === "thinking" ? 8 : 14);
  tick(2, receivedAt, colour, event.type === "token" || event.type === "thinking" ? 8 : 14);
}
