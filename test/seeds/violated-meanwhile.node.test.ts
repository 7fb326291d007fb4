/**
 * Worlds that are broken for a moment and right again when somebody next looks: only the eye behind every record can
 * find them. Each is played twice, the second time without it, and then nobody notices.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Effect } from "../../firmware/machine/types.js";
import { US_READER } from "../../tools/bench/card-reader-options.js";
import { DEMO_SETTINGS } from "../../tools/bench/demo.js";
import { judgeEnd, judgeNow } from "../../tools/sim/judge.js";
import type { SimCabinet } from "../../tools/sim/sim-cabinet.js";
import { cabinetAtRest, comeToRest, pay, plainMachine } from "./plain-machine.js";

const test = suite("seeds: worlds that are broken only meanwhile");
const DOLLAR_SLOT = "B1";
const CARD_MACHINE = plainMachine({ readers: [US_READER], settings: { ...DEMO_SETTINGS, fitted: 0b111 } });

/** `breaks` before the first record of this kind is written, `mends` when it is. */
function meanwhile(cabinet: SimCabinet, kind: string, breaks: () => void, mends: () => void): void {
  const { watch } = cabinet;
  assert.ok(watch);
  let done = false;
  const is = (effect: Effect): boolean => !done && effect.do === "append" && effect.record.kind === kind;
  cabinet.watch = {
    ...watch,
    before(effect) {
      watch.before(effect);
      if (is(effect)) breaks();
    },
    after(effect) {
      watch.after(effect);
      if (!is(effect)) return;
      done = true;
      mends();
    },
  };
}

/** What a world comes to in which somebody buys, with and without the eye behind every record. */
function found(world: (cabinet: SimCabinet) => void): string {
  const play = (cabinet: SimCabinet): string[] => {
    world(cabinet);
    pay(cabinet, DOLLAR_SLOT, [100]);
    comeToRest(cabinet);
    assert.is(cabinet.durable.counters.sales, 1);
    return judgeEnd(cabinet);
  };
  const blind = cabinetAtRest(CARD_MACHINE);
  blind.everyRecord.blind = true;
  assert.equal(play(blind), [], "all is right again at the end");
  const seeing = cabinetAtRest(CARD_MACHINE);
  const told = play(seeing);
  assert.ok(told.length > 0, "only the eye behind every record notices");
  assert.equal(judgeNow(seeing), told, "and it says so once");
  return told.join("\n");
}

test("a card that is charged while somebody pays in coins, and given its money back at once", () => {
  const world = (cabinet: SimCabinet): void => {
    const { cards } = cabinet.truth;
    const wrong = cards.authorise(cards.newCard(1_000), 0, 300, 1);
    meanwhile(
      cabinet,
      "vendStarted",
      () => cards.capture(wrong, "by nobody"),
      () => cards.refund(wrong, "at once"),
    );
  };
  assert.match(found(world), /^behind vendStarted: cards were charged 300, the ledger knows 0 \(at /);
});

test("a coin past the gate that no device tells, and a product past the beam, both undone at once", () => {
  const undone = (kind: string, breaks: (cabinet: SimCabinet) => void) => (cabinet: SimCabinet) => {
    const { truth } = cabinet;
    let before = truth.tallies;
    meanwhile(
      cabinet,
      kind,
      () => {
        before = truth.tallies;
        breaks(cabinet);
      },
      () => truth.restoreTallies(before),
    );
  };
  const coin = undone("saleSettled", ({ truth }) => truth.moveCoin(truth.newCoin(25, "chute"), "cashBox"));
  assert.match(found(coin), /^behind saleSettled: coins in: ledger 100, truth 125 \(at /);
  const product = undone("leftHome", ({ truth }) => {
    truth.beamPulses += 1;
  });
  assert.match(found(product), /^behind leftHome: drops: ledger 0, truth 1 \(at /);
});

test("a fleet whose copy is another one's for as long as a record takes", () => {
  const world = (cabinet: SimCabinet): void => {
    const { raw } = cabinet.fleet.machine(cabinet.options.machineId);
    const [first, second] = raw;
    assert.ok(first && second);
    meanwhile(
      cabinet,
      "saleSettled",
      () => raw.splice(0, 1, { ...first, body: second.body }),
      () => raw.splice(0, 1, first),
    );
  };
  assert.match(found(world), /^behind saleSettled: the fleet has another record 1 \(at /);
});

test("a fleet that has a record before the machine has it", () => {
  const world = (cabinet: SimCabinet): void => {
    const { raw } = cabinet.fleet.machine(cabinet.options.machineId);
    const [first] = raw;
    assert.ok(first);
    const { length } = raw;
    meanwhile(
      cabinet,
      "coinIn",
      () => raw.push(first, first),
      () => raw.splice(length),
    );
  };
  assert.match(found(world), /^behind coinIn: the fleet has records that the machine has not \(at /);
});

test("what is in flight behind an open bracket is no fault: a bill to the stacker, change on its way, a hold", () => {
  const cabinet = cabinetAtRest(CARD_MACHINE);
  const { looks } = cabinet.everyRecord;
  cabinet.select(DOLLAR_SLOT);
  cabinet.runFor(500);
  assert.ok(cabinet.insertBill(500));
  cabinet.waitFor(() => cabinet.durable.counters.sales > 0, 60_000);
  comeToRest(cabinet);
  cabinet.select(DOLLAR_SLOT);
  cabinet.waitFor(() => cabinet.tapCard() !== undefined, 5_000);
  cabinet.waitFor(() => cabinet.durable.counters.cardSalesMinor > 0, 30_000);
  comeToRest(cabinet);
  assert.equal(judgeEnd(cabinet), []);
  const kinds = new Set(cabinet.history.records.slice(-(cabinet.everyRecord.looks - looks)).map(({ kind }) => kind));
  for (const open of ["stackStarted", "payoutStarted", "vendRequested", "vendStarted"] as const) {
    assert.ok(kinds.has(open), open);
  }
});

test("every record is looked behind, those of a start together", () => {
  const cabinet = cabinetAtRest();
  const { looks } = cabinet.everyRecord;
  const { newestSeq = 0 } = cabinet.machine?.rooms.ledger ?? {};
  pay(cabinet, DOLLAR_SLOT, [100]);
  comeToRest(cabinet);
  const records = (cabinet.machine?.rooms.ledger.newestSeq ?? 0) - newestSeq;
  assert.ok(records >= 4);
  assert.is(cabinet.everyRecord.looks - looks, records);
  cabinet.cutPower();
  comeToRest(cabinet);
  const more = (cabinet.machine?.rooms.ledger.newestSeq ?? 0) - newestSeq - records;
  const since = cabinet.everyRecord.looks - looks - records;
  assert.ok(since >= 1 && since <= more, `${since} looks at ${more} records`);
  pay(cabinet, DOLLAR_SLOT, [100]);
  comeToRest(cabinet);
  assert.equal(judgeEnd(cabinet), [], "what was sold before the start counts behind it");
});

test.run();
