/** The self-test from the service menu, on the whole simulated machine: what is unplugged has its line and its cure. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SERVICE_ACTS } from "../../../shared/records/kinds.js";
import { Cabinet } from "../../../tools/bench/cabinet.js";
import { DEMO_SERVICE_CODE } from "../../../tools/bench/demo.js";

const test = suite("machine: self-test");

/** Behind the open door, in the menu. */
function inMenu(spoil: (cabinet: Cabinet) => void = () => {}): Cabinet {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  spoil(cabinet);
  cabinet.door.set(true);
  cabinet.runFor(20_000);
  for (const key of `#${DEMO_SERVICE_CODE}#`) cabinet.press(key);
  cabinet.until("the menu is open", () => cabinet.view?.menu?.choice === true);
  return cabinet;
}

/** All its pages. */
function lines(cabinet: Cabinet): string[] {
  cabinet.press("B");
  cabinet.until("the lines are there", () => cabinet.view?.menu?.title.startsWith("Self-test") === true);
  const found: string[] = [];
  for (let menu = cabinet.view?.menu; menu !== undefined && !found.includes(menu.lines[0] ?? ""); ) {
    found.push(...menu.lines);
    cabinet.press("#");
    cabinet.runFor(100);
    menu = cabinet.view?.menu;
  }
  return found;
}

test("a sound machine: a line for each port, none with a cure; on record, and nothing has moved", () => {
  const cabinet = inMenu();
  const found = lines(cabinet);
  const parts = found.map((line) => line.slice(0, line.indexOf(":")));
  assert.equal(parts, [
    ...["flash", "door", "thermometer", "home switches", "beam", "MDB changer", "MDB validator", "ledger", "network"],
  ]);
  assert.not.ok(found.some((line) => line.startsWith("!")));
  const record = cabinet.readFlash().records.at(-1);
  assert.ok(record?.kind === "serviceDone" && SERVICE_ACTS[record.act] === "selfTested" && record.value === 0);
  assert.is(cabinet.spirals.turns, 0);
  cabinet.assertSound("after the self-test");
});

test("what is broken is named with its cure, and counted on record", () => {
  const cabinet = inMenu((spoiled) => {
    spoiled.thermometer.broken = true;
    spoiled.changer?.setPower(false);
    spoiled.network.setAvailable(false);
  });
  const bad = lines(cabinet).filter((line) => line.startsWith("!"));
  assert.equal(
    bad.map((line) => line.slice(2, line.indexOf(":"))),
    ["thermometer", "MDB changer", "network"],
  );
  assert.ok(bad.every((line) => line.includes(" - ")));
  const record = cabinet.readFlash().records.at(-1);
  assert.ok(record?.kind === "serviceDone" && record.value === 3);
});

test("the door shut: the menu and its lines are gone, the machine sells", () => {
  const cabinet = inMenu();
  lines(cabinet);
  cabinet.door.set(false);
  cabinet.untilSelling();
  assert.is(cabinet.view?.menu, undefined);
});

test.run();
