/** The touch screen driven by hand: one small thing a step, touches told as inputs, hints in turn. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Area, Plate } from "../../../../firmware/io/screen/plates.js";
import { MAX_STEP_PX } from "../../../../firmware/io/screen/redraw.js";
import { MAX_STEP_PARTS, STEP_MS, TouchScreen } from "../../../../firmware/io/screen/screen.js";
import { HINT_MS } from "../../../../firmware/io/screen/state.js";
import type { WorldInput } from "../../../../firmware/ports/inputs.js";
import type { PanelView } from "../../../../shared/panel-view.js";
import { Room } from "../../panel/menu-room.js";
import { Glass, measure, VIEWS, view } from "./glass.js";

const test = suite("touch screen: screen");
const SIZE = { width: 240, height: 320 };
const VOUCHER = VIEWS.find(({ code }) => code?.kind === "voucher");

/** A screen with a glass, an alarm and a finger. */
class Bench {
  readonly glass = new Glass(SIZE);
  readonly inputs: WorldInput[] = [];
  readonly encoded: string[] = [];
  plates: readonly Plate[] = [];
  dueMs: number | undefined;
  drawn: Area[] = [];
  readonly screen = new TouchScreen(SIZE, "en", {
    measure,
    wakeIn: (ms) => {
      this.dueMs = ms;
    },
    draw: (areas) => {
      this.drawn.push(...areas);
      for (const area of areas) this.glass.draw(this.screen.platesIn(area), area);
    },
    encodeQr: (text) => {
      this.encoded.push(text);
      return Uint8Array.of(1, 0, 0, 1);
    },
    deliver: (input) => this.inputs.push(input),
    onPicture: (plates) => {
      this.plates = plates;
    },
  });

  /** Steps until nothing is left to be drawn; how many it took. */
  settle(): number {
    let steps = 0;
    while (this.screen.busy) {
      this.screen.tick();
      steps += 1;
      if (steps > 100) throw new Error("the screen never comes to rest");
    }
    return steps;
  }

  show(shown: PanelView | undefined): this {
    this.screen.show(shown);
    this.settle();
    return this;
  }

  touch(id: string): this {
    const plate = this.plates.find((candidate) => candidate.id === id);
    if (plate === undefined) throw new Error(`no ${id} on the screen`);
    this.screen.touchDown(plate.x + 5, plate.y + 5);
    this.settle();
    this.screen.touchUp(plate.x + 6, plate.y + 6);
    this.settle();
    return this;
  }

  get texts(): string {
    return this.plates.flatMap(({ words }) => words.map(({ text }) => text)).join(" ");
  }
}

test("showing a view costs nothing; it is laid out in steps and drawn in steps", () => {
  const bench = new Bench();
  bench.screen.redraw();
  bench.settle();
  bench.drawn = [];
  bench.screen.show(view());
  assert.is(bench.drawn.length, 0);
  assert.is(bench.dueMs, 0);
  let steps = 0;
  while (bench.drawn.length === 0) {
    bench.screen.tick();
    assert.is(bench.dueMs, STEP_MS);
    steps += 1;
  }
  assert.ok(steps > Math.ceil(bench.plates.length / MAX_STEP_PARTS), `${steps} steps`);
  const px = bench.drawn.reduce((sum, { w, h }) => sum + w * h, 0);
  assert.ok(px > 0 && px <= MAX_STEP_PX);
  bench.settle();
  const whole = new Glass(SIZE);
  whole.draw(bench.plates, { x: 0, y: 0, w: SIZE.width, h: SIZE.height });
  assert.ok(bench.glass.picture === whole.picture);
});

test("the same view again, and a dark panel that stays dark, draw nothing", () => {
  const bench = new Bench().show(undefined);
  const idle = view();
  bench.show(idle);
  bench.drawn = [];
  bench.show(idle);
  assert.is(bench.drawn.length, 0);
  bench.show(undefined);
  assert.is(bench.texts, "");
});

test("a product touched is a selection; the finger may leave it again", () => {
  const bench = new Bench().show(view());
  bench.touch("slot-A1");
  assert.equal(bench.inputs, [{ on: "select", slot: "A1" }]);
  const plate = bench.plates.find(({ id }) => id === "slot-A1");
  if (plate === undefined) throw new Error("no tile");
  bench.screen.touchDown(plate.x + 1, plate.y + 1);
  bench.settle();
  assert.is(bench.plates.find(({ id }) => id === "slot-A1")?.fill, "pressed");
  bench.screen.touchUp(plate.x - 20, plate.y - 60);
  bench.screen.touchDown(plate.x + 1, plate.y + 1);
  bench.settle();
  bench.screen.touchCancelled();
  bench.settle();
  bench.screen.touchUp(plate.x + 1, plate.y + 1);
  assert.is(bench.inputs.length, 1);
  assert.is(bench.plates.find(({ id }) => id === "slot-A1")?.fill, "tile");
});

