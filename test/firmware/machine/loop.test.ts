/** The loop on the whole simulated machine: the order of effects, ticks, slow work, the panel, the door in the turn. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DELIVERY_AT_BOOT } from "../../../firmware/delivery/state.js";
import { isAtRest } from "../../../firmware/machine/rooms.js";
import type { Effect } from "../../../firmware/machine/types.js";
import { MAX_WAITING, startMachine } from "../../../firmware/main.js";
import type { WorldInput } from "../../../firmware/ports/inputs.js";
import { telemetryPhaseMs } from "../../../firmware/uplink/telemetry.js";
import type { RecordKind } from "../../../shared/records/kinds.js";
import { Cabinet, type CabinetOptions } from "../../../tools/bench/cabinet.js";
import { DEMO_PLANOGRAM, DEMO_SETTINGS } from "../../../tools/bench/demo.js";

const test = suite("machine: loop");

function selling(options: CabinetOptions = {}): Cabinet {
  const cabinet = new Cabinet(options);
  cabinet.untilSelling();
  return cabinet;
}

/** Of B3, which may turn twice. */
const LEMONADE_COLUMN = 7;

/** $1.00 in bills for chewing gum at 75 ¢: bill, turn, drop, change. */
function buyGum(cabinet: Cabinet): void {
  cabinet.select("A5");
  cabinet.until("a bill would be taken", () => cabinet.insertBill(100) !== undefined);
  cabinet.until("the bill counts", () => cabinet.creditMinor > 0);
}

test("what permits an act is on flash before it: bill, motor, coins, ACK", () => {
  const cabinet = selling();
  const seen = new Map<string, RecordKind | undefined>();
  const acts: { readonly [act: string]: (effect: Effect) => boolean } = {
    stack: (effect) => effect.do === "send" && effect.block[0] === 0x35 && effect.block[1] === 1,
    motor: (effect) => effect.do === "motor",
    dispense: (effect) => effect.do === "send" && effect.block[0] === 0x0d,
    release: (effect) => effect.do === "release",
  };
  cabinet.watch = {
    before: (effect) => {
      for (const [act, matches] of Object.entries(acts)) {
        if (!matches(effect)) continue;
        const { records } = cabinet.readFlash();
        seen.set(act, records[records.length - 1]?.kind);
      }
    },
    after: () => undefined,
  };
  buyGum(cabinet);
  assert.is(seen.get("release"), "billStacked");
  cabinet.untilRest();
  assert.is(seen.get("stack"), "stackStarted");
  assert.is(seen.get("motor"), "vendStarted");
  assert.is(seen.get("dispense"), "payoutStarted");
});

test("the motor of a paid product comes before masks, tube counts and the fleet; they follow at once", () => {
  const cabinet = selling();
  const order: string[] = [];
  cabinet.select("A5");
  for (const valueMinor of [25, 25]) {
    const credit = cabinet.creditMinor + valueMinor;
    cabinet.insertCoin(valueMinor);
    cabinet.until("the quarter counts", () => cabinet.creditMinor === credit);
  }
  cabinet.watch = {
    before: (effect) => {
      // What the coin before it asked for, or repeats, is another matter.
      if (!order.includes("coinIn") && (effect.do !== "append" || effect.record.kind !== "coinIn")) return;
      if (effect.do === "append") order.push(effect.record.kind);
      else if (effect.do === "motor" || effect.do === "sendBatch") order.push(effect.do);
      else if (effect.do === "send" && effect.block[0] === 0x0c) order.push("coinType");
      else if (effect.do === "send" && effect.block[0] === 0x0a) order.push("tubeStatus");
    },
    after: () => undefined,
  };
  cabinet.insertCoin(25);
  cabinet.until("coins are refused and counted", () => order.includes("coinType") && order.includes("tubeStatus"));
  assert.equal(order.slice(0, 3), ["coinIn", "vendStarted", "motor"]);
  cabinet.watch = undefined;
  cabinet.untilRest();
  cabinet.assertSound("after the sale");
});

test("an idle machine is ticked only when something is due, and at rest for the bus alone", () => {
  const cabinet = selling();
  cabinet.runFor(10_000);
  const { machine } = cabinet;
  if (machine === undefined) throw new Error("no machine");
  const stepsBefore = cabinet.js.steps;
  let ticks = 0;
  const { input } = machine;
  machine.input = (given: WorldInput, nowMs: number): void => {
    if (given.on === "tick") ticks++;
    input.call(machine, given, nowMs);
    assert.ok(machine.dueMs() > nowMs || given.on !== "tick", "nothing is due at the time of the tick just taken");
  };
  cabinet.runFor(20_000);
  const polls = (cabinet.js.steps - stepsBefore) / 2;
  assert.ok(ticks <= polls + 20, `${ticks} ticks for ${polls} exchanges`);
});

