/** Bitmap fonts from outlines: a font of three glyphs put together here, its pixels counted; wrong files refused. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MORE_LETTERS } from "../../../firmware/io/screen/looks.js";
import { bitmapFont } from "../../../tools/font/bitmap-font.js";
import { openOutlines } from "../../../tools/font/outlines.js";
import { rasterOf } from "../../../tools/font/raster.js";

const test = suite("font");
const ROOT = join(import.meta.dirname, "../../..");

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, i) => {
    bytes.writeUInt16BE(value & 0xffff, 2 * i);
  });
  return bytes;
}

/** A square of 500 units at 0,0; flags: on the curve, words. */
const SQUARE = Buffer.concat([
  words(1, 0, 0, 500, 500, 3, 0),
  Buffer.of(1, 1, 1, 1),
  words(0, 500, 0, -500, 0, 0, 500, 0),
]);
/** A circle of sorts: four control points, none on the curve. */
const ROUND = Buffer.concat([
  words(1, 0, 0, 500, 500, 3, 0),
  Buffer.of(0, 0, 0, 0),
  words(0, 500, 0, -500, 0, 0, 500, 0),
]);
/** The square, and one of half its size above it: 0x0021 = words, xy, more; then 0x000b with a scale. */
const TWO = words(0xffff, 0, 0, 500, 900, 0x0023, 1, 0, 0, 0x000b, 1, 100, 600, 0x2000);

const HEAD = words(0, 1, 0, 0, 0, 0, 0, 0, 0, 1_000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
/** Segments: U+0041 to U+0043 are the glyphs 1 to 3. */
const CMAP = words(0, 1, 3, 1, 0, 12, 4, 32, 0, 4, 4, 1, 0, 0x43, 0xffff, 0, 0x41, 0xffff, -0x40, 1, 0, 0);

function font(tables: Readonly<Record<string, Buffer>> = {}): Uint8Array {
  const glyphs = [Buffer.alloc(0), SQUARE, ROUND, TWO].map((glyph) => {
    return glyph.length % 4 === 0 ? glyph : Buffer.concat([glyph, Buffer.alloc(4 - (glyph.length % 4))]);
  });
  const ends = glyphs.map((_, i) => glyphs.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0));
  const all: Record<string, Buffer> = {
    cmap: CMAP,
    glyf: Buffer.concat(glyphs),
    head: HEAD,
    hhea: words(0, 1, 800, -200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2),
    hmtx: words(600, 0, 550, 0),
    loca: words(0, ...ends.map((end) => end / 2)),
    maxp: words(0, 1, 4),
    ...tables,
  };
  const names = Object.keys(all);
  const directory = Buffer.alloc(12 + 16 * names.length);
  directory.writeUInt16BE(names.length, 4);
  let at = directory.length;
  names.forEach((name, i) => {
    directory.write(name, 12 + 16 * i, "latin1");
    directory.writeUInt32BE(at, 12 + 16 * i + 8);
    at += all[name]?.length ?? 0;
  });
  return new Uint8Array(Buffer.concat([directory, ...Object.values(all)]));
}

test("characters, widths and outlines are read", () => {
  const outlines = openOutlines(font());
  assert.equal([outlines.unitsPerEm, outlines.ascent, outlines.descent], [1_000, 800, 200]);
  assert.equal(
    [0x40, 0x41, 0x43, 0x44, 0xffff].map((code) => outlines.glyphOf(code)),
    [0, 1, 3, 0, 0],
  );
  assert.equal(
    [0, 1, 3].map((glyph) => outlines.advanceOf(glyph)),
    [600, 550, 550],
  );
  assert.equal(outlines.contoursOf(0), []);
  assert.is(outlines.contoursOf(3).length, 2);
  assert.equal(
    outlines.contoursOf(3)[1]?.map(({ x, y }) => [x, y]),
    [
      [100, 600],
      [350, 600],
      [350, 850],
      [100, 850],
    ],
  );
});

test("what is no such font is refused with a sentence", () => {
  assert.throws(() => openOutlines(new Uint8Array(12)), "no TrueType font with outlines");
  assert.throws(() => openOutlines(font({ cmap: words(0, 0) })), "no character map of format 4");
  assert.throws(() => openOutlines(font()).contoursOf(4), "no glyph 4");
  const itself = words(0xffff, 0, 0, 0, 0, 0x0003, 1, 0, 0);
  const loop = openOutlines(font({ glyf: itself, loca: words(0, 0, 9, 9, 9) }));
  assert.throws(() => loop.contoursOf(1), "made of itself");
});

