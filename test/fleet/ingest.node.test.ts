/** The pure parts of ingest: verdicts, halving, dating, amounts, the queue's bounds, what is poison. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sortArrival } from "../../fleet/ingest/arrivals.js";
import { isPoison, MAX_REASON_LENGTH, reasonOf } from "../../fleet/ingest/corner.js";
import { type Clock, clockAfter, clocksOf, type DatingFacts, date } from "../../fleet/ingest/dating.js";
import { transactionId } from "../../fleet/ingest/derive.js";
import { IngestQueue, QUEUE_LIMITS, type Taking, type Waiting } from "../../fleet/ingest/queue.js";
import { TelemetryBases } from "../../fleet/ingest/telemetry-bases.js";
import { halve, lastSeq, verify } from "../../fleet/ingest/verify.js";
import { decimalOf, trimDecimal } from "../../fleet/store/amounts.js";
import { isConnectionFailure } from "../../fleet/store/transact.js";
import { chainStart } from "../../shared/records/codec.js";
import type { LedgerRecord } from "../../shared/records/kinds.js";
import { type BatchMessage, encodeBatch } from "../../shared/wire/messages.js";
import { statusOf, TestLedger, telemetryOf } from "./support.js";

const verdicts = suite("fleet/ingest verdicts");

function ledgerOf(length: number): TestLedger {
  const ledger = new TestLedger();
  for (let i = 0; i < length; i++) ledger.append({ kind: "coinIn", type: 1, valueMinor: 5, path: 0, tubeCount: i });
  return ledger;
}

/** Chain CRC after `seq`. */
function chainAt(ledger: TestLedger, seq: number): number {
  return seq === 0 ? chainStart(1) : ledger.batch(seq + 1, seq + 1).chain;
}

verdicts("any batch against any mark: next, known or gap by its sequences alone when the history is the same", () => {
  const ledger = ledgerOf(40);
  fc.assert(
    fc.property(fc.nat(40), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 20 }), (mark, first, count) => {
      const batch = ledger.batch(first, Math.min(40, first + count - 1));
      const verdict = verify(batch, { mark, chain: chainAt(ledger, mark) }, chainAt(ledger, lastSeq(batch)));
      if (first > mark + 1) assert.is(verdict.is, "gap");
      else if (lastSeq(batch) <= mark) assert.is(verdict.is, "known");
      else {
        assert.is(verdict.is, "next");
        if (verdict.is === "next") {
          assert.is(verdict.records[0]?.seq, mark + 1);
          assert.is(verdict.records.at(-1)?.seq, lastSeq(batch));
          assert.is(verdict.records.at(-1)?.chain, chainAt(ledger, lastSeq(batch)));
        }
      }
    }),
  );
});

verdicts("a history that differs in one bit before the mark is a fork wherever the batch begins", () => {
  const ledger = ledgerOf(10);
  const clone = ledgerOf(3);
  clone.append({ kind: "coinIn", type: 1, valueMinor: 10, path: 0, tubeCount: 3 });
  while (clone.newest < 12) clone.append({ kind: "coinIn", type: 1, valueMinor: 5, path: 0, tubeCount: clone.newest });
  const committed = { mark: 10, chain: chainAt(ledger, 10) };
  for (const [first, last] of [
    [1, 12],
    [5, 12],
    [11, 12],
    [1, 10],
  ] as const) {
    assert.is(verify(clone.batch(first, last), committed, undefined).is, "fork", `${first}..${last}`);
  }
  assert.is(verify(clone.batch(2, 6), committed, chainAt(ledger, 6)).is, "fork");
  assert.is(verify(clone.batch(1, 3), committed, chainAt(ledger, 3)).is, "known");
});

verdicts("halves of a batch are batches that follow one another", () => {
  const ledger = ledgerOf(9);
  const [left, right] = halve(ledger.batch(2, 8));
  assert.equal(left, ledger.batch(2, 4));
  assert.equal(right, ledger.batch(5, 8));
});