test("at rest: nothing chosen, nothing owed, no bill, no payout, no motor and no product on its way", () => {
  const cabinet = selling();
  cabinet.until("at rest", () => cabinet.atRest);
  const rooms = cabinet.machine?.rooms;
  if (rooms === undefined) throw new Error("no machine");
  const { cash, sale } = rooms;
  assert.ok(isAtRest(rooms, DELIVERY_AT_BOOT));
  const bill = { is: "stacking", type: 0, valueMinor: 100, sinceMs: 0, again: false } as const;
  assert.not.ok(isAtRest({ ...rooms, cash: { ...cash, bill } }, DELIVERY_AT_BOOT));
  assert.not.ok(isAtRest({ ...rooms, cash: { ...cash, payout: { is: "broken", untilMs: 0 } } }, DELIVERY_AT_BOOT));
  const closing = { is: "closing", column: 0, endMs: 0, order: undefined } as const;
  assert.not.ok(isAtRest(rooms, { ...DELIVERY_AT_BOOT, phase: closing }));
  cabinet.insertCoin(25);
  cabinet.until("the coin counts", () => cabinet.creditMinor === 25);
  assert.not.ok(isAtRest({ ...rooms, sale }, DELIVERY_AT_BOOT), "owed");
  assert.not.ok(isAtRest(rooms, DELIVERY_AT_BOOT), "and in another state");
});

test("slow flash work waits until nobody does", () => {
  const cabinet = selling();
  cabinet.runFor(10_000);
  const ledger = cabinet.machine?.rooms.ledger;
  if (ledger === undefined) throw new Error("no machine");
  const { idleWork } = ledger;
  let works = 0;
  ledger.idleWork = () => {
    const snapshot = cabinet.machine?.snapshot();
    assert.is(snapshot?.durable.creditMinor, 0);
    assert.is(snapshot?.cash.bill.is, "none");
    assert.is(snapshot?.delivery.phase.is, "idle");
    assert.ok(snapshot?.sale.at === "IDLE" || snapshot?.sale.at === "OUT_OF_SERVICE");
    works++;
    return idleWork.call(ledger);
  };
  for (let i = 0; i < 40; i++) {
    if (i % 10 === 9) {
      cabinet.spirals.fill(4, 10);
      cabinet.door.set(true);
      cabinet.runFor(100);
      cabinet.tellStock("A5", 12);
      cabinet.runFor(100);
      cabinet.door.set(false);
    }
    buyGum(cabinet);
    cabinet.untilRest();
    cabinet.runFor(5_000);
  }
  assert.ok(works > 0, "blocks were turned and erased");
});

test("the panel is shown what changed, not every poll", () => {
  const cabinet = selling();
  cabinet.runFor(5_000);
  let shown = 0;
  cabinet.onView(() => shown++);
  cabinet.runFor(70_000);
  assert.is(shown, 0);
  cabinet.press("A");
  cabinet.runFor(10_000);
  assert.is(shown, 2, "the entry came and went");
  const view = cabinet.machine?.view;
  assert.is(cabinet.machine?.view, view);
});

test("keys: a code that could grow is chosen after the pause", () => {
  const slots = DEMO_PLANOGRAM.slots.map((slot) => (slot.slot === "A2" ? { ...slot, slot: "A10" } : slot));
  const cabinet = selling({ planogram: { version: 1, slots } });
  cabinet.press("A");
  cabinet.press("1");
  cabinet.runFor(1_000);
  assert.is(cabinet.view?.state, "IDLE");
  cabinet.press("0");
  cabinet.runFor(100);
  assert.is(cabinet.view?.slot, "A10");
  cabinet.press("A");
  cabinet.press("1");
  cabinet.runFor(6_000);
  assert.is(cabinet.view?.slot, "A1");
});

test("the door opened in a first turn that brings nothing: no second one behind the open door", () => {
  for (const [doorOpens, turns] of [
    [false, 2],
    [true, 1],
  ] as const) {
    const cabinet = selling();
    cabinet.spirals.setJammed(LEMONADE_COLUMN, true);
    cabinet.select("B3");
    for (let i = 0; i < 2; i++) {
      const before = cabinet.creditMinor;
      cabinet.until("a bill would be taken", () => cabinet.insertBill(100) !== undefined);
      cabinet.until("the bill counts", () => cabinet.creditMinor > before);
    }
    cabinet.until("the spiral turns", () => (cabinet.durable.vend?.turns ?? 0) > 0);
    cabinet.door.set(doorOpens);
    cabinet.until("the sale has its outcome", () => cabinet.durable.vend === undefined);
    assert.is(cabinet.spirals.turns, turns);
    cabinet.door.set(false);
    cabinet.untilRest();
    assert.is(cabinet.durable.counters.failedSales, 1);
    cabinet.assertSound("after the jam");
  }
});

