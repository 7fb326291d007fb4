/** Recordings of our own making, as lines of a file. Each tells in its comment where the like of it was seen. */
import { masterWords, peripheralWords } from "../../../shared/mdb/block.js";

const WORD_US = 1_146;

/** Writes a conversation as a file would have it, times included. */
export class Recorder {
  readonly #lines: string[] = ["# made by hand"];
  #nowUs = 1_000_000;

  /** The VMC says a block (hex without checksum); so long after what was said last. */
  vmc(hex: string, afterUs = 100_000): this {
    return this.#run("M", masterWords(bytes(hex)), afterUs);
  }

  /** A peripheral says a block. */
  data(hex: string, afterUs = 200): this {
    return this.#run("S", peripheralWords(bytes(hex)), afterUs);
  }

  ack(): this {
    return this.#run("S", [0x100], 200);
  }

  /** The VMC's ACK. */
  vmcAck(): this {
    return this.#run("M", [0x000], 300);
  }

  words(side: "M" | "S", words: readonly number[], afterUs = 200): this {
    return this.#run(side, words, afterUs);
  }

  /** A POLL of a device that has nothing to say, again and again. */
  idle(poll: string, times: number): this {
    for (let nth = 0; nth < times; nth += 1) this.vmc(poll).ack();
    return this;
  }

  /** A POLL that brings something, and our ACK. */
  told(poll: string, hex: string): this {
    return this.vmc(poll).data(hex).vmcAck();
  }

  get text(): string {
    return `${this.#lines.join("\n")}\n`;
  }

  #run(side: string, words: readonly number[], afterUs: number): this {
    const startUs = this.#nowUs + afterUs;
    const hex = words.map((word) => word.toString(16).toUpperCase().padStart(3, "0")).join(" ");
    this.#lines.push([startUs, side, hex, words.length > 1 ? "ok" : "-"].join("\t"));
    this.#nowUs = startUs + words.length * WORD_US;
    return this;
  }
}

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** A level 1 reader comes up and is switched on (the order as on a recorded bus of 2011). misc: Z8 of SETUP, hex. */
export function readerUp(misc = "00"): Recorder {
  const recorder = new Recorder().vmc("10").ack().told("12", "00").idle("12", 3);
  recorder.vmc("110002000000").data(`01011978010205${misc}`).vmcAck();
  return recorder.vmc("110100c80064").ack().vmc("1401").ack().idle("12", 4);
}

/** The same with a customer: begin of a session, request, approval, success. */
export function readerSells(): Recorder {
  const recorder = readerUp().told("12", "0308fc").idle("12", 5).vmc("130000640001").ack().idle("12", 3);
  return recorder.told("12", "050064").vmc("13020001").ack().idle("12", 4);
}
