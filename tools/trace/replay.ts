/**
 * Feeds a recording's peripherals to the real bus master, word by word over the reference link, and tells what it
 * concluded. The world's clock is a simulated one: a recording of a minute replays in a moment.
 */
import {
  BUS_AT_BOOT,
  type BusState,
  busDueMs,
  type MdbEffect,
  type MdbInput,
  stepMdb,
} from "../../firmware/mdb/bus.js";
import type { MdbFacts } from "../../firmware/mdb/peripheral.js";
import type { MdbEvent, MdbOrder } from "../../firmware/ports/rooms.js";
import { addressName } from "../../shared/mdb/addresses.js";
import { currencyOf, findCommand, findDevice } from "../../shared/mdb/codec.js";
import type { FieldRecord } from "../../shared/mdb/layout.js";
import { ADDRESS_MASK, MODE_BIT, RET } from "../../shared/mdb/link.js";
import { FITTED } from "../../shared/wire/documents.js";
import { LinkRim } from "../bench/link-rim.js";
import { type TappedTransmission, Wire } from "../bench/wire.js";
import { type Timer, World } from "../bench/world.js";
import { Conclusions, nameAt, type ReplayReport } from "./conclusions.js";
import { type BlockReport, decodeConversation } from "./decode.js";
import { Director, type ReaderScale } from "./director.js";
import { bytesOf, type Conversation, type Exchange, type Step } from "./exchanges.js";
import { endUs } from "./read.js";
import { saidIn, Tape } from "./tape.js";

/** Computing time for one input of the master, and the least a peripheral takes to answer. */
const STEP_US = 300;
const ANSWER_US = 120;
/** After the last thing worth hearing; below every non-response time, so that the recording's end is no silence. */
const AFTERWARDS_US = 1_000_000;
/** A replay that never gets through its recording ends at its length and so much more. */
const MORE_US = 120_000_000;
/** A machine that looks for devices in vain is given so long where no times were recorded. */
const UNTIMED_US = 20_000_000;

/** Commands to which an ACK is the whole answer: where the recording has none, one is assumed. */
const ACK_ENOUGH: readonly string[] = Object.freeze([
  "reset",
  "prices",
  "readerEnable",
  "readerDisable",
  "enableOptions",
  "cashSale",
  "timeDate",
  "vendSuccess",
  "vendFailure",
  "coinType",
  "billType",
  "security",
  "featureEnable",
]);

export class Replay {
  readonly #world = new World(1);
  readonly #wire = new Wire(this.#world);
  readonly #rim: LinkRim;
  readonly #tapes: readonly Tape[];
  readonly #director: Director;
  readonly #facts: MdbFacts;
  readonly #conclusions: Conclusions;
  readonly #limitUs: number;
  #bus: BusState = BUS_AT_BOOT;
  #tick: Timer | undefined;
  /** Exchanges whose order was given. */
  readonly #ordered = new Set<Exchange>();
  #speaking: { readonly said: readonly (readonly Step[])[]; round: number; exchange: Exchange } | undefined;

  constructor(conversation: Conversation) {
    const { blocks } = decodeConversation(conversation);
    this.#tapes = tapesOf(conversation, blocks);
    const { decimals, currency, scales } = moneyOf(blocks);
    this.#director = new Director(decimals, scales);
    this.#facts = factsFor(this.#tapes, decimals, currency);
    this.#conclusions = new Conclusions(this.#tapes, decimals);
    const last = conversation.exchanges[conversation.exchanges.length - 1];
    this.#limitUs = (conversation.timed ? (last?.startUs ?? 0) : UNTIMED_US) + MORE_US;
    this.#wire.tap((transmission) => this.#heard(transmission));
    this.#rim = new LinkRim(this.#world, this.#wire, (result) => this.#later({ on: "link", result }));
  }