verdicts("poison is what the data are to blame for", () => {
  const postgres = (code: string) => Object.assign(new Error("x"), { name: "PostgresError", code });
  for (const code of ["22003", "23505", "54000"]) assert.is(isPoison(postgres(code)), true, code);
  for (const code of ["57P01", "08006", "40P01", "53300", "42P01", "25006"]) assert.is(isPoison(postgres(code)), false);
  assert.is(isPoison(Object.assign(new Error("x"), { code: "ECONNREFUSED" })), false);
  assert.is(isPoison(new RangeError("Invalid time value")), true);
  assert.is(isConnectionFailure(postgres("57P01")), true);
  assert.is(isConnectionFailure(postgres("22003")), false);
  assert.is(isConnectionFailure(Object.assign(new Error("x"), { code: "CONNECTION_CLOSED" })), true);
});

verdicts("the reason of a refusal is kept up to a length, without what the database takes in no text", () => {
  assert.is(reasonOf(new Error("x".repeat(2 * MAX_REASON_LENGTH))).length, MAX_REASON_LENGTH);
  assert.is(reasonOf(new Error("a\0b")), "a?b");
});

verdicts("a transaction's id depends on its place in the ledger and nothing else", () => {
  const id = transactionId("4f7d2e2c-0000-4000-8000-000000000001", 1, 42);
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.is(transactionId("4f7d2e2c-0000-4000-8000-000000000001", 1, 42), id);
  assert.is.not(transactionId("4f7d2e2c-0000-4000-8000-000000000001", 2, 42), id);
});
verdicts.run();

const dating = suite("fleet/ingest dating");
const NOW = Date.UTC(2026, 5, 1, 12);
const facts: DatingFacts = { installedMs: NOW - 86_400_000, nowMs: NOW, uptime: undefined };
const clock = (quality: number, wallMs?: number): Clock => ({ bootNo: 3, wallMs, quality });

dating("a synchronised clock is believed within its bounds", () => {
  assert.equal(date(5_000, clock(2, NOW - 10_000), facts, undefined), {
    bookedMs: NOW - 5_000,
    deviceMs: NOW - 5_000,
    quality: "synced",
  });
  assert.is(date(0, clock(2, NOW + 86_400_000), facts, undefined).quality, "synced");
  assert.is(date(0, clock(2, NOW + 86_400_001), facts, undefined).quality, "received");
  assert.is(date(0, clock(2, facts.installedMs), facts, undefined).quality, "synced");
  const early = date(0, clock(2, facts.installedMs - 1), facts, undefined);
  assert.equal([early.quality, early.bookedMs, early.deviceMs], ["received", NOW, facts.installedMs - 1]);
});

dating("without one, boot and uptime tell; then a kept clock; then the time of arrival; never backwards", () => {
  const uptime = { ...facts, uptime: { bootNo: 3, beganMs: NOW - 60_000 } };
  assert.equal(date(20_000, clock(0), uptime, undefined), {
    bookedMs: NOW - 40_000,
    deviceMs: undefined,
    quality: "estimated",
  });
  assert.is(date(20_000, clock(1, NOW - 30_000), uptime, undefined).quality, "estimated");
  assert.is(date(20_000, clock(0), uptime, NOW - 10_000).bookedMs, NOW - 10_000);
  assert.is(date(99_000, clock(0), uptime, undefined).bookedMs, NOW);
  const kept = date(20_000, clock(1, NOW - 30_000), facts, undefined);
  assert.equal([kept.quality, kept.bookedMs], ["kept", NOW - 10_000]);
  assert.equal(date(0, clock(0), { ...uptime, uptime: { bootNo: 2, beganMs: 0 } }, undefined).quality, "received");
});

