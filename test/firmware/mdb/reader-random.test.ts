/**
 * Orders, customers and troubles at random, from a seed: the master never throws, every order has its one answer, one
 * vend at a time, and a reader that behaves again is set up again. A failing run names its seed.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { busDueMs } from "../../../firmware/mdb/bus.js";
import type { MdbOrder } from "../../../firmware/ports/rooms.js";
import { PlainReader } from "./reader-device.js";
import { type Answer, RIG_FACTS, Rig } from "./rig.js";

const test = suite("firmware/mdb reader at random");

const RUNS = 16;
const ANSWERS: { readonly [order: string]: readonly string[] } = {
  vendRequest: ["approved", "denied", "vendUnknown"],
  vendSuccess: ["successTold"],
  vendFailure: ["failureConfirmed", "failureUnconfirmed"],
  revalue: ["revalued"],
  negativeVend: ["negativeVendAnswer"],
  diagnose: ["diagnosis"],
};

/** 0 … bound − 1, the same for the same seed (a 32-bit linear congruence, high bits used). */
function randomFrom(seed: number): (bound: number) => number {
  let x = seed >>> 0;
  return (bound) => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return Math.floor((x / 2 ** 32) * bound);
  };
}

function hexOf(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, "0");
}

/** A block of random bytes, mostly of codes that readers use. */
function noise(random: (bound: number) => number): Answer {
  let hex = "";
  for (let left = 1 + random(6); left > 0; left -= 1) hex += hexOf(random(3) === 0 ? random(256) : random(20));
  return hex;
}

function anOrder(random: (bound: number) => number, reader: number): MdbOrder {
  const amountMinor = 25 * (1 + random(20)) + (random(8) === 0 ? 1 : 0);
  const orders: readonly MdbOrder[] = [
    { order: "vendRequest", reader, amountMinor, item: random(60) },
    { order: "vendRequest", reader, amountMinor, item: random(60) },
    { order: "vendSuccess", reader, item: 7, stay: random(2) === 0 },
    { order: "vendSuccess", reader, item: 7 },
    { order: "vendFailure", reader },
    { order: "vendCancel", reader },
    { order: "sessionComplete", reader },
    { order: "revalue", reader, amountMinor },
    { order: "negativeVend", reader, amountMinor, item: 3 },
    { order: "readers", enabled: random(5) > 0 },
    { order: "cashSale", amountMinor, item: 1 },
    { order: "dataEntry", reader, keys: random(2) === 0 ? "12" : undefined },
    { order: "readerCancel", reader },
    { order: "diagnose", reader, bytes: Uint8Array.of(random(256)) },
  ];
  return orders[random(orders.length)] ?? { order: "readTubes" };
}

for (let run = 0; run < RUNS; run += 1) {
  const seed = 20_261_100 + run;
  test(`seed ${seed}`, () => {
    const random = randomFrom(seed);
    const cards = [0, 1].map((reader) =>
      Object.assign(new PlainReader(reader), { level: 1 + random(3), offered: random(64), atOnce: random(2) === 0 }),
    );
    const rig = new Rig(undefined, undefined, { 16: cards[0], 96: cards[1] });
    rig.facts = { ...RIG_FACTS, fitted: 0b1101 };
    rig.start();
    rig.order({ order: "readers", enabled: true });
    rig.run(4_000).forget();
    const asked = new Map<string, number>();
    const troubled = run % 2 === 1;
    for (let i = 0; i < 120; i += 1) {
      for (const card of cards) {
        if (card.at === "enabled" && random(3) === 0) card.card(random(2_000));
        card.vendAnswer = [undefined, undefined, "06", ""][random(4)];
        if (troubled && random(6) === 0) card.losesAnswers += random(3);
        if (troubled && random(6) === 0) card.losesAcks += random(3);
        const wild = troubled && random(8) === 0;
        card.says = wild ? () => [undefined, "silent", "garbled", noise(random)][random(4)] : () => undefined;
      }
      const reader = random(2);
      const order = anOrder(random, reader);
      if (order.order in ANSWERS) {
        const key = `${order.order} ${reader}`;
        asked.set(key, (asked.get(key) ?? 0) + 1);
      }
      rig.order(order);
      rig.run(random(700));
      const vending = [rig.state.reader1, rig.state.reader2].filter(({ card }) => card.at === "vend");
      assert.ok(vending.length <= 1, "one vend at a time");
      assert.ok(busDueMs(rig.state) < Infinity);
    }
    for (const card of cards) Object.assign(card, { says: () => undefined, losesAnswers: 0, losesAcks: 0 });
    rig.run(120_000);
    for (const [order, names] of Object.entries(ANSWERS)) {
      for (const reader of [0, 1]) {
        const told = rig.events.filter(({ event }) => names.includes(event.event));
        const answers = told.filter(({ event }) => "reader" in event && event.reader === reader);
        assert.is(answers.length, asked.get(`${order} ${reader}`) ?? 0, `${order} ${reader}`);
      }
    }
    assert.equal([rig.state.reader1.contact.phase, rig.state.reader2.contact.phase], ["ready", "ready"]);
    if (!troubled) assert.equal([cards[0]?.wrongs, cards[1]?.wrongs], [[], []]);
  });
}

test.run();
