/** Devices for another currency than the machine's: told, and of no worth (MDB 4.2, SETUP Z2-Z3; mdb §1.4 and §2). */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FITTED } from "../../../shared/wire/documents.js";
import { Cabinet } from "../../../tools/bench/cabinet.js";
import { US_CHANGER } from "../../../tools/bench/changer-options.js";
import { PlainChanger } from "./devices.js";
import { PlainHopper } from "./plain-hopper.js";
import { PlainReader } from "./reader-device.js";
import { VEND } from "./reader-rig.js";
import { Rig } from "./rig.js";

const test = suite("firmware/mdb currency");

/** `[SETUP Z2-3, is it another currency than 840, US dollars]`. */
const COUNTRIES = [
  ["1978", true],
  ["1840", false],
  // telephone codes: the United States, Germany; neither names a currency
  ["0001", false],
  ["0049", false],
] as const;

function fitted(name: (typeof FITTED)[number]): number {
  return 1 << FITTED.indexOf(name);
}

for (const [country, foreign] of COUNTRIES) {
  test(`a changer of ${country} ${foreign ? "takes and pays nothing" : "works"}`, () => {
    const changer = new PlainChanger();
    changer.country = country;
    const rig = new Rig(changer, undefined);
    rig.facts = { ...rig.facts, fitted: fitted("changer") };
    rig.start().run(3_000);
    assert.is(rig.told().includes("foreignCoins true"), foreign);
    const ready = rig.events.find(({ event }) => event.event === "changerReady")?.event;
    if (ready?.event !== "changerReady") throw new Error("not ready");
    assert.equal(ready.valuesMinor.slice(0, 4), foreign ? [0, 0, 0, 0] : [5, 10, 25, 100]);
    rig.order({ order: "accept", coinMask: 0xffff, billMask: 0 });
    rig.run(500);
    assert.is(changer.mask, foreign ? 0 : 0xf);
    // one that slips through all the same is booked as worth nothing
    changer.coin(3, "cashBox");
    rig.run(500);
    assert.equal(
      rig.records.map((record) => ("valueMinor" in record ? record.valueMinor : undefined)),
      [foreign ? 0 : 100],
    );
    rig.facts = { ...rig.facts, fitted: 0 };
    rig.forget().run(500);
    assert.ok(rig.told().includes("foreignCoins false"), "no fault of a device that is not there");
  });

  test(`a hopper of ${country} ${foreign ? "has nothing to pay" : "works"}`, () => {
    const hopper = new PlainHopper();
    hopper.country = country;
    const rig = new Rig(undefined, undefined, { 88: hopper });
    rig.facts = { ...rig.facts, fitted: fitted("hopper1") };
    rig.start().run(3_000);
    assert.is(rig.told().includes("hopper1Foreign true"), foreign);
    const ready = rig.events.find(({ event }) => event.event === "storeReady")?.event;
    if (ready?.event !== "storeReady") throw new Error("not ready");
    assert.equal(ready.valuesMinor.slice(0, 2), foreign ? [0, 0] : [25, 5]);
  });

  test(`a reader of ${country} ${foreign ? "is never enabled" : "works"}`, () => {
    for (const level of [1, 3]) {
      const card = Object.assign(new PlainReader(0), { country, level });
      const rig = new Rig(undefined, undefined, { 16: card });
      rig.facts = { ...rig.facts, fitted: fitted("reader1") };
      rig.start();
      rig.order({ order: "readers", enabled: true });
      rig.run(3_000);
      assert.is(card.at === "enabled", !foreign);
      assert.is(rig.told().includes("reader1Foreign true"), foreign);
      const ready = rig.events.find(({ event }) => event.event === "readerReady")?.event;
      if (ready?.event !== "readerReady") throw new Error("not ready");
      assert.equal([ready.abilities.unitMinor, ready.abilities.mostMinor > 0], foreign ? [0, false] : [5, true]);
      if (!foreign) continue;
      rig.forget().order(VEND);
      rig.run(500);
      assert.equal(rig.told(), ["denied"]);
      assert.is(card.commands.includes("vendRequest"), false);
      assert.equal(card.wrongs, []);
    }
  });
}

test("a changer that is set up anew for our currency is believed", () => {
  const changer = new PlainChanger();
  changer.country = "1978";
  const rig = new Rig(changer, undefined).start().run(3_000).forget();
  changer.country = "1840";
  changer.report("0B");
  rig.run(3_000);
  assert.ok(rig.told().includes("foreignCoins false"));
  rig.order({ order: "accept", coinMask: 0xffff, billMask: 0 });
  rig.run(500);
  assert.is(changer.mask, 0xf);
});

test("euros in a dollar machine buy nothing, word by word", () => {
  const cabinet = new Cabinet({ changer: { ...US_CHANGER, country: 0x1978 } });
  cabinet.runFor(10_000);
  cabinet.select("A5");
  cabinet.insertCoin(100);
  cabinet.runFor(10_000);
  assert.is(cabinet.truth.productsAt("tray"), 0);
  assert.is(cabinet.durable.creditMinor, 0);
});

test.run();