/** Five minutes in the field. */
const PERIOD_MS = 20_000;

test("telemetry: at its phase, cumulative, with what can be known; a sale is the records' to tell", () => {
  const cabinet = selling({ settings: { ...DEMO_SETTINGS, telemetryMs: PERIOD_MS } });
  const { telemetry } = cabinet.fleet.machine(cabinet.options.machineId);
  const sent: { readonly atMs: number; readonly bytes: number }[] = [];
  const { published } = cabinet.fleet;
  cabinet.fleet.published = (machineId, message) => {
    const bytes = message.payload.length;
    if (message.topic.endsWith("/telemetry")) sent.push({ atMs: cabinet.js.nowMs, bytes });
    published.call(cabinet.fleet, machineId, message);
  };
  cabinet.runFor(2 * PERIOD_MS);
  sent.length = 0;
  cabinet.runFor(3 * PERIOD_MS);
  assert.is(sent.length, 3, "once a period when nothing happens");
  assert.ok(
    sent.every(({ bytes }) => bytes < 30),
    "and then in few bytes",
  );
  buyGum(cabinet);
  cabinet.untilRest();
  cabinet.runFor(15_000);
  cabinet.runFor(PERIOD_MS);
  const phaseMs = telemetryPhaseMs(cabinet.options.machineId, PERIOD_MS);
  const onChange = sent.filter(({ atMs }) => (atMs - phaseMs) % PERIOD_MS > 500);
  assert.ok(onChange.length <= 1, "at most that the customer a report spoke of has gone");
  assert.is(telemetry.at(-1)?.state, "IDLE");
  const last = telemetry[telemetry.length - 1];
  const { durable } = cabinet;
  assert.is(last?.vends, 1);
  assert.is(last?.revenueMinor, 75);
  assert.is(last?.seq, cabinet.machine?.rooms.ledger.newestSeq);
  assert.is(last?.cashBoxMinor, durable.counters.cashBoxMinor);
  assert.equal(Array.from(last?.tubes ?? []), durable.tubes);
  assert.is(last?.stackerBills, 1);
  assert.is(last?.freeMemoryBytes, undefined, "the bench has no memory to tell of");
});

test("telemetry: a fleet that has lost the base asks for it, and is told within the period", () => {
  const cabinet = selling({ settings: { ...DEMO_SETTINGS, telemetryMs: PERIOD_MS } });
  cabinet.runFor(3 * PERIOD_MS);
  const machine = cabinet.fleet.machine(cabinet.options.machineId);
  machine.base = undefined;
  machine.telemetry.length = 0;
  cabinet.runFor(2 * PERIOD_MS);
  assert.is(machine.telemetry[0]?.seq, cabinet.machine?.rooms.ledger.newestSeq);
  assert.is(machine.garbage, 0);
  assert.is(cabinet.machine?.unknownInputs.messages, 0, "the question was understood");
});

/** A board that reports a flood of inputs while it is told to send its first block on the bus. */
function startFlooded(flood: number): number {
  const { ledgerFlash, documentFlash, identity } = new Cabinet();
  const silent = (): void => undefined;
  let report: (input: WorldInput) => void = silent;
  let sent = 0;
  const send = (): void => {
    sent++;
    for (let i = 0; i < flood; i++) report({ on: "cancel" });
  };
  startMachine({
    identity,
    cause: "power",
    sensors: { doorOpen: false, beamDark: false, awayFromHome: [] },
    nowMs: () => 0,
    wakeAt: silent,
    listen: (deliver) => {
      report = deliver;
    },
    ports: {
      link: { send, release: silent, busReset: silent },
      ledgerFlash,
      documentFlash,
      motors: { turn: silent, stop: silent },
      beam: { emitter: silent },
      network: { publish: () => true, announce: silent },
      random: { below: () => 0 },
      panel: { show: silent },
    },
  });
  report({ on: "link", result: { kind: "busReset" } });
  return sent;
}

test("inputs that a board reports while the machine is busy wait in order, up to a limit", () => {
  assert.is(startFlooded(MAX_WAITING), 1);
  assert.throws(() => startFlooded(MAX_WAITING + 1), /inputs run away/);
});

test("while the mains fail nothing is begun: no choice, nothing on the bus", () => {
  const { machine, js } = selling();
  if (machine === undefined) throw new Error("no machine");
  machine.input({ on: "powerFail", atMs: js.nowMs }, js.nowMs);
  const { bus } = machine.snapshot();
  machine.input({ on: "select", slot: "A5" }, js.nowMs);
  machine.input({ on: "temperature", milliC: 30_000 }, js.nowMs);
  machine.input({ on: "tick" }, js.nowMs + 1_000);
  const after = machine.snapshot();
  assert.is(after.sale.at, "IDLE");
  assert.is(after.bus, bus);
});

test.run();
