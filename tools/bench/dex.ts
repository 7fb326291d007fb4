/**
 * The auditor's handset on the DEX port (EVA-DTS 6.1, DEX/UCS): asks, answers, collects the report. On its line bytes
 * can be lost and CRCs bent, in both directions, by count.
 */
import {
  ack,
  type DexReceiver,
  type DexWord,
  ENQ,
  EOT,
  header,
  LISTENING,
  NAK,
  receive,
  SOH,
} from "../../firmware/audit/dex-line.js";
import type { DexPort } from "../../firmware/ports/hardware.js";
import { utf8Decode } from "../../shared/bytes.js";
import type { Timer, World } from "./world.js";

/** 9,600 baud, ten bits a byte. */
const BYTE_US = 1_042;
/** Time the handset takes to think. */
const THINK_US = 20_000;
/** Silence inside a frame after which it is dropped. */
const GAP_US = 100_000;
const REPLY_US = 2_000_000;
const MAX_ASKS = 8;

type Stage = "off" | "ask" | "header" | "listen" | "data" | "done" | "failed";

export interface DexFaults {
  /** Of the bytes the machine sends, every n-th is lost; 0 = none. */
  loseFromMachine: number;
  /** The same of the handset's. */
  loseFromHandset: number;
  /** So many frames of the handset bear a wrong CRC. */
  bendCrcs: number;
  /** So many acknowledgements of blocks are swallowed. */
  swallowAcks: number;
  /** After so many blocks the plug is pulled; 0 = never. */
  unplugAfterBlocks: number;
}

export class DexHandset implements DexPort {
  readonly faults: DexFaults = {
    loseFromMachine: 0,
    loseFromHandset: 0,
    bendCrcs: 0,
    swallowAcks: 0,
    unplugAfterBlocks: 0,
  };
  /** What the report is made of, block by block. */
  readonly blocks: string[] = [];
  /** Header of the machine: response code, identity, revision. */
  machineHeader = "";
  stage: Stage = "off";
  readonly #world: World;
  readonly #deliver: (bytes: Uint8Array) => void;
  #receiver: DexReceiver = LISTENING;
  #lastAck: 0 | 1 = 0;
  #timer: Timer | undefined;
  #asks = 0;
  #heard = 0;
  #said = 0;
  #heardAtUs = 0;
  /** The last block has come. */
  #complete = false;
  #freeAtUs = 0;

  /** deliver: bytes to the machine. */
  constructor(world: World, deliver: (bytes: Uint8Array) => void) {
    this.#world = world;
    this.#deliver = deliver;
  }

  /** The report as it came; "" unless it is complete. */
  get report(): string {
    return this.stage === "done" ? this.blocks.join("") : "";
  }

  get busy(): boolean {
    return this.stage !== "off" && this.stage !== "done" && this.stage !== "failed";
  }

  /** Plugs in and asks for the report. */
  plugIn(): void {
    this.#asks = 0;
    this.#ask();
  }

  unplug(): void {
    this.stage = "off";
    this.#world.cancel(this.#timer);
  }

  /** Bytes from the machine: on the line one after the other. */
  send(bytes: Uint8Array): void {
    if (this.stage === "off") return;
    this.#freeAtUs = Math.max(this.#freeAtUs, this.#world.nowUs);
    for (const byte of bytes) {
      this.#freeAtUs += BYTE_US;
      const { loseFromMachine } = this.faults;
      this.#heard += 1;
      if (loseFromMachine > 0 && this.#heard % loseFromMachine === 0) continue;
      this.#world.schedule(this.#freeAtUs, () => this.#take(byte));
    }
  }

  #ask(): void {
    if (this.#asks >= MAX_ASKS) {
      this.stage = "failed";
      return;
    }
    this.#asks += 1;
    this.stage = "ask";
    this.blocks.length = 0;
    this.#complete = false;
    this.machineHeader = "";
    this.#receiver = LISTENING;
    this.#say(Uint8Array.of(ENQ));
    this.#wait();
  }

  /** Without an answer the handset begins anew. */
  #wait(): void {
    this.#world.cancel(this.#timer);
    this.#timer = this.#world.after(REPLY_US, () => {
      if (this.busy) this.#ask();
    });
  }

  #say(bytes: Uint8Array): void {
    const sent: number[] = [];
    for (const byte of bytes) {
      const { loseFromHandset } = this.faults;
      this.#said += 1;
      if (loseFromHandset === 0 || this.#said % loseFromHandset !== 0) sent.push(byte);
    }
    this.#world.after(THINK_US + sent.length * BYTE_US, () => {
      if (this.stage !== "off") this.#deliver(Uint8Array.from(sent));
    });
  }

  #take(byte: number): void {
    if (this.stage === "off") return;
    const gap = this.#world.nowUs - this.#heardAtUs > GAP_US;
    this.#heardAtUs = this.#world.nowUs;
    const { next, word } = receive(gap ? LISTENING : this.#receiver, byte);
    this.#receiver = next;
    if (word !== undefined) this.#hear(word);
  }

  #hear(word: DexWord): void {
    switch (this.stage) {
      case "ask":
        if (word.word === "ack" && word.number === 0) this.#sendHeader();
        return;
      case "header":
        if (word.word === "nak") return this.#sendHeader();
        if (word.word !== "ack" || word.number !== 1) return;
        this.stage = "listen";
        this.#say(Uint8Array.of(EOT));
        return this.#wait();
      case "listen":
      case "data":
        return this.#follow(word);
      default:
        return;
    }
  }

  #sendHeader(): void {
    this.stage = "header";
    const bytes = header("AUD0000001RR01L01");
    if (this.faults.bendCrcs > 0) {
      this.faults.bendCrcs -= 1;
      bytes.set([(bytes[bytes.length - 1] ?? 0) ^ 1], bytes.length - 1);
    }
    this.#say(bytes);
    this.#wait();
  }

  /** The machine leads: its header, then its blocks. ENQ in the data asks for the last acknowledgement again. */
  #follow(word: DexWord): void {
    this.#wait();
    if (word.word === "enq") {
      if (this.blocks.length > 0) return this.#say(ack(this.#lastAck));
      return this.#acknowledge(0);
    }
    if (word.word === "eot") {
      if (this.#complete) this.stage = "done";
      return;
    }
    if (word.word !== "frame") return;
    if (!word.sound) return this.#say(Uint8Array.of(NAK));
    if (word.start === SOH) {
      this.machineHeader = utf8Decode(word.text) ?? "";
      return this.#acknowledge(1);
    }
    this.stage = "data";
    this.#complete = word.last;
    this.blocks.push(utf8Decode(word.text) ?? "");
    if (this.blocks.length === this.faults.unplugAfterBlocks) return this.unplug();
    this.#acknowledge(this.#lastAck === 0 ? 1 : 0);
  }

  #acknowledge(number: 0 | 1): void {
    this.#lastAck = number;
    if (this.stage === "data" && this.faults.swallowAcks > 0) {
      this.faults.swallowAcks -= 1;
      return;
    }
    this.#say(ack(number));
  }
}
