/**
 * A bitmap font as AngelCode's BMFont tool writes it, binary version 3, with one page: the input of the Moddable SDK's
 * `compressbmf`. The page is a PNG whose alpha channel holds the glyphs.
 */
import { deflateSync } from "node:zlib";
import { concatBytes, crc32, utf8Encode } from "../../shared/bytes.js";
import type { OutlineFont } from "./outlines.js";
import { type Raster, rasterOf } from "./raster.js";

export interface BitmapFont {
  readonly description: Uint8Array;
  readonly page: Uint8Array;
  /** Characters asked for that the outlines do not have. */
  readonly missing: readonly number[];
}

interface Placed {
  readonly code: number;
  readonly raster: Raster;
  readonly advance: number;
  readonly x: number;
  readonly y: number;
}

const PAGE_WIDTH = 256;
const GAP = 1;

/** `codes`: characters, in any order. name: file name of the page. sizePx: of the em. */
export function bitmapFont(font: OutlineFont, codes: readonly number[], sizePx: number, name: string): BitmapFont {
  const scale = sizePx / font.unitsPerEm;
  const wanted = [...new Set(codes)].sort((a, b) => a - b);
  const missing = wanted.filter((code) => font.glyphOf(code) === 0);
  const placed = placedIn(
    wanted
      .filter((code) => font.glyphOf(code) !== 0)
      .map((code) => {
        const glyph = font.glyphOf(code);
        const raster = rasterOf(font.contoursOf(glyph), scale);
        return { code, raster, advance: Math.round(font.advanceOf(glyph) * scale) };
      }),
  );
  const base = Math.round(font.ascent * scale);
  const height = base + Math.round(font.descent * scale);
  const pageHeight = Math.max(1, ...placed.map(({ y, raster }) => y + raster.height));
  const description = concatBytes(
    utf8Encode("BMF\u0003"),
    block(1, concatBytes(info(sizePx), utf8Encode(`${name}\0`))),
    block(2, common(height, base, pageHeight)),
    block(3, utf8Encode(`${name}\0`)),
    block(4, concatBytes(...placed.map((glyph) => described(glyph, base)))),
  );
  return { description, page: png(placed, pageHeight), missing };
}

/** Row after row, left to right. */
function placedIn(glyphs: readonly Omit<Placed, "x" | "y">[]): Placed[] {
  let x = 0;
  let y = 0;
  let rowHeight = 0;
  return glyphs.map((glyph) => {
    const { width, height } = glyph.raster;
    if (x + width > PAGE_WIDTH) {
      x = 0;
      y += rowHeight + GAP;
      rowHeight = 0;
    }
    const placed = { ...glyph, x, y };
    x += width + GAP;
    rowHeight = Math.max(rowHeight, height);
    return placed;
  });
}

function block(type: number, content: Uint8Array): Uint8Array {
  const head = new Uint8Array(5);
  head[0] = type;
  new DataView(head.buffer).setUint32(1, content.length, true);
  return concatBytes(head, content);
}

/** fontSize, bit field (smooth, unicode), charset, stretch, antialiasing, four paddings, two spacings, outline. */
function info(sizePx: number): Uint8Array {
  const bytes = Uint8Array.of(0, 0, 0xc0, 0, 100, 0, 1, 0, 0, 0, 0, GAP, GAP, 0);
  new DataView(bytes.buffer).setInt16(0, sizePx, true);
  return bytes;
}

function common(lineHeight: number, base: number, pageHeight: number): Uint8Array {
  const bytes = new Uint8Array(15);
  const view = new DataView(bytes.buffer);
  [lineHeight, base, PAGE_WIDTH, pageHeight, 1].forEach((value, i) => {
    view.setUint16(2 * i, value, true);
  });
  return bytes;
}

function described({ code, raster, advance, x, y }: Placed, base: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, code, true);
  [x, y, raster.width, raster.height].forEach((value, i) => {
    view.setUint16(4 + 2 * i, value, true);
  });
  view.setInt16(12, raster.left, true);
  view.setInt16(14, base + raster.top, true);
  view.setInt16(16, advance, true);
  bytes[19] = 15; // all channels
  return bytes;
}

/** RGBA, black with the glyphs in alpha. */
function png(placed: readonly Placed[], height: number): Uint8Array {
  const rowBytes = 1 + 4 * PAGE_WIDTH;
  const rows = new Uint8Array(rowBytes * height);
  for (const { x, y, raster } of placed) {
    raster.pixels.forEach((alpha, i) => {
      const row = y + Math.floor(i / raster.width);
      rows[row * rowBytes + 1 + 4 * (x + (i % raster.width)) + 3] = alpha;
    });
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, PAGE_WIDTH);
  view.setUint32(4, height);
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return concatBytes(
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", new Uint8Array(0)),
  );
}

function chunk(type: string, content: Uint8Array): Uint8Array {
  const body = concatBytes(utf8Encode(type), content);
  const frame = new Uint8Array(8);
  const view = new DataView(frame.buffer);
  view.setUint32(0, content.length);
  view.setUint32(4, crc32(body));
  return concatBytes(frame.slice(0, 4), body, frame.slice(4));
}
