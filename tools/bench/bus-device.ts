/**
 * The link side of every simulated peripheral (MDB 4.2 §2.2-2.4): finds blocks addressed to it, checks them, answers
 * in time, waits for the VMC's ACK, repeats after RET. What the answers are is the behaviour's matter.
 */
import { checksumHolds, peripheralWords } from "../../shared/mdb/block.js";
import { findCommand } from "../../shared/mdb/codec.js";
import type { DeviceTable } from "../../shared/mdb/device.js";
import { layoutBytes, layoutIsOpen } from "../../shared/mdb/layout.js";
import { ACK, ADDRESS_MASK, LINK_TIMING, MAX_BLOCK_WORDS, MODE_BIT, NAK, RET } from "../../shared/mdb/link.js";
import type { Rng } from "./rng.js";
import type { BusListener, Wire } from "./wire.js";
import type { Timer, World } from "./world.js";

/** `silent`: the device does not answer at all. */
export type Answer = "ack" | "nak" | "silent" | Uint8Array;

export interface BusBehaviour {
  /** A good block for this device, without checksum. */
  command(block: Uint8Array): Answer;
  /** The VMC has ACKed the data last sent. */
  acknowledged(): void;
  /** It has NAKed them or said nothing: they count as not received (p35). */
  notReceived(): void;
  /** A break of at least 100 ms. */
  busReset(): void;
  /**
   * Where lengths depend on what was agreed before (cashless): bytes of a command without checksum, from those heard
   * so far; undefined = cannot be told (yet). In place of the table.
   */
  commandBytes?(heard: ArrayLike<number>): number | undefined;
}

/** From the end of the VMC's block to the first word of the answer, microseconds (measured: 164 median, 767 most). */
export interface ResponseTime {
  minUs: number;
  maxUs: number;
}

/** The sender of data takes the VMC's answer until the end of a word that started in time. */
const ANSWER_WAIT_US = LINK_TIMING.responseAcceptUs + LINK_TIMING.wordUs;
/** A command of open length has ended when no word follows within this. */
const OPEN_END_US = LINK_TIMING.wordUs + LINK_TIMING.gapSpecUs;

export class BusDevice implements BusListener {
  readonly responseTime: ResponseTime = { minUs: 120, maxUs: 270 };
  /** False: without power or pulled off the bus; hears and says nothing. */
  alive = false;
  readonly #world: World;
  readonly #wire: Wire;
  readonly #rng: Rng;
  readonly #table: DeviceTable;
  readonly #behaviour: BusBehaviour;
  #bytes: number[] | undefined;
  #openTimer: Timer | undefined;
  #replyTimer: Timer | undefined;
  #answerTimer: Timer | undefined;
  #sent: readonly number[] | undefined;
  #breakOff: (() => void) | undefined;

  constructor(world: World, wire: Wire, rng: Rng, table: DeviceTable, behaviour: BusBehaviour) {
    this.#world = world;
    this.#wire = wire;
    this.#rng = rng;
    this.#table = table;
    this.#behaviour = behaviour;
    wire.attach("peripheral", this);
  }

  /** Forgets what it was hearing and saying; a word under way breaks off. */
  die(): void {
    this.alive = false;
    this.#breakOff?.();
    this.#quiet();
    this.#sent = undefined;
  }

  lineBreak(durationUs: number): void {
    if (!this.alive || durationUs < LINK_TIMING.breakMinUs) return;
    this.#quiet();
    this.#sent = undefined;
    this.#behaviour.busReset();
  }

  word(word: number, _atUs: number): void {
    if (!this.alive) return;
    if ((word & MODE_BIT) !== 0) {
      this.#address(word & 0xff);
    } else if (this.#bytes !== undefined) {
      this.#take(word & 0xff);
    } else if (this.#sent !== undefined && this.#answerTimer !== undefined) {
      this.#vmcAnswer(word & 0xff);
    }
  }

  #address(byte: number): void {
    const ours = (byte & ADDRESS_MASK) === this.#table.address;
    this.#quiet();
    if (this.#sent !== undefined) this.#giveUp();
    if (!ours) return;
    this.#bytes = [];
    this.#take(byte);
  }

  #take(byte: number): void {
    const bytes = this.#bytes ?? [];
    bytes.push(byte);
    this.#world.cancel(this.#openTimer);
    const wanted = this.#wanted(bytes);
    if (wanted === undefined) {
      this.#openTimer = this.#world.after(OPEN_END_US, () => this.#complete(bytes));
    } else if (bytes.length >= wanted) {
      this.#complete(bytes);
    } else {
      this.#openTimer = this.#world.after(LINK_TIMING.gapAcceptUs + LINK_TIMING.wordUs, () => {
        this.#bytes = undefined;
      });
    }
  }

  /** Words of this command with checksum; undefined while that cannot be told. */
  #wanted(bytes: readonly number[]): number | undefined {
    if (bytes.length >= MAX_BLOCK_WORDS) return MAX_BLOCK_WORDS;
    if (this.#behaviour.commandBytes !== undefined) {
      const ownBytes = this.#behaviour.commandBytes(bytes);
      return ownBytes === undefined ? undefined : ownBytes + 1;
    }
    const row = findCommand(this.#table, bytes);
    if (row === undefined || layoutIsOpen(row.fields)) return undefined;
    return 2 + (row.sub === undefined ? 0 : 1) + layoutBytes(row.fields);
  }

  #complete(bytes: readonly number[]): void {
    this.#bytes = undefined;
    this.#world.cancel(this.#openTimer);
    // new designs stay silent on a bad checksum (p34)
    if (!checksumHolds(bytes)) return;
    const answer = this.#behaviour.command(Uint8Array.from(bytes.slice(0, -1)));
    if (answer === "silent" || !this.alive) return;
    const { minUs, maxUs } = this.responseTime;
    this.#replyTimer = this.#world.after(this.#rng.between(minUs, maxUs), () => this.#reply(answer));
  }

  #reply(answer: Exclude<Answer, "silent">): void {
    this.#replyTimer = undefined;
    if (answer === "ack" || answer === "nak") {
      this.#breakOff = this.#wire.send("peripheral", [(answer === "ack" ? ACK : NAK) | MODE_BIT], this.#table.address);
    } else {
      this.#sendData(peripheralWords(answer));
    }
  }

  #sendData(words: readonly number[]): void {
    this.#sent = words;
    this.#breakOff = this.#wire.send("peripheral", words, this.#table.address);
    const waitUs = words.length * LINK_TIMING.wordUs + ANSWER_WAIT_US;
    this.#answerTimer = this.#world.after(waitUs, () => this.#giveUp());
  }

  #vmcAnswer(byte: number): void {
    const words = this.#sent ?? [];
    this.#world.cancel(this.#answerTimer);
    this.#answerTimer = undefined;
    if (byte === RET) {
      const { minUs, maxUs } = this.responseTime;
      this.#replyTimer = this.#world.after(this.#rng.between(minUs, maxUs), () => this.#sendData(words));
    } else if (byte === ACK) {
      this.#sent = undefined;
      this.#behaviour.acknowledged();
    } else {
      this.#giveUp();
    }
  }

  #giveUp(): void {
    this.#world.cancel(this.#answerTimer);
    this.#answerTimer = undefined;
    this.#sent = undefined;
    this.#behaviour.notReceived();
  }

  #quiet(): void {
    this.#bytes = undefined;
    for (const timer of [this.#openTimer, this.#replyTimer, this.#answerTimer]) this.#world.cancel(timer);
    this.#openTimer = undefined;
    this.#replyTimer = undefined;
    this.#answerTimer = undefined;
  }
}
