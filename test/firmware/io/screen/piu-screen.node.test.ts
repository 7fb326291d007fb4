/** The touch screen on Piu's port: what is drawn and pressed at its place in the container, and nothing once closed. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Area } from "../../../../firmware/io/screen/plates.js";
import type { TouchScreen } from "../../../../firmware/io/screen/screen.js";
import type { PanelPort } from "../../../../firmware/ports/hardware.js";
import type { WorldInput } from "../../../../firmware/ports/inputs.js";
import type { Language } from "../../../../shared/panel-phrases.js";
import type { PanelView } from "../../../../shared/panel-view.js";
import { SimChip } from "../../../support/io/chip.js";
import { type SimContainer, SimPiu } from "../../../support/sdk/piu.js";
import { load, standIn, timerOf } from "../../../support/sdk/stand-in.js";
import { view } from "./glass.js";

/** firmware/io/screen/piu-screen.ts, as far as it is used here. */
interface PiuScreenModule {
  readonly COMMAND_LIST_BYTES: number;
  readonly DISPLAY_LIST_BYTES: number;
  openApplication(): SimContainer;
  openPiuScreen(
    container: SimContainer,
    options: Area & { readonly language: Language; deliver(input: WorldInput): void },
  ): { readonly panel: PanelPort<PanelView>; readonly screen: TouchScreen; close(): void };
}

const test = suite("firmware/io piu screen");
const chip = new SimChip();
const SIZE = { width: 240, height: 320 };
const AREA = { x: 300, y: 400, w: 240, h: 320 };
standIn({
  timer: { default: timerOf(chip.world) },
  "piu/MC": {},
  qrcode: { default: () => new ArrayBuffer(29 * 29) },
});
const piu = new SimPiu(chip.timers, SIZE, () => undefined);
const { COMMAND_LIST_BYTES, DISPLAY_LIST_BYTES, openApplication, openPiuScreen } = await load<PiuScreenModule>(
  "firmware/io/screen/piu-screen.ts",
);
const application = openApplication();
const VIEW = view();

function opened() {
  const inputs: WorldInput[] = [];
  const it = openPiuScreen(application, { ...AREA, language: "en", deliver: (input) => inputs.push(input) });
  return { ...it, inputs };
}

function tap(text: string): void {
  const place = piu.placeOf(text);
  assert.ok(place !== undefined, piu.texts.join("; "));
  // Piu gives touches in the application's places, and draws in the port's
  const [x, y] = [(place?.x ?? 0) + AREA.x + 2, (place?.y ?? 0) + AREA.y + 2];
  piu.application.began(0, x, y);
  piu.application.ended(0, x, y);
}

const run = (ms: number): void => chip.world.runFor(ms * 1_000);

test("the application takes one finger, and lists of the sizes that were measured", () => {
  const { touchCount, displayListLength, commandListLength } = Object(piu.opened);
  assert.equal([touchCount, displayListLength, commandListLength], [1, DISPLAY_LIST_BYTES, COMMAND_LIST_BYTES]);
});

test("a view is drawn step by step, and a touch is heard at the screen's own place", () => {
  const { panel, inputs, close } = opened();
  panel.show(VIEW);
  assert.equal(piu.texts, [], "not within the call");
  run(2_000);
  tap("Potato chips");
  assert.equal(inputs, [{ on: "select", slot: "A1" }]);
  close();
});

test("a touch that Piu takes back chooses nothing", () => {
  const { panel, inputs, close } = opened();
  panel.show(VIEW);
  run(2_000);
  const place = piu.placeOf("Potato chips");
  piu.application.began(0, (place?.x ?? 0) + AREA.x + 2, (place?.y ?? 0) + AREA.y + 2);
  const [content] = piu.application.contents;
  piu.application.cancelled();
  content?.behavior.onTouchEnded(content, 0, (place?.x ?? 0) + AREA.x + 2, (place?.y ?? 0) + AREA.y + 2);
  assert.equal(inputs, []);
  close();
});

test("an area that is none is refused, and nothing is left in the container", () => {
  for (const change of [{ w: 0 }, { h: -1 }, { w: Number.NaN }]) {
    assert.throws(
      () => openPiuScreen(application, { ...AREA, ...change, language: "en", deliver() {} }),
      /invalid area/,
    );
  }
  assert.is(piu.application.contents.length, 0);
});

test("closed in the middle of a picture: nothing more is drawn or heard, twice is once, no use after it", () => {
  const { panel, screen, inputs, close } = opened();
  panel.show(VIEW);
  run(6);
  assert.ok(screen.busy);
  close();
  close();
  assert.is(piu.application.contents.length, 0);
  const { texts } = piu;
  screen.redraw();
  run(2_000);
  assert.equal(piu.texts, texts);
  assert.ok(screen.busy, "no step was taken");
  piu.application.began(0, 100, 100);
  piu.application.ended(0, 100, 100);
  assert.equal(inputs, []);
  assert.throws(() => panel.show(VIEW), /^screen is closed$/);
});

test("opened again at the same place", () => {
  const { panel, close } = opened();
  panel.show(VIEW);
  run(2_000);
  assert.ok(piu.placeOf("Potato chips") !== undefined);
  close();
});

test.run();
