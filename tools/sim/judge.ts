/**
 * The judge of a simulated run: compares physical truth, ledger and fleet copy. The invariants are those of the issue
 * and of design.md, by number:
 *
 * | | what | by whom | when |
 * | --- | --- | --- | --- |
 * | 1 | no cent lost or invented | `bench/checkers`; ledger sums by `SimCabinet` | every record, look |
 * | 2 | every drop named once, none charged twice | `bench/checkers`; `goods` | every record, look; end |
 * | 3 | sequences whole, the fleet's copy a prefix | `EveryRecord`; `History`, `fleetCopy` | every record, look |
 * | 4 | ingest twice = once | `ingestTwice` | end |
 * | 5 | payouts within the store, queues, replies in 5 ms | `SimCabinet`; `queues` | every payout, reply and effect |
 * | 6 | converges in the times of `run.ts`, sells again | `run.ts`, `closing.ts` | when troubles stop |
 * | 7 | `outcomeUnknown` only from cuts in the drop window | `unknownOutcomes` | every look |
 * | 8 | no way to gain | `judge-people.ts`; `cards`, `voucherThieves` | each rest between people; end |
 *
 * Behind every record `every-record.ts` compares truth, ledger and fleet copy, what is in flight allowed for. A look
 * reads the flash, too: after each person, at a moment drawn while each is there, at every power cut and at the end.
 *
 * **Rot.** Of a record that rots before the fleet has it the money and goods it was about may be lost: the ledger may
 * differ from the truth by at most the amount in it (`amountOf`), goods by one for each record of a vend; it stays
 * under its sequence as `unreadable`. All else holds, and where nothing was lost everything does. Only where both
 * copies of a block's header have rotted is more lost than that (`History.wrecked`), and sums are not asked for.
 */
import { auditReport } from "../../shared/eva-dts/report.js";
import { auditViolations, reportViolations } from "../../shared/eva-dts/rules.js";
import { parseReport, writeReport } from "../../shared/eva-dts/text.js";
import type { LedgerRecord } from "../../shared/records/kinds.js";
import { UNKNOWN_CAUSES } from "../../shared/records/kinds.js";
import { decodeBatch, MAX_BATCH_BYTES } from "../../shared/wire/messages.js";
import { parseTopic } from "../../shared/wire/topics.js";
import { violations } from "../bench/checkers.js";
import { balance, goods, lostMinorOf, lostVends } from "./judge-people.js";
import { MAX_BACKLOG, type SimCabinet } from "./sim-cabinet.js";
import { voucherThieves } from "./voucher-desk.js";

/** What is promised of a payment that is confirmed: the drop within this and the motor's own turn. */
export const PAID_TO_DROP_MS = 3_000;
/** The hold-up with which no outcome may ever be unknown for want of power: falls last up to 600 ms. */
const FULL_HOLD_UP_MS = 800;
/** What an envelope adds to the records of a batch, bytes. */
const ENVELOPE_BYTES = 64;
/** What a reader is told of the time may be so far off: a second begun, and some POLLs. */
const CLOCK_LIMIT_MS = 3_000;
const POWER_LOST = UNKNOWN_CAUSES.indexOf("powerLost");
/** What may be asked at any instant: money, goods, records, (3) sequences, (5) queues, (7) unknown outcomes. */
export function judgeNow(cabinet: SimCabinet, all = false): string[] {
  const { history } = cabinet;
  const { oldestSeq, records } = cabinet.readFlash();
  // What power broke off may read whole now and torn at power-up: only what the machine makes of it counts.
  const most = Math.max(cabinet.newestWritten, history.records.length);
  const kept = cabinet.machine === undefined ? records.slice(0, Math.max(0, most - oldestSeq + 1)) : records;
  const found = [...cabinet.found, ...history.take(oldestSeq, kept, all), ...queues(cabinet)];
  found.push(...fleetCopy(cabinet), ...unknownOutcomes(cabinet), ...readersClocks(cabinet));
  if (history.lost.size === 0) found.push(...violations(cabinet.facts()));
  return found;
}

