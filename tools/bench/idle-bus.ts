/**
 * The idle bus, leapt over: while devices would answer every POLL alike, by a bare ACK or by the same data (a validator
 * that is busy says so in each), those that have news wait for their turn, and nothing else is going on in the world,
 * POLLs are reckoned, not played word by word. Each of them still takes its time, its draw of the device's response
 * time and its place in the counters, so that the world behind a leap is the one that would have been there. A POLL
 * that could meet an event is not leapt over.
 */
import { BETWEEN_BLOCKS_US } from "../../firmware/mdb/link.js";
import { ADDRESS_MASK, LINK_TIMING } from "../../shared/mdb/link.js";
import type { LinkRim } from "./link-rim.js";
import type { RngMark } from "./rng.js";
import type { IdleListener, Wire } from "./wire.js";

/** A device in its idle rhythm, as the master knows it. */
export interface IdlePolls {
  /** Address byte of its POLL, which is the whole block. */
  readonly poll: number;
  /** Wants the bus at this time, ms since power-up; moved on by the leap. */
  dueMs: number;
  /** From the taking of an answer to the next POLL, ms. */
  readonly everyMs: number;
}

/** JavaScript's clock as the leap begins: the tick for the first POLL has just become due. */
export interface IdleClock {
  readonly bootUs: number;
  readonly tickUs: number;
  /** Computing time of one input. */
  readonly stepUs: number;
}

export interface Leapt {
  readonly polls: number;
  /** Inputs taken meanwhile: ticks and results of the link. */
  readonly steps: number;
  readonly lastTickUs: number;
  /** The last answer has been taken. */
  readonly freeAtUs: number;
  /** And our ACK of it has been heard; no earlier than that. */
  readonly toUs: number;
}

/** POLL with its checksum; an ACK of either side. */
const POLL_US = 2 * LINK_TIMING.wordUs;
const ACK_US = LINK_TIMING.wordUs;
/** No exchange is over sooner. */
export const SHORTEST_POLL_US = POLL_US + ACK_US;

/** More than any exchange takes with the pause behind it: only nearer to its end a leap may have to go back. */
const SURE_US = 100_000;

interface Rhythm {
  readonly of: IdlePolls;
  readonly device: IdleListener;
  /** How long its answer takes on the wire, and our ACK of it. */
  readonly answerUs: number;
  readonly ackUs: number;
  /** As of the newest moment kept, at which the bus was free and nobody due. */
  dueMs: number;
  mark: RngMark;
}

interface Answering {
  readonly device: IdleListener;
  readonly answer: Uint8Array | "news";
}

export class IdleBus {
  readonly #wire: Wire;
  readonly #answers: Answering[] = [];

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /**
   * Asks every device what its POLLs will get, for the leap that is to come; false if somebody is in the middle of
   * something.
   */
  ask(): boolean {
    this.#answers.length = 0;
    const listeners = this.#wire.plainListeners;
    if (listeners === undefined) return false;
    for (const { idle } of listeners) {
      const answer = idle?.idleNow();
      if (idle === undefined || answer === undefined) return false;
      if (answer !== "deaf") this.#answers.push({ device: idle, answer });
    }
    return true;
  }

  /** What this POLL gets, as the devices said when they were asked; undefined: news, nothing, or two answers. */
  answerTo(poll: number): Uint8Array | undefined {
    const answer = this.#answerOf(poll)?.answer;
    return answer === "news" ? undefined : answer;
  }

