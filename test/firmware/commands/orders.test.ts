/** Remote orders: done once, and every way not to take one. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  answerOf,
  MAX_COUNTER_STEP,
  ORDERS_AT_BOOT,
  type OrderFacts,
  type OrderStep,
  stepOrders,
  stepWaiting,
} from "../../../firmware/commands/orders.js";
import { crc32, utf8Decode, utf8Encode } from "../../../shared/bytes.js";
import { encodeCbor } from "../../../shared/cbor.js";
import { orderKey, signOrder, verifyOrder } from "../../../shared/orders.js";
import { emptyDurable } from "../../../shared/records/durable.js";
import { applyRecord } from "../../../shared/records/fold.js";
import { orderWasSeen } from "../../../shared/records/fold-life.js";
import { type NewRecord, ORDER_KINDS, ORDER_RESULTS, type OrderResult } from "../../../shared/records/kinds.js";
import {
  encodePlanogram,
  encodePutDocument,
  encodeSettings,
  MAX_DOCUMENT_BYTES,
  type Settings,
} from "../../../shared/wire/documents.js";
import { encodeOrder, MAX_AUDIT_PART_BYTES, type OrderMessage } from "../../../shared/wire/messages.js";
import { encodeUpdateFirmware, MAX_MANIFEST_BYTES, MAX_VERSION_CHARACTERS } from "../../../shared/wire/update-order.js";

const test = suite("remote orders");

const NOW_S = 1_767_268_800;
const KEY = orderKey(new Uint8Array(32).fill(7), "M-1", 1, 1);
const REPORT = "report";
const SETTINGS: Settings = {
  version: 3,
  currency: 840,
  decimals: 2,
  maxCreditMinor: 2_000,
  coinMask: 0xffff,
  billMask: 3,
};
const PUT_DOCUMENT = ORDER_KINDS.indexOf("putDocument");
const PLANOGRAM = 0;
const SETTINGS_DOC = 1;

type Unsigned = Omit<OrderMessage, "mac">;

function order(fields: Partial<Unsigned> = {}): Unsigned {
  return { id: "o-1", kind: 0, args: encodeCbor({}), counter: 1, expiresS: NOW_S + 60, ...fields };
}

/** A machine that has taken these records; `send` gives it an order and folds what comes of it. */
class Taker {
  readonly durable = emptyDurable();
  state = ORDERS_AT_BOOT;
  readonly records: NewRecord[] = [];
  readonly parts: string[] = [];
  readonly manifests: Uint8Array[] = [];
  report = REPORT;
  readonly facts: { -readonly [name in keyof OrderFacts]: OrderFacts[name] } = {
    machineId: "M-1",
    epoch: 1,
    orderKey: KEY,
    nonce: 99,
    syncedS: NOW_S,
    highestCounter: 0,
    newestSeq: 12,
    hasRoom: true,
    settings: SETTINGS,
    documents: [],
    firmwareVersion: "1.0.0",
    canUpdate: true,
    commandOpen: false,
    wasSeen: (counter) => orderWasSeen(this.durable, counter),
    report: () => utf8Encode(this.report),
  };

  /** Results of the records made by it, or [] if it was not taken. */
  send(unsigned: Unsigned, key = KEY, machineId = "M-1", epoch = 1): number[] {
    return this.sendBytes(encodeOrder(signOrder(key, machineId, epoch, unsigned)));
  }

  sendBytes(payload: Uint8Array): number[] {
    return this.take(() => stepOrders(this.state, payload, this.facts));
  }

  /** Nothing is open any more: what waited is stored, if its flash is fine. */
  rest(stored: OrderResult = "done"): number[] {
    return this.take(() => stepWaiting(this.state, this.facts), stored);
  }

