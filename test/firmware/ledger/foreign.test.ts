/**
 * Flash that is not the machine's to write: another machine's, a later epoch's, another layout's. Not one bit of it
 * changes, nothing is sold, and the fault says why. What earlier epochs never sent outlasts the new one.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeHeader, HEADER_BYTES, NO_EPOCH, otherLayout } from "../../../firmware/ledger/header.js";
import { type Ledger, openLedger, ownerOf, type StandsFor } from "../../../firmware/ledger/ledger.js";
import { crc32, Writer } from "../../../shared/bytes.js";
import { FAULTS, type FaultName } from "../../../shared/faults.js";
import { Cabinet } from "../../../tools/bench/cabinet.js";
import { demoIdentity } from "../../../tools/bench/demo.js";
import { type CutPhase, SimFlash } from "../../../tools/bench/flash.js";
import { cutIn } from "./cuts.js";
import { Account, draft, Lcg, ownedBy } from "./source.js";

const test = suite("ledger: foreign");
const EPOCH = 5;
const BLOCK_BYTES = 1_024;
const STAMP = { atMs: 1 };

/** Some blocks of records, acknowledged up to `mark`. */
function used(epoch: number, records: number, mark = 0): { readonly flash: SimFlash; readonly account: Account } {
  const flash = new SimFlash({ blocks: 16, blockBytes: BLOCK_BYTES });
  const account = new Account(epoch);
  const ledger = openLedger(flash, ownedBy(epoch));
  const lcg = new Lcg(epoch);
  for (let i = 0; i < records; i++) {
    if (account.length === mark) ledger.acked(mark);
    account.append(ledger, draft(lcg, i));
  }
  return { flash, account };
}

/** Opens by `open`, uses it as a machine would, and finds everything refused and the flash untouched. */
function assertStands(flash: SimFlash, open: () => Ledger, why: StandsFor, fault: FaultName): void {
  const before = flash.snapshot();
  const { operations } = flash;
  const ledger = open();
  assert.is(ledger.stands, why);
  assert.is(ledger.state.stands, why);
  assert.equal(ledger.durable.faults, [{ fault: FAULTS[fault].code, slot: undefined }]);
  assert.equal(ledger.append({ kind: "doorOpened" }, STAMP), { ok: false, refused: "stands" });
  const coin = { kind: "coinIn", type: 0, valueMinor: 25, path: 1, tubeCount: 1 } as const;
  assert.equal(ledger.append(coin, STAMP), { ok: false, refused: "stands" });
  assert.not.ok(ledger.canTakeMoney(100));
  assert.not.ok(ledger.hasRoomToSpare);
  assert.not.ok(ledger.hasIdleWork);
  assert.not.ok(ledger.idleWork());
  assert.ok(ledger.full);
  ledger.acked(3);
  assert.equal([ledger.oldestSeq, ledger.newestSeq, ledger.mark], [1, 0, 0]);
  assert.is(ledger.readBatch(1, 64, 8_192), undefined);
  assert.is(flash.operations, operations);
  assert.equal(flash.snapshot(), before);
}

test("before it has an epoch a machine stands and writes nothing, whatever its flash holds", () => {
  const { flash, account } = used(EPOCH, 30);
  for (const other of [flash, new SimFlash({ blocks: 8, blockBytes: BLOCK_BYTES })]) {
    assertStands(other, () => openLedger(other, ownedBy(NO_EPOCH)), "unclaimed", "notClaimed");
  }
  account.settle(openLedger(flash, ownedBy(EPOCH)), undefined);
});

test("told an epoch from before what is on its flash, a machine stands and writes nothing", () => {
  const { flash, account } = used(EPOCH, 30);
  for (const told of [1, 2, EPOCH - 1]) {
    assertStands(flash, () => openLedger(flash, ownedBy(told)), "laterEpoch", "ledgerEpoch");
  }
  account.settle(openLedger(flash, ownedBy(EPOCH)), undefined);
});

test("an older epoch stands also where its own blocks are still there, and newer ones have all been read out", () => {
  const { flash } = used(EPOCH, 30);
  const next = openLedger(flash, ownedBy(EPOCH + 1));
  assert.ok(next.append({ kind: "doorOpened" }, STAMP).ok);
  assertStands(flash, () => openLedger(flash, ownedBy(EPOCH)), "laterEpoch", "ledgerEpoch");
  assert.is(openLedger(flash, ownedBy(EPOCH + 1)).newestSeq, 1);
});

test("the flash of another machine is recognised, whatever the epochs", () => {
  const { flash, account } = used(EPOCH, 30);
  for (const epoch of [1, EPOCH, EPOCH + 1]) {
    const other = ownerOf({ machineId: "M-2", epoch });
    assertStands(flash, () => openLedger(flash, other), "otherMachine", "ledgerForeign");
  }
  account.settle(openLedger(flash, ownedBy(EPOCH)), undefined);
});

