/** Turns behind the open door: when one is free, busy or not to be had, and what is on record of a test vend. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { OutOfService } from "../../../firmware/sale/state.js";
import { STARTING, stepSale } from "../../../firmware/sale/step.js";
import { turningNow } from "../../../firmware/sale/technician.js";
import { SERVICE_ACTS } from "../../../shared/records/kinds.js";
import { facts, folded } from "./facts.js";

const test = suite("sale: technician");
const OPEN: OutOfService = { ...STARTING, cause: "doorOpen" };
const DOOR = { kind: "doorOpened" } as const;
const TEST = { on: "testVend", slot: "B4", who: 7 } as const;

test("free only behind an open door, with nothing under way and nobody's money inside", () => {
  const open = { durable: folded(DOOR) };
  assert.is(turningNow(OPEN, open), "free");
  assert.is(turningNow(OPEN, { durable: folded() }), "not");
  assert.is(turningNow({ ...OPEN, cause: "starting" }, open), "not");
  assert.is(turningNow({ at: "IDLE", notice: undefined }, open), "not");
  const coin = { kind: "coinIn", type: 0, valueMinor: 25, path: 1, tubeCount: 3 } as const;
  assert.is(turningNow(OPEN, { durable: folded(DOOR, coin) }), "not");
  assert.is(turningNow({ ...OPEN, homing: "B4" }, open), "busy");
  assert.is(turningNow({ ...OPEN, testing: { slot: "B4", who: 7 } }, open), "busy");
  assert.is(turningNow({ at: "DISPENSING", slot: "B4", saleNo: 1, recovered: false }, open), "busy");
});

test("a test vend is on record, with who ordered it, when column and beam are ready, just before the vend", () => {
  const room = facts({ durable: folded(DOOR) });
  const tried = stepSale(OPEN, TEST, room, 0);
  assert.equal(
    tried.effects.map((effect) => effect.do),
    ["deliver"],
  );
  const again = stepSale(tried.state, { ...TEST, slot: "A1" }, room, 0);
  assert.equal([again.state, again.effects, again.known], [tried.state, [], false]);
  const turns = stepSale(tried.state, { on: "delivery", event: { delivery: "ready" } }, room, 0);
  const records = turns.effects.flatMap((effect) => (effect.do === "append" ? [effect.record] : []));
  assert.equal(records[0], { kind: "serviceDone", act: SERVICE_ACTS.indexOf("testVend"), who: 7, slot: "B4" });
  assert.is(records[1]?.kind, "vendStarted");
});

test("neither ready nor recorded: the state says which test it was and why, until the next order", () => {
  const room = facts({ durable: folded(DOOR) });
  const { state } = stepSale(OPEN, TEST, room, 0);
  const event = { delivery: "unready", cause: "notHome" } as const;
  const refused = stepSale(state, { on: "delivery", event }, room, 0);
  assert.equal(refused.effects, []);
  assert.equal(refused.state, { ...OPEN, refused: { slot: "B4", cause: "notHome" } });
  const next = stepSale(refused.state, TEST, room, 0);
  assert.equal(next.state, { ...OPEN, testing: { slot: "B4", who: 7 } });
});

test.run();
