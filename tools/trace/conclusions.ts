/** What the master concluded in a replay: collected while it runs, told at its end. */
import type { BusState } from "../../firmware/mdb/bus.js";
import { type DeviceState, SEATS } from "../../firmware/mdb/seats.js";
import type { MdbEvent, MdbOrder } from "../../firmware/ports/rooms.js";
import { ADDRESSES } from "../../shared/mdb/addresses.js";
import type { NewRecord } from "../../shared/records/kinds.js";
import { FITTED, type FittedName } from "../../shared/wire/documents.js";
import type { Tape } from "./tape.js";

/** `answer`: "none" = the recording ended before it. `settled`: what was told to the reader about the goods. */
export interface VendReport {
  readonly reader: string;
  readonly amountMinor: number;
  readonly item: number;
  readonly atMs: number;
  answer: "approved" | "denied" | "unknown" | "none";
  /** What the reader approved; it may be another amount than was asked. */
  approvedMinor: number | undefined;
  settled: "success" | "successUnheard" | "refunded" | "refundUnconfirmed" | "open";
}

export interface StatePassed {
  readonly state: string;
  readonly atMs: number;
}

export interface DeviceReport {
  readonly device: string;
  readonly address: number;
  /** False: nobody in the recording ever answered at this address. */
  readonly answered: boolean;
  readonly states: readonly StatePassed[];
  /** Times the set-up was begun; the first is no re-initialisation. */
  readonly reinitialisations: number;
  readonly lost: number;
  readonly sessions: number;
  /** Asked of it, in order; of card readers. */
  readonly vends: readonly VendReport[];
  /** Worth of the coins or bills it has reported as ours. */
  readonly creditMinor: number;
  /** Its answers that could not be used, for all the RETs. */
  readonly badBlocks: number;
  /** Events told to the rest of the machine, with how often. */
  readonly events: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
  /** Commands of the recorded VMC that our master did not send. */
  readonly passedOver: Readonly<Record<string, number>>;
  /** Commands of ours that are not in the recording: answered by an assumed ACK, or by nothing. */
  readonly assumedAcks: Readonly<Record<string, number>>;
  readonly unanswered: Readonly<Record<string, number>>;
}

export interface ReplayReport {
  /** False: the master did not get through the recording. */
  readonly complete: boolean;
  readonly replayedMs: number;
  readonly decimals: number;
  /** Of coins and bills, all devices together. */
  readonly creditMinor: number;
  readonly devices: readonly DeviceReport[];
  readonly vends: readonly VendReport[];
  readonly records: Readonly<Record<string, number>>;
  /** Of all devices. */
  readonly badBlocks: number;
  readonly link: { readonly blocks: number; readonly rets: number; readonly naks: number; readonly strays: number };
}

type Tally = Record<string, number>;

interface Gathered {
  readonly name: FittedName;
  readonly states: StatePassed[];
  sessions: number;
  lost: number;
  creditMinor: number;
  badBlocks: number;
  readonly events: Tally;
  readonly faults: Set<string>;
}

const READERS: readonly FittedName[] = Object.freeze(["reader1", "reader2"]);
const STORES: Readonly<Record<number, FittedName>> = Object.freeze({ 1: "validator", 2: "hopper1", 3: "hopper2" });

/** Most states kept of one device. */
export const MAX_STATES = 1_000;

export class Conclusions {
  readonly #tapes: readonly Tape[];
  readonly #decimals: number;
  readonly #gathered = new Map<FittedName, Gathered>();
  readonly #vends: VendReport[] = [];
  readonly #records: Tally = {};
  readonly #assumed = new Map<Tape, Tally>();
  readonly #unanswered = new Map<Tape, Tally>();
  /** Whose answer is awaited, and bad blocks up to then. */
  #asked: FittedName | undefined;
  #badBlocks = 0;

  constructor(tapes: readonly Tape[], decimals: number) {
    this.#tapes = tapes;
    this.#decimals = decimals;
  }

  /** The master has taken a step. */
  look(bus: BusState, nowMs: number): void {
    if (this.#asked !== undefined) this.#of(this.#asked).badBlocks += bus.badBlocks - this.#badBlocks;
    this.#badBlocks = bus.badBlocks;
    this.#asked = bus.exchange?.with.name;
    for (const { name, fittedBit } of SEATS) {
      if ((bus.fitted & fittedBit) === 0) continue;
      const { states } = this.#of(name);
      const state = stateOf(bus[name]);
      if (states[states.length - 1]?.state === state || states.length >= MAX_STATES) continue;
      states.push({ state, atMs: nowMs });
    }
  }

  record(record: NewRecord, _nowMs: number): void {
    add(this.#records, record.kind);
    if (record.kind === "coinIn") this.#of("changer").creditMinor += record.valueMinor;
    if (record.kind === "billStacked") this.#of("validator").creditMinor += record.valueMinor;
  }

  ordered(order: MdbOrder, nowMs: number): void {
    if (order.order !== "vendRequest") return;
    const reader = READERS[order.reader] ?? "reader1";
    const { amountMinor, item } = order;
    this.#vends.push({
      reader,
      amountMinor,
      item,
      atMs: nowMs,
      answer: "none",
      approvedMinor: undefined,
      settled: "open",
    });
  }

