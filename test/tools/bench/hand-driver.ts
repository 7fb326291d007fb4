/** A bus master by hand: says one block, hears the answer, acknowledges or not. For tests of simulated devices. */
import { checksumHolds, masterWords } from "../../../shared/mdb/block.js";
import { ACK, MODE_BIT } from "../../../shared/mdb/link.js";
import { Truth } from "../../../tools/bench/truth.js";
import { Wire } from "../../../tools/bench/wire.js";
import { World } from "../../../tools/bench/world.js";

export type Heard =
  | { readonly kind: "ack" | "nak" | "silent" | "garbled" }
  | { readonly kind: "data"; readonly bytes: Uint8Array };

export class HandDriver {
  readonly world: World;
  readonly wire: Wire;
  readonly truth: Truth;
  /** From the end of our last block to the end of the first word of its answer. */
  firstWordUs = 0;
  #words: number[] = [];
  #firstAtUs = 0;

  constructor(seed = 1) {
    this.world = new World(seed);
    this.wire = new Wire(this.world);
    this.truth = new Truth(this.world);
    this.wire.attach("vmc", {
      word: (word, atUs) => {
        if (this.#words.length === 0) this.#firstAtUs = atUs;
        this.#words.push(word);
      },
    });
  }

  /** Says a block and hears the answer; data are ACKed unless `ack` is false. Then 6 ms of rest. */
  say(bytes: readonly number[], ack = true): Heard {
    const heard = this.#exchange(masterWords(Uint8Array.from(bytes)));
    if (heard.kind === "data" && ack) this.answer(ACK);
    this.world.runFor(6_000);
    return heard;
  }

  /** Says a block and gives hex of the data heard, or what else was heard. */
  hex(text: string, ack = true): string {
    const bytes = text.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? [];
    const heard = this.say(bytes, ack);
    if (heard.kind !== "data") return heard.kind;
    return Array.from(heard.bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** One word of our own: ACK, NAK or RET; returns what comes upon it. */
  answer(word: number): Heard {
    return this.#exchange([word]);
  }

  #exchange(words: readonly number[]): Heard {
    this.#words = [];
    this.wire.send("vmc", words);
    const endUs = this.world.nowUs + words.length * 1_146;
    // a lone ACK or NAK gets no answer
    const untilUs = endUs + (words.length === 1 && words[0] !== 0xaa ? 100 : 6_200);
    this.world.runUntil(untilUs, () => this.#ended());
    while (this.#words.length > 0 && !this.#ended() && this.world.nowUs < untilUs + 50_000) this.world.runFor(1_146);
    if (this.#words.length > 0) this.firstWordUs = this.#firstAtUs - endUs;
    return this.#heard();
  }

  #ended(): boolean {
    return ((this.#words[this.#words.length - 1] ?? 0) & MODE_BIT) !== 0;
  }

  #heard(): Heard {
    const bytes = Uint8Array.from(this.#words, (word) => word & 0xff);
    if (bytes.length === 0) return { kind: "silent" };
    if (!this.#ended()) return { kind: "garbled" };
    if (bytes.length === 1) return { kind: bytes[0] === 0 ? "ack" : bytes[0] === 0xff ? "nak" : "garbled" };
    return checksumHolds(bytes) ? { kind: "data", bytes: bytes.slice(0, -1) } : { kind: "garbled" };
  }
}
