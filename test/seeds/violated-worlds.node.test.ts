/**
 * Worlds in which money, goods or records do not go where the machine says, one for each rule of the judge about
 * invariants 1 to 4 and 7: each must be found, and by its own sentence. (5), (6) and (8): `violated-limits`.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { LedgerRecordOf } from "../../shared/records/kinds.js";
import { decodeBatch } from "../../shared/wire/messages.js";
import { parseTopic } from "../../shared/wire/topics.js";
import { US_READER } from "../../tools/bench/card-reader-options.js";
import { DEMO_PLANOGRAM, DEMO_SETTINGS } from "../../tools/bench/demo.js";
import { Rng } from "../../tools/bench/rng.js";
import { judgeDay, judgeEnd, judgeNow } from "../../tools/sim/judge.js";
import { sendOrder } from "../../tools/sim/orders.js";
import type { SimCabinet } from "../../tools/sim/sim-cabinet.js";
import { cabinetAtRest, comeToRest, pay, plainMachine } from "./plain-machine.js";

const test = suite("seeds: worlds that the judge must not let pass");
/** B1 costs a dollar. */
const DOLLAR_SLOT = "B1";
const DOLLAR_COLUMN = 5;
const CARD_MACHINE = plainMachine({ readers: [US_READER], settings: { ...DEMO_SETTINGS, fitted: 0b111 } });

function hasSold(cabinet: SimCabinet, coinsMinor: readonly number[] = [100]): void {
  const { sales } = cabinet.durable.counters;
  pay(cabinet, DOLLAR_SLOT, coinsMinor);
  comeToRest(cabinet);
  assert.is(cabinet.durable.counters.sales, sales + 1);
}

function hasSoldByCard(cabinet: SimCabinet): void {
  cabinet.select(DOLLAR_SLOT);
  cabinet.waitFor(() => cabinet.tapCard() !== undefined, 5_000);
  cabinet.waitFor(() => cabinet.durable.counters.cardSalesMinor > 0, 30_000);
  comeToRest(cabinet);
  assert.is(cabinet.durable.counters.cardSalesMinor, 100);
}

test("an ordinary life is sound", () => {
  const cabinet = cabinetAtRest();
  hasSold(cabinet, [25, 100]);
  assert.equal(judgeEnd(cabinet), []);
  const cards = cabinetAtRest(CARD_MACHINE);
  hasSoldByCard(cards);
  assert.equal(judgeEnd(cards), []);
});

test("(1) a changer that lets out two coins for each it is asked for", () => {
  const cabinet = cabinetAtRest();
  const { tubes } = cabinet.changer ?? {};
  assert.ok(tubes);
  const eject = tubes.eject.bind(tubes);
  tubes.eject = (type, to) => eject(type, to) && eject(type, to);
  hasSold(cabinet, [25, 100]);
  assert.match(judgeNow(cabinet).join("\n"), /paid out: ledger 0, truth 25 to 50/);
  assert.match(judgeEnd(cabinet).join("\n"), /customers are short of -50, named: -25 to /);
});

test("(1) a changer that keeps a coin it reports as paid", () => {
  const cabinet = cabinetAtRest();
  const { tubes } = cabinet.changer ?? {};
  assert.ok(tubes);
  const eject = tubes.eject.bind(tubes);
  tubes.eject = (type) => eject(type, "operator");
  hasSold(cabinet, [25, 100]);
  assert.match(judgeNow(cabinet).join("\n"), /paid out: ledger 25, truth 0/);
  assert.match(judgeEnd(cabinet).join("\n"), /customers are short of 25/);
});

