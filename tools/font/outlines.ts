/**
 * Outlines of the glyphs in a TrueType file (ISO/IEC 14496-22): cmap format 4, glyf, loca, hmtx; simple and composite
 * glyphs, no hints. A file it cannot read is an error by its sentence, never a wrong letter.
 */

/** A contour, flattened: closed line through the points, in font units, y up. */
export type Contour = readonly { readonly x: number; readonly y: number }[];

export interface OutlineFont {
  readonly unitsPerEm: number;
  /** Above and below the base line, units; both positive. */
  readonly ascent: number;
  readonly descent: number;
  /** Glyph number of a character; 0 = there is none. */
  glyphOf(code: number): number;
  advanceOf(glyph: number): number;
  contoursOf(glyph: number): readonly Contour[];
}

interface Point {
  readonly x: number;
  readonly y: number;
  readonly on: boolean;
}

/** Lines a curve is divided into: enough for letters of some tens of pixels. */
const STEPS = 8;
/** Glyphs of glyphs of glyphs …: a file that goes deeper is broken. */
const MAX_DEPTH = 8;
const ON_CURVE = 0x01;
const X_SHORT = 0x02;
const Y_SHORT = 0x04;
const REPEAT = 0x08;
const X_SAME = 0x10;
const Y_SAME = 0x20;
const ARGS_ARE_WORDS = 0x0001;
const ARGS_ARE_XY = 0x0002;
const HAS_SCALE = 0x0008;
const MORE_PARTS = 0x0020;
const HAS_XY_SCALE = 0x0040;
const HAS_2X2 = 0x0080;

export function openOutlines(bytes: Uint8Array): OutlineFont {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const table = (tag: string): number => tableAt(data, tag);
  const head = table("head");
  const hhea = table("hhea");
  const hmtx = table("hmtx");
  const loca = table("loca");
  const glyf = table("glyf");
  const glyphs = data.getUint16(table("maxp") + 4);
  const metrics = data.getUint16(hhea + 34);
  const longLoca = data.getInt16(head + 50) === 1;
  const cmap = unicodeMap(data, table("cmap"));
  const placeOf = (glyph: number): { readonly at: number; readonly end: number } => {
    if (glyph < 0 || glyph >= glyphs) throw new Error(`no glyph ${glyph} in this font`);
    const offset = (i: number): number => (longLoca ? data.getUint32(loca + 4 * i) : 2 * data.getUint16(loca + 2 * i));
    return { at: glyf + offset(glyph), end: glyf + offset(glyph + 1) };
  };
  const points = (glyph: number, depth: number): Point[][] => {
    const { at, end } = placeOf(glyph);
    if (at === end) return [];
    if (depth > MAX_DEPTH) throw new Error(`glyph ${glyph} is made of itself`);
    const count = data.getInt16(at);
    return count < 0 ? parts(data, at + 10, (part) => points(part, depth + 1)) : simple(data, at, count);
  };
  return {
    unitsPerEm: data.getUint16(head + 18),
    ascent: data.getInt16(hhea + 4),
    descent: -data.getInt16(hhea + 6),
    glyphOf: (code) => lookUp(data, cmap, code),
    advanceOf: (glyph) => data.getUint16(hmtx + 4 * Math.min(glyph, metrics - 1)),
    contoursOf: (glyph) => points(glyph, 0).map(flattened),
  };
}

function tableAt(data: DataView, tag: string): number {
  const count = data.getUint16(4);
  for (let i = 0; i < count; i++) {
    const at = 12 + 16 * i;
    let name = "";
    for (let k = 0; k < 4; k++) name += String.fromCharCode(data.getUint8(at + k));
    if (name === tag) return data.getUint32(at + 8);
  }
  throw new Error(`this is no TrueType font with outlines: it has no ${tag}`);
}

/** Where the character map for the Unicode BMP begins. */
function unicodeMap(data: DataView, cmap: number): number {
  const count = data.getUint16(cmap + 2);
  for (let i = 0; i < count; i++) {
    const at = cmap + 4 + 8 * i;
    const platform = data.getUint16(at);
    const table = cmap + data.getUint32(at + 4);
    const isUnicode = platform === 0 || (platform === 3 && data.getUint16(at + 2) === 1);
    if (isUnicode && data.getUint16(table) === 4) return table;
  }
  throw new Error("this font has no character map of format 4");
}

