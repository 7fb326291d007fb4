/** A QR code as dark runs, in whole pixels a module, cut to what is drawn. The encoder is the platform's. */
import type { Area } from "./plates.js";
import { meets } from "./redraw.js";

/** 1 = dark, row by row, as many columns as rows. */
export type QrModules = Uint8Array;

/** Modules left light around a code (ISO/IEC 18004 §5.3.8). */
const QUIET_MODULES = 4;

/** In the middle of `area`, quiet zone included; nothing if it is too small for a pixel a module. */
export function darkRuns(modules: QrModules, area: Area, clip: Area): Area[] {
  const count = Math.round(Math.sqrt(modules.length));
  const scale = count === 0 ? 0 : Math.floor(Math.min(area.w, area.h) / (count + 2 * QUIET_MODULES));
  const runs: Area[] = [];
  if (scale === 0) return runs;
  const left = area.x + Math.floor((area.w - count * scale) / 2);
  const top = area.y + Math.floor((area.h - count * scale) / 2);
  for (let row = 0; row < count; row++) {
    const line: Area = { x: left, y: top + row * scale, w: count * scale, h: scale };
    if (!meets(line, clip)) continue;
    let start = -1;
    for (let column = 0; column <= count; column++) {
      const dark = column < count && modules[row * count + column] === 1;
      if (dark && start < 0) start = column;
      if (dark || start < 0) continue;
      runs.push({ ...line, x: left + start * scale, w: (column - start) * scale });
      start = -1;
    }
  }
  return runs;
}