test("(1) a ledger whose state in memory has changed: the next record no longer balances", () => {
  const cabinet = cabinetAtRest(CARD_MACHINE);
  cabinet.durable.counters.coinsInMinor += 5;
  cabinet.insertCoin(25);
  cabinet.runFor(2_000);
  assert.match(cabinet.found.join("\n"), /after coinIn the ledger's cash does not balance: /);
  assert.not.match(cabinet.found.join("\n"), /holds do not balance/);
  cabinet.found.splice(0);
  cabinet.durable.counters.holdsApprovedMinor += 5;
  cabinet.insertCoin(25);
  cabinet.runFor(2_000);
  assert.match(cabinet.found.join("\n"), /after coinIn the ledger's holds do not balance: /);
});

test("(1) what was sold by card and the bank took back, and what it took twice", () => {
  const sold = cabinetAtRest(CARD_MACHINE);
  hasSoldByCard(sold);
  const { cards } = sold.truth;
  for (const charge of cards.charges) cards.refund(charge, "by the bank");
  assert.match(judgeEnd(sold).join("\n"), /cards charged 0 for sales of 100/);
  const twice = cabinetAtRest(CARD_MACHINE);
  hasSoldByCard(twice);
  twice.truth.cards.capture(twice.truth.cards.authorise(twice.truth.cards.newCard(500), 0, 100, 1), "again");
  assert.match(judgeEnd(twice).join("\n"), /cards charged 200, ledger 100/);
});

test("(1) a day's counters that its report does not add up from", () => {
  const cabinet = cabinetAtRest();
  hasSold(cabinet);
  assert.equal(judgeDay(cabinet), []);
  cabinet.durable.audit.slots.add(DOLLAR_SLOT, "cashSales", 1);
  assert.equal(judgeDay(cabinet), [
    "audit: VA102 over PA2 is 1, its parts make 2",
    "audit: VA104 over PA2 is 1, its parts make 2",
    "audit: CA202 over PA7 is 1, its parts make 2",
  ]);
  const other = cabinetAtRest();
  other.durable.audit.since.vouchersMinor += 10;
  other.durable.audit.sinceReset.vouchersMinor += 10;
  assert.equal(judgeDay(other), ["audit: vouchers are 10, the ledger counts 0"]);
});

test("(2) a sale that a shadow in the beam settled, with nothing in the tray", () => {
  const cabinet = cabinetAtRest();
  cabinet.spirals.setJammed(DOLLAR_COLUMN, true);
  cabinet.select(DOLLAR_SLOT);
  cabinet.runFor(500);
  cabinet.insertCoin(100);
  cabinet.waitFor(() => cabinet.spirals.turning !== undefined, 5_000);
  cabinet.runFor(1_500);
  const atMs = cabinet.js.nowMs;
  cabinet.js.deliver({ on: "beam", dark: true, atMs });
  cabinet.js.deliver({ on: "beam", dark: false, atMs: atMs + 40 });
  comeToRest(cabinet);
  assert.is(cabinet.durable.counters.sales, 1);
  assert.match(judgeNow(cabinet).join("\n"), /drops: ledger 1, truth 0/);
  assert.match(judgeEnd(cabinet).join("\n"), /1 drops in the records, but 0 products fell/);
});

test("(2) columns without a beam: a turn that brings down two, and sales without a turn", () => {
  const slots = DEMO_PLANOGRAM.slots.map((slot) => ({ ...slot, homeOnly: true }));
  const columns = slots.map(({ column, quantity }) => ({ column, products: quantity, noBeam: true }));
  const machine = plainMachine({ planogram: { version: 1, slots }, columns });
  const sound = cabinetAtRest(machine);
  hasSold(sound);
  assert.equal(judgeEnd(sound), []);
  sound.truth.beamlessDrops += 1;
  assert.match(judgeEnd(sound).join("\n"), /1 products of columns without a beam fell unsold/);
  const still = cabinetAtRest(machine);
  still.spirals.departuresOf = () => 0;
  hasSold(still);
  assert.match(judgeEnd(still).join("\n"), /1 home switch sales in 0 turns/);
});

test("(2) an outcome that is unknown for a beam that nobody touched", () => {
  const cabinet = cabinetAtRest();
  cabinet.select(DOLLAR_SLOT);
  cabinet.runFor(500);
  cabinet.insertCoin(100);
  cabinet.waitFor(() => cabinet.spirals.turning !== undefined, 5_000);
  // past the simulator, so that it knows of no hand
  cabinet.beam.setBlocked(true);
  cabinet.waitFor(() => cabinet.settled, 60_000);
  assert.is(cabinet.durable.counters.unknownSales, 1);
  assert.match(judgeNow(cabinet).join("\n"), /sale 1 is unknown for a beam that nobody touched/);
});

test("(3) a flash that forgets its newest records", () => {
  const cabinet = cabinetAtRest();
  const before = cabinet.ledgerFlash.snapshot();
  hasSold(cabinet);
  assert.equal(judgeNow(cabinet), []);
  cabinet.cutPower();
  cabinet.attended = false;
  cabinet.ledgerFlash.restore(before);
  const found = judgeNow(cabinet).join("\n");
  assert.match(found, /records after \d+ are gone from flash/);
  assert.match(found, /the machine has forgotten what the fleet has/);
});

test("(3) a fleet that has lost a record from its copy, that has one more, and that could not read one", () => {
  const lost = cabinetAtRest();
  hasSold(lost);
  lost.fleet.machine(lost.options.machineId).raw.splice(1, 1);
  assert.match(judgeNow(lost).join("\n"), /the fleet has other records, from 2/);
  const more = cabinetAtRest();
  const { raw } = more.fleet.machine(more.options.machineId);
  const [first] = raw;
  assert.ok(first);
  raw.push(first);
  assert.equal(judgeNow(more), ["the machine has forgotten what the fleet has"]);
  const garbled = cabinetAtRest();
  garbled.fleet.published = () => {
    garbled.fleet.machine(garbled.options.machineId).garbage += 1;
  };
  pay(garbled, DOLLAR_SLOT, [100]);
  garbled.runFor(20_000);
  assert.match(judgeNow(garbled).join("\n"), /the fleet could not read \d+ messages/);
});

test("(3) a fleet that holds the machine's history for another one's sets its batches aside", () => {
  const cabinet = cabinetAtRest();
  const { chains } = cabinet.fleet.machine(cabinet.options.machineId);
  chains.forEach((chain, at) => {
    chains[at] = chain ^ 1;
  });
  pay(cabinet, DOLLAR_SLOT, [100]);
  cabinet.runFor(20_000);
  assert.match(judgeNow(cabinet).join("\n"), /the fleet set \d+ batches aside/);
});

test("(3) a ledger that reopens to another state than the one it ran in", () => {
  const cabinet = cabinetAtRest();
  cabinet.durable.stock[DOLLAR_SLOT] = 3;
  assert.match(judgeEnd(cabinet).join("\n"), /the ledger reopens to another state/);
});

test("(4) a fleet that stores what it has already, or sets it aside", () => {
  for (const [way, twice] of [
    ["stores", /what came twice was stored twice/],
    ["sets aside", /what came twice was stored twice/],
  ] as const) {
    const cabinet = cabinetAtRest();
    hasSold(cabinet);
    const { fleet, options } = cabinet;
    const known = fleet.machine(options.machineId);
    const arrived = fleet.published.bind(fleet);
    fleet.published = (machineId, message) => {
      const batch = decodeBatch(message.payload);
      const again = parseTopic(message.topic)?.channel === "events" && batch.ok;
      if (!again || batch.message.firstSeq > known.raw.length) arrived(machineId, message);
      else if (way === "stores") known.raw.push(...batch.message.records);
      else known.forks.push(batch.message);
    };
    assert.equal(judgeEnd(cabinet), [twice.source]);
  }
});

test("orders: one taken twice, and one that came when its time was over", () => {
  const cabinet = cabinetAtRest();
  const rng = new Rng(1);
  const taken = (): LedgerRecordOf<"commandApplied"> | undefined => {
    for (const record of cabinet.readFlash().records) {
      if (record.kind === "commandApplied" && record.reset === true) return record;
    }
    return undefined;
  };
  for (let i = 0; i < 60 && taken() === undefined; i++) {
    sendOrder(cabinet, rng);
    cabinet.runFor(500);
  }
  comeToRest(cabinet);
  assert.equal(judgeEnd(cabinet), []);
  const order = taken();
  assert.ok(order);
  cabinet.orders.set(order.counter, { genuine: true, late: true });
  assert.equal(judgeEnd(cabinet), [`order ${order.counter} came too late`]);
  cabinet.clockJumped = true;
  assert.equal(judgeEnd(cabinet), []);
  cabinet.history.records[0] = { ...order, seq: 1 };
  assert.match(judgeEnd(cabinet).join("\n"), new RegExp(`order ${order.counter} was taken twice`));
});

test.run();