function lookUp(data: DataView, map: number, code: number): number {
  const twice = data.getUint16(map + 6);
  const ends = map + 14;
  const starts = ends + twice + 2;
  for (let i = 0; i < twice; i += 2) {
    if (data.getUint16(ends + i) < code) continue;
    const start = data.getUint16(starts + i);
    if (start > code) return 0;
    const delta = data.getUint16(starts + twice + i);
    const rangeAt = starts + 2 * twice + i;
    const range = data.getUint16(rangeAt);
    if (range === 0) return (code + delta) & 0xffff;
    const glyph = data.getUint16(rangeAt + range + 2 * (code - start));
    return glyph === 0 ? 0 : (glyph + delta) & 0xffff;
  }
  return 0;
}

function simple(data: DataView, start: number, contours: number): Point[][] {
  let at = start + 10;
  const ends: number[] = [];
  for (let i = 0; i < contours; i++, at += 2) ends.push(data.getUint16(at));
  at += 2 + data.getUint16(at);
  const count = (ends[ends.length - 1] ?? -1) + 1;
  const flags: number[] = [];
  while (flags.length < count) {
    const flag = data.getUint8(at++);
    flags.push(flag);
    if ((flag & REPEAT) === 0) continue;
    for (let times = data.getUint8(at++); times > 0; times--) flags.push(flag);
  }
  const coordinates = (short: number, same: number): number[] => {
    let value = 0;
    return flags.slice(0, count).map((flag) => {
      if ((flag & short) !== 0) value += (flag & same) !== 0 ? data.getUint8(at++) : -data.getUint8(at++);
      else if ((flag & same) === 0) {
        value += data.getInt16(at);
        at += 2;
      }
      return value;
    });
  };
  const xs = coordinates(X_SHORT, X_SAME);
  const ys = coordinates(Y_SHORT, Y_SAME);
  const points = xs.map((x, i) => ({ x, y: ys[i] ?? 0, on: ((flags[i] ?? 0) & ON_CURVE) !== 0 }));
  return ends.map((end, i) => points.slice(i === 0 ? 0 : (ends[i - 1] ?? 0) + 1, end + 1));
}

/** A glyph put together from others, each moved and scaled. */
function parts(data: DataView, start: number, pointsOf: (glyph: number) => Point[][]): Point[][] {
  const all: Point[][] = [];
  let at = start;
  for (let flags = MORE_PARTS; (flags & MORE_PARTS) !== 0; ) {
    flags = data.getUint16(at);
    const glyph = data.getUint16(at + 2);
    at += 4;
    const words = (flags & ARGS_ARE_WORDS) !== 0;
    if ((flags & ARGS_ARE_XY) === 0) throw new Error("parts of a glyph that are placed by points are not supported");
    const dx = words ? data.getInt16(at) : data.getInt8(at);
    const dy = words ? data.getInt16(at + 2) : data.getInt8(at + 1);
    at += words ? 4 : 2;
    const scale = (): number => {
      at += 2;
      return data.getInt16(at - 2) / 0x4000;
    };
    let [xx, xy, yx, yy] = [1, 0, 0, 1];
    if ((flags & HAS_SCALE) !== 0) xx = yy = scale();
    else if ((flags & HAS_XY_SCALE) !== 0) [xx, yy] = [scale(), scale()];
    else if ((flags & HAS_2X2) !== 0) [xx, xy, yx, yy] = [scale(), scale(), scale(), scale()];
    for (const contour of pointsOf(glyph)) {
      all.push(contour.map(({ x, y, on }) => ({ x: x * xx + y * yx + dx, y: x * xy + y * yy + dy, on })));
    }
  }
  return all;
}

/** Quadratic curves as short lines; between two control points lies a point of the line. */
function flattened(contour: readonly Point[]): Contour {
  const count = contour.length;
  const at = (i: number): Point => contour[((i % count) + count) % count] ?? { x: 0, y: 0, on: true };
  const between = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, on: true });
  const line: { x: number; y: number }[] = [];
  for (let i = 0; i < count; i++) {
    const here = at(i);
    if (here.on) {
      line.push({ x: here.x, y: here.y });
      continue;
    }
    const before = at(i - 1);
    const after = at(i + 1);
    const from = before.on ? before : between(before, here);
    const to = after.on ? after : between(here, after);
    for (let step = before.on ? 1 : 0; step <= STEPS; step++) {
      const t = step / STEPS;
      const [a, b, c] = [(1 - t) * (1 - t), 2 * t * (1 - t), t * t];
      line.push({ x: a * from.x + b * here.x + c * to.x, y: a * from.y + b * here.y + c * to.y });
    }
  }
  return line;
}
