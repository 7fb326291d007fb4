/** Cells of one size in an area, a page of them at a time. */
import type { Area } from "./plates.js";

/** Smallest side of anything to be touched, px. */
export const TARGET_PX = 48;
/** Between two cells. */
export const GAP_PX = 4;

export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly perPage: number;
}

/** As many cells of at least the given size as fit, one at least. */
export function gridIn(area: Area, leastW: number, leastH: number): Grid {
  const columns = Math.max(1, Math.floor((area.w + GAP_PX) / (leastW + GAP_PX)));
  const rows = Math.max(1, Math.floor((area.h + GAP_PX) / (leastH + GAP_PX)));
  return { columns, rows, perPage: columns * rows };
}

/** No more columns and rows than `count` cells need, so that these can be larger. */
export function gridFor(area: Area, leastW: number, leastH: number, count: number): Grid {
  const { columns, rows, perPage } = gridIn(area, leastW, leastH);
  if (count >= perPage) return { columns, rows, perPage };
  const needed = Math.max(1, Math.ceil(count / columns));
  const narrow = Math.max(1, Math.ceil(count / needed));
  return { columns: narrow, rows: needed, perPage: narrow * needed };
}

export function pagesOf({ perPage }: Grid, count: number): number {
  return Math.max(1, Math.ceil(count / perPage));
}

/** The cell `index` of a page, row by row. */
export function cellAt(area: Area, { columns, rows }: Grid, index: number): Area {
  const w = Math.floor((area.w - GAP_PX * (columns - 1)) / columns);
  const h = Math.floor((area.h - GAP_PX * (rows - 1)) / rows);
  const column = index % columns;
  const row = Math.floor(index / columns);
  return { x: area.x + column * (w + GAP_PX), y: area.y + row * (h + GAP_PX), w, h };
}
