/** Documents on flash: stored or not stored, never half; the last good one is there whatever happens. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { COPIES, DOCUMENT_BLOCKS, type Documents, openDocuments } from "../../firmware/settings.js";
import { crc32 } from "../../shared/bytes.js";
import {
  encodePlanogram,
  encodeSettings,
  MAX_DOCUMENT_BYTES,
  type PlanogramSlot,
  type Settings,
} from "../../shared/wire/documents.js";
import { type CutPhase, PowerCut, SimFlash } from "../../tools/bench/flash.js";

const test = suite("documents");

function planogram(version: number, slots = 10): Uint8Array {
  const list: PlanogramSlot[] = [];
  for (let i = 0; i < slots; i++) {
    const slot = `${"ABCDEF"[Math.floor(i / 10)]}${(i % 10) + 1}`;
    const name = `Product number ${i} ${"x".repeat(6)}`;
    list.push({ slot, column: i, productId: i, name, priceMinor: 175, capacity: 10, quantity: 8 });
  }
  return encodePlanogram({ version, slots: list });
}

const X = "x".charCodeAt(0);
const SETTINGS: Settings = {
  version: 1,
  currency: 840,
  decimals: 2,
  maxCreditMinor: 2_000,
  coinMask: 0xffff,
  billMask: 3,
};

test("nothing is stored at first", () => {
  const documents = openDocuments(new SimFlash({ blocks: DOCUMENT_BLOCKS }));
  assert.is(documents.planogram, undefined);
  assert.is(documents.settings, undefined);
  assert.equal(documents.marks, [
    { version: 0, crc: 0 },
    { version: 0, crc: 0 },
  ]);
});

test("what is stored is in force at once and after power-up, with version and CRC", () => {
  const flash = new SimFlash({ blocks: DOCUMENT_BLOCKS });
  const bytes = planogram(3, 60);
  const mark = { version: 3, crc: crc32(bytes) };
  const first = openDocuments(flash);
  assert.equal(first.store("planogram", bytes), { ok: true, mark });
  assert.ok(first.store("settings", encodeSettings(SETTINGS)).ok);
  for (const documents of [first, openDocuments(flash)]) {
    assert.is(documents.planogram?.document.slots.length, 60);
    assert.equal(documents.settings?.document, SETTINGS);
    assert.equal(documents.marks[0], mark);
  }
});

test("stale and invalid documents are refused by name, the same one again is no work", () => {
  const flash = new SimFlash({ blocks: DOCUMENT_BLOCKS });
  const documents = openDocuments(flash);
  assert.ok(documents.store("planogram", planogram(5)).ok);
  const { operations } = flash;
  assert.ok(documents.store("planogram", planogram(5)).ok);
  assert.equal(documents.store("planogram", planogram(5, 9)), { ok: false, error: "stale" });
  assert.equal(documents.store("planogram", planogram(4)), { ok: false, error: "stale" });
  assert.equal(documents.store("planogram", planogram(6).subarray(1)), { ok: false, error: "invalid" });
  assert.equal(documents.store("settings", planogram(6)), { ok: false, error: "invalid" });
  assert.equal(documents.store("planogram", new Uint8Array(MAX_DOCUMENT_BYTES + 1)), { ok: false, error: "invalid" });
  assert.is(flash.operations, operations);
  assert.is(documents.planogram?.version, 5);
});

test("when the newest copy rots, the last good one is in force", () => {
  const flash = new SimFlash({ blocks: DOCUMENT_BLOCKS });
  const documents = openDocuments(flash);
  for (let version = 1; version <= COPIES + 2; version++) documents.store("planogram", planogram(version));
  const newest = (COPIES + 1) % COPIES;
  flash.flipBit(newest * flash.blockBytes + 200, 4);
  assert.is(openDocuments(flash).planogram?.version, COPIES + 1);
  flash.flipBit(newest * flash.blockBytes + 200, 4);
  flash.flipBit(newest * flash.blockBytes + 9, 4);
  const again = openDocuments(flash);
  assert.is(again.planogram?.version, COPIES + 1);
  assert.ok(again.store("planogram", planogram(9)).ok);
  assert.is(openDocuments(flash).planogram?.version, 9);
});

test("a rotten byte that still reads as a document is rot all the same", () => {
  const flash = new SimFlash({ blocks: DOCUMENT_BLOCKS });
  const documents = openDocuments(flash);
  for (const version of [1, 2]) assert.ok(documents.store("planogram", planogram(version)).ok);
  const second = flash.read(flash.blockBytes, 400);
  const inName = second.findIndex((byte, at) => byte === X && second[at + 1] === X);
  assert.ok(inName > 0);
  flash.flipBit(flash.blockBytes + inName, 0);
  assert.is(openDocuments(flash).planogram?.version, 1);
});

/** Flash whose n-th write from now on does not take. */
class StubbornFlash extends SimFlash {
  failing = 0;

