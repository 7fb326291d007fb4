/**
 * What runs on XS for the bench `xs-memory`: the machine alone, living through what was recorded (tape.ts). Its ports
 * are made before it and keep nothing, so that whatever lives more after a run is the machine's.
 */
import { bootMachine } from "../../firmware/machine/boot.js";
import type { Machine } from "../../firmware/machine/machine.js";
import type { MachinePorts } from "../../firmware/machine/types.js";
import type { FlashPort } from "../../firmware/ports/hardware.js";
import { crc32, fromHex } from "../../shared/bytes.js";
import type { Moment, Start } from "./tape.js";

const LIMIT_UNITS = 2_000_000_000;
const BLOCK_BYTES = 4_096;
const TICK = Object.freeze({ on: "tick" } as const);

/**
 * Flash without faults, at no cost beyond its bytes. That no bit goes back to 1, the flash it was recorded on has seen
 * to (tools/bench/flash.ts).
 */
class PlainFlash implements FlashPort {
  readonly blockBytes = BLOCK_BYTES;
  readonly blocks: number;
  readonly bytes: Uint8Array;

  constructor(blocks: number) {
    this.blocks = blocks;
    this.bytes = new Uint8Array(blocks * BLOCK_BYTES).fill(0xff);
  }

  read(offset: number, length: number): Uint8Array {
    return this.bytes.slice(offset, offset + length);
  }

  write(offset: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, offset);
  }

  eraseBlock(block: number): void {
    this.bytes.fill(0xff, block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES);
  }
}

/** What a board is started with, and with which ports. */
interface Bench {
  readonly start: Start;
  readonly ports: MachinePorts;
  readonly ledgerFlash: PlainFlash;
}

type Answers = readonly (number | boolean)[];

let bench: Bench | undefined;
let machine: Machine | undefined;
let moments: readonly Moment[] = [];
let answers: Answers = [];
let answered = 0;
let blocksSent = 0;
let mostUnits = 0;
let mostBootUnits = 0;

type Meter = (computeLimit: number, allocateLimit: number) => number;

function isMeter(value: unknown): value is Meter {
  return typeof value === "function";
}

/** Units since it was last asked. */
function lap(): number {
  const meter: unknown = Reflect.get(globalThis, "resetMeter");
  if (!isMeter(meter)) throw new Error("no meter: this runs on XS alone");
  return meter(LIMIT_UNITS, 0) >>> 0;
}

function nothing(): void {
  // a port whose device is not there
}

function answer(): number | boolean {
  const given = answers[answered];
  if (given === undefined) throw new Error("the machine asks what it had not asked");
  answered += 1;
  return given;
}

function makePorts(ledgerFlash: PlainFlash, documentFlash: PlainFlash): MachinePorts {
  return {
    link: {
      send: () => {
        blocksSent += 1;
      },
      release: nothing,
      busReset: nothing,
    },
    ledgerFlash,
    documentFlash,
    motors: { turn: nothing, stop: nothing },
    beam: { emitter: nothing },
    network: { publish: () => answer() === true, announce: nothing },
    dex: { send: nothing },
    panel: { show: nothing },
    random: { below: () => Number(answer()) },
  };
}

/** How recorded bytes are written. */
export function bytes(hex: string): Uint8Array {
  return fromHex(hex) ?? new Uint8Array(0);
}

/** The board, still without its machine. */
export function prepare(start: Start): void {
  const ledgerFlash = new PlainFlash(start.ledgerBlocks);
  const documentFlash = new PlainFlash(start.documents.length / BLOCK_BYTES);
  documentFlash.bytes.set(start.documents);
  bench = { start, ledgerFlash, ports: makePorts(ledgerFlash, documentFlash) };
}

/** Without the machine: what `boot` and `play` have left behind themselves, gone. */
export function boot(): void {
  if (bench === undefined) throw new Error("no board");
  const { start, ports } = bench;
  answers = start.answers;
  answered = 0;
  lap();
  machine = bootMachine(ports, start.identity, start.sensors, start.cause, start.nowMs);
  mostBootUnits = lap();
  answers = [];
}

/** What `play` is to live through next. */
export function load(next: readonly Moment[]): void {
  moments = next;
}

/** Nothing more than calling the machine: what is allocated meanwhile is the machine's. */
export function play(): void {
  if (machine === undefined) throw new Error("no machine");
  const last = moments.length;
  for (let at = 0; at < last; at += 1) {
    const moment = moments[at] ?? 0;
    const isTick = typeof moment === "number";
    answers = isTick ? [] : moment.answers;
    answered = 0;
    lap();
    if (isTick) machine.input(TICK, moment);
    else machine.input(moment.input, moment.ms);
    machine.dueMs();
    const units = lap();
    if (units > mostUnits) mostUnits = units;
  }
  moments = [];
}

/** By what the machine is known to have done what it did when it was recorded. */
export function tell(): string {
  const crc = bench === undefined ? 0 : crc32(bench.ledgerFlash.bytes);
  return JSON.stringify({ crc, dueMs: machine?.dueMs() ?? 0, blocksSent, mostUnits, mostBootUnits });
}
