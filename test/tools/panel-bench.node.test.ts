/** What `bench panel` makes of the figures the simulator tells; the measuring itself needs the SDK. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { figuresIn, PANEL, result } from "../../tools/measure/panel.js";

const test = suite("bench panel");
const SDK = { folder: "/sdk", version: "8.2.3", bin: "/sdk/bin" };
const TOLD = {
  width: 240,
  height: 320,
  displayListBytes: 2_000,
  commandListBytes: 900,
  figures: [
    { name: "products", us: 3_000, longestUs: 1_500, pieces: 16 },
    { name: "redraw", us: 2_400, longestUs: 600, pieces: 14 },
    { name: "redraw", us: 2_600, longestUs: 700, pieces: 14 },
    { name: "redraw", us: 9_000, longestUs: 4_000, pieces: 14 },
  ],
};

test("the median redraw, and the longest piece of all", () => {
  const figures = figuresIn(`panel ${JSON.stringify(TOLD)}`);
  if (figures === undefined) throw new Error("no figures");
  const { value, counted } = result(figures, SDK);
  assert.is(value, 2.6);
  assert.is(counted.longestPieceMs, 4);
  assert.is(counted.productsMs, 3);
  assert.is(counted.piecesARedraw, 14);
});

test("a piece longer than 10 ms breaks the limit, and says which", () => {
  const [first, second, third, last] = TOLD.figures;
  if (first === undefined || second === undefined || third === undefined || last === undefined) throw new Error("four");
  const within = { ...TOLD, figures: [{ ...first, us: 20_000, longestUs: 10_000 }, second, third, last] };
  assert.is(result(within, SDK).broken, undefined, "long, but in pieces");
  const slow = { ...TOLD, figures: [{ ...first, us: 20_000, longestUs: 10_001 }, second, third, last] };
  const [why = "", ...more] = result(slow, SDK).broken ?? [];
  assert.is(more.length, 0);
  assert.match(why, /^The bus waits longer than 10 ms for a piece of the screen's work: products 10\.001 ms\.$/m);
  assert.match(why, /^Split that work so .* firmware\/io\/screen\/redraw\.ts does/m);
});

test("anything else is no figure", () => {
  assert.is(figuresIn("panel {"), undefined);
  assert.is(figuresIn("panel {}"), undefined);
  assert.is(figuresIn(`panel ${JSON.stringify({ ...TOLD, width: "240" })}`), undefined);
  assert.is(figuresIn(`panel ${JSON.stringify({ ...TOLD, figures: [{ name: "redraw" }] })}`), undefined);
});

test("without the SDK it says so", async () => {
  const { MODDABLE } = process.env;
  delete process.env.MODDABLE;
  try {
    const told = await PANEL.run(() => undefined, false);
    assert.ok("notMeasured" in told && told.notMeasured.includes("Moddable SDK"), JSON.stringify(told));
  } finally {
    if (MODDABLE !== undefined) process.env.MODDABLE = MODDABLE;
  }
});

test.run();
