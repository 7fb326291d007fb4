/** What a leap over idle polls may rely on: whose turns they are, until when, and the bus behind them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AnswerTo, afterIdle, idleUntil } from "../../../firmware/mdb/idle.js";
import { PlainChanger, PlainValidator } from "./devices.js";
import { RIG_FACTS, Rig } from "./rig.js";

const test = suite("firmware/mdb idle");

const POLL_CHANGER = 0x0b;
const POLL_VALIDATOR = 0x33;
const acked: AnswerTo = () => new Uint8Array(0);

/** The validator says this in every POLL, the changer nothing. */
function validatorSays(...bytes: readonly number[]): AnswerTo {
  return (poll) => (poll === POLL_VALIDATOR ? Uint8Array.from(bytes) : new Uint8Array(0));
}

/** A bus whose devices are set up, at a moment when it is free. */
function quietRig(): Rig {
  const rig = new Rig(new PlainChanger(), new PlainValidator()).start().run(10_000);
  rig.order({ order: "accept", coinMask: 0x0f, billMask: 0x0f });
  rig.run(2_000);
  assert.ok(rig.runUntil(() => rig.state.phase === "free", 1_000));
  return rig.forget();
}

test("a bus that is being set up is not idle, one in service is", () => {
  const rig = new Rig(new PlainChanger(), new PlainValidator()).start();
  assert.is(idleUntil(rig.state, rig.facts, 0, 10_000, acked), undefined);
  rig.run(700);
  assert.is(idleUntil(rig.state, rig.facts, rig.nowMs, rig.nowMs + 10_000, acked), undefined);
  const quiet = quietRig();
  const idle = idleUntil(quiet.state, quiet.facts, quiet.nowMs, quiet.nowMs + 2_000, acked);
  assert.is(idle?.untilMs, quiet.nowMs + 2_000);
  assert.equal(
    idle?.seats.map(({ seat, poll, everyMs }) => ({ name: seat.name, poll, everyMs })),
    [
      { name: "changer", poll: 0x0b, everyMs: 125 },
      { name: "validator", poll: 0x33, everyMs: 125 },
    ],
  );
});

test("it ends before the tubes or the stacker are to be read, and until then there are POLLs only", () => {
  const rig = quietRig();
  const idle = idleUntil(rig.state, rig.facts, rig.nowMs, rig.nowMs + 300_000, acked);
  const untilMs = idle?.untilMs ?? 0;
  assert.ok(untilMs > rig.nowMs && untilMs < rig.nowMs + 60_000, `until ${untilMs}`);
  rig.run(untilMs - rig.nowMs);
  assert.equal([...new Set(rig.hexes())].sort(), ["0B", "33"]);
  rig.run(65_000);
  assert.ok(rig.hexes().includes("0A") && rig.hexes().includes("36"));
});

test("an order, other devices in the settings, or an exchange under way: not idle", () => {
  const rig = quietRig();
  const { state, nowMs } = rig;
  assert.is(idleUntil(state, { ...RIG_FACTS, fitted: 0b01 }, nowMs, nowMs + 2_000, acked), undefined);
  rig.order({ order: "accept", coinMask: 0x01, billMask: 0x0f });
  assert.is(idleUntil(rig.state, rig.facts, nowMs, nowMs + 2_000, acked), undefined);
  const other = quietRig();
  assert.ok(other.runUntil(() => other.state.phase === "busy", 1_000));
  assert.is(idleUntil(other.state, other.facts, other.nowMs, other.nowMs + 2_000, acked), undefined);
});

test("the bus behind a leap is the bus that was polled all the while", () => {
  const rig = quietRig();
  const before = rig.state;
  const idle = idleUntil(before, rig.facts, rig.nowMs, rig.nowMs + 8_000, acked);
  rig.run(5_000);
  assert.ok(rig.runUntil(() => rig.state.phase === "free", 1_000));
  const seats = (idle?.seats ?? []).map((each) => ({ ...each, dueMs: rig.state[each.seat.name].contact.dueMs }));
  assert.is.not(rig.state.sinceMs, before.sinceMs);
  assert.equal(afterIdle(before, seats, rig.state.sinceMs), rig.state);
});

test("a validator that is busy says so in every POLL; what it would say of money waits for its turn", () => {
  const rig = quietRig();
  const untilMs = rig.nowMs + 2_000;
  const { dueMs } = rig.state.validator.contact;
  assert.ok(dueMs > rig.nowMs);
  const busy = idleUntil(rig.state, rig.facts, rig.nowMs, untilMs, validatorSays(0x03));
  assert.equal([busy?.untilMs, busy?.seats.map(({ poll }) => poll)], [untilMs, [POLL_CHANGER, POLL_VALIDATOR]]);
  for (const news of [validatorSays(0x80), (poll: number) => (poll === POLL_VALIDATOR ? undefined : acked(poll))]) {
    const idle = idleUntil(rig.state, rig.facts, rig.nowMs, untilMs, news);
    assert.equal([idle?.untilMs, idle?.seats.map(({ poll }) => poll)], [dueMs, [POLL_CHANGER]]);
  }
  assert.is(idleUntil(rig.state, rig.facts, dueMs, untilMs, validatorSays(0x80)), undefined);
  assert.is(
    idleUntil(rig.state, rig.facts, rig.nowMs, untilMs, () => undefined),
    undefined,
  );
});

test.run();
