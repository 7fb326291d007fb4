/**
 * The cabinet's file: whole or not at all, and enough to go on from. A process killed at any save of a sale is a power
 * cut: restored, the machine ends what was begun, and the checkers find every coin and every drop.
 */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Cabinet } from "../../../tools/bench/cabinet.js";
import { DEMO_PLANOGRAM, demoIdentity } from "../../../tools/bench/demo.js";
import { CabinetDamaged, CabinetFolder } from "../../../tools/start/cabinet-folder.js";
import { type CabinetState, captureCabinet, restoreCabinet } from "../../../tools/start/cabinet-state.js";

const test = suite("tools/start/cabinet");
const MADE_S = 1_767_225_600;
const folder = mkdtempSync(join(tmpdir(), "spiral-cabinet-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));

function readError(place: CabinetFolder): Error {
  try {
    place.read();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}

test("what was written is read: things, flash, and bits that cannot decide", () => {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  cabinet.ledgerFlash.cutAt(1, "during", 3);
  cabinet.insertCoin(25);
  cabinet.until("the cut", () => !cabinet.powered);
  cabinet.spirals.setJammed(8, true);
  cabinet.changer?.tubes.jam(2);
  cabinet.door.set(true);
  const place = new CabinetFolder(join(folder, "round"));
  assert.is(place.read(), undefined);
  const state = captureCabinet(cabinet, MADE_S);
  place.write(state);
  assert.equal(place.read(), state);
  assert.ok(state.things.unstable.length > 0, "the cut tore nothing");
  const again = restoreCabinet({}, place.read());
  assert.equal(captureCabinet(again, MADE_S), state);
  assert.is(again.ledgerFlash.unstableBits, cabinet.ledgerFlash.unstableBits);
});

test("a draft that was not finished changes nothing; a damaged file is named with its cure", () => {
  const place = new CabinetFolder(join(folder, "damage"));
  const state = captureCabinet(new Cabinet(), MADE_S);
  place.write(state);
  writeFileSync(`${place.path}.new`, "half of a fi");
  assert.equal(place.read(), state);
  const whole = readFileSync(place.path);
  const spoil: readonly (readonly [string, RegExp])[] = [
    ["tail", /checksum/],
    ["bit", /checksum/],
    ["magic", /no known version/],
    ["empty", /no known version/],
  ];
  for (const [what, why] of spoil) {
    const bytes = Buffer.from(whole);
    if (what === "bit") bytes.writeUInt8(bytes.readUInt8(500) ^ 4, 500);
    if (what === "magic") bytes.write("SPIRAL9");
    writeFileSync(place.path, bytes);
    if (what === "tail") truncateSync(place.path, whole.length - 1);
    if (what === "empty") truncateSync(place.path, 0);
    const error = readError(place);
    assert.instance(error, CabinetDamaged);
    assert.match(error.message, why, what);
    assert.match(error.message, /Move the file away/);
  }
});

test("coins on their way have arrived, what fell lies in the tray, a bill inside comes back", () => {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  cabinet.insertCoin(25);
  cabinet.runFor(200);
  assert.is(cabinet.truth.coinsMinor("chute"), 25);
  cabinet.insertCoin(10);
  cabinet.insertBill(100);
  const { things, flash } = captureCabinet(cabinet, MADE_S);
  assert.is(things.billInsideMinor, 100);
  const again = restoreCabinet({}, { things: { ...things, falling: [8], jammedTubes: [] }, flash });
  assert.is(again.truth.coinsMinor("cup"), 10);
  assert.is(again.changer?.tubes.count(2), 46);
  assert.is(again.truth.productsAt("tray", 8), 1);
  again.untilSelling();
  assert.is(again.truth.billFlowMinor("transport", "customer"), 100);
  assert.is(again.creditMinor, 0);
});

test("a new board finds empty flash, the old coins, and columns filled as planned", () => {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  for (let i = 0; i < 3; i++) cabinet.spirals.knockDown(8);
  cabinet.runFor(2_000);
  const state = captureCabinet(cabinet, MADE_S);
  assert.is(restoreCabinet({}, state).spirals.productsIn(8), 5);
  const renewed = restoreCabinet({ identity: demoIdentity(undefined, 2) }, state);
  assert.is(renewed.readFlash().records.length, 0);
  for (const { column, quantity } of DEMO_PLANOGRAM.slots) assert.is(renewed.spirals.productsIn(column), quantity);
  assert.is(renewed.changer?.tubes.count(2), cabinet.changer?.tubes.count(2));
  renewed.untilSelling();
  assert.is(renewed.durable.bootNo, 1);
});

/** Saves of the worked example as `npm start` makes them: after every append, and every 150 ms. */
function savesOfASale(): CabinetState[] {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  const saves: CabinetState[] = [];
  const save = (): void => {
    const { things, flash } = captureCabinet(cabinet, MADE_S);
    saves.push({ things: JSON.parse(JSON.stringify(things)), flash });
  };
  cabinet.watch = { before: () => undefined, after: (effect) => effect.do === "append" && save() };
  const wait = (what: string, reached: () => boolean): void => {
    for (let i = 0; !reached(); i++) {
      if (i > 200) throw new Error(`not reached: ${what}`);
      cabinet.runFor(150);
      save();
    }
  };
  cabinet.select("B4");
  for (const bills of [1, 2]) {
    wait("the mouth is open", () => cabinet.insertBill(100) !== undefined);
    wait(`${bills} bills stacked`, () => cabinet.truth.billsMinor("stacker") === bills * 100);
  }
  wait("the end of the sale", () => cabinet.atRest);
  return saves;
}

test("killed at any save of a sale, the machine goes on: each product once, each coin found", () => {
  const saves = savesOfASale();
  assert.ok(saves.length > 40, `${saves.length} saves`);
  let sales = 0;
  saves.forEach((state, index) => {
    const cabinet = restoreCabinet({ seed: index + 1 }, state);
    cabinet.assertSound(`save ${index} as read`);
    cabinet.untilSelling();
    cabinet.untilRest();
    cabinet.assertSound(`save ${index} after its boot`, true);
    const { counters } = cabinet.durable;
    const dropped = cabinet.truth.productsAt("tray");
    assert.ok(counters.sales <= dropped, `save ${index}: ${counters.sales} sales, ${dropped} products`);
    assert.ok(dropped <= 1, `save ${index}: ${dropped} products`);
    sales += counters.sales;
  });
  assert.ok(sales > 0 && sales < saves.length, `${sales} of ${saves.length} sold: the saves miss a side of the sale`);
});

test.run();
