/** A firmware update by the fleet's order: each way it can end is on record once, whatever the power does meanwhile. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ORDER_RESULTS } from "../../../shared/records/kinds.js";
import { Cabinet } from "../../../tools/bench/cabinet.js";
import { SIM_TRIAL_MS, type SimImage, UPDATE_PIECES } from "../../../tools/bench/update.js";
import { orderUpdate } from "../../../tools/bench/update-order.js";

const test = suite("machine: updates");
const NEXT = "9.9.9";
/** Download, restart and trial. */
const ALL_MS = 60_000 + SIM_TRIAL_MS;

function selling(): Cabinet {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  cabinet.runFor(2_000);
  return cabinet;
}

/** Results by counter, in the order of the ledger. */
function answers(cabinet: Cabinet): string[] {
  return cabinet.readFlash().records.flatMap((record) => {
    if (record.kind !== "commandApplied") return [];
    return [`${record.counter} ${ORDER_RESULTS[record.result] ?? "?"}`];
  });
}

function lastBoot(cabinet: Cabinet): string {
  const boots = cabinet.readFlash().records.flatMap((record) => (record.kind === "boot" ? [record.firmware] : []));
  return boots.at(-1) ?? "";
}

test("the ordered firmware is fetched, started and kept: bracket, restart, outcome", () => {
  const cabinet = selling();
  orderUpdate(cabinet, 1, NEXT);
  cabinet.until("it is begun", () => cabinet.durable.command !== undefined);
  assert.equal(cabinet.durable.command, { counter: 1, order: 2, version: NEXT });
  assert.is(cabinet.view?.selling, true, "it sells meanwhile");
  cabinet.until("it runs", () => cabinet.machine?.rooms.identity.firmwareVersion === NEXT, ALL_MS);
  assert.is(cabinet.durable.command?.switched, true, "still open: it is on trial");
  assert.equal(answers(cabinet), []);
  cabinet.until("the trial is over", () => cabinet.durable.command === undefined, ALL_MS);
  cabinet.runFor(5_000);
  assert.equal(answers(cabinet), ["1 done"]);
  assert.is(lastBoot(cabinet), NEXT);
  assert.is(cabinet.fleet.mark(cabinet.identity.machineId), cabinet.machine?.rooms.ledger.newestSeq);
  orderUpdate(cabinet, 2, NEXT);
  cabinet.runFor(1_000);
  assert.equal(answers(cabinet), ["1 done", "2 done"], "it runs already");
  cabinet.assertSound("after the update");
});

test("while a customer's money is inside nothing is fetched, and nothing restarts", () => {
  const cabinet = selling();
  orderUpdate(cabinet, 1, NEXT);
  cabinet.until("some of it is there", () => cabinet.update.pieces === UPDATE_PIECES - 1, ALL_MS);
  cabinet.insertCoin(25);
  cabinet.until("the coin counts", () => cabinet.creditMinor === 25);
  const { pieces } = cabinet.update;
  cabinet.runFor(20_000);
  assert.is(cabinet.update.pieces, pieces);
  assert.is(cabinet.creditMinor, 25);
  cabinet.cancel();
  cabinet.untilRest();
  cabinet.until("it runs", () => cabinet.machine?.rooms.identity.firmwareVersion === NEXT, ALL_MS);
  cabinet.assertSound("after the restart");
});

const ENDS: readonly (readonly [SimImage, string])[] = [
  ["unsigned", "imageRefused"],
  ["garbled", "imageFailed"],
  ["sick", "rolledBack"],
];
for (const [image, result] of ENDS) {
  test(`an image that is ${image}: ${result}, and the firmware before it runs`, () => {
    const cabinet = selling();
    const before = cabinet.identity.firmwareVersion;
    orderUpdate(cabinet, 1, NEXT, image);
    cabinet.until("answered", () => cabinet.durable.command === undefined && answers(cabinet).length > 0, ALL_MS);
    assert.equal(answers(cabinet), [`1 ${result}`]);
    assert.is(lastBoot(cabinet), before);
    const told = cabinet.readFlash().records.find(({ kind }) => kind === "commandApplied");
    assert.is(told?.kind === "commandApplied" && told.detail !== undefined, image !== "sick", "why");
    cabinet.untilSelling();
    orderUpdate(cabinet, 2, NEXT);
    cabinet.until("the next one is done", () => answers(cabinet).includes("2 done"), ALL_MS);
  });
}

