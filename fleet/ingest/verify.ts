/**
 * Where a batch stands against what has been committed: next, known, ahead of a gap, or another history (design
 * "Sync"). Pure; the chain CRC is the proof that two ledgers agree up to a sequence.
 */
import { chainNext } from "../../shared/records/codec.js";
import type { BatchMessage } from "../../shared/wire/messages.js";

/** A record of the batch with its sequence and the chain CRC after it. */
export interface ChainedRecord {
  readonly seq: number;
  readonly code: number;
  readonly body: Uint8Array;
  readonly chain: number;
}

export type Verdict =
  /** These are new and follow the mark; a known prefix has been skipped. */
  | { readonly is: "next"; readonly records: readonly ChainedRecord[] }
  /** All of it is committed already. */
  | { readonly is: "known" }
  /** Something before it is missing here: the machine rewinds to the mark. */
  | { readonly is: "gap" }
  /** The same sequences with another history: a cloned board, or corruption. */
  | { readonly is: "fork"; readonly detail: string };

export interface Committed {
  readonly mark: number;
  /** Chain CRC after `mark`. */
  readonly chain: number;
}

/**
 * `storedChain`: chain CRC held after the batch's last record, needed only if that lies below the mark; undefined if
 * that record is no longer here, and then its history cannot be compared.
 */
export function verify(batch: BatchMessage, committed: Committed, storedChain: number | undefined): Verdict {
  const { mark, chain } = committed;
  if (batch.firstSeq > mark + 1) return { is: "gap" };
  const records = chained(batch);
  const before = mark + 1 - batch.firstSeq;
  if (before < records.length) {
    const atMark = before === 0 ? batch.chain : records[before - 1]?.chain;
    if (atMark !== chain) return { is: "fork", detail: `chain ${atMark} at ${mark}, committed is ${chain}` };
    return { is: "next", records: records.slice(before) };
  }
  const last = records.at(-1);
  const held = last?.seq === mark ? chain : storedChain;
  if (last !== undefined && held !== undefined && last.chain !== held) {
    return { is: "fork", detail: `chain ${last.chain} at ${last.seq}, committed is ${held}` };
  }
  return { is: "known" };
}

/** Last sequence of the batch. */
export function lastSeq(batch: BatchMessage): number {
  return batch.firstSeq + batch.records.length - 1;
}

/** The batch in two, each a batch that can stand alone: how one bad record is cornered. Needs two records or more. */
export function halve(batch: BatchMessage): readonly [BatchMessage, BatchMessage] {
  const half = batch.records.length >> 1;
  const chain = chained(batch)[half - 1]?.chain ?? batch.chain;
  return [
    { ...batch, records: batch.records.slice(0, half) },
    { ...batch, firstSeq: batch.firstSeq + half, chain, records: batch.records.slice(half) },
  ];
}

function chained(batch: BatchMessage): readonly ChainedRecord[] {
  const records: ChainedRecord[] = [];
  let chain = batch.chain;
  let seq = batch.firstSeq;
  for (const { code, body } of batch.records) {
    chain = chainNext(chain, code, seq, body);
    records.push({ seq, code, body, chain });
    seq++;
  }
  return records;
}