test("pixels are covered as far as the outline covers them", () => {
  const outlines = openOutlines(font());
  const square = rasterOf(outlines.contoursOf(1), 0.009);
  assert.equal([square.left, square.top, square.width, square.height], [0, -5, 5, 5]);
  assert.equal([...square.pixels.slice(0, 5)], [128, 128, 128, 128, 64]);
  assert.equal([...square.pixels.slice(20)], [255, 255, 255, 255, 128]);
  const round = rasterOf(outlines.contoursOf(2), 0.1);
  const area = round.pixels.reduce((sum, alpha) => sum + alpha / 255, 0);
  // four parabolas between the middles of a square's sides leave five sixths of it
  assert.ok(Math.abs(area / (50 * 50) - 5 / 6) < 0.01, `${area}`);
  assert.is(rasterOf([], 1).width, 0);
});

test("the description lists each character once, in order, with its place on the page", () => {
  const made = bitmapFont(openOutlines(font()), [0x43, 0x41, 0x41, 0x44], 20, "f.png");
  assert.equal(made.missing, [0x44]);
  const view = new DataView(made.description.buffer, made.description.byteOffset);
  assert.is(String.fromCharCode(...made.description.slice(0, 4)), "BMF\u0003");
  const blocks: { readonly type: number; readonly at: number; readonly bytes: number }[] = [];
  for (let at = 4; at < made.description.length; ) {
    const bytes = view.getUint32(at + 1, true);
    blocks.push({ type: view.getUint8(at), at: at + 5, bytes });
    at += 5 + bytes;
  }
  assert.equal(
    blocks.map(({ type }) => type),
    [1, 2, 3, 4],
  );
  const [, common, , chars] = blocks;
  if (common === undefined || chars === undefined) throw new Error("blocks are missing");
  assert.equal(
    [0, 2, 8].map((at) => view.getUint16(common.at + at, true)),
    [20, 16, 1],
  );
  assert.is(chars.bytes, 40);
  const described = (i: number): number[] => {
    const at = chars.at + 20 * i;
    const places = [4, 6, 8, 10].map((offset) => view.getUint16(at + offset, true));
    return [view.getUint32(at, true), ...places, ...[12, 14, 16].map((offset) => view.getInt16(at + offset, true))];
  };
  assert.equal(described(0), [0x41, 0, 0, 10, 10, 0, 6, 11]);
  assert.equal(described(1), [0x43, 11, 0, 10, 17, 0, -1, 11]);
  const page = Buffer.from(made.page);
  const rows = inflateSync(page.subarray(page.indexOf("IDAT") + 4, page.indexOf("IEND") - 8));
  const alphas = [0, 9, 10, 11].map((x) => rows[1 + 4 * x + 3]);
  assert.equal(alphas, [255, 255, 0, 0]);
});

test("the command takes what mcconfig gives it", () => {
  const folder = mkdtempSync(join(tmpdir(), "spiral-font-"));
  try {
    writeFileSync(join(folder, "a.ttf"), font());
    writeFileSync(join(folder, "a.txt"), "ABC\n");
    const options = ["--texture-crop-width", "--texture-crop-height", "--texture-name-suffix", "none"];
    const files = [
      "--font-file",
      join(folder, "a.ttf"),
      "--output",
      join(folder, "A-16"),
      "--chars-file",
      join(folder, "a.txt"),
    ];
    const command = ["--import", "tsx", join(ROOT, "tools/font/main.ts")];
    execFileSync(process.execPath, [...command, ...files, "--font-size", "16", ...options, "--data-format", "bin"], {
      cwd: ROOT,
    });
    assert.is(readFileSync(join(folder, "A-16.fnt")).subarray(0, 3).toString(), "BMF");
    assert.is(readFileSync(join(folder, "A-16.png")).subarray(1, 4).toString(), "PNG");
    const wrong = (): unknown =>
      execFileSync(process.execPath, [...command, ...files, "--font-size", "999"], { cwd: ROOT, stdio: "pipe" });
    assert.throws(wrong, "at most 128");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the manifest asks for the letters that the touch screen believes in, in all its fonts", () => {
  const manifest: unknown = JSON.parse(readFileSync(join(ROOT, "firmware/io/screen/manifest.json"), "utf8"));
  const text = JSON.stringify(manifest);
  assert.is(text.split(`"characters":"${MORE_LETTERS}","blocks":["Basic Latin","Latin-1 Supplement"]`).length - 1, 4);
});

test.run();