  event(event: MdbEvent, _nowMs: number): void {
    const gathered = this.#of(deviceOf(event));
    add(gathered.events, event.event);
    if (event.event === "session") gathered.sessions += 1;
    if (event.event.endsWith("Lost")) gathered.lost += 1;
    if (event.event === "trouble" && event.present) gathered.faults.add(event.fault);
    if ("reader" in event) this.#settle(event);
  }

  /** A command of ours that the recording cannot answer. */
  notRecorded(tape: Tape, command: string, assumedAck: boolean): void {
    const tallies = assumedAck ? this.#assumed : this.#unanswered;
    const tally = tallies.get(tape) ?? {};
    tallies.set(tape, tally);
    add(tally, command);
  }

  report(
    bus: BusState,
    link: { readonly blocks: number; readonly rets: number; readonly naks: number; readonly strays: number },
    replayedMs: number,
    complete: boolean,
  ): ReplayReport {
    const { blocks, rets, naks, strays } = link;
    return {
      complete,
      replayedMs,
      decimals: this.#decimals,
      creditMinor: this.#of("changer").creditMinor + this.#of("validator").creditMinor,
      devices: this.#tapes.map((tape) => this.#deviceReport(tape, bus)),
      vends: this.#vends,
      records: this.#records,
      badBlocks: bus.badBlocks,
      link: { blocks, rets, naks, strays },
    };
  }

  #deviceReport(tape: Tape, bus: BusState): DeviceReport {
    const device = ADDRESSES.find(({ address }) => address === tape.address)?.name ?? "nobody";
    const seat = SEATS.find(({ name }) => name === nameAt(device));
    const gathered = this.#of(seat?.name ?? nameAt(device) ?? "changer");
    const seen = seat !== undefined;
    const setUps = seat === undefined ? 0 : bus[seat.name].contact.setUps;
    return {
      device,
      address: tape.address,
      answered: !tape.absent,
      states: seen ? gathered.states : [],
      reinitialisations: Math.max(0, setUps - 1),
      lost: seen ? gathered.lost : 0,
      sessions: seen ? gathered.sessions : 0,
      vends: this.#vends.filter(({ reader }) => reader === seat?.name),
      creditMinor: seen ? gathered.creditMinor : 0,
      badBlocks: seen ? gathered.badBlocks : 0,
      events: seen ? gathered.events : {},
      faults: seen ? [...gathered.faults] : [],
      passedOver: tallyOf(tape.passedOver),
      assumedAcks: this.#assumed.get(tape) ?? {},
      unanswered: this.#unanswered.get(tape) ?? {},
    };
  }

  #settle(event: Extract<MdbEvent, { readonly reader: number }>): void {
    const name = READERS[event.reader];
    const vend = this.#vends.findLast(({ reader }) => reader === name);
    if (vend === undefined) return;
    switch (event.event) {
      case "approved":
        vend.answer = "approved";
        vend.approvedMinor = event.amountMinor;
        break;
      case "denied":
        vend.answer = "denied";
        break;
      case "vendUnknown":
        vend.answer = "unknown";
        break;
      case "successTold":
        vend.settled = event.acked ? "success" : "successUnheard";
        break;
      case "failureConfirmed":
        vend.settled = "refunded";
        break;
      case "failureUnconfirmed":
        vend.settled = "refundUnconfirmed";
        break;
    }
  }

  #of(name: FittedName): Gathered {
    const found = this.#gathered.get(name);
    if (found !== undefined) return found;
    const none = { sessions: 0, lost: 0, creditMinor: 0, badBlocks: 0 };
    const fresh: Gathered = { name, states: [], ...none, events: {}, faults: new Set() };
    this.#gathered.set(name, fresh);
    return fresh;
  }
}

/** The names that the bus's addresses have among what is fitted. */
const FITTED_AT: Readonly<Record<string, FittedName>> = Object.freeze({
  coinChanger: "changer",
  billValidator: "validator",
  cashless1: "reader1",
  cashless2: "reader2",
  coinHopper1: "hopper1",
  coinHopper2: "hopper2",
  ageVerification: "ageVerifier",
});

/** The name of a device, as in ADDRESSES, among what is fitted. */
export function nameAt(device: string): FittedName | undefined {
  return FITTED_AT[device] ?? FITTED.find((name) => name === device);
}

function deviceOf(event: MdbEvent): FittedName {
  if ("reader" in event) return READERS[event.reader] ?? "reader1";
  if ("device" in event) return event.device;
  if ("store" in event) return STORES[event.store] ?? "validator";
  if (event.event === "trouble") return faultOwner(event.fault);
  const ofBills = ["validatorReady", "validatorLost", "stacker", "escrowed", "billReturned", "billRejected"];
  return ofBills.includes(event.event) ? "validator" : "changer";
}

function faultOwner(fault: string): FittedName {
  const named = FITTED.find((name) => fault.startsWith(name));
  if (named !== undefined) return named;
  return /validator|bill|stacker|cashBox|recycler/i.test(fault) ? "validator" : "changer";
}

/** Of a card reader its state of the seven; of others how far they are set up. */
function stateOf(device: DeviceState): string {
  return "card" in device ? device.card.at : device.contact.phase;
}

function add(tally: Tally, name: string): void {
  tally[name] = (tally[name] ?? 0) + 1;
}

function tallyOf(names: readonly string[]): Tally {
  const tally: Tally = {};
  for (const name of names) add(tally, name);
  return tally;
}
