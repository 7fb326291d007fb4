/** Everything in a ledger, record by record, and what is wrong with it. */
import type { LedgerOwner } from "../../firmware/ledger/ledger.js";
import { auditViolations } from "../../shared/eva-dts/rules.js";
import { chainNext, decodeBody } from "../../shared/records/codec.js";
import { creditDifferenceMinor, emptyDurable, holdDifferenceMinor } from "../../shared/records/durable.js";
import { applyRecord } from "../../shared/records/fold.js";
import { type LedgerRecord, RECORDS } from "../../shared/records/kinds.js";
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS } from "../../shared/wire/messages.js";
import { countOf, layoutTrouble } from "./contents.js";
import { machineText, type OpenedImage } from "./image.js";

/** A record as it is on flash, and what it means or why it cannot be read. */
export type Entry = RawEntry & ({ readonly record: LedgerRecord } | { readonly error: string });

interface RawEntry {
  readonly seq: number;
  readonly code: number;
  readonly body: Uint8Array;
  /** Chain CRC behind it. */
  readonly chain: number;
}

export interface Examined {
  readonly entries: readonly Entry[];
  /** What is wrong, in words; empty = sound. */
  readonly wrong: readonly string[];
  /** What is open or worth knowing. */
  readonly notes: readonly string[];
}

const UNREADABLE: number = RECORDS.unreadable.code;

export function examine(image: OpenedImage): Examined {
  const { ledger } = image;
  const wrong: string[] = [];
  const entries = readAll(image, wrong);
  const { durable, state } = ledger;
  wrong.push(...foreignIn(image));
  const fenced = entries.filter(({ code }) => code === UNREADABLE).map(({ seq }) => seq);
  if (fenced.length > 0) wrong.push(`unreadable and fenced: ${sequencesText(fenced)}`);
  if (state.stateLost) wrong.push("no checkpoint can be read: the durable state is only what the records left say");
  const credit = creditDifferenceMinor(durable);
  if (credit !== 0) wrong.push(`money does not balance: ${credit} smallest units too much came in`);
  const hold = holdDifferenceMinor(durable);
  if (hold !== 0) wrong.push(`card holds do not balance: ${hold} smallest units`);
  wrong.push(...auditViolations(durable).map((text) => `audit counters: ${text}`));
  if (ledger.oldestSeq === 1 && fenced.length === 0) wrong.push(...replayed(image, entries));
  return { entries, wrong, notes: notesOf(image) };
}

/** Every record from the oldest on, its chain checked against the next batch's. */
function readAll({ ledger, owner }: OpenedImage, wrong: string[]): Entry[] {
  const entries: Entry[] = [];
  let chain: number | undefined;
  for (let seq = ledger.oldestSeq; seq <= ledger.newestSeq; ) {
    const batch = ledger.readBatch(seq, MAX_BATCH_RECORDS, MAX_BATCH_BYTES);
    if (batch === undefined) {
      wrong.push(`epoch ${owner.epoch}: nothing can be read from sequence ${seq} on`);
      break;
    }
    if (chain !== undefined && batch.chain !== chain) wrong.push(`sequence ${seq}: the chain does not go on`);
    chain = batch.chain;
    for (const { code, body } of batch.records) {
      const read = decodeBody(code, seq, body);
      chain = chainNext(chain, code, seq, body);
      const raw = { seq, code, body, chain };
      entries.push(read.ok ? { ...raw, record: read.record } : { ...raw, error: `${read.error} ${read.detail}` });
      if (!read.ok) wrong.push(`sequence ${seq}: kind ${code}: ${read.error} ${read.detail}`);
      seq += 1;
    }
  }
  return entries;
}

/** The checkpoint must be what all records before it amount to. */
function replayed({ ledger }: OpenedImage, entries: readonly Entry[]): string[] {
  const state = emptyDurable();
  for (const entry of entries) if ("record" in entry) applyRecord(state, entry.record);
  const { counters, creditMinor } = ledger.durable;
  const same = JSON.stringify(state.counters) === JSON.stringify(counters) && state.creditMinor === creditMinor;
  return same ? [] : ["all records together give another state than the checkpoint"];
}

/** What would keep a machine from going on with this flash: it must not be erased unread. */
function foreignIn({ stands, contents }: OpenedImage): string[] {
  const layout = layoutTrouble(contents);
  if (layout !== undefined) return [`it holds ${layout}; a machine with this flash does not sell`];
  if (stands === "otherMachine")
    return ["it holds ledgers of several machines; a machine with this flash does not sell"];
  if (stands === "laterEpoch") return ["a block of a later epoch was written before the newest one: epochs are mixed"];
  return [];
}

function notesOf({ ledger, contents, owner, machineId, blocksKept }: OpenedImage): string[] {
  const { durable, state } = ledger;
  const inside = contents.ledgers.map((one) => `${one.blocks} of ${ledgerText(one, owner)}`);
  const notes = [
    `machine ${machineText(owner.machine)}${machineId === undefined ? "" : ` (${machineId})`}, epoch ${owner.epoch}`,
    `sequences ${ledger.oldestSeq} to ${ledger.newestSeq}; the fleet has acknowledged up to ${ledger.mark} at least`,
    `of ${contents.flash.blocks} blocks: ${inside.join(", ")}`,
    `credit ${durable.creditMinor}, sales ${durable.counters.sales}, boots ${durable.bootNo}`,
  ];
  if (blocksKept > 0) {
    notes.push(`${countOf(blocksKept)} of earlier epochs, perhaps never sent: export them by --epoch before erasing`);
  }
  if (state.torn) notes.push("power went while something was being written; nobody had acted on it");
  if (durable.vend !== undefined) notes.push(`open: vend ${durable.vend.saleNo} of slot ${durable.vend.slot}`);
  if (durable.stack !== undefined) notes.push(`open: a bill of ${durable.stack.valueMinor} on its way to the stacker`);
  if (durable.payout !== undefined) notes.push(`open: payout ${durable.payout.payoutNo}`);
  if (durable.hold !== undefined) notes.push(`open: card hold ${durable.hold.holdNo} of ${durable.hold.amountMinor}`);
  if (durable.revalue !== undefined) notes.push(`open: ${durable.revalue.amountMinor} being put on a card`);
  return notes;
}

function ledgerText(one: LedgerOwner, owner: LedgerOwner): string {
  return `epoch ${one.epoch}${one.machine === owner.machine ? "" : ` of machine ${machineText(one.machine)}`}`;
}

/** As runs: "sequence 7", "sequences 7 to 9, 12". */
function sequencesText(seqs: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const seq of seqs) {
    const run = runs.at(-1);
    if (run !== undefined && run[1] === seq - 1) run[1] = seq;
    else runs.push([seq, seq]);
  }
  const texts = runs.map(([first, last]) => (first === last ? String(first) : `${first} to ${last}`));
  return `${seqs.length === 1 ? "sequence" : "sequences"} ${texts.join(", ")}`;
}