  override write(offset: number, bytes: Uint8Array): void {
    if (this.failing > 0 && --this.failing === 0) return;
    super.write(offset, bytes);
  }
}

test("what flash does not take is told, and the one in force stays", () => {
  // The old header's strike, the document, its header.
  for (const nth of [2, 3]) {
    const flash = new StubbornFlash({ blocks: DOCUMENT_BLOCKS });
    const documents = openDocuments(flash);
    assert.ok(documents.store("planogram", planogram(1)).ok);
    flash.failing = nth;
    assert.equal(documents.store("planogram", planogram(2)), { ok: false, error: "flash" });
    assert.is(documents.planogram?.version, 1);
    assert.is(openDocuments(flash).planogram?.version, 1);
    assert.ok(documents.store("planogram", planogram(3)).ok);
  }
});

/** Stores version after version until the power goes. */
function storeOn(
  flash: SimFlash,
  from: number,
): { readonly documents: Documents | undefined; readonly stored: number } {
  let documents: Documents | undefined;
  let stored = from;
  try {
    documents = openDocuments(flash);
    while (documents.store("planogram", planogram(stored + 1, 12)).ok) stored++;
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
  }
  return { documents, stored };
}

test("power cut at every operation: the old one or the new one, and the same one ever after", () => {
  const phases: readonly CutPhase[] = ["before", "during", "during", "during", "after"];
  for (let operation = 1; operation <= 18; operation++) {
    for (const [i, phase] of phases.entries()) {
      const flash = new SimFlash({ blocks: DOCUMENT_BLOCKS, seed: operation });
      openDocuments(flash).store("planogram", planogram(1, 12));
      flash.cutAt(operation, phase, operation * 10 + i);
      const { stored } = storeOn(flash, 1);
      flash.powerOn();
      const label = `operation ${operation}, ${phase} ${i}`;
      const version = openDocuments(flash).planogram?.version ?? 0;
      assert.ok(version === stored || version === stored + 1, `${label}: ${version}, stored ${stored}`);
      for (let times = 0; times < 4; times++) assert.is(openDocuments(flash).planogram?.version, version, label);
      assert.ok(openDocuments(flash).store("planogram", planogram(version + 1, 12)).ok, label);
      assert.is(openDocuments(flash).planogram?.version, version + 1, label);
    }
  }
});

test("power goes again and again: versions never go back", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const flash = new SimFlash({ blocks: DOCUMENT_BLOCKS, seed });
    let known = 0;
    for (let life = 0; life < 12; life++) {
      flash.cutAt(1 + ((seed * 7 + life * 5) % 9), life % 3 === 0 ? "after" : "during", seed * 100 + life);
      const { documents, stored } = storeOn(flash, known);
      if (documents !== undefined) known = Math.max(known, stored);
      flash.powerOn();
      const { version } = openDocuments(flash).planogram ?? { version: 0 };
      assert.ok(version === known || version === known + 1, `seed ${seed}, life ${life}: ${version}, known ${known}`);
      known = version;
    }
  }
});

test("a region too small is refused", () => {
  assert.throws(
    () => openDocuments(new SimFlash({ blocks: DOCUMENT_BLOCKS - 1 })),
    (error: unknown) => error instanceof RangeError,
  );
});

test.run();
