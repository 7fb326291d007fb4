/**
 * What the touch board's manifest starts, on stand-ins for the SDK's modules and for Piu: self-test, backlight, screen,
 * the touch class that `config.touch` names, and a sale by fingers and coins.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { TOUCH } from "../../../firmware/io/boards/touch.js";
import type { TouchClassInstance } from "../../support/io/piu-touch.js";
import { SimPiu } from "../../support/sdk/piu.js";
import { load, standIn } from "../../support/sdk/stand-in.js";
import { ProvisionedBoard } from "../../support/sdk/started.js";

const test = suite("firmware/esp32 touch");
const TAP_MS = 120;
const BACKLIGHT = TOUCH.pins.backlight?.pin ?? -1;
const board = new ProvisionedBoard(TOUCH);
const { kit, machine } = board;
const { chip } = kit.carrier;
standIn({ ...machine.modules(), "piu/MC": {}, qrcode: { default: () => new ArrayBuffer(29 * 29) } });
const { default: Touch } = await load<{ default: new () => TouchClassInstance }>("firmware/esp32/touch-panel.ts");
const piu = new SimPiu(chip.timers, TOUCH.screen ?? { width: 0, height: 0 }, () => Touch);

/** Where a pixel lies in the panel's own readings. */
function raw(x: number, y: number): [number, number] {
  const { left, right, top, bottom } = TOUCH.touchPanel?.edges ?? { left: 0, right: 0, top: 0, bottom: 0 };
  const { width, height } = piu.size;
  return [Math.round(left + (x * (right - left)) / (width - 1)), Math.round(top + (y * (bottom - top)) / (height - 1))];
}

function tap(text: string): void {
  const place = piu.placeOf(text);
  assert.ok(place !== undefined, `${text} is among ${piu.texts.join("; ")}`);
  kit.touch.touch(...raw((place?.x ?? 0) + 2, (place?.y ?? 0) + 2));
  kit.run(TAP_MS);
  kit.touch.touch();
  kit.run(TAP_MS);
}

test("the self-test finds every part of this board opened; the screen stays dark meanwhile", async () => {
  await load("firmware/esp32/touch.ts");
  kit.run(700);
  assert.is(chip.driven(BACKLIGHT), undefined, "its pull-up keeps it dark");
  kit.run(20_000);
  assert.not.ok(machine.lines.some((line) => line.includes("not opened")));
  for (const line of ["screen: 240 x 320, cannot be asked", "touch panel: answers, no finger on it"]) {
    assert.ok(machine.lines.includes(line), line);
  }
  assert.match(machine.lines.find((line) => line.startsWith("self-test: ")) ?? "", /^self-test: all \d+ well$/);
});

test("the screen is lit, and shows products", () => {
  assert.is(chip.driven(BACKLIGHT), TOUCH.levels.backlightOn);
  assert.is(Reflect.get(Object(piu.opened), "touchCount"), 1);
  assert.is(piu.application.contents.length, 1);
  assert.ok(piu.placeOf("Potato chips") !== undefined, piu.texts.join("; "));
});

test("a sale by coins and a finger: the class of config.touch, Piu's rules, the screen, the product's fall", () => {
  board.pay(6);
  tap("Potato chips");
  kit.run(15_000);
  assert.is(kit.carrier.cabinet.spirals.turns, 1);
  kit.run(60_000);
  assert.is(board.sales, 1);
});

test("a panel that falls silent stops no machine: no exception, and it is found again", () => {
  kit.carrier.bus.detach(TOUCH.touchPanel?.address ?? -1);
  kit.run(5_000);
  kit.carrier.bus.attach(TOUCH.touchPanel?.address ?? -1, kit.touch);
  kit.run(2_000);
  board.pay(6);
  tap("Potato chips");
  kit.run(75_000);
  assert.is(board.sales, 2);
});

test("a panel that cannot be opened is named on the console, and touches nothing", () => {
  const second = new Touch();
  assert.is(machine.lines.at(-1), "touch panel: not opened (duplicate address)");
  assert.is(second.sample(), undefined);
  second.close();
});

test("closed with the screen, its address is free", () => {
  piu.closeTouch();
  const again = new Touch();
  kit.touch.touch(...raw(10, 10));
  assert.equal(again.sample(), [{ id: 0, x: 10, y: 10 }]);
  again.close();
});

test.run();
