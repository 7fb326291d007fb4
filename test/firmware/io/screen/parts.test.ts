/** Colours, letters, lines, cells and QR codes by themselves. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cellAt, gridFor, gridIn, pagesOf } from "../../../../firmware/io/screen/grid.js";
import { COLORS, inLetters, MORE_LETTERS, PAIRS } from "../../../../firmware/io/screen/looks.js";
import { centered, fitting, lineIn, plateAt, wrapped } from "../../../../firmware/io/screen/plates.js";
import { darkRuns } from "../../../../firmware/io/screen/qr.js";
import { reasonFor, textOf } from "../../../../firmware/io/screen/texts.js";
import { LANGUAGES, PHRASES } from "../../../../shared/panel-phrases.js";
import { measure } from "./glass.js";

const test = suite("touch screen: parts");

/** WCAG 2 relative luminance of "#rrggbb". */
function luminance(color: string): number {
  const part = (at: number): number => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
}

test("each pair of colours has a contrast of 4.5 : 1 at least", () => {
  for (const [ink, on] of PAIRS) {
    const [a, b] = [luminance(COLORS[ink]), luminance(COLORS[on])];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    assert.ok(contrast >= 4.5, `${ink} on ${on}: ${contrast}`);
  }
});

test("every phrase and every text is in letters that the fonts have", () => {
  for (const language of LANGUAGES) {
    for (const text of Object.values(PHRASES[language])) assert.is(inLetters(text), text);
    for (const cause of [
      "stopped",
      "ledgerFull",
      "noPlanogram",
      "beamBlind",
      "tooWarm",
      "noMeansOfPayment",
      "doorOpen",
    ]) {
      const name = reasonFor(cause);
      assert.ok(name !== undefined && textOf(name, language).length > 0, cause);
    }
  }
  assert.is(reasonFor("starting"), undefined);
  assert.is(inLetters(`Weißbrot €1.50 ${MORE_LETTERS}`), `Weißbrot €1.50 ${MORE_LETTERS}`);
  assert.is(inLetters("₹20 – „Ł“ 水"), 'Rs 20 – "?" ?');
});

test("a text is broken between words, and its last line takes the rest", () => {
  const w = measure("four five", "small");
  assert.equal(wrapped("one two four five six", "small", w, 3, measure), ["one two", "four five", "six"]);
  assert.equal(wrapped("one two four five six", "small", w, 2, measure), ["one two", "four five six"]);
  assert.equal(wrapped("incomprehensibilities", "small", 10, 2, measure), ["incomprehensibilities"]);
  assert.equal(wrapped("", "small", w, 2, measure), []);
});

test("a line keeps to its side and within its area", () => {
  const area = { x: 10, y: 20, w: 200, h: 40 };
  const line = { text: "abc", font: "small", color: "white" } as const;
  const width = measure("abc", "small");
  assert.is(lineIn(area, 20, line, "left", measure, 6).x, 16);
  assert.is(lineIn(area, 20, line, "right", measure, 6).x, 16 + 188 - width);
  assert.is(lineIn(area, 20, line, "center", measure, 6).x, 16 + Math.floor((188 - width) / 2));
  assert.is(lineIn({ ...area, w: 20 }, 20, line, "right", measure, 6).x, 16);
  assert.equal(
    centered(area, [line, line], measure).map(({ y }) => y),
    [20, 42],
  );
  assert.is(fitting("abcdefghij", ["large", "small"], measure("abcdefghij", "small"), measure), "small");
});

test("cells fill the area, a page of them at a time", () => {
  const area = { x: 4, y: 60, w: 232, h: 188 };
  const grid = gridIn(area, 98, 50);
  assert.equal([grid.columns, grid.rows], [2, 3]);
  assert.is(pagesOf(grid, 10), 2);
  assert.is(pagesOf(grid, 0), 1);
  const last = cellAt(area, grid, grid.perPage - 1);
  assert.ok(last.x + last.w <= area.x + area.w && last.y + last.h <= area.y + area.h);
  assert.equal(gridFor(area, 98, 50, 2), { columns: 2, rows: 1, perPage: 2 });
  assert.equal(gridFor(area, 98, 50, 99), grid);
  assert.equal(gridIn({ ...area, w: 10, h: 10 }, 98, 50), { columns: 1, rows: 1, perPage: 1 });
});

test("the uppermost plate is touched", () => {
  const press = { do: "keypad", open: true } as const;
  const below = { id: "below", x: 0, y: 0, w: 50, h: 50, fill: "key", words: [], press } as const;
  const above = { ...below, id: "above", x: 25 };
  assert.is(plateAt([below, above], 30, 10)?.id, "above");
  assert.is(plateAt([below, above], 10, 10)?.id, "below");
  assert.is(plateAt([below, above], 80, 10), undefined);
});

test("a QR code is in whole pixels a module, in the middle, cut to what is drawn", () => {
  const modules = Uint8Array.of(1, 1, 0, 0, 0, 1, 1, 0, 1);
  const area = { x: 10, y: 10, w: 112, h: 112 };
  const left = 10 + 41;
  assert.equal(darkRuns(modules, area, area), [
    { x: left, y: left, w: 20, h: 10 },
    { x: left + 20, y: left + 10, w: 10, h: 10 },
    { x: left, y: left + 20, w: 10, h: 10 },
    { x: left + 20, y: left + 20, w: 10, h: 10 },
  ]);
  assert.is(darkRuns(modules, area, { ...area, y: left, h: 5 }).length, 1);
  assert.equal(darkRuns(modules, { ...area, w: 10 }, area), []);
  assert.equal(darkRuns(new Uint8Array(0), area, area), []);
});

test.run();