test("what is not on the glass yet cannot be touched", () => {
  const bench = new Bench().show(view());
  bench.screen.show(view({ state: "ACCEPTING_PAYMENT", creditMinor: 125 }));
  while (!bench.plates.some(({ id }) => id === "cancel")) bench.screen.tick();
  const cancel = bench.plates.find(({ id }) => id === "cancel");
  if (cancel === undefined) throw new Error("no cancel button");
  bench.screen.touchDown(cancel.x + 1, cancel.y + 1);
  bench.screen.touchUp(cancel.x + 1, cancel.y + 1);
  assert.equal(bench.inputs, []);
  bench.settle();
  bench.touch("cancel");
  assert.equal(bench.inputs, [{ on: "cancel" }]);
});

test("language, pages and keypad are the screen's own", () => {
  const bench = new Bench().show(view());
  bench.touch("language");
  assert.ok(bench.texts.includes("Bitte wählen"), bench.texts);
  assert.is(bench.screen.language, "de");
  bench.touch("page-behind");
  assert.ok(bench.plates.some(({ id }) => id === "slot-B3"));
  bench.touch("page-behind");
  assert.ok(bench.plates.some(({ id }) => id === "slot-A1"));
  bench.touch("keypad");
  // Told, so that the service menu will speak it, too.
  assert.equal(bench.inputs.splice(0), [{ on: "language", language: "de" }]);
  bench.touch("key-B").touch("key-4").touch("enter");
  assert.equal(bench.inputs, [
    { on: "key", key: "B" },
    { on: "key", key: "4" },
    { on: "key", key: "#" },
  ]);
  bench.show(view({ state: "PRODUCT_SELECTED", slot: "B4", priceMinor: 175 }));
  bench.show(view());
  assert.ok(
    bench.plates.some(({ id }) => id === "slot-A1"),
    "the keypad has closed",
  );
});

test("hints take turns while nobody is there", () => {
  const bench = new Bench().show(view({ exactChangeOnly: true }));
  const seen = new Set<string>();
  for (let i = 0; i < 4; i++) {
    seen.add(bench.plates.find(({ id }) => id === "head")?.words[1]?.text ?? "");
    bench.screen.tick();
    bench.settle();
    assert.is(bench.dueMs, HINT_MS);
  }
  assert.is(seen.size, 4);
  bench.show(view({ state: "PRODUCT_SELECTED", slot: "B4", priceMinor: 175 }));
  assert.is(bench.dueMs, undefined);
});

test("a QR code is encoded in a step of its own, once, and drawn dark where it is dark", () => {
  const bench = new Bench().show(VOUCHER);
  assert.equal(bench.encoded, [VOUCHER?.code?.qr]);
  const qr = bench.plates.find((plate) => plate.qr !== undefined);
  if (qr === undefined) throw new Error("no QR code");
  // two modules and the quiet zone of four on either side
  const module = Math.floor(qr.w / 10);
  const runs = bench.screen.darkRunsIn(qr, qr).map(({ w }) => w);
  assert.equal(runs, [module, module]);
  bench.touch("language");
  assert.is(bench.encoded.length, 1);
  bench.touch("have-it").show(view());
  assert.equal(bench.inputs, [{ on: "language", language: "de" }, { on: "cancel" }]);
});

test("the language: of the settings first, then what is touched, and in the service menu what the menu speaks", () => {
  const bench = new Bench().show(view({ language: "de" }));
  assert.is(bench.screen.language, "de");
  bench.touch("language");
  assert.is(bench.screen.language, "en");
  assert.equal(bench.inputs, [{ on: "language", language: "en" }]);
  bench.show(view({ language: "de", exactChangeOnly: true }));
  assert.is(bench.screen.language, "en", "what somebody chose stays");
  const room = new Room();
  room.language = "de";
  room.press("#2580#");
  bench.show({ ...view({ language: "de", state: "OUT_OF_SERVICE", outCause: "doorOpen" }), menu: room.view });
  assert.is(bench.screen.language, "de");
  assert.match(bench.texts, /Störungen.*Ende/);
});

test.run();
