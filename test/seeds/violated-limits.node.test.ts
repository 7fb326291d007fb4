/**
 * Worlds in which a limit is passed, nothing comes to an end, or somebody gains, one for each rule of the judge about
 * invariants 5, 6 and 8: each must be found, and by its own sentence. (1) to (4): `violated-worlds`.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MODE_BIT } from "../../shared/mdb/link.js";
import { encodeBatch, MAX_BATCH_BYTES, MAX_BATCH_RECORDS } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import { US_CHANGER } from "../../tools/bench/changer-options.js";
import { DEMO_SETTINGS } from "../../tools/bench/demo.js";
import { US_HOPPER } from "../../tools/bench/hopper-options.js";
import { US_VALIDATOR } from "../../tools/bench/validator-options.js";
import { judgeEnd, judgeNow } from "../../tools/sim/judge.js";
import { judgePeople, standingOf } from "../../tools/sim/judge-people.js";
import { runPlan } from "../../tools/sim/run.js";
import { MAX_BACKLOG, SimCabinet } from "../../tools/sim/sim-cabinet.js";
import { VoucherDesk } from "../../tools/sim/voucher-desk.js";
import { cabinetAtRest, comeToRest, pay, plainMachine, planWith } from "./plain-machine.js";

const test = suite("seeds: limits that the judge must not let pass");
const DOLLAR_SLOT = "B1";
const DOLLAR_COLUMN = 5;
const US = 1_000;

/** The native link answers each whole reply so much later than it does. */
function answersLater(cabinet: SimCabinet, us: number): void {
  const { wire, world } = cabinet;
  const send = wire.send.bind(wire);
  wire.send = (from, words, address) => {
    const answer = from === "vmc" && words.length === 1 && ((words[0] ?? 0) & MODE_BIT) === 0;
    if (!answer) return send(from, words, address);
    world.after(us, () => send(from, words, address));
    return { breakOff: () => {} };
  };
}

/** Its answer to a coin is late; what else that leads to does not matter here. */
function foundLate(us: number): boolean {
  const cabinet = cabinetAtRest();
  answersLater(cabinet, us);
  cabinet.insertCoin(100);
  cabinet.runFor(1_000);
  return cabinet.found.some((line) => / a reply answered \d+ us late/.test(` ${line}`));
}

test("(5) a reply that is answered 6 ms late, and one in time", () => {
  assert.is(foundLate(6 * US), true);
  assert.is(foundLate(US), false);
});

test("(5) more inputs that wait than there is room for", () => {
  const cabinet = cabinetAtRest();
  const flood = (keys: number): string => {
    cabinet.js.stall(500);
    for (let i = 0; i < keys; i++) cabinet.press("1");
    cabinet.runFor(5_000);
    return judgeNow(cabinet).join("\n");
  };
  assert.is(flood(MAX_BACKLOG / 2), "");
  assert.match(flood(MAX_BACKLOG + 40), /\d+ inputs waited/);
});

test("(5) a batch of too many records, and one of too many bytes", () => {
  const batch = (records: number, bytes: number): string => {
    const cabinet = cabinetAtRest();
    const { machineId, epoch } = cabinet.identity;
    // of another chain: the fleet takes nothing of it, the judge looks at what was sent
    const body = new Uint8Array(bytes).fill(0x00);
    const all = Array.from({ length: records }, () => ({ code: 1, body }));
    const payload = encodeBatch({ epoch, firstSeq: 1, chain: 1, records: all });
    const topic = topicOf(machineId, "events");
    cabinet.fleet.published(machineId, { topic, payload, qos: 1, retain: false });
    return judgeNow(cabinet).join("\n");
  };
  assert.is(batch(MAX_BATCH_RECORDS, 3), "");
  assert.match(batch(MAX_BATCH_RECORDS + 1, 3), /a batch that nobody can read: /);
  assert.match(batch(2, MAX_BATCH_BYTES / 2 + 40), /a batch of \d+ bytes/);
});