  #answerOf(poll: number): Answering | undefined {
    const address = poll & ADDRESS_MASK;
    let found: Answering | undefined;
    for (const each of this.#answers) {
      if (each.device.address !== address) continue;
      if (found !== undefined) return undefined;
      found = each;
    }
    return found;
  }

  /**
   * Gets over all POLLs that are over before `endUs` and behind which the bus is free; undefined if there are none.
   * Moves on `polls`, the devices' generators, link and wire.
   */
  leap(polls: readonly IdlePolls[], link: LinkRim, clock: IdleClock, endUs: number): Leapt | undefined {
    const { restsFromUs } = link;
    const rhythms = this.#rhythms(polls);
    if (restsFromUs === undefined || rhythms === undefined) return undefined;
    if (longestDue(rhythms).dueMs > msOf(clock, clock.tickUs + clock.stepUs)) return undefined;
    let leapt: (Leapt & { readonly restsFromUs: number; readonly address: number }) | undefined;
    let count = 0;
    let steps = 0;
    let readyUs = restsFromUs;
    const talks = rhythms.some(({ ackUs }) => ackUs > 0);
    let atRest = true;
    for (let tickUs = clock.tickUs; ; ) {
      const lastTickUs = tickUs;
      const nearEnd = tickUs + (SURE_US + clock.stepUs) * (rhythms.length + 1) >= endUs;
      if (atRest && (nearEnd || talks)) for (const each of rhythms) keep(each);
      let freeAtUs = tickUs + clock.stepUs;
      let heardUs = freeAtUs;
      let rhythm = longestDue(rhythms);
      let address = 0;
      steps += 1;
      // whoever is due when an answer has been taken has its turn at once
      do {
        const endsUs = Math.max(freeAtUs, readyUs) + POLL_US + rhythm.device.drawResponseUs() + rhythm.answerUs;
        heardUs = endsUs + rhythm.ackUs;
        readyUs = heardUs + BETWEEN_BLOCKS_US;
        freeAtUs = endsUs + clock.stepUs;
        count += 1;
        steps += 1;
        address = rhythm.of.poll & ADDRESS_MASK;
        rhythm.of.dueMs = msOf(clock, freeAtUs) + rhythm.of.everyMs;
        rhythm = longestDue(rhythms);
      } while (freeAtUs < endUs && rhythm.of.dueMs <= msOf(clock, freeAtUs));
      const toUs = Math.max(freeAtUs, heardUs);
      if (toUs >= endUs) {
        if (!nearEnd) throw new Error("bench: an idle POLL took longer than any can");
        break;
      }
      tickUs = clock.bootUs + rhythm.of.dueMs * 1_000;
      // a tick that comes while our ACK is on the wire finds the bus at work
      atRest = tickUs > toUs;
      if (atRest) leapt = { polls: count, steps, lastTickUs, freeAtUs, toUs, restsFromUs: readyUs, address };
    }
    for (const each of rhythms) goBack(each);
    if (leapt === undefined) return undefined;
    link.leapt(leapt.polls, leapt.restsFromUs);
    this.#wire.leapt(leapt.address);
    return leapt;
  }

  /** Each POLL with the one device that answers it. */
  #rhythms(polls: readonly IdlePolls[]): Rhythm[] | undefined {
    const rhythms: Rhythm[] = [];
    for (const of of polls) {
      const found = this.#answerOf(of.poll);
      if (found === undefined || found.answer === "news") return undefined;
      const { device, answer } = found;
      // Data end with their checksum, and are ACKed; a bare ACK is not.
      const isBare = answer.length === 0;
      const answerUs = isBare ? ACK_US : (answer.length + 1) * LINK_TIMING.wordUs;
      const ackUs = isBare ? 0 : ACK_US;
      rhythms.push({ of, device, answerUs, ackUs, dueMs: of.dueMs, mark: device.rng.mark() });
    }
    return rhythms;
  }
}

function msOf({ bootUs }: IdleClock, atUs: number): number {
  return Math.floor((atUs - bootUs) / 1_000);
}

/** The master's own rule; of two that are due since the same time, the first. */
function longestDue(rhythms: readonly Rhythm[]): Rhythm {
  let [first] = rhythms;
  for (const rhythm of rhythms) if (first === undefined || rhythm.of.dueMs < first.of.dueMs) first = rhythm;
  if (first === undefined) throw new RangeError("bench: an idle bus without devices");
  return first;
}

function keep(rhythm: Rhythm): void {
  rhythm.dueMs = rhythm.of.dueMs;
  rhythm.mark = rhythm.device.rng.mark();
}

/** What lies behind the last moment that was kept is played, not leapt over. */
function goBack(rhythm: Rhythm): void {
  rhythm.of.dueMs = rhythm.dueMs;
  rhythm.device.rng.rewind(rhythm.mark);
}