  private take(step: () => OrderStep, stored: OrderResult = "done"): number[] {
    this.facts.highestCounter = this.durable.orderHighest;
    this.facts.documents = this.durable.documents;
    this.facts.commandOpen = this.durable.command !== undefined;
    const { state, effects } = step();
    this.state = state;
    const results: number[] = [];
    for (const effect of effects) {
      if (effect.do === "answerAudit") {
        this.parts.push(utf8Decode(effect.message.text) ?? "");
        continue;
      }
      if (effect.do === "startUpdate") {
        this.manifests.push(effect.manifest);
        continue;
      }
      const record = effect.do === "append" ? effect.record : answerOf(effect.document, stored);
      this.records.push(record);
      if (record.kind === "commandApplied") results.push(record.result);
      applyRecord(this.durable, { ...record, atMs: 0, seq: 1 });
    }
    return results;
  }
}

const DONE = [0];
const REFUSED = [1];
const EXPIRED = [2];
const NOT_TAKEN: number[] = [];
const RESET = encodeCbor({ 0: true });

test("an order is on record before its answer, and the report is the one before the reset", () => {
  const taker = new Taker();
  const payload = encodeOrder(signOrder(KEY, "M-1", 1, order({ args: RESET, counter: 5 })));
  const { effects } = stepOrders(ORDERS_AT_BOOT, payload, taker.facts);
  assert.equal(effects, [
    { do: "append", record: { kind: "commandApplied", counter: 5, order: 0, result: 0, reset: true } },
    {
      do: "answerAudit",
      message: { epoch: 1, seq: 12, counter: 5, part: 0, parts: 1, text: utf8Encode(REPORT) },
    },
  ]);
});

test("the record of a read with reset is the reset: one record, so no cut of power falls between", () => {
  const taker = new Taker();
  taker.send(order({ args: RESET }));
  assert.is(taker.durable.audit.resets, 1);
  assert.is(taker.durable.audit.since.reads, 1);
  taker.send(order({ counter: 2 }));
  assert.is(taker.durable.audit.resets, 1);
  assert.equal(taker.durable.audit.lastRead, { by: 3, atS: 0 });
});

test("a replayed order is taken once", () => {
  const taker = new Taker();
  assert.equal(taker.send(order()), DONE);
  assert.equal(taker.send(order()), NOT_TAKEN);
  assert.equal(taker.send(order({ id: "o-2" })), NOT_TAKEN, "another order with the same counter neither");
  assert.is(taker.state.repeated, 2);
  assert.is(taker.records.length, 1);
});

test("reordered ones are each taken once, in a window of 64 below the highest", () => {
  const taker = new Taker();
  assert.equal(taker.send(order({ counter: 100 })), DONE);
  for (const counter of [99, 36, 64, 70]) assert.equal(taker.send(order({ counter })), DONE, `${counter}`);
  for (const counter of [99, 36, 64, 70, 100]) assert.equal(taker.send(order({ counter })), NOT_TAKEN, `${counter}`);
  for (const counter of [35, 1])
    assert.equal(taker.send(order({ counter })), NOT_TAKEN, `${counter} is too old to know`);
  assert.equal(taker.send(order({ counter: 101 })), DONE);
  assert.is(taker.durable.orderHighest, 101);
});

test("a counter of 0 or far ahead is not taken: it would shut out all that follow", () => {
  const taker = new Taker();
  assert.equal(taker.send(order({ counter: 0 })), NOT_TAKEN);
  assert.equal(taker.send(order({ counter: MAX_COUNTER_STEP + 1 })), NOT_TAKEN);
  assert.equal(taker.send(order({ counter: MAX_COUNTER_STEP })), DONE);
});

