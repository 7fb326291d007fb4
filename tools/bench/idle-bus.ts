/**
 * The idle bus, leapt over: while every device would answer every POLL by a bare ACK and nothing else is going on in
 * the world, POLLs are reckoned, not played word by word. Each of them still takes its time, its draw of the device's
 * response time and its place in the counters, so that the world behind a leap is the one that would have been there.
 * A POLL that could meet an event is not leapt over.
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
  /** From the taking of an ACK to the next POLL, ms. */
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
  /** The last ACK has been taken. */
  readonly toUs: number;
}

/** POLL with its checksum; the bare ACK. */
const POLL_US = 2 * LINK_TIMING.wordUs;
const ACK_US = LINK_TIMING.wordUs;
/** No exchange is over sooner. */
export const SHORTEST_POLL_US = POLL_US + ACK_US;

/** More than any exchange takes with the pause behind it: only nearer to its end a leap may have to go back. */
const SURE_US = 100_000;

interface Rhythm {
  readonly of: IdlePolls;
  readonly device: IdleListener;
  /** As of the newest moment kept, at which the bus was free and nobody due. */
  dueMs: number;
  mark: RngMark;
}

export class IdleBus {
  readonly #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** True if no device has anything to say. Cheap: asked before anything is reckoned. */
  get isIdle(): boolean {
    const listeners = this.#wire.plainListeners;
    if (listeners === undefined) return false;
    for (const { idle } of listeners) if (idle?.idleNow() === undefined) return false;
    return true;
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
    for (let tickUs = clock.tickUs; ; ) {
      const lastTickUs = tickUs;
      const nearEnd = tickUs + (SURE_US + clock.stepUs) * (rhythms.length + 1) >= endUs;
      if (nearEnd) for (const each of rhythms) keep(each);
      let toUs = tickUs + clock.stepUs;
      let rhythm = longestDue(rhythms);
      let address = 0;
      steps += 1;
      // whoever is due when an ACK has been taken has its turn at once
      do {
        const ackUs = Math.max(toUs, readyUs) + POLL_US + rhythm.device.drawResponseUs() + ACK_US;
        readyUs = ackUs + BETWEEN_BLOCKS_US;
        toUs = ackUs + clock.stepUs;
        count += 1;
        steps += 1;
        address = rhythm.of.poll & ADDRESS_MASK;
        rhythm.of.dueMs = msOf(clock, toUs) + rhythm.of.everyMs;
        rhythm = longestDue(rhythms);
      } while (toUs < endUs && rhythm.of.dueMs <= msOf(clock, toUs));
      if (toUs >= endUs) {
        if (!nearEnd) throw new Error("bench: an idle POLL took longer than any can");
        break;
      }
      leapt = { polls: count, steps, lastTickUs, toUs, restsFromUs: readyUs, address };
      tickUs = clock.bootUs + rhythm.of.dueMs * 1_000;
    }
    for (const each of rhythms) goBack(each);
    if (leapt === undefined) return undefined;
    link.leapt(leapt.polls, leapt.restsFromUs);
    this.#wire.leapt(leapt.address);
    return leapt;
  }

  /** Each POLL with the one device that answers it; undefined if somebody has more to say, or nobody would answer. */
  #rhythms(polls: readonly IdlePolls[]): Rhythm[] | undefined {
    if (!this.isIdle) return undefined;
    const rhythms: Rhythm[] = [];
    for (const of of polls) {
      const address = of.poll & ADDRESS_MASK;
      let device: IdleListener | undefined;
      for (const { idle } of this.#wire.plainListeners ?? []) {
        if (idle?.address !== address || idle.idleNow() !== "bareAck") continue;
        if (device !== undefined) return undefined;
        device = idle;
      }
      if (device === undefined) return undefined;
      rhythms.push({ of, device, dueMs: of.dueMs, mark: device.rng.mark() });
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