/** Somebody's hand, in the instant before a payout is on flash: the machine has just counted what is there. */
function beforePayout(cabinet: SimCabinet, hand: () => void): void {
  const { watch } = cabinet;
  assert.ok(watch);
  cabinet.watch = {
    ...watch,
    before(effect) {
      if (effect.do === "append" && effect.record.kind === "payoutStarted") hand();
      watch.before(effect);
    },
  };
}

/** What is found of a Coke for five dollars. */
function foundOfCoke(cabinet: SimCabinet): string {
  cabinet.select("B4");
  cabinet.runFor(500);
  assert.ok(cabinet.insertBill(500));
  cabinet.waitFor(() => cabinet.durable.counters.sales > 0, 60_000);
  cabinet.waitFor(() => cabinet.settled, 90_000);
  return cabinet.found.join("\n");
}

test("(5) payouts beyond what lies in the tube, or makes the value where the changer chooses", () => {
  const tubes = cabinetAtRest();
  beforePayout(tubes, () => tubes.changer?.tubes.empty(2, 33));
  assert.match(foundOfCoke(tubes), /payout of 13 of type 2 where 12 are \(store 0\)/);
  const enough = cabinetAtRest();
  beforePayout(enough, () => enough.changer?.tubes.empty(2, 32));
  assert.is(foundOfCoke(enough), "");

  const settings = { ...DEMO_SETTINGS, payByValue: true };
  const types = US_CHANGER.types.map((spec) => ({ ...spec, count: spec.capacity === 0 ? 0 : 70 }));
  const byValue = cabinetAtRest(plainMachine({ changer: { ...US_CHANGER, options: 1, types }, settings }));
  beforePayout(byValue, () => byValue.changer?.tubes.empty(0, 6));
  assert.match(foundOfCoke(byValue), /payout of 325 by value where the smallest coins make 320/);
});

test("(5) payouts beyond a hopper's bowl and a recycler's drum, and from a store that is not there", () => {
  const types = US_CHANGER.types.map((spec) => ({ ...spec, count: 0 }));
  const changer = { ...US_CHANGER, types };
  const settings = { ...DEMO_SETTINGS, fitted: 0b1_0011, recycleMask: 1 };
  const hopper = cabinetAtRest(plainMachine({ changer, hoppers: [US_HOPPER], settings }));
  beforePayout(hopper, () => hopper.hoppers[0]?.bowls.fill(0, 0));
  assert.is(foundOfCoke(hopper), "");
  const emptied = cabinetAtRest(plainMachine({ changer, hoppers: [US_HOPPER], settings }));
  beforePayout(emptied, () => {
    emptied.hoppers[0]?.bowls.empty(0, 390);
    emptied.hoppers[0]?.bowls.recount();
  });
  assert.match(foundOfCoke(emptied), /payout of 13 of type 0 where 10 are \(store 2\)/);

  const fitted = 0b11;
  const recycler = { ...US_VALIDATOR, level: 2, recycler: [{ capacity: 20, count: 5 }] } as const;
  const nickels = US_CHANGER.types.map((spec) => ({ ...spec, count: spec.valueMinor === 5 ? 20 : 0 }));
  const drumMachine = plainMachine({
    changer: { ...US_CHANGER, types: nickels },
    validator: recycler,
    settings: { ...settings, fitted },
  });
  const drum = cabinetAtRest(drumMachine);
  beforePayout(drum, () => {
    for (let i = 0; i < 4; i++) drum.validator?.recycler?.take(0);
  });
  assert.match(foundOfCoke(drum), /payout of 3 of type 0 where 1 are \(store 1\)/);
});

test("(6) money that hangs between slot and tube for ever", () => {
  const cabinet = new SimCabinet(plainMachine());
  cabinet.truth.newCoin(5, "chute");
  const { violations } = runPlan(planWith(plainMachine()), cabinet);
  assert.match(violations.join("\n"), /^not at rest after 300000 ms: /);
});

test("(6) power that never comes back", () => {
  const cabinet = new SimCabinet(plainMachine());
  cabinet.attended = false;
  const { violations } = runPlan(planWith(plainMachine(), "plugPuller"), cabinet);
  assert.equal(violations, ["no power"]);
});