test("forged: another key, another machine, another epoch, any field changed; nothing of it is recorded", () => {
  const taker = new Taker();
  assert.equal(taker.send(order(), orderKey(new Uint8Array(32), "M-1", 1, 1)), NOT_TAKEN);
  assert.equal(taker.send(order(), KEY, "M-2"), NOT_TAKEN);
  assert.equal(taker.send(order(), KEY, "M-1", 2), NOT_TAKEN);
  const signed = signOrder(KEY, "M-1", 1, order());
  const changed: OrderMessage[] = [
    { ...signed, id: "o-2" },
    { ...signed, kind: 1 },
    { ...signed, args: RESET },
    { ...signed, counter: 2 },
    { ...signed, expiresS: NOW_S + 61 },
    { ...signed, nonce: 99 },
    { ...signed, mac: signed.mac.slice(1) },
    { ...signed, mac: signed.mac.map((byte, i) => (i === 31 ? byte ^ 1 : byte)) },
  ];
  for (const forged of changed) assert.equal(taker.sendBytes(encodeOrder(forged)), NOT_TAKEN);
  assert.is(taker.state.forged, 3 + changed.length);
  assert.equal(taker.sendBytes(encodeOrder(signed)), DONE);
});

test("garbage is counted, never thrown", () => {
  const taker = new Taker();
  const payload = encodeOrder(signOrder(KEY, "M-1", 1, order()));
  for (let length = 0; length < payload.length; length++) taker.sendBytes(payload.slice(0, length));
  assert.is(taker.state.malformed, payload.length);
  assert.equal(taker.records, []);
});

test("expired by a synchronised clock: a reset is refused as expired, and so is a plain read", () => {
  for (const args of [RESET, encodeCbor({})]) {
    const taker = new Taker();
    taker.facts.syncedS = NOW_S + 61;
    assert.equal(taker.send(order({ args })), EXPIRED);
    assert.equal(taker.parts, []);
    assert.is(taker.durable.orderHighest, 1, "the fleet learns of it");
  }
});

test("without a synchronised clock a reset must quote the nonce of the latest birth, a read need not", () => {
  const taker = new Taker();
  taker.facts.syncedS = undefined;
  assert.equal(taker.send(order({ args: RESET })), EXPIRED);
  assert.equal(taker.send(order({ args: RESET, counter: 2, nonce: 98 })), EXPIRED);
  assert.equal(taker.send(order({ args: RESET, counter: 3, nonce: 99 })), DONE);
  assert.equal(taker.send(order({ counter: 4, expiresS: 1 })), DONE);
});

test("an order of a later version or with strange arguments is refused, on record", () => {
  const taker = new Taker();
  assert.equal(taker.send(order({ kind: 77 })), REFUSED);
  assert.equal(taker.send(order({ counter: 2, args: encodeCbor({ 0: "yes" }) })), REFUSED);
  assert.equal(taker.send(order({ counter: 3, args: new Uint8Array(0) })), REFUSED);
});

test("with the ledger full an order waits: nothing is taken that cannot be recorded", () => {
  const taker = new Taker();
  taker.facts.hasRoom = false;
  assert.equal(taker.send(order()), NOT_TAKEN);
  assert.is(taker.state.postponed, 1);
  taker.facts.hasRoom = true;
  assert.equal(taker.send(order()), DONE);
});

test("a long report goes in parts", () => {
  const taker = new Taker();
  taker.report = "x".repeat(2 * MAX_AUDIT_PART_BYTES + 1);
  taker.send(order());
  assert.equal(
    taker.parts.map(({ length }) => length),
    [MAX_AUDIT_PART_BYTES, MAX_AUDIT_PART_BYTES, 1],
  );
});

/** An order that brings a document. */
function put(counter: number, doc: number, bytes: Uint8Array): Unsigned {
  return order({ counter, kind: PUT_DOCUMENT, args: encodePutDocument({ doc, bytes }) });
}

function planogram(version: number, priceMinor = 150): Uint8Array {
  const slot = { slot: "A1", column: 0, productId: 1, name: "Chips", priceMinor, capacity: 9, quantity: 3 };
  return encodePlanogram({ version, slots: [slot] });
}

