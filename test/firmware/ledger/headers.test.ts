/**
 * Which headers are touched when (SPEC.md §5): what guards against a header that a cut has torn, and that reads well
 * today and not tomorrow, is seen in the order of operations only.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HEADER_BYTES } from "../../../firmware/ledger/header.js";
import { openLedger } from "../../../firmware/ledger/ledger.js";
import { headerOf } from "../../../firmware/ledger/survey.js";
import type { NewRecord } from "../../../shared/records/kinds.js";
import { SimFlash } from "../../../tools/bench/flash.js";
import { ownedBy } from "./source.js";

const test = suite("ledger: headers");
const EPOCH = 3;
const COIN: NewRecord = { kind: "coinIn", type: 2, valueMinor: 25, path: 1, tubeCount: 9 };

/** Notes each operation: which block, and what was done to it. */
class NotingFlash extends SimFlash {
  notes: string[] = [];

  override write(offset: number, bytes: Uint8Array): void {
    const place = Math.floor(offset / this.blockBytes);
    const struck = bytes.every((byte) => byte === 0);
    const what = offset % this.blockBytes >= HEADER_BYTES ? "content" : struck ? "strike" : "header";
    super.write(offset, bytes);
    this.notes.push(`${place} ${what}`);
  }

  override eraseBlock(place: number): void {
    assert.is(headerOf(this, place), undefined, `the header of ${place} is struck out before its block is erased`);
    super.eraseBlock(place);
    this.notes.push(`${place} erase`);
  }
}

test("power-up makes the newest header firm, strikes out those ahead, and writes the new one last", () => {
  const flash = new NotingFlash({ blocks: 8, blockBytes: 1_024 });
  assert.ok(openLedger(flash, ownedBy(EPOCH)).append(COIN, { atMs: 1 }).ok);
  assert.ok(headerOf(flash, 0));
  flash.notes = [];
  openLedger(flash, ownedBy(EPOCH));
  assert.equal(flash.notes, ["0 header", "3 strike", "2 strike", "1 strike", "1 erase", "1 content", "1 header"]);
});

test("no block is erased with its header standing, nor in idle time", () => {
  const flash = new NotingFlash({ blocks: 5, blockBytes: 1_024 });
  const ledger = openLedger(flash, ownedBy(EPOCH));
  for (let i = 0; i < 200; i++) {
    assert.ok(ledger.append(COIN, { atMs: i }).ok);
    ledger.acked(ledger.newestSeq);
    ledger.idleWork();
  }
  assert.ok(flash.notes.filter((note) => note.endsWith("erase")).length > 5, "the ring came round");
});

test("the block that a power-up has copied is left alone until a header written since the next one stands", () => {
  const flash = new NotingFlash({ blocks: 4, blockBytes: 1_024 });
  assert.ok(openLedger(flash, ownedBy(EPOCH)).append(COIN, { atMs: 1 }).ok);
  openLedger(flash, ownedBy(EPOCH));
  assert.ok(headerOf(flash, 1), "copied from 0 to 1; its header may be torn");
  flash.notes = [];
  openLedger(flash, ownedBy(EPOCH));
  const before = flash.notes.slice(0, flash.notes.indexOf("2 header"));
  assert.ok(before.length > 0, "copied from 1 to 2");
  assert.not.ok(
    before.some((note) => note.startsWith("0 ")),
    before.join(", "),
  );
});

test.run();