test("one block of another machine among our own is enough", () => {
  const { flash } = used(EPOCH, 30);
  const header = encodeHeader({ ...ownerOf({ machineId: "M-2", epoch: 1 }), ...PLAIN });
  flash.write(10 * BLOCK_BYTES, header);
  assertStands(flash, () => openLedger(flash, ownedBy(EPOCH)), "otherMachine", "ledgerForeign");
});

const PLAIN = { number: 1, firstSeq: 1, chain: 0, mark: 0, oldest: 1, checkpointBytes: 4, checkpointCrc: 0 };

/** A header of layouts 1 and 2, or of one to come: two copies that end in their CRC-32. */
function headerOfLayout(layout: number, copyBytes: number): Uint8Array {
  const copy = new Writer().u32(0x5350_4c47).u16(layout);
  while (copy.length < copyBytes - 4) copy.u8(copy.length);
  copy.u32(crc32(copy.toBytes()));
  return new Writer().put(copy.toBytes()).put(copy.toBytes()).toBytes();
}

test("a block of any other layout is known by magic, version and CRC, from either copy", () => {
  for (const [layout, copyBytes] of [
    [1, 40],
    [2, 40],
    [4, 44],
    [9, 128],
    [0xffff, 12],
  ] as const) {
    for (const spoilt of [undefined, 2, copyBytes + 5]) {
      const { flash } = used(EPOCH, 30);
      flash.write(10 * BLOCK_BYTES, headerOfLayout(layout, copyBytes));
      if (spoilt !== undefined) flash.flipBit(10 * BLOCK_BYTES + spoilt, 3);
      assertStands(flash, () => openLedger(flash, ownedBy(EPOCH)), "otherLayout", "ledgerLayout");
    }
  }
});

test("the most pressing reason is told", () => {
  const { flash } = used(EPOCH, 30);
  const other = ownerOf({ machineId: "M-2", epoch: 1 });
  flash.write(10 * BLOCK_BYTES, headerOfLayout(2, 40));
  assertStands(flash, () => openLedger(flash, other), "otherLayout", "ledgerLayout");
});

test("our own header, half written or half struck out, is of no other layout", () => {
  const whole = encodeHeader({ ...ownedBy(EPOCH), ...PLAIN });
  assert.is(otherLayout(whole), undefined);
  for (let to = 0; to <= HEADER_BYTES; to++) {
    const written = new Uint8Array(256).fill(0xff);
    written.set(whole.subarray(0, to));
    assert.is(otherLayout(written), undefined);
    const struck = new Uint8Array(256).fill(0xff);
    struck.set(whole);
    struck.fill(0, to, HEADER_BYTES);
    assert.is(otherLayout(struck), undefined);
  }
  for (let bit = 0; bit < 16; bit++) {
    const torn = whole.slice();
    for (const at of [4, 48]) {
      torn[at + (bit >> 3)] = (torn[at + (bit >> 3)] ?? 0) ^ (1 << (bit & 7));
    }
    assert.is(otherLayout(torn), undefined);
  }
});

test("a new epoch keeps what the one before never sent, and uses the rest", () => {
  const { flash, account: old } = used(EPOCH, 60, 25);
  const sentTo = markOnFlash(flash);
  assert.ok(sentTo > 0, "a mark is on flash");
  let ledger = openLedger(flash, ownedBy(EPOCH + 1));
  const kept = ledger.state.blocksKept;
  assert.ok(kept > 0);
  const account = new Account(EPOCH + 1);
  const lcg = new Lcg(77);
  for (let i = 0; i < 400; i++) {
    account.append(ledger, draft(lcg, i));
    if (i % 10 === 0) ledger.acked(ledger.newestSeq);
    if (i % 100 === 0) ledger = openLedger(flash, ownedBy(EPOCH + 1));
  }
  ledger = openLedger(flash, ownedBy(EPOCH + 1));
  account.settle(ledger, undefined);
  assert.is(ledger.state.blocksKept, kept);
  assertKept(flash, old, sentTo);
});

/** Highest mark in a header of the oldest epoch there. */
function markOnFlash(flash: SimFlash): number {
  let mark = 0;
  for (let place = 0; place < flash.blocks; place++) {
    const head = flash.read(place * BLOCK_BYTES, HEADER_BYTES);
    if (head[0] === 0x53 && head[15] === EPOCH) mark = Math.max(mark, (head[30] ?? 0) * 256 + (head[31] ?? 0));
  }
  return mark;
}

/** On a copy where nothing else is left, the old epoch's records above `mark` all read. */
function assertKept(flash: SimFlash, old: Account, mark: number): void {
  const copy = new SimFlash({ blocks: flash.blocks, blockBytes: BLOCK_BYTES });
  copy.restore(flash.snapshot());
  for (let place = 0; place < copy.blocks; place++) {
    if (copy.read(place * BLOCK_BYTES, 16)[15] !== EPOCH) copy.eraseBlock(place);
  }
  const ledger = openLedger(copy, ownedBy(EPOCH));
  old.settle(ledger, undefined);
  assert.ok(ledger.oldestSeq <= mark + 1);
  old.checkReadable(ledger);
}