function named(results: readonly number[]): (OrderResult | undefined)[] {
  return results.map((result) => ORDER_RESULTS[result]);
}

test("a document waits until nothing is open, then order and effect are one record", () => {
  const taker = new Taker();
  assert.equal(taker.send(put(7, PLANOGRAM, planogram(4))), NOT_TAKEN);
  assert.equal(taker.records, [], "nothing is on record, so the fleet goes on repeating it");
  assert.equal(taker.send(put(7, PLANOGRAM, planogram(4))), NOT_TAKEN, "as it does");
  assert.is(taker.state.repeated, 1);
  assert.equal(named(taker.rest()), ["done"]);
  assert.equal(taker.records, [
    {
      kind: "commandApplied",
      counter: 7,
      order: PUT_DOCUMENT,
      result: 0,
      doc: PLANOGRAM,
      version: 4,
      crc: crc32(planogram(4)),
    },
  ]);
  assert.is(taker.durable.documents[PLANOGRAM]?.version, 4);
  assert.equal(taker.rest(), [], "once");
  assert.equal(taker.send(put(7, PLANOGRAM, planogram(4))), NOT_TAKEN);
});

test("one of each kind waits at most; the next one comes when the fleet repeats it", () => {
  const taker = new Taker();
  taker.send(put(1, PLANOGRAM, planogram(4)));
  taker.send(put(2, SETTINGS_DOC, encodeSettings({ ...SETTINGS, version: 4 })));
  assert.equal(taker.send(put(3, PLANOGRAM, planogram(5))), NOT_TAKEN);
  assert.is(taker.state.postponed, 1);
  assert.is(taker.state.waiting.length, 2);
  assert.equal(named(taker.rest()), ["done", "done"]);
  taker.send(put(3, PLANOGRAM, planogram(5)));
  assert.equal(named(taker.rest()), ["done"]);
  assert.is(taker.durable.documents[PLANOGRAM]?.version, 5);
});

test("why a document is refused is on record: stale, malformed, too large, of another currency, expired", () => {
  const taker = new Taker();
  taker.send(put(1, PLANOGRAM, planogram(4)));
  taker.rest();
  const large = new Uint8Array(MAX_DOCUMENT_BYTES + 1);
  const euro = encodeSettings({ ...SETTINGS, version: 4, currency: 978 });
  const cases: readonly [Unsigned, OrderResult][] = [
    [put(2, PLANOGRAM, planogram(3)), "stale"],
    [put(3, PLANOGRAM, planogram(4, 160)), "stale"],
    [put(4, PLANOGRAM, planogram(0)), "invalid"],
    [put(5, PLANOGRAM, planogram(5).subarray(1)), "invalid"],
    [put(6, 9, planogram(5)), "invalid"],
    [put(7, SETTINGS_DOC, planogram(5)), "invalid"],
    [order({ counter: 8, kind: PUT_DOCUMENT, args: new Uint8Array(3) }), "invalid"],
    [put(9, PLANOGRAM, large), "tooLarge"],
    [put(10, SETTINGS_DOC, euro), "otherCurrency"],
    [{ ...put(11, PLANOGRAM, planogram(5)), expiresS: NOW_S - 1 }, "expired"],
  ];
  for (const [unsigned, result] of cases) {
    assert.equal(named(taker.send(unsigned)), [result], `order ${unsigned.counter}`);
  }
  assert.equal(taker.rest(), []);
  assert.is(taker.durable.documents[PLANOGRAM]?.version, 4);
});

test("the very document that is in force is done again, and prices set at the machine since stay", () => {
  const taker = new Taker();
  taker.send(put(1, PLANOGRAM, planogram(4)));
  taker.rest();
  applyRecord(taker.durable, { kind: "stockSet", slot: "A1", quantity: 3, atMs: 0, seq: 2 });
  applyRecord(taker.durable, { kind: "priceSet", slot: "A1", priceMinor: 175, atMs: 0, seq: 3 });
  taker.send(put(2, PLANOGRAM, planogram(4)));
  assert.equal(named(taker.rest()), ["done"]);
  assert.equal(taker.durable.prices, { A1: 175 });
  taker.send(put(3, PLANOGRAM, planogram(5)));
  taker.rest();
  assert.equal(taker.durable.prices, {}, "a newer planogram's prices count");
});