  run(): ReplayReport {
    this.#later({ on: "start" });
    const nobody = this.#tapes.every((tape) => tape.absent);
    let endUs = nobody ? UNTIMED_US : this.#limitUs;
    let told = false;
    while (this.#world.step(endUs)) {
      if (told || nobody || !this.#tapes.every((tape) => tape.told)) continue;
      told = true;
      endUs = Math.min(endUs, this.#world.nowUs + AFTERWARDS_US);
    }
    const complete = told || nobody;
    return this.#conclusions.report(this.#bus, this.#rim.counters, Math.round(this.#world.nowUs / 1_000), complete);
  }

  // ---- the master -------------------------------------------------------------------------------------------------

  #later(input: MdbInput): void {
    this.#world.after(STEP_US, () => this.#input(input));
  }

  #input(input: MdbInput): void {
    const nowMs = this.#nowMs;
    const step = stepMdb(this.#bus, input, this.#facts, nowMs);
    this.#bus = step.state;
    this.#conclusions.look(this.#bus, nowMs);
    for (const effect of step.effects) this.#perform(effect);
    this.#world.cancel(this.#tick);
    const dueMs = busDueMs(this.#bus);
    if (dueMs !== Infinity) {
      // a tick in this very millisecond would not move the clock
      const atUs = Math.max(dueMs * 1_000, this.#world.nowUs + STEP_US);
      this.#tick = this.#world.schedule(atUs, () => this.#input({ on: "tick" }));
    }
  }

  #perform(effect: MdbEffect): void {
    switch (effect.do) {
      case "append":
        return this.#conclusions.record(effect.record, this.#nowMs);
      case "release":
        return this.#rim.release();
      case "mdbEvent":
        return this.#event(effect.event);
      case "busReset":
        return this.#rim.busReset();
      case "send":
        return this.#rim.send(effect.block, { ackFirst: effect.ackFirst });
    }
  }

  #event(event: MdbEvent): void {
    this.#conclusions.event(event, this.#nowMs);
  }

  get #nowMs(): number {
    return Math.floor(this.#world.nowUs / 1_000);
  }

  // ---- the recorded devices ---------------------------------------------------------------------------------------

  #heard({ from, words, address }: TappedTransmission): void {
    if (from !== "vmc") return;
    if (((words[0] ?? 0) & MODE_BIT) !== 0) {
      this.#asked(address, bytesOf(words).slice(0, -1));
    } else if (words[0] === RET && this.#speaking !== undefined) {
      const { said } = this.#speaking;
      // a device asked more often than in the recording says the same again
      this.#speaking.round = Math.min(
        this.#speaking.round + 1,
        said.findLastIndex((steps) => steps.length > 0),
      );
      this.#say(address);
    }
  }

  #asked(address: number, block: Uint8Array): void {
    this.#speaking = undefined;
    const tape = this.#tapes.find((candidate) => candidate.address === address);
    if (tape === undefined || tape.absent) return;
    const device = findDevice(block);
    const command = (device === undefined ? undefined : findCommand(device, block)?.name) ?? "unknown";
    this.#order(tape);
    const answer = tape.answer(command);
    if (answer.from === "nowhere") {
      const assumed = ACK_ENOUGH.includes(command);
      this.#conclusions.notRecorded(tape, command, assumed);
      if (assumed) this.#send([MODE_BIT], address, ANSWER_US);
    } else if (answer.from === "idle") {
      this.#send([MODE_BIT], address, ANSWER_US);
    } else {
      this.#speaking = { said: saidIn(answer.entry.exchange), round: 0, exchange: answer.entry.exchange };
      this.#say(address);
    }
  }

  /** Says the steps of this round, as far apart as they were. */
  #say(address: number): void {
    const { said, round, exchange } = this.#speaking ?? { said: [], round: 0, exchange: undefined };
    const steps = said[round] ?? [];
    const first = steps[0];
    if (first === undefined || exchange === undefined) return;
    const lateUs = round === 0 ? first.startUs - endUs(exchange) : ANSWER_US;
    for (const step of steps) {
      this.#send(step.words, address, Math.max(ANSWER_US, lateUs) + (step.startUs - first.startUs));
    }
  }

  #send(words: readonly number[], address: number, afterUs: number): void {
    this.#world.after(afterUs, () => this.#wire.send("peripheral", words, address));
  }

  /** What the recorded VMC asked next, once everything before it was told. */
  #order(tape: Tape): void {
    const { next } = tape;
    if (next === undefined || this.#ordered.has(next.exchange)) return;
    this.#ordered.add(next.exchange);
    const order = this.#director.orderFor(next.block);
    if (order !== undefined) this.#give(order);
  }

  #give(order: MdbOrder): void {
    this.#conclusions.ordered(order, this.#nowMs);
    // behind the exchange that is on the line now
    this.#later({ on: "order", order });
  }
}

function tapesOf(conversation: Conversation, blocks: readonly BlockReport[]): readonly Tape[] {
  const byAddress = new Map<number, { exchange: Exchange; block: BlockReport }[]>();
  for (const [index, exchange] of conversation.exchanges.entries()) {
    const block = blocks[index];
    const address = (exchange.words[0] ?? 0) & ADDRESS_MASK;
    if (block === undefined) continue;
    const entries = byAddress.get(address) ?? [];
    entries.push({ exchange, block });
    byAddress.set(address, entries);
  }
  return [...byAddress].map(([address, entries]) => new Tape(address, entries));
}

interface Money {
  readonly decimals: number;
  readonly currency: number;
  readonly scales: readonly ReaderScale[];
}

/** Currency and decimals as the first device told them; a machine of its own would have them in its settings. */
function moneyOf(blocks: readonly BlockReport[]): Money {
  const setUps = blocks.flatMap(({ device, replies }) => {
    const told = replies.flatMap(({ events, fields }) => (fields === undefined ? events : [...events, fields]));
    return told.filter((fieldsTold) => fieldsTold.country !== undefined).map((fieldsTold) => ({ device, fieldsTold }));
  });
  const first = setUps[0]?.fieldsTold;
  const scales = ["cashless1", "cashless2"].map((name): ReaderScale => {
    const own = setUps.find(({ device, fieldsTold }) => device === name && fieldsTold.scaling !== undefined);
    return { scaling: numberOf(own?.fieldsTold, "scaling", 1), decimals: numberOf(own?.fieldsTold, "decimals", 2) };
  });
  const { number } = currencyOf(numberOf(first, "country", 0x1840));
  return { decimals: numberOf(first, "decimals", 2), currency: number, scales };
}

function numberOf(fields: FieldRecord | undefined, name: string, otherwise: number): number {
  const value = fields?.[name];
  return typeof value === "number" ? value : otherwise;
}

function factsFor(tapes: readonly Tape[], decimals: number, currency: number): MdbFacts {
  let fitted = 0;
  for (const { address } of tapes) {
    const name = nameAt(addressName(address) ?? "");
    if (name !== undefined) fitted |= 1 << FITTED.indexOf(name);
  }
  return {
    decimals,
    fitted,
    currency,
    lowestPriceMinor: undefined,
    highestPriceMinor: undefined,
    highSecurityMask: 0,
    recycleMask: 0,
    serial: "REPLAY",
    model: "SPIRAL",
    displayColumns: 16,
    displayRows: 2,
    wallS: () => undefined,
    ackFirst: 0,
  };
}