test("(6) a fleet that never answers", () => {
  const cabinet = new SimCabinet(plainMachine());
  cabinet.fleet.up = false;
  const { violations } = runPlan(planWith(plainMachine(), "honest"), cabinet);
  assert.equal(violations, ["the fleet has not got everything"]);
});

test("(6) a machine that sells and takes nobody's money, and a door that stays open", () => {
  const refusing = new SimCabinet(plainMachine({ validator: "none", settings: { ...DEMO_SETTINGS, fitted: 1 } }));
  assert.ok(refusing.changer);
  refusing.changer.acceptor.refusesPerMillion = 1_000_000;
  assert.match(runPlan(planWith(refusing.random, "honest"), refusing).violations.join("\n"), /^nobody can buy \(/);
  const open = new SimCabinet(plainMachine());
  open.onView((view) => {
    if (view?.selling === true) open.door.set(true);
  });
  assert.match(runPlan(planWith(open.random), open).violations.join("\n"), /^not selling 130000 ms after rest: /);
});

test("(6) products that hang for four seconds, of which the simulator was told nothing", () => {
  const cabinet = new SimCabinet(plainMachine());
  for (const { column } of cabinet.planogram.slots) cabinet.spirals.nextTurn(column, 4_000);
  const { violations } = runPlan(planWith(plainMachine(), "honest"), cabinet);
  assert.match(violations.join("\n"), /a drop came [34]\d\d\d ms late/);
});

test("(8) a customer who takes coins out of the cash box, and one who reaches up into the spirals", () => {
  const cabinet = cabinetAtRest();
  pay(cabinet, DOLLAR_SLOT, [100]);
  comeToRest(cabinet);
  const before = standingOf(cabinet);
  const [coin] = cabinet.truth.coinsIn("cashBox");
  assert.ok(coin);
  cabinet.truth.moveCoin(coin, "cup");
  assert.equal(judgePeople(cabinet, before, standingOf(cabinet)), ["somebody gained 100, 0 of it uncounted"]);
  const goods = cabinetAtRest();
  const start = standingOf(goods);
  goods.beam.setSunlit(true);
  goods.spirals.knockDown(DOLLAR_COLUMN);
  goods.runFor(2_000);
  assert.equal(judgePeople(goods, start, standingOf(goods)), [], "what fell oddly nobody could see");
  goods.truth.unseenOddDrops = 0;
  goods.truth.unseenDrops = 0;
  assert.match(judgePeople(goods, start, standingOf(goods)).join("\n"), /1 products fell unnamed, of which 0/);
});

test("(8) desks that pay a bent voucher, one twice, a claim as one, or nothing for what the panel showed", () => {
  const cabinet = cabinetAtRest();
  const { redeem } = VoucherDesk.prototype;
  const found = (desk: (code: string) => number, kind: "vouchers" | "claims" = "vouchers"): string => {
    cabinet.codesSeen.vouchers.clear();
    cabinet.codesSeen.claims.clear();
    cabinet.codesSeen[kind].add("ABCDEFGH");
    VoucherDesk.prototype.redeem = desk;
    try {
      return judgeEnd(cabinet).join("\n");
    } finally {
      VoucherDesk.prototype.redeem = redeem;
    }
  };
  let paid = 0;
  const once = (code: string): number => (code.toUpperCase() === "ABCDEFGH" && paid++ === 0 ? 50 : 0);
  assert.is(found(once), "vouchers of 0 were paid with 50");
  assert.match(
    found((code) => (code === "ABCDEFG7" ? 50 : 0)),
    /a bent voucher code was paid: ABCDEFG7 for ABCDEFGH/,
  );
  assert.match(
    found((code) => (code.toUpperCase() === "ABCDEFGH" ? 50 : 0)),
    /voucher ABCDEFGH was paid twice/,
  );
  assert.match(
    found(() => 50, "claims"),
    /claim ABCDEFGH was paid as a voucher/,
  );
  assert.match(
    found(() => 0),
    /the panel showed a voucher that nobody pays: ABCDEFGH/,
  );
});

test.run();
