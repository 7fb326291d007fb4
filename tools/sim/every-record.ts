/**
 * The judge's eye behind every record: as soon as one is on flash, physical truth, ledger and the fleet's copy must
 * agree, whatever is under way. What may be in flight then is what the open brackets of the ledger say (a payout, a
 * bill to the stacker, a hold), what devices have reported and not seen ACKed, and what JavaScript has yet to take. The
 * records of a start are looked at together, behind it: until then there is nobody to ask.
 */
import type { Ledger } from "../../firmware/ledger/ledger.js";
import { codeOf, encodeBody } from "../../shared/records/codec.js";
import type { LedgerRecord } from "../../shared/records/kinds.js";
import type { RawRecord } from "../../shared/wire/messages.js";
import { truthViolations } from "../bench/checkers.js";
import { RecordSums } from "../bench/record-sums.js";
import { recordViolations } from "./record-rules.js";
import type { SimCabinet } from "./sim-cabinet.js";

export class EveryRecord {
  /** Looks taken. */
  looks = 0;
  /** It says nothing of what it sees: for tests of what nobody else does. */
  blind = false;
  readonly #cabinet: SimCabinet;
  #ledger: Ledger | undefined;
  #told = false;
  /** The one with sequence n is at n − 1. */
  #records: LedgerRecord[] = [];
  #sums = new RecordSums();
  /** Records of the fleet that were found to be ours. */
  readonly #agreed: RawRecord[] = [];

  constructor(cabinet: SimCabinet) {
    this.#cabinet = cabinet;
  }

  /** Something is going on in the machine: if it has started since, its ledger is another. */
  follow(): void {
    const ledger = this.#cabinet.machine?.rooms.ledger;
    if (ledger === undefined || ledger === this.#ledger) return;
    this.#ledger = ledger;
    const append = ledger.append.bind(ledger);
    ledger.append = (record, stamp) => {
      const result = append(record, stamp);
      if (result.ok) this.#appended(result.record);
      return result;
    };
    this.#reopened();
  }

  /** What a start has made of the flash, and written. */
  #reopened(): void {
    const { history, readFlash } = this.#cabinet;
    const { oldestSeq, records } = readFlash.call(this.#cabinet);
    for (const line of history.take(oldestSeq, records)) this.#cabinet.note(line);
    this.#records = history.records.slice();
    this.#sums = RecordSums.of(this.#records);
    this.#look("a start");
  }

  #appended(record: LedgerRecord): void {
    this.#records.push(record);
    this.#sums.add(record);
    for (const line of recordViolations(this.#cabinet, record)) this.#cabinet.note(line);
    this.#look(record.kind);
  }

  #look(behind: string): void {
    const { history } = this.#cabinet;
    this.looks += 1;
    // What rot has taken may be missing anywhere (judge.ts); and of all that does not hold the first is the story.
    if (history.rotten || this.blind || this.#told) return;
    const found = [...truthViolations(this.#cabinet.factsBehind(this.#sums)), ...this.#fleetCopy()];
    this.#told = found.length > 0;
    for (const line of found) this.#cabinet.note(`behind ${behind}: ${line}`);
  }

  /** Each record that the fleet has is ours, byte for byte; those that have not changed since are not read again. */
  #fleetCopy(): string[] {
    const { fleet, options } = this.#cabinet;
    const { raw } = fleet.machine(options.machineId);
    if (raw.length > this.#records.length) return ["the fleet has records that the machine has not"];
    const agreed = this.#agreed;
    agreed.length = Math.min(agreed.length, raw.length);
    for (const [at, theirs] of raw.entries()) {
      if (agreed[at] === theirs) continue;
      const ours = this.#records[at];
      if (ours === undefined || !isSame(ours, theirs)) return [`the fleet has another record ${at + 1}`];
      agreed[at] = theirs;
    }
    return [];
  }
}

function isSame(ours: LedgerRecord, { code, body }: RawRecord): boolean {
  const bytes = encodeBody(ours, ours);
  return codeOf(ours.kind) === code && bytes.length === body.length && bytes.every((byte, at) => byte === body[at]);
}