test("power cut at any operation of an epoch's beginning: old records stay, the new epoch begins once", () => {
  const { flash, account: old } = used(EPOCH, 60, 25);
  const image = flash.snapshot();
  const sentTo = markOnFlash(flash);
  const begin = (account: Account): Ledger => {
    const ledger = openLedger(flash, ownedBy(EPOCH + 1));
    account.append(ledger, draft(new Lcg(3), 1));
    return ledger;
  };
  const { operations } = flash;
  begin(new Account(EPOCH + 1));
  const last = flash.operations - operations;
  assert.ok(last > 4);
  for (let operation = 1; operation <= last; operation++) {
    for (const [tear, phase] of (["before", "during", "during", "during", "after"] as CutPhase[]).entries()) {
      flash.restore(image);
      flash.cutAt(operation, phase, operation * 31 + tear);
      assert.ok(cutIn(() => begin(new Account(EPOCH + 1))));
      for (let again = 0; again < 2; again++) {
        flash.powerOn();
        const ledger = openLedger(flash, ownedBy(EPOCH + 1));
        assert.is(ledger.stands, undefined);
        assert.ok(ledger.newestSeq <= again + 1);
        assert.ok(ledger.append({ kind: "doorOpened" }, STAMP).ok);
      }
      assertKept(flash, old, sentTo);
    }
  }
});

test("earlier epochs that leave no room are told, not overwritten", () => {
  const { flash, account } = used(EPOCH, 10);
  const ledger = openLedger(flash, ownedBy(EPOCH));
  for (let full = false; !full; ) {
    const item = draft(new Lcg(account.length), account.length);
    full = !ledger.append(item.record, item.stamp).ok;
    if (!full) account.add(item);
  }
  assertStands(flash, () => openLedger(flash, ownedBy(EPOCH + 1)), "earlierUnsent", "ledgerFull");
  account.checkReadable(openLedger(flash, ownedBy(EPOCH)));
});

/** A board whose flash holds a demo machine's ledger of `epoch`, put into the cabinet of `identity`. */
function swapped(identity: { readonly machineId: string; readonly epoch: number }): Cabinet {
  const before = new Cabinet({ identity: demoIdentity("M-1234", 3) });
  before.untilSelling();
  before.runFor(2_000);
  before.cutPower();
  const cabinet = new Cabinet({ ...identity, identity: demoIdentity(identity.machineId, identity.epoch) });
  cabinet.ledgerFlash.restore(before.ledgerFlash.snapshot());
  return cabinet;
}

test("a machine whose ledger stands sells nothing, reports the fault, and a visit at the door changes nothing", () => {
  for (const [machineId, epoch, fault] of [
    ["M-77", 4, "ledgerForeign"],
    ["M-1234", 2, "ledgerEpoch"],
  ] as const) {
    const cabinet = swapped({ machineId, epoch });
    const image = cabinet.ledgerFlash.snapshot();
    const tubes = coinsInTubes(cabinet);
    cabinet.powerOn();
    cabinet.runFor(20_000);
    const visit = (): void => {
      assert.is(cabinet.view?.selling, false);
      assert.is(cabinet.view?.state, "OUT_OF_SERVICE");
      cabinet.select("B4");
      cabinet.insertCoin(25);
      assert.is(cabinet.insertBill(100), undefined);
      cabinet.runFor(5_000);
    };
    visit();
    cabinet.door.set(true);
    cabinet.runFor(3_000);
    cabinet.tellStock("B4", 3);
    cabinet.door.set(false);
    cabinet.runFor(3_000);
    visit();
    cabinet.runFor(400_000);
    const { telemetry, raw } = cabinet.fleet.machine(machineId);
    assert.is(raw.length, 0);
    assert.ok(telemetry.at(-1)?.faults.includes(FAULTS[fault].code), `${telemetry.length} reports`);
    assert.equal(cabinet.ledgerFlash.snapshot().bytes, image.bytes);
    assert.is(coinsInTubes(cabinet), tubes);
  }
});

function coinsInTubes({ truth }: Cabinet): number {
  return truth.coins.filter(({ place }) => place === "tube").length;
}

test("a machine that gets a new epoch on its own board sells on, and says that something was never sent", () => {
  const cabinet = swapped({ machineId: "M-1234", epoch: 4 });
  cabinet.untilSelling();
  cabinet.runFor(2_000);
  const { faults } = cabinet.durable;
  assert.ok(faults.some(({ fault }) => fault === FAULTS.ledgerUnsent.code));
  assert.ok(cabinet.fleet.mark("M-1234") > 0);
});

test.run();
