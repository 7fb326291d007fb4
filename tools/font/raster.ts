/** Glyphs as pixels: how much of each pixel an outline covers, by summing signed areas along its edges. */
import type { Contour } from "./outlines.js";

export interface Raster {
  /** Of the left upper pixel: to the right of the pen, below the base line (negative = above). */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** 0 … 255, row by row. */
  readonly pixels: Uint8Array;
}

const EMPTY: Raster = Object.freeze({ left: 0, top: 0, width: 0, height: 0, pixels: new Uint8Array(0) });

/** `scale`: pixels a font unit. Outlines have y up, pixels have y down. */
export function rasterOf(contours: readonly Contour[], scale: number): Raster {
  const points = contours.flatMap((contour) => contour.map(({ x, y }) => ({ x: x * scale, y: -y * scale })));
  if (points.length === 0) return EMPTY;
  const left = Math.floor(Math.min(...points.map(({ x }) => x)));
  const top = Math.floor(Math.min(...points.map(({ y }) => y)));
  const width = Math.ceil(Math.max(...points.map(({ x }) => x))) - left;
  const height = Math.ceil(Math.max(...points.map(({ y }) => y))) - top;
  if (width <= 0 || height <= 0) return EMPTY;
  const sums = new Float64Array((width + 1) * height + 1);
  for (const contour of contours) {
    contour.forEach((from, i) => {
      const to = contour[(i + 1) % contour.length] ?? from;
      const edge = {
        x0: from.x * scale - left,
        y0: -from.y * scale - top,
        x1: to.x * scale - left,
        y1: -to.y * scale - top,
      };
      addEdge(sums, width + 1, edge);
    });
  }
  const pixels = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    let sum = 0;
    for (let column = 0; column < width; column++) {
      sum += sums[row * (width + 1) + column] ?? 0;
      pixels[row * width + column] = Math.round(255 * Math.min(1, Math.abs(sum)));
    }
  }
  return { left, top, width, height, pixels };
}

interface Edge {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** Into each pixel the edge crosses: how much further right is inside from here on. */
function addEdge(sums: Float64Array, stride: number, { x0, y0, x1, y1 }: Edge): void {
  if (y0 === y1) return;
  const down = y0 < y1 ? 1 : -1;
  const [topX, topY, endX, endY] = y0 < y1 ? [x0, y0, x1, y1] : [x1, y1, x0, y0];
  const slope = (endX - topX) / (endY - topY);
  for (let row = Math.floor(topY); row < endY; row++) {
    const from = Math.max(topY, row);
    const to = Math.min(endY, row + 1);
    if (to <= from) continue;
    const a = topX + (from - topY) * slope;
    const b = topX + (to - topY) * slope;
    addSpan(sums, row * stride, Math.min(a, b), Math.max(a, b), down * (to - from));
  }
}

/** One row's piece of an edge, from `left` to `right`, covering `height` of the row (signed). */
function addSpan(sums: Float64Array, row: number, left: number, right: number, height: number): void {
  const add = (column: number, value: number): void => {
    sums[row + column] = (sums[row + column] ?? 0) + value;
  };
  const first = Math.floor(left);
  const last = Math.floor(right);
  const span = right - left;
  let covered = 0;
  for (let column = first; column <= last; column++) {
    const from = Math.max(left, column);
    const to = Math.min(right, column + 1);
    const part = span === 0 ? 1 : (to - from) / span;
    // of this pixel: what lies right of the piece, plus all of it for the pieces that came before
    const inside = part * (1 - ((from + to) / 2 - column));
    add(column, height * inside - covered);
    covered = height * inside - height * part;
  }
  add(last + 1, -covered);
}
