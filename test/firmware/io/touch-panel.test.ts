/** The FT6206 as Piu's touch class: one finger, its release, what is disturbed, and no exception for a silent chip. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { TOUCH } from "../../../firmware/io/boards/touch.js";
import { I2C_TIMEOUT_MS, touchPanelOf } from "../../../firmware/io/parts.js";
import {
  SAMPLES_TO_RENEW,
  SILENT_SAMPLES,
  TouchPanel,
  type TouchPanelOptions,
} from "../../../firmware/io/touch-panel.js";
import { I2C_PINS } from "../../support/io/carrier.js";
import { SimChip } from "../../support/io/chip.js";
import { Ft6206 } from "../../support/io/ft6206.js";
import { SimI2CBus } from "../../support/io/i2c.js";
import { listenAsPiu } from "../../support/io/piu-touch.js";

const test = suite("firmware/io touch panel");
const ADDRESS = 0x38;

function bench() {
  const chip = new SimChip();
  const bus = new SimI2CBus(chip);
  const panel = new Ft6206();
  bus.attach(ADDRESS, panel);
  // each pixel reads as itself
  const edges = { left: 0, right: 239, top: 0, bottom: 319 };
  const screen = { width: 240, height: 320 };
  const options: TouchPanelOptions = { io: bus.SMBus, ...I2C_PINS, address: ADDRESS, threshold: 20, edges, screen };
  return { chip, bus, panel, options };
}

test("a tap: where it is while the finger rests, an empty list once, then nothing new", () => {
  const { panel, options } = bench();
  const touch = new TouchPanel(options);
  assert.ok(touch.answers);
  assert.is(touch.sample(), undefined);
  panel.touch(100, 300);
  assert.equal(touch.sample(), [{ id: 0, x: 100, y: 300 }]);
  panel.fingers = [{ number: 0, x: 101, y: 299 }];
  assert.equal(touch.sample(), [{ id: 0, x: 101, y: 299 }]);
  panel.touch();
  assert.equal(touch.sample(), []);
  assert.is(touch.sample(), undefined);
});

test("a place is Piu's to turn: no list is given twice", () => {
  const { panel, options } = bench();
  const touch = new TouchPanel(options);
  panel.touch(5, 6);
  const [first] = touch.sample() ?? [];
  const [second] = touch.sample() ?? [];
  assert.equal(first, second);
  assert.is.not(first, second);
});

test("two fingers: the first counts; once he has gone the other has to let go before anybody counts", () => {
  const { panel, options } = bench();
  const touch = new TouchPanel(options);
  panel.fingers = [{ number: 1, x: 10, y: 20 }];
  assert.equal(touch.sample(), [{ id: 0, x: 10, y: 20 }]);
  panel.fingers = [
    { number: 0, x: 200, y: 200 },
    { number: 1, x: 11, y: 21 },
  ];
  assert.equal(touch.sample(), [{ id: 0, x: 11, y: 21 }]);
  panel.fingers = [{ number: 0, x: 200, y: 200 }];
  assert.equal(touch.sample(), []);
  assert.is(touch.sample(), undefined);
  panel.fingers = [];
  assert.is(touch.sample(), undefined);
  panel.touch(30, 40);
  assert.equal(touch.sample(), [{ id: 0, x: 30, y: 40 }]);
});

test("a finger that the chip says is lifted, or no event at all, is none; more than two are none", () => {
  const { panel, options } = bench();
  const touch = new TouchPanel(options);
  for (const event of [1, 3]) {
    panel.fingers = [{ number: 0, x: 10, y: 20, event }];
    assert.is(touch.sample(), undefined);
  }
  panel.count = 0xff;
  assert.is(touch.sample(), undefined);
  panel.count = 3;
  assert.is(touch.sample(), undefined);
});

test("the screen's edges are where the panel reads them, and nothing lies beyond", () => {
  const { panel, options } = bench();
  const { touchPanel } = TOUCH;
  if (touchPanel === undefined) return assert.unreachable();
  const touch = new TouchPanel({ ...options, edges: touchPanel.edges });
  const corners = [
    [10, 8, 0, 0],
    [232, 315, 239, 319],
    [0, 0, 0, 0],
    [239, 319, 239, 319],
    [121, 162, 120, 160],
  ] as const;
  for (const [x, y, atX, atY] of corners) {
    panel.touch(x, y);
    assert.equal(touch.sample(), [{ id: 0, x: atX, y: atY }], `${x}, ${y}`);
  }
});

test("it is set up as the board wants it, and again after its supply was gone", () => {
  const { panel, options } = bench();
  const touch = new TouchPanel(options);
  assert.equal([panel.threshold, ...panel.rests], [20, 1, 10]);
  panel.reset();
  for (let i = 0; i < SAMPLES_TO_RENEW; i++) touch.sample();
  assert.equal([panel.threshold, ...panel.rests], [20, 1, 10]);
});

test("another chip at its address is none, and one that comes later is found", () => {
  const { panel, options } = bench();
  panel.id = 0x11;
  const touch = new TouchPanel(options);
  panel.touch(1, 2);
  assert.not.ok(touch.answers);
  assert.is(touch.sample(), undefined);
  panel.id = 100;
  assert.equal(touch.sample(), [{ id: 0, x: 1, y: 2 }]);
  assert.ok(touch.answers);
});

test("a bus that hangs: no exception, soon one try a second, and what was pressed is let go of nowhere", () => {
  const { bus, panel, options } = bench();
  const touch = new TouchPanel(options);
  panel.touch(50, 60);
  touch.sample();
  bus.stuck = true;
  const told: unknown[] = [];
  for (let i = 0; i < SILENT_SAMPLES + 2; i++) told.push(touch.sample());
  assert.equal(
    told.filter((points) => points !== undefined),
    [[{ id: 0, x: -1, y: -1 }], []],
  );
  assert.not.ok(touch.answers);
  const { transfers } = bus;
  for (let i = 0; i < 2 * SAMPLES_TO_RENEW; i++) assert.is(touch.sample(), undefined);
  assert.ok(bus.transfers - transfers <= 4, `${bus.transfers - transfers} tries`);
  bus.stuck = false;
  for (let i = 0; i < SAMPLES_TO_RENEW; i++) assert.is(touch.sample(), undefined, "the same finger still rests on it");
  assert.ok(touch.answers);
  panel.touch();
  touch.sample();
  panel.touch(7, 8);
  assert.equal(touch.sample(), [{ id: 0, x: 7, y: 8 }]);
});

test("one disturbed reading is no release", () => {
  const { bus, panel, options } = bench();
  const touch = new TouchPanel(options);
  panel.touch(50, 60);
  touch.sample();
  bus.stuck = true;
  assert.is(touch.sample(), undefined);
  bus.stuck = false;
  assert.equal(touch.sample(), [{ id: 0, x: 50, y: 60 }]);
});

test("address in use, bad address, pins in use, bad options; nothing is held afterwards", () => {
  const { chip, options } = bench();
  const touch = new TouchPanel(options);
  assert.throws(() => new TouchPanel(options), /duplicate address/);
  assert.throws(() => new TouchPanel({ ...options, address: 200 }), /invalid address/);
  touch.close();
  for (const threshold of [0, 256, 1.5]) assert.throws(() => new TouchPanel({ ...options, threshold }), /threshold/);
  const { edges, screen } = options;
  assert.throws(() => new TouchPanel({ ...options, edges: { ...edges, right: edges.left } }), /edges/);
  assert.throws(() => new TouchPanel({ ...options, edges: { ...edges, bottom: -1 } }), /edges/);
  assert.throws(() => new TouchPanel({ ...options, screen: { ...screen, width: 0 } }), /screen/);
  new chip.Digital({ pin: I2C_PINS.clock, mode: chip.Digital.Input });
  assert.throws(() => new TouchPanel(options), /in use/);
});

test("close: twice is once, no use after it", () => {
  const { options } = bench();
  const touch = new TouchPanel(options);
  touch.close();
  touch.close();
  assert.throws(() => touch.sample(), /closed/);
  assert.throws(() => touch.configure(), /closed/);
  new TouchPanel(options);
});

test("in Piu's hands: began, moved, ended, by the SDK's own rules; closed with the screen", () => {
  const { chip, panel, options } = bench();
  const told: string[] = [];
  const note = (what: string) => (id: number, x: number, y: number) => told.push(`${what} ${id} ${x} ${y}`);
  const close = listenAsPiu(chip.timers, new TouchPanel(options), {
    onTouchBegan: note("began"),
    onTouchMoved: note("moved"),
    onTouchEnded: note("ended"),
  });
  const runFor = (ms: number): void => chip.world.runFor(ms * 1_000);
  runFor(100);
  panel.touch(10, 20);
  runFor(16);
  panel.fingers = [
    { number: 0, x: 12, y: 22 },
    { number: 1, x: 99, y: 99 },
  ];
  runFor(16);
  panel.touch();
  runFor(100);
  assert.equal(told, ["began 0 10 20", "moved 0 12 22", "ended 0 12 22"]);
  close();
  panel.touch(1, 1);
  runFor(100);
  assert.is(told.length, 3);
  new TouchPanel(options);
});

test("the touch board's panel is made of its pin map; a map without one has none", () => {
  const { bus, panel } = bench();
  const touch = touchPanelOf(TOUCH, bus.SMBus);
  panel.touch(121, 162);
  assert.equal(touch.sample(), [{ id: 0, x: 120, y: 160 }]);
  assert.is(panel.threshold, 20);
  assert.ok(I2C_TIMEOUT_MS < 16, "a try on a bus that hangs is over before Piu asks again");
  assert.throws(() => touchPanelOf({ ...TOUCH, touchPanel: undefined }, bus.SMBus), /no touch panel/);
});

test.run();