test("one at a time: a second order is answered as busy, the first goes on", () => {
  const cabinet = selling();
  orderUpdate(cabinet, 1, NEXT);
  orderUpdate(cabinet, 2, "9.9.10");
  cabinet.runFor(2_000);
  assert.equal(answers(cabinet), ["2 busy"]);
  cabinet.until("the first is over", () => cabinet.durable.command === undefined, ALL_MS);
  assert.equal(answers(cabinet), ["2 busy", "1 done"]);
});

test("power cut in the download: told as interrupted; ordered again, it goes on where it was", () => {
  const cabinet = selling();
  orderUpdate(cabinet, 1, NEXT);
  cabinet.until("half of it is there", () => cabinet.update.pieces === UPDATE_PIECES / 2, ALL_MS);
  cabinet.powerCycle();
  cabinet.untilSelling();
  assert.equal(answers(cabinet), ["1 interrupted"]);
  cabinet.runFor(10_000);
  assert.is(cabinet.update.pieces, UPDATE_PIECES / 2, "nobody has ordered it");
  orderUpdate(cabinet, 2, NEXT);
  cabinet.until("a piece more", () => cabinet.update.pieces > UPDATE_PIECES / 2);
  cabinet.until("done", () => answers(cabinet).includes("2 done"), ALL_MS);
});

test("power cut anywhere, every few seconds of it: each order has one answer, and no boot loops", () => {
  for (let cutAtMs = 0; cutAtMs < 40_000; cutAtMs += 6_100) {
    for (const image of ["good", "sick"] as const) {
      const cabinet = selling();
      orderUpdate(cabinet, 1, NEXT, image);
      cabinet.runFor(cutAtMs);
      cabinet.powerCycle();
      cabinet.untilSelling();
      cabinet.runFor(ALL_MS);
      cabinet.untilSelling();
      const [first, ...more] = answers(cabinet);
      const may = image === "good" ? ["1 done", "1 interrupted"] : ["1 rolledBack", "1 interrupted"];
      // cut before the order was on flash: it is still to come
      assert.ok(first === undefined ? cabinet.durable.orderHighest === 0 : may.includes(first), `${cutAtMs}: ${first}`);
      assert.equal(more, []);
      assert.is(cabinet.durable.command, undefined);
      const runs = cabinet.machine?.rooms.identity.firmwareVersion;
      assert.is(runs === NEXT, first === "1 done", `${cutAtMs} ms: ${runs} runs`);
      cabinet.assertSound(`cut after ${cutAtMs} ms`);
    }
  }
});

test("power cut at every effect of the first seconds: bracket first, then the act", () => {
  for (let effects = 0; effects < 6; effects++) {
    const cabinet = selling();
    let left = effects;
    cabinet.watch = {
      before: (effect) => {
        const ours = effect.do === "startUpdate" || (effect.do === "append" && effect.record.kind === "commandStarted");
        if (ours && effect.do === "startUpdate") assert.ok(cabinet.readFlash().durable.command !== undefined);
      },
      after: (effect) => {
        if (effect.do !== "startUpdate" && effect.do !== "append") return;
        if (left-- === 0) cabinet.world.after(0, () => cabinet.cutPower());
      },
    };
    orderUpdate(cabinet, 1, NEXT);
    cabinet.runFor(1_000);
    cabinet.watch = undefined;
    cabinet.cutPower();
    cabinet.powerOn();
    cabinet.untilSelling();
    const said = answers(cabinet);
    assert.ok(said.length === 0 ? cabinet.durable.orderHighest === 0 : said[0] === "1 interrupted", `${effects}`);
  }
});

test.run();
