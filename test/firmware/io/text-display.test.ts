/** The text display: set up from any state, pages in turn, only what differs, its place checked, its own letters. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  CHECK_EVERY_MS,
  LETTERS_AT_ONCE,
  MAX_HZ,
  RETRY_MS,
  TextDisplay,
  WRITE_EVERY_MS,
} from "../../../firmware/io/text-display.js";
import { I2C_PINS } from "../../support/io/carrier.js";
import { SimChip } from "../../support/io/chip.js";
import { SimI2CBus } from "../../support/io/i2c.js";
import { TextModule } from "../../support/io/text-module.js";

const test = suite("firmware/io text display");
const ADDRESS = 0x27;
const PAGE_MS = 2_000;
/** Set up and all letters written. */
const READY_US = 400_000;
type Pages = readonly (readonly [string, string])[];

function bench(columns: 16 | 20 = 20) {
  const chip = new SimChip();
  const bus = new SimI2CBus(chip);
  const module = new TextModule();
  bus.attach(ADDRESS, module);
  const { timers, world } = chip;
  const pages = (view: Pages): Pages => view;
  const options = { io: bus.I2C, ...I2C_PINS, address: ADDRESS, columns, timers, pages, pageMs: PAGE_MS };
  const display = new TextDisplay<Pages>(options);
  const reads = (): string => `${module.line(0, columns)}|${module.line(1, columns)}`;
  return { bus, chip, display, module, options, reads, world };
}

test("sets itself up and shows what was asked before it was ready", () => {
  const { display, module, reads, world } = bench();
  assert.is(display.columns, 20);
  display.show([["Please choose", "Credit $1.25"]]);
  assert.not.ok(display.answers);
  world.runFor(READY_US);
  assert.is(reads(), "Please choose|Credit $1.25");
  assert.ok(display.answers);
  assert.ok(module.backlight);
  assert.is(module.lost, 0);
});

test("16 columns; a shorter text leaves nothing of the longer one", () => {
  const { display, reads, world } = bench(16);
  display.show([["0123456789abcdef", "ABCDEFGHIJKLMNOP"]]);
  world.runFor(READY_US);
  assert.is(reads(), "0123456789abcdef|ABCDEFGHIJKLMNOP");
  display.show([["Thank you", ""]]);
  world.runFor(READY_US);
  assert.is(reads(), "Thank you|");
});

test("pages take turns; a new view begins with its first", () => {
  const { display, reads, world } = bench();
  display.show([
    ["one", "1"],
    ["two", "2"],
  ]);
  world.runFor(READY_US);
  assert.is(reads(), "one|1");
  world.runFor(PAGE_MS * 1_000);
  assert.is(reads(), "two|2");
  world.runFor(PAGE_MS * 1_000);
  assert.is(reads(), "one|1");
  display.show([
    ["three", "3"],
    ["four", "4"],
  ]);
  world.runFor(READY_US);
  assert.is(reads(), "three|3");
});

test("only what differs is written, a few letters at a time", () => {
  const { bus, display, reads, world } = bench();
  display.show([["Price $1.00", ""]]);
  world.runFor(READY_US);
  const before = bus.transfers;
  display.show([["Price $2.00", ""]]);
  world.runFor(WRITE_EVERY_MS * 1_000 - 1_000);
  assert.is(bus.transfers, before + 1);
  assert.is(reads(), "Price $2.00|");
  assert.is(LETTERS_AT_ONCE, 4);
});

test("signs that its letters lack are letters of its own", () => {
  const { display, module, reads, world } = bench();
  display.show([["€£₹₩₪¥", "a\\b~c"]]);
  world.runFor(READY_US);
  assert.is(reads(), "<0><1><2><3><4>\\|a/b-c");
  assert.equal([...module.glyphs.slice(0, 8)], [0x06, 0x09, 0x1c, 0x08, 0x1c, 0x09, 0x06, 0x00]);
});

test("German letters: small ones from its ROM, capitals are letters of its own", () => {
  const { display, module, reads, world } = bench();
  display.show([["äöüß", "ÄÖÜ"]]);
  world.runFor(READY_US);
  assert.is(reads(), "\u00e1\u00ef\u00f5\u00e2|<5><6><7>");
  assert.equal([...module.glyphs.slice(56, 64)], [0x0a, 0x00, 0x11, 0x11, 0x11, 0x11, 0x0e, 0x00]);
});

test("a display that lost its place or its supply is set up anew", () => {
  const { display, module, reads, world } = bench();
  display.show([["Please choose", ""]]);
  world.runFor(READY_US);
  module.loseNibble();
  world.runFor((CHECK_EVERY_MS + 500) * 1_000);
  assert.is(reads(), "Please choose|");
  module.reset();
  assert.is(reads(), "|");
  world.runFor((CHECK_EVERY_MS + 500) * 1_000);
  assert.is(reads(), "Please choose|");
  assert.ok(display.answers);
});

test("no display, one that comes later, one that goes", () => {
  const { bus, display, module, reads, world } = bench();
  bus.detach(ADDRESS);
  display.show([["hello", ""]]);
  world.runFor(READY_US);
  assert.not.ok(display.answers);
  bus.attach(ADDRESS, module);
  world.runFor(RETRY_MS * 1_000 + READY_US);
  assert.is(reads(), "hello|");
  bus.stuck = true;
  world.runFor(CHECK_EVERY_MS * 1_000);
  assert.not.ok(display.answers);
});

test("an expander alone answers, but is no display", () => {
  const { bus, display, world } = bench();
  let pins = 0;
  bus.attach(ADDRESS, {
    take: (byte) => {
      pins = byte;
      return true;
    },
    give: () => pins,
  });
  world.runFor(READY_US);
  assert.not.ok(display.answers);
});

test("a text of another place: configure writes it all again", () => {
  const { display, module, reads, world } = bench();
  display.show([["all well", ""]]);
  world.runFor(READY_US);
  module.cells.fill(0x58);
  display.configure();
  world.runFor(READY_US);
  assert.is(reads(), "all well|");
});

test("bad options and an address in use", () => {
  const { options } = bench();
  assert.throws(() => new TextDisplay<Pages>(options), /duplicate address/);
  assert.throws(() => new TextDisplay<Pages>({ ...options, hz: MAX_HZ + 1 }), /invalid hz/);
  const columns = Number("40") as 16;
  assert.throws(() => new TextDisplay<Pages>({ ...options, columns }), /invalid columns/);
  assert.throws(() => new TextDisplay<Pages>({ ...options, address: 128 }), /invalid address/);
});

test("close: dark, twice is once, nothing after it", () => {
  const { bus, display, module, world } = bench();
  world.runFor(READY_US);
  display.close();
  display.close();
  assert.not.ok(module.backlight);
  const before = bus.transfers;
  world.runFor(10_000_000);
  assert.is(bus.transfers, before);
  assert.throws(() => display.show([["", ""]]), /closed/);
  assert.throws(() => display.configure(), /closed/);
});

test.run();
