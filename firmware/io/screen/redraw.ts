/**
 * What has to be drawn anew, in pieces: the areas in which two pictures differ, cut so small that the chip draws and
 * sends one step's within the 10 ms the bus loop can wait.
 */
import type { Area, Plate, Words } from "./plates.js";

/**
 * Pixels drawn in one step: at 16 bits over 40 MHz SPI, 8,000 px take 3.2 ms to send, which leaves two thirds of the
 * 10 ms for the drawing.
 */
export const MAX_STEP_PX = 8_000;
/** Pieces in one step. */
export const MAX_STEP_AREAS = 4;
/** Pieces that wait; more become the area around them all. */
export const MAX_WAITING = 64;

/** Where `after` looks different from `before`. */
export function changedAreas(before: readonly Plate[], after: readonly Plate[]): Area[] {
  const areas: Area[] = [];
  const old = new Map(before.map((plate) => [plate.id, plate]));
  for (const plate of after) {
    const was = old.get(plate.id);
    old.delete(plate.id);
    if (was === plate) continue;
    if (was !== undefined && looksSame(was, plate)) continue;
    if (was !== undefined && !isSameArea(was, plate)) areas.push(areaOf(was));
    areas.push(areaOf(plate));
  }
  for (const plate of old.values()) areas.push(areaOf(plate));
  return areas.filter(({ w, h }) => w > 0 && h > 0);
}

/** Areas waiting to be drawn; adds to `waiting`, each pixel once where one area holds another. */
export function withAreas(waiting: readonly Area[], more: readonly Area[]): Area[] {
  const all = [...waiting];
  for (const area of more) {
    if (all.some((other) => holds(other, area))) continue;
    for (let i = all.length - 1; i >= 0; i--) {
      const other = all[i];
      if (other !== undefined && holds(area, other)) all.splice(i, 1);
    }
    all.push(area);
  }
  return all.length <= MAX_WAITING ? all : [around(all)];
}

export interface Step {
  /** To be drawn now. */
  readonly draw: readonly Area[];
  readonly rest: readonly Area[];
}

/** The next step's share: at most MAX_STEP_PX in MAX_STEP_AREAS pieces; a larger area is cut across. */
export function nextStep(waiting: readonly Area[]): Step {
  const draw: Area[] = [];
  let leftPx = MAX_STEP_PX;
  for (let i = 0; i < waiting.length; i++) {
    const area = waiting[i];
    if (area === undefined) break;
    if (draw.length === MAX_STEP_AREAS) return { draw, rest: waiting.slice(i) };
    const rows = Math.min(area.h, Math.floor(leftPx / area.w));
    if (rows === 0 && draw.length > 0) return { draw, rest: waiting.slice(i) };
    const h = Math.max(1, rows);
    draw.push({ ...area, h });
    leftPx -= h * area.w;
    if (h < area.h) return { draw, rest: [{ ...area, y: area.y + h, h: area.h - h }, ...waiting.slice(i + 1)] };
  }
  return { draw, rest: [] };
}

export function meets(a: Area, b: Area): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

function holds(outer: Area, inner: Area): boolean {
  return (
    outer.x <= inner.x &&
    outer.y <= inner.y &&
    outer.x + outer.w >= inner.x + inner.w &&
    outer.y + outer.h >= inner.y + inner.h
  );
}

function around(areas: readonly Area[]): Area {
  const x = Math.min(...areas.map((area) => area.x));
  const y = Math.min(...areas.map((area) => area.y));
  const right = Math.max(...areas.map((area) => area.x + area.w));
  const bottom = Math.max(...areas.map((area) => area.y + area.h));
  return { x, y, w: right - x, h: bottom - y };
}

function areaOf({ x, y, w, h }: Area): Area {
  return { x, y, w, h };
}

function isSameArea(a: Area, b: Area): boolean {
  return a.x === b.x && a.y === b.y && a.w === b.w && a.h === b.h;
}

function looksSame(a: Plate, b: Plate): boolean {
  if (!isSameArea(a, b) || a.fill !== b.fill || a.qr !== b.qr || a.words.length !== b.words.length) return false;
  return a.words.every((words, i) => isSameWords(words, b.words[i]));
}

function isSameWords(a: Words, b: Words | undefined): boolean {
  if (b === undefined) return false;
  return a.text === b.text && a.x === b.x && a.y === b.y && a.w === b.w && a.font === b.font && a.color === b.color;
}
