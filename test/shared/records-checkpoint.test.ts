/** Checkpoints: what goes in comes out, the largest state fits its bound, garbage is refused. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromHex, toHex } from "../../shared/bytes.js";
import { decodeCheckpoint, encodeCheckpoint, MAX_CHECKPOINT_BYTES } from "../../shared/records/checkpoint.js";
import { COUNTERS, type Durable, emptyDurable, MAX_OPEN_FAULTS, MAX_SLOTS } from "../../shared/records/durable.js";
import { MDB_TYPES, STORES } from "../../shared/records/kinds.js";

const test = suite("records: checkpoint");

/** Sixty slots, 32 faults, every bracket open; `slotOf` gives codes, every number is `value`. */
function fullState(value: number, slotOf: (i: number) => string): Durable {
  const state = emptyDurable();
  for (const name of COUNTERS) state.counters[name] = value;
  for (let i = 0; i < MAX_SLOTS; i++) {
    state.stock[slotOf(i)] = value;
    state.prices[slotOf(i)] = value;
  }
  for (let i = 0; i < MAX_OPEN_FAULTS; i++) state.faults.push({ fault: value, slot: slotOf(i) });
  const tubes = new Array<number>(MDB_TYPES).fill(value);
  const slot = slotOf(0);
  return {
    ...state,
    bootNo: value,
    saleNo: value,
    payoutNo: value,
    voucherNo: value,
    claimNo: value,
    creditMinor: -value,
    vend: { saleNo: value, slot, priceMinor: value, paidMinor: value, means: value, turns: value },
    stack: { type: value, valueMinor: value, stackerCount: value },
    payout: {
      payoutNo: value,
      reason: value,
      dueMinor: value,
      type: value,
      count: value,
      valueMinor: value,
      tubes,
      doorOpened: true,
      store: value,
      device: value,
    },
    hold: { holdNo: value, reader: value, slot, item: value, amountMinor: value, approvedMinor: value },
    revalue: { reader: value, amountMinor: value },
    command: { counter: value, order: value, version: "9".repeat(20), switched: true },
    holdNo: value,
    refundNo: value,
    stores: STORES.slice(1).map(() => ({ counts: tubes.slice(), known: true })),
    boxCoinsMinor: value,
    boxBillsMinor: value,
    orderHighest: value,
    orderWindow: [value, value],
    wrongCodes: value,
    tubes,
    tubesKnown: true,
    doorOpen: true,
    lastWallS: value,
    documents: [
      { version: value, crc: value },
      { version: value, crc: value },
    ],
  };
}

/** What every number is taken to stay below. */
const LARGEST_NUMBER = 2 ** 32 - 1;

/** A code of 5 characters, 3 bytes each. */
const longSlot = (i: number) => `\u20ac\u20ac\u20ac${String.fromCharCode(0x4e00 + (i >> 3), 0x4e00 + i)}`;

test("the empty state comes back", () => {
  const state = emptyDurable();
  assert.equal(decodeCheckpoint(encodeCheckpoint(state)), state);
});

test("sixty slots, 32 faults and every bracket at the largest values come back within the bound", () => {
  const state = fullState(LARGEST_NUMBER, longSlot);
  const bytes = encodeCheckpoint(state);
  assert.ok(bytes.length <= MAX_CHECKPOINT_BYTES, `${bytes.length} bytes`);
  assert.ok(bytes.length > MAX_CHECKPOINT_BYTES - 200, `the bound is no looser than it need be: ${bytes.length} bytes`);
  assert.equal(decodeCheckpoint(bytes), state);
});

test("a machine with 60 slots, 32 faults and ordinary numbers needs less than 1.5 KiB", () => {
  const bytes = encodeCheckpoint(fullState(60_000, (i) => `B${i}`));
  assert.ok(bytes.length < 1_500, `${bytes.length} bytes`);
});

test("a state beyond the bound is a programmer's error", () => {
  const state = emptyDurable();
  state.stock["x".repeat(MAX_CHECKPOINT_BYTES)] = 1;
  assert.throws(
    () => encodeCheckpoint(state),
    (error: unknown) => error instanceof RangeError,
  );
});

test("a fault without a slot keeps having none", () => {
  const state = emptyDurable();
  state.faults.push({ fault: 20, slot: undefined }, { fault: 1, slot: "A1" });
  assert.equal(decodeCheckpoint(encodeCheckpoint(state)), state);
});

/** An empty state in CBOR: what stands before the tubes, and between them and the counters. */
const HEAD = "af000001000200030004000500";
const TAIL = "0af40bf40c000d84000000000e800f80";

test("the empty state's bytes are for ever", () => {
  assert.is(toHex(encodeCheckpoint(emptyDurable())), `${HEAD}${"0980"}${TAIL}${"1080"}${"1380"}`);
  const before = `${HEAD.replace("af", "ae")}${"0990"}${"00".repeat(16)}${TAIL}${"1092"}${"00".repeat(18)}`;
  assert.equal(
    decodeCheckpoint(fromHex(before) ?? new Uint8Array(0)),
    emptyDurable(),
    "a counter that came later begins with 0",
  );
});

test("damage never throws, and cut short is no checkpoint", () => {
  const bytes = encodeCheckpoint(fullState(300, (i) => `C${i}`));
  for (let length = 0; length < bytes.length; length += 7) {
    assert.is(decodeCheckpoint(bytes.subarray(0, length)), undefined);
  }
  for (let at = 0; at < bytes.length; at += 3) {
    const damaged = bytes.slice();
    damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
    decodeCheckpoint(damaged);
  }
});

test.run();
