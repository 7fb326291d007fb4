/** Returns against a changer that jams, pays double, goes silent or is unplugged: what left the tubes is named. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cashDueMs } from "../../../firmware/cash/step.js";
import type { MdbOrder } from "../../../firmware/ports/rooms.js";
import { creditDifferenceMinor } from "../../../shared/records/durable.js";
import { CashRoom, COIN_VALUES, changerReady, SETTINGS, tubes } from "./room.js";

const test = suite("firmware/cash payout, by properties");
const MAX_STEPS = 400;

/** What the changer does with its n-th DISPENSE. */
type Mood = "pays" | "jams" | "half" | "double" | "unplugged" | "gone" | "unacked" | "cut";

class Changer {
  readonly counts: [number, number, number];
  outMinor = 0;
  constructor(counts: readonly [number, number, number]) {
    this.counts = [...counts];
  }

  report() {
    return tubes(...this.counts);
  }

  pay(type: number, count: number): void {
    const paid = Math.min(count, this.counts[type] ?? 0);
    this.counts[type] = (this.counts[type] ?? 0) - paid;
    this.outMinor += paid * (COIN_VALUES[type] ?? 0);
  }
}

/** Runs everything to its end; true if it came to one. */
function run(room: CashRoom, changer: Changer, moods: readonly Mood[], coins: readonly number[]): boolean {
  let dispenses = 0;
  for (let steps = 0; steps < MAX_STEPS; steps++) {
    const order = room.orders.shift();
    if (order === undefined) {
      if (room.state.payout.is === "none") {
        if (room.durable.creditMinor === 0) return true;
        room.order({ cash: "return", reason: "refund" });
      } else room.tickAt(Math.max(room.nowMs, cashDueMs(room.state)));
      continue;
    }
    if (order.order === "readTubes") room.mdb({ event: "tubes", tubes: changer.report() });
    if (order.order !== "dispense") continue;
    const coin = coins[dispenses];
    if (coin !== undefined) {
      changer.counts[coin] = (changer.counts[coin] ?? 0) + 1;
      room.coin(coin, 1);
    }
    dispense(room, changer, order, moods[dispenses++] ?? "pays");
  }
  return false;
}

function dispense(room: CashRoom, changer: Changer, order: Extract<MdbOrder, { order: "dispense" }>, mood: Mood): void {
  const { type, count } = order;
  const paid = {
    pays: count,
    unacked: 0,
    jams: 0,
    half: count >> 1,
    double: 2 * count,
    unplugged: count,
    gone: count,
    cut: count,
  };
  changer.pay(type, paid[mood]);
  room.orders = [];
  switch (mood) {
    case "gone":
      return room.mdb({ event: "changerLost" });
    case "unplugged":
      room.mdb({ event: "changerLost" });
      room.nowMs += 3_000;
      return room.mdb(changerReady(changer.report()));
    case "cut":
      room.restart();
      return room.mdb(changerReady(changer.report()));
    default:
      return room.mdb({ event: "dispensed", acked: mood !== "unacked", tubes: changer.report() });
  }
}

const mood = fc.constantFrom<Mood>("pays", "pays", "jams", "half", "double", "unplugged", "gone", "unacked", "cut");
const few = fc.integer({ min: 0, max: 25 });

test("every return ends with nothing owed, and what left the tubes is paid out or a named difference", () => {
  fc.assert(
    fc.property(
      fc.tuple(few, few, few),
      fc.integer({ min: 1, max: 160 }).map((units) => units * 5),
      fc.array(mood, { maxLength: 8 }),
      fc.array(fc.option(fc.integer({ min: 0, max: 2 }), { nil: undefined }), { maxLength: 4 }),
      fc.constantFrom<number[] | undefined>(undefined, [4, 4, 4]),
      (counts, dueMinor, moods, arrivals, floatCounts) => {
        const changer = new Changer(counts);
        const room = CashRoom.ready(changer.report());
        room.settings = floatCounts === undefined ? SETTINGS : { ...SETTINGS, floatCounts };
        room.credit(dueMinor);
        const coins = arrivals.map((coin) => coin ?? -1).filter((coin) => coin >= 0);
        assert.ok(run(room, changer, moods, coins), "it never ends");
        assert.is(creditDifferenceMinor(room.durable), 0);
        assert.is(room.durable.payout, undefined);
        // Whatever is not yet audited shows at the next power-up.
        room.restart();
        room.mdb(changerReady(changer.report()));
        const { paidOutMinor, tubeShortMinor, tubeOverMinor } = room.durable.counters;
        assert.is(paidOutMinor + tubeShortMinor - tubeOverMinor, changer.outMinor);
        assert.equal(room.durable.tubes.slice(0, 3), changer.counts);
      },
    ),
    { numRuns: 600 },
  );
});

test("a changer that does what it is told pays all that its tubes can, without claim or difference", () => {
  fc.assert(
    fc.property(fc.tuple(few, few, few), fc.integer({ min: 1, max: 160 }), (counts, units) => {
      const changer = new Changer(counts);
      const room = CashRoom.ready(changer.report());
      room.credit(units * 5);
      assert.ok(run(room, changer, [], []));
      const { paidOutMinor, vouchersMinor, claimsMinor, tubeShortMinor, tubeOverMinor } = room.durable.counters;
      assert.is(paidOutMinor, changer.outMinor);
      assert.is(paidOutMinor + vouchersMinor, units * 5);
      assert.equal([claimsMinor, tubeShortMinor, tubeOverMinor], [0, 0, 0]);
    }),
    { numRuns: 300 },
  );
});

test.run();