/** (5) What waits, and what is sent at once. */
function queues({ backlogMost, published, judgedMessages, judged }: SimCabinet): string[] {
  const found: string[] = [];
  if (backlogMost > MAX_BACKLOG) found.push(`${backlogMost} inputs waited`);
  for (const { topic, payload } of published.slice(judgedMessages)) {
    if (parseTopic(topic)?.channel !== "events") continue;
    const batch = decodeBatch(payload);
    // of more records than it may have, too
    if (!batch.ok) found.push(`a batch that nobody can read: ${batch.error}`);
    if (payload.length > MAX_BATCH_BYTES + ENVELOPE_BYTES) found.push(`a batch of ${payload.length} bytes`);
  }
  judged();
  return found;
}

/** What readers that asked were told of the time; of a machine that has kept power, with a right clock. */
function readersClocks({ readers, cuts, clockJumped, wallS, world }: SimCabinet): string[] {
  if (clockJumped || cuts.length > 0) return [];
  const found: string[] = [];
  for (const { times, timesAtUs } of readers.filter((reader) => reader !== undefined)) {
    times.forEach((told, at) => {
      const [year, month, day, hour, minute, second] = told.match(/../g) ?? [];
      const toldMs = Date.parse(`20${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
      const wasMs = (wallS - (world.nowUs - (timesAtUs[at] ?? 0)) / 1e6) * 1_000;
      if (!(Math.abs(toldMs - wasMs) <= CLOCK_LIMIT_MS)) found.push(`a reader was told ${told} for the time`);
    });
  }
  return found;
}

/** (3) The fleet's copy is a prefix of the ledger. */
function fleetCopy(cabinet: SimCabinet): string[] {
  const { history } = cabinet;
  const known = cabinet.fleet.records(cabinet.options.machineId);
  const found: string[] = [];
  // Rot can make the newest record look torn: then its sequence is given again, and the fleet sets the batch aside.
  if (known.length > history.records.length && !history.rotten) {
    found.push("the machine has forgotten what the fleet has");
  }
  const same = (theirs: LedgerRecord): boolean => {
    // sent while it could not be read; a later look may find its end of the block again
    if (theirs.kind === "unreadable" && history.rotten) return true;
    const text = JSON.stringify(theirs);
    const { seq } = theirs;
    const lost = history.everLost.filter((ours) => ours.seq === seq);
    const ours = history.records[seq - 1];
    // written behind a record that had rotted, and sent, before anybody looked: the batch's chain vouched for it
    const first = lost[0] ?? ours;
    if (first?.kind === "unreadable" && history.rotten) return true;
    return [ours, ...lost].some((one) => JSON.stringify(one) === text);
  };
  const other = known.find((record) => record.seq <= history.records.length && !same(record));
  if (other !== undefined) found.push(`the fleet has other records, from ${other.seq} (${other.kind})`);
  const { forks, garbage } = cabinet.fleet.machine(cabinet.options.machineId);
  if (forks.length > 0 && !history.rotten) found.push(`the fleet set ${forks.length} batches aside`);
  if (garbage > 0) found.push(`the fleet could not read ${garbage} messages`);
  return found;
}

/**
 * (7) Each sale whose outcome power took has its own cut, after its spiral left home and before its outcome; with full
 * hold-up only where somebody was at the beam in that very turn.
 */
function unknownOutcomes(cabinet: SimCabinet): string[] {
  const { records, everLost, wrecked } = cabinet.history;
  if (wrecked) return [];
  const holdsUp = (cabinet.options.holdUpMs ?? 0) >= FULL_HOLD_UP_MS;
  const allowed = new Set<number>();
  for (const { saleNo, inWindow, blind } of cabinet.cuts) {
    if (saleNo !== undefined && inWindow && (blind || !holdsUp)) allowed.add(saleNo);
  }
  const wrong: number[] = [];
  for (const record of records) {
    if (record.kind !== "outcomeUnknown" || record.cause !== POWER_LOST) continue;
    if (!allowed.has(record.saleNo)) wrong.push(record.saleNo);
  }
  // Where the record of a vend rotted away, what is left of it looks like one that power broke off.
  return wrong.length > lostVends(everLost)
    ? [`sales ${wrong.join(", ")} unknown without a cut in their drop window`]
    : [];
}

/** What must hold when all is repaired and at rest, beyond `judgeNow`: (4), (8), and that nothing is owed. */
export function judgeEnd(cabinet: SimCabinet): string[] {
  const { lost } = cabinet.history;
  const found = judgeNow(cabinet, true);
  if (!cabinet.history.wrecked) found.push(...goods(cabinet), ...balance(cabinet), ...cards(cabinet));
  found.push(...ingestTwice(cabinet), ...orders(cabinet));
  if (lost.size > 0) return found;
  const known = cabinet.fleet.records(cabinet.options.machineId);
  found.push(...voucherThieves(cabinet, known), ...judgeDay(cabinet));
  const reopened = cabinet.readFlash();
  if (sortedJson(reopened.durable) !== sortedJson(cabinet.durable)) found.push("the ledger reopens to another state");
  return found;
}

/** The sum rules of EVA-DTS (mdb.md section 7), in the counters and in the report as a file. */
export function judgeDay(cabinet: SimCabinet): string[] {
  const { durable, identity, random } = cabinet;
  const { currency = 0, decimals = 0 } = random.options.settings ?? {};
  const { machineId, model, firmwareVersion } = identity;
  const products = cabinet.planogram.slots;
  const report = auditReport({ machineId, model, firmwareVersion, currency, decimals, durable, products });
  const parsed = parseReport(writeReport(report));
  if (!parsed.ok) return ["the audit report cannot be read"];
  return [...auditViolations(durable), ...reportViolations(parsed.report)];
}

/** Cards: whoever was charged has goods, or a claim or refund on the fleet's list; nobody has goods for nothing. */
function cards(cabinet: SimCabinet): string[] {
  const { cardSalesMinor, refundsDueMinor, cardClaimsMinor } = cabinet.durable.counters;
  const lostMinor = lostMinorOf(cabinet.history.everLost);
  const chargedMinor = cabinet.truth.cards.chargedMinor() + cabinet.truth.cards.heldMinor();
  const mostMinor = cardSalesMinor + refundsDueMinor + cardClaimsMinor;
  if (chargedMinor > mostMinor + lostMinor) return [`cards charged ${chargedMinor}, ledger ${mostMinor}`];
  if (chargedMinor < cardSalesMinor - lostMinor)
    return [`cards charged ${chargedMinor} for sales of ${cardSalesMinor}`];
  return [];
}

/** Orders: each taken once at most, none that nobody signed for this machine, none too late by a right clock. */
function orders({ history, orders: given, clockJumped }: SimCabinet): string[] {
  const found: string[] = [];
  const taken = new Set<number>();
  for (const record of history.records) {
    if (record.kind !== "commandApplied") continue;
    const { counter, reset = false } = record;
    if (taken.has(counter)) found.push(`order ${counter} was taken twice`);
    taken.add(counter);
    if (given.get(counter)?.genuine !== true) found.push(`order ${counter} was taken though nobody gave it`);
    if (given.get(counter)?.late === true && reset && !clockJumped) found.push(`order ${counter} came too late`);
  }
  return found;
}

/** (4) Everything the fleet has ever got, once more: nothing changes. */
function ingestTwice(cabinet: SimCabinet): string[] {
  const { machineId } = cabinet.options;
  const before = JSON.stringify(cabinet.fleet.records(machineId));
  const { forks } = cabinet.fleet.machine(machineId);
  const forksBefore = forks.length;
  // Of two histories of one sequence, which rot made, the fleet may after a restore take the other one.
  if (cabinet.history.rotten && forksBefore > 0) return [];
  for (const message of cabinet.published.splice(0)) cabinet.fleet.published(machineId, message);
  cabinet.judged();
  cabinet.runFor(cabinet.fleet.commitMs + 10);
  const same = before === JSON.stringify(cabinet.fleet.records(machineId));
  const newForks = cabinet.history.rotten ? 0 : forks.length - forksBefore;
  return same && newForks === 0 ? [] : ["what came twice was stored twice"];
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)));
  });
}
