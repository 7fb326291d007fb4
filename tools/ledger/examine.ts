/** Everything in a ledger, record by record, and what is wrong with it. */
import { auditViolations } from "../../shared/eva-dts/rules.js";
import { chainNext, decodeBody } from "../../shared/records/codec.js";
import { creditDifferenceMinor, emptyDurable, holdDifferenceMinor } from "../../shared/records/durable.js";
import { applyRecord } from "../../shared/records/fold.js";
import type { LedgerRecord } from "../../shared/records/kinds.js";
import { MAX_BATCH_BYTES, MAX_BATCH_RECORDS } from "../../shared/wire/messages.js";
import type { OpenedImage } from "./image.js";

/** A record, or what stands in its place. */
export type Entry =
  | { readonly record: LedgerRecord }
  | { readonly seq: number; readonly code: number; readonly error: string };

export interface Examined {
  readonly entries: readonly Entry[];
  /** What is wrong, in words; empty = sound. */
  readonly wrong: readonly string[];
  /** What is open or worth knowing. */
  readonly notes: readonly string[];
}

export function examine(image: OpenedImage): Examined {
  const { ledger } = image;
  const wrong: string[] = [];
  const entries = readAll(image, wrong);
  const { durable, state } = ledger;
  if (state.unreadable > 0) wrong.push(`${state.unreadable} records are unreadable and fenced`);
  if (state.stateLost) wrong.push("no checkpoint can be read: the durable state is only what the records left say");
  const credit = creditDifferenceMinor(durable);
  if (credit !== 0) wrong.push(`money does not balance: ${credit} smallest units too much came in`);
  const hold = holdDifferenceMinor(durable);
  if (hold !== 0) wrong.push(`card holds do not balance: ${hold} smallest units`);
  wrong.push(...auditViolations(durable).map((text) => `audit counters: ${text}`));
  if (ledger.oldestSeq === 1 && state.unreadable === 0) wrong.push(...replayed(image, entries));
  return { entries, wrong, notes: notesOf(image) };
}

/** Every record from the oldest on, its chain checked against the next batch's. */
function readAll({ ledger, epoch }: OpenedImage, wrong: string[]): Entry[] {
  const entries: Entry[] = [];
  let chain: number | undefined;
  for (let seq = ledger.oldestSeq; seq <= ledger.newestSeq; ) {
    const batch = ledger.readBatch(seq, MAX_BATCH_RECORDS, MAX_BATCH_BYTES);
    if (batch === undefined) {
      wrong.push(`epoch ${epoch}: nothing can be read from sequence ${seq} on`);
      break;
    }
    if (chain !== undefined && batch.chain !== chain) wrong.push(`sequence ${seq}: the chain does not go on`);
    chain = batch.chain;
    for (const { code, body } of batch.records) {
      const read = decodeBody(code, seq, body);
      if (read.ok) entries.push({ record: read.record });
      else entries.push({ seq, code, error: `${read.error} ${read.detail}` });
      if (!read.ok) wrong.push(`sequence ${seq}: kind ${code}: ${read.error} ${read.detail}`);
      chain = chainNext(chain, code, seq, body);
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

function notesOf({ ledger, blocks, blocksByEpoch, epoch }: OpenedImage): string[] {
  const { durable, state } = ledger;
  const notes = [
    `epoch ${epoch}, sequences ${ledger.oldestSeq} to ${ledger.newestSeq}, acknowledged to ${ledger.mark} or later`,
    `${blocks} blocks: ${[...blocksByEpoch].map(([of, count]) => `${count} of epoch ${of}`).join(", ")}`,
    `credit ${durable.creditMinor}, sales ${durable.counters.sales}, boots ${durable.bootNo}`,
  ];
  if (state.torn) notes.push("power went while something was being written; nobody had acted on it");
  if (durable.vend !== undefined) notes.push(`open: vend ${durable.vend.saleNo} of slot ${durable.vend.slot}`);
  if (durable.stack !== undefined) notes.push(`open: a bill of ${durable.stack.valueMinor} on its way to the stacker`);
  if (durable.payout !== undefined) notes.push(`open: payout ${durable.payout.payoutNo}`);
  if (durable.hold !== undefined) notes.push(`open: card hold ${durable.hold.holdNo} of ${durable.hold.amountMinor}`);
  if (durable.revalue !== undefined) notes.push(`open: ${durable.revalue.amountMinor} being put on a card`);
  return notes;
}