dating("a clock set later in the boot dates what came before it, but not another boot", () => {
  const wallS = Math.floor(NOW / 1_000);
  const record = (seq: number, body: Omit<LedgerRecord, "seq"> & { kind: "doorOpened" }): LedgerRecord => ({
    ...body,
    seq,
  });
  const boot = (seq: number, bootNo: number): LedgerRecord => ({
    kind: "boot",
    seq,
    atMs: 0,
    bootNo,
    cause: 0,
    firmware: "1",
  });
  const set: LedgerRecord = { kind: "clockSet", seq: 5, atMs: 9_000, wallS, quality: 2 };
  const door = (seq: number): LedgerRecord => record(seq, { kind: "doorOpened", atMs: 1_000 });
  const clocks = clocksOf({ bootNo: 0, wallMs: undefined, quality: 0 }, [
    boot(1, 1),
    door(2),
    boot(3, 2),
    door(4),
    set,
    undefined,
  ]);
  assert.equal(
    clocks.map(({ bootNo, quality, wallMs }) => [
      bootNo,
      quality,
      wallMs === undefined ? undefined : wallMs - wallS * 1_000,
    ]),
    [
      [1, 0, undefined],
      [1, 0, undefined],
      [2, 2, -9_000],
      [2, 2, -9_000],
      [2, 2, -9_000],
      [2, 2, -9_000],
    ],
  );
});

dating("whole seconds do not move the clock, a real step does, a faraway year is no clock", () => {
  const start = clock(2, NOW);
  const at = (atMs: number, wallS: number): LedgerRecord => ({ kind: "doorClosed", seq: 1, atMs, wallS });
  assert.is(clockAfter(start, at(900, NOW / 1_000)).wallMs, NOW);
  assert.is(clockAfter(start, at(0, NOW / 1_000 + 60)).wallMs, NOW + 60_000);
  assert.equal(clockAfter(start, at(0, 9_000_000_000_000_000)), start);
});
dating.run();

const amounts = suite("fleet/store amounts");
amounts("minor units become decimal text and come back", () => {
  assert.is(decimalOf(175, 2), "1.75");
  assert.is(decimalOf(-25, 2), "-0.25");
  assert.is(decimalOf(0, 2), "0.00");
  assert.is(decimalOf(7, 0), "7");
  assert.is(decimalOf(1, 3), "0.001");
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.integer({ min: 0, max: 3 }), (minor, decimals) => {
      const numeric = decimalOf(minor, decimals).padEnd(1);
      const withThree = decimals === 3 ? numeric : `${numeric}${decimals === 0 ? "." : ""}${"0".repeat(3 - decimals)}`;
      assert.is(trimDecimal(withThree, decimals), decimalOf(minor, decimals));
    }),
  );
  assert.is(trimDecimal("1.755", 2), "1.755");
  assert.is(trimDecimal("3", 2), "3.00");
});
amounts.run();

const queues = suite("fleet/ingest queue");
const item = (serial: string, bytes = 10): Waiting<number> => ({
  serial,
  message: 1,
  receivedMs: 0,
  ack: () => undefined,
  reply: () => true,
  bytes,
});

const nobody = (): boolean => false;
/** Each message counts as so many records as it says. */
const taking = (maxBatches: number, more: Partial<Taking<number>> = {}): Taking<number> => {
  return { maxBatches, maxRecords: 100, recordsOf: (message) => message, isBusy: nobody, ...more };
};

queues("batches are bounded by count and bytes; what was taken makes room again", () => {
  const queue = new IngestQueue<number>({ maxBatches: 4, maxBytes: 100, maxTelemetry: 2, maxPresence: 1 });
  for (let i = 0; i < 4; i++) assert.is(queue.addBatch(item(`M-${i}`)), true);
  assert.is(queue.addBatch(item("M-5")), false);
  assert.is(queue.dropped.batchesDropped, 1);
  assert.equal(
    queue.takeBatches(taking(3)).map(({ serial }) => serial),
    ["M-0", "M-1", "M-2"],
  );
  assert.is(queue.addBatch(item("M-6", 91)), false);
  assert.is(queue.addBatch(item("M-7", 90)), true);
});