test("flash that would not be written is told; with the ledger full a document waits on", () => {
  const taker = new Taker();
  taker.send(put(1, PLANOGRAM, planogram(4)));
  assert.equal(named(taker.rest("flash")), ["flash"]);
  assert.is(taker.durable.documents[PLANOGRAM]?.version, 0);
  taker.send(put(2, PLANOGRAM, planogram(4)));
  taker.facts.hasRoom = false;
  assert.equal(taker.rest(), []);
  taker.facts.hasRoom = true;
  assert.equal(named(taker.rest()), ["done"]);
});

test("one that waited while too many others came is left to come again under another counter", () => {
  const taker = new Taker();
  taker.send(put(1, PLANOGRAM, planogram(4)));
  taker.send(order({ counter: 70 }));
  assert.equal(taker.rest(), []);
  assert.is(taker.state.repeated, 1);
  taker.send(put(71, PLANOGRAM, planogram(4)));
  assert.equal(named(taker.rest()), ["done"]);
});

test("an update is begun behind its record, once, by a board that can; every other end is told at once", () => {
  const update = (counter: number, more: Partial<Unsigned> = {}, version = "2.0.0", bytes = 3): Unsigned =>
    order({
      counter,
      kind: ORDER_KINDS.indexOf("updateFirmware"),
      args: encodeUpdateFirmware({ manifest: new Uint8Array(bytes), version }),
      ...more,
    });
  const taker = new Taker();
  const cases: readonly (readonly [Unsigned, OrderResult])[] = [
    [update(1, { expiresS: NOW_S - 1 }), "expired"],
    [update(2, { args: encodeCbor({}) }), "invalid"],
    [update(3, {}, ""), "invalid"],
    [update(4, {}, "1".repeat(MAX_VERSION_CHARACTERS + 1)), "invalid"],
    [update(5, {}, "2.0.0", MAX_MANIFEST_BYTES + 1), "tooLarge"],
    [update(6, {}, "1.0.0"), "done"],
  ];
  for (const [unsigned, result] of cases) {
    assert.equal(named(taker.send(unsigned)), [result], `order ${unsigned.counter}`);
  }
  taker.facts.canUpdate = false;
  assert.equal(named(taker.send(update(7))), ["unsupported"]);
  taker.facts.canUpdate = true;
  assert.equal(taker.send(update(8, {}, "2.0.0", MAX_MANIFEST_BYTES)), []);
  assert.equal(taker.records.at(-1), { kind: "commandStarted", counter: 8, order: 2, version: "2.0.0" });
  assert.is(taker.manifests.length, 1);
  assert.equal(taker.send(update(8)), [], "its counter is spent");
  assert.equal(named(taker.send(update(9))), ["busy"]);
  taker.facts.syncedS = undefined;
  assert.equal(named(taker.send(update(10))), ["expired"], "without a clock only an order of this power-up counts");
  assert.is(taker.manifests.length, 1);
});

test("the key is the machine's, the epoch's and the purpose's own", () => {
  const master = new Uint8Array(32).fill(1);
  const signed = signOrder(orderKey(master, "M-1", 1, 1), "M-1", 1, order());
  assert.ok(verifyOrder(orderKey(master, "M-1", 1, 1), "M-1", 1, signed));
  for (const other of [orderKey(master, "M-2", 1, 1), orderKey(master, "M-1", 2, 1), orderKey(master, "M-1", 1, 2)]) {
    assert.not.ok(verifyOrder(other, "M-1", 1, signed));
  }
});

test.run();