queues("what is taken at once is bounded by records too, and of a machine that is busy nothing is taken", () => {
  const queue = new IngestQueue<number>();
  for (const serial of ["M-1", "M-2", "M-1", "M-3", "M-4"]) queue.addBatch({ ...item(serial), message: 10 });
  const serials = (taken: readonly { readonly serial: string }[]) => taken.map(({ serial }) => serial);
  const isBusy = (serial: string): boolean => serial === "M-1";
  assert.equal(serials(queue.takeBatches(taking(9, { maxRecords: 11, isBusy }))), ["M-2", "M-3"]);
  assert.equal(serials(queue.takeBatches(taking(9))), ["M-1", "M-1", "M-4"]);
  assert.equal([queue.length, queue.share], [0, 0]);
});

queues("telemetry is shed before events, and a busy queue asks machines to wait", () => {
  const queue = new IngestQueue<number>({ maxBatches: 4, maxBytes: 1_000, maxTelemetry: 2, maxPresence: 1 });
  const telemetry = (serial: string, state: string) =>
    queue.addTelemetry({ serial, message: telemetryOf({ state }), body: new Uint8Array(), receivedMs: 0, ack });
  let acked = 0;
  const ack = (): void => void acked++;
  assert.is(telemetry("M-1", "OLD"), true);
  assert.is(telemetry("M-2", "X"), true);
  assert.is(telemetry("M-3", "X"), false);
  assert.is(telemetry("M-1", "NEW"), true);
  assert.equal(
    queue.takeTelemetry(1, (serial) => serial === "M-1").map(({ serial, message }) => `${serial} ${message.state}`),
    ["M-2 X"],
  );
  assert.equal(
    queue.takeTelemetry(9, nobody).map(({ serial, message }) => `${serial} ${message.state}`),
    ["M-1 NEW"],
  );
  // The one that was shed, and the one that a newer took the place of.
  assert.is(acked, 2);
  assert.is(queue.waitMs, 0);
  for (let i = 0; i < 3; i++) queue.addBatch(item(`M-${i}`));
  assert.is(queue.waitMs, 30_000);
  assert.is(telemetry("M-1", "LATE"), false);
  assert.is(queue.addBatch(item("M-9")), true);
  assert.is(queue.waitMs, 60_000);
  assert.is(queue.dropped.telemetryShed, 2);
});
queues("births and wills are bounded too", () => {
  const queue = new IngestQueue<number>({ maxBatches: 4, maxBytes: 1_000, maxTelemetry: 2, maxPresence: 1 });
  const birth = { ...item("M-1"), message: statusOf(1, 1) };
  assert.equal([queue.addPresence(birth), queue.addPresence(birth)], [true, false]);
  assert.is(queue.dropped.presenceDropped, 1);
  assert.is(queue.takePresence(9, () => true).length, 0);
  assert.is(queue.takePresence(9, () => false).length, 1);
  assert.is(queue.addPresence(birth), true);
});

queues("sequences, epochs and chains that no machine can have are no batch; a full queue drops and says so", () => {
  const arrive = (batch: BatchMessage, limits = QUEUE_LIMITS) => {
    const payload = encodeBatch(batch);
    const arrival = { topic: "fleet/M-1/events", payload, retained: false, ack: () => undefined, reply: () => true };
    return sortArrival(arrival, new IngestQueue<BatchMessage>(limits), new TelemetryBases(), 0);
  };
  const { records } = ledgerOf(2).batch();
  const good = { epoch: 1, firstSeq: 1, chain: 0, records };
  const last = 0xffff_ffff;
  assert.equal(arrive(good), {});
  assert.equal(arrive({ ...good, epoch: last, firstSeq: last - 1, chain: last }), {});
  for (const wrong of [{ epoch: 0 }, { epoch: last + 1 }, { firstSeq: 0 }, { firstSeq: last }, { chain: last + 1 }]) {
    assert.match(arrive({ ...good, ...wrong }).undecodable?.detail ?? "", "out of range", JSON.stringify(wrong));
  }
  assert.is(arrive(good, { ...QUEUE_LIMITS, maxBatches: 0 }).refused, "queue full");
});
queues.run();
