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
import type { BusListener, IdleListener, Sending, Wire } from "./wire.js";
import { Timer, type World } from "./world.js";

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
  /**
   * The data that every POLL would get, leaving no trace, until the next event in the world; BARE_ACK: none. Undefined:
   * that cannot be said, and its polls are not leapt over; absent: never.
   */
  standingAnswer?(): Uint8Array | undefined;
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

/** A command that goes on with no word within this is none. */
const WORD_WAIT_US = LINK_TIMING.gapAcceptUs + LINK_TIMING.wordUs;
/** No data: the answer to a POLL of a device that has nothing to say. */
export const BARE_ACK = new Uint8Array(0);
const POLL_WORDS = 2;
const ACK_WORDS: readonly number[] = Object.freeze([ACK | MODE_BIT]);
const NAK_WORDS: readonly number[] = Object.freeze([NAK | MODE_BIT]);

export class BusDevice implements BusListener, IdleListener {
  readonly responseTime: ResponseTime = { minUs: 120, maxUs: 270 };
  /** False: without power or pulled off the bus; hears and says nothing. */
  alive = false;
  readonly #world: World;
  readonly #wire: Wire;
  readonly rng: Rng;
  readonly #table: DeviceTable;
  readonly #behaviour: BusBehaviour;
  /** POLL as one byte; −1 where the table has none. */
  readonly #pollByte: number;
  /** Of the command being heard; undefined = none is. */
  #bytes: number[] | undefined;
  /** Behind this the next word is too late to belong to it. */
  #bytesUntilUs = 0;
  /** A command of open length ends with its last word. */
  readonly #openTimer = new Timer(() => {
    if (this.#bytes !== undefined) this.#complete(this.#bytes);
  });
  readonly #replyTimer = new Timer(() => this.#reply());
  readonly #answerTimer = new Timer(() => this.#giveUp());
  /** To be said when the response time is over: an answer, or once more what was said. */
  #answer: Exclude<Answer, "silent"> = "nak";
  #again = false;
  #sent: readonly number[] | undefined;
  #sending: Sending | undefined;

  constructor(world: World, wire: Wire, rng: Rng, table: DeviceTable, behaviour: BusBehaviour) {
    this.#world = world;
    this.#wire = wire;
    this.rng = rng;
    this.#table = table;
    this.#behaviour = behaviour;
    this.#pollByte = pollByteOf(table);
    wire.attach("peripheral", this);
  }

  get idle(): IdleListener {
    return this;
  }

  get address(): number {
    return this.#table.address;
  }

  idleNow(): Uint8Array | "deaf" | "news" | undefined {
    const hearing = this.#bytes !== undefined && this.#world.nowUs < this.#bytesUntilUs;
    if (hearing || this.#sent !== undefined || this.#replyTimer.armed) return undefined;
    if (!this.alive) return "deaf";
    // one so slow may be taken for silent
    if (this.responseTime.maxUs >= LINK_TIMING.responseAcceptUs) return "news";
    return this.#behaviour.standingAnswer?.() ?? "news";
  }

  drawResponseUs(): number {
    const { minUs, maxUs } = this.responseTime;
    return this.rng.between(minUs, maxUs);
  }

  /** Forgets what it was hearing and saying; a word under way breaks off. */
  die(): void {
    this.alive = false;
    this.#sending?.breakOff();
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
    if (this.#bytes !== undefined && this.#world.nowUs >= this.#bytesUntilUs) this.#bytes = undefined;
    if ((word & MODE_BIT) !== 0) {
      this.#address(word & 0xff);
    } else if (this.#bytes !== undefined) {
      this.#take(word & 0xff);
    } else if (this.#sent !== undefined && this.#answerTimer.armed) {
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
    const wanted = this.#wanted(bytes);
    if (wanted !== undefined && bytes.length >= wanted) return this.#complete(bytes);
    if (wanted !== undefined) this.#world.cancel(this.#openTimer);
    else this.#world.arm(this.#openTimer, this.#world.nowUs + OPEN_END_US);
    this.#bytesUntilUs = this.#world.nowUs + WORD_WAIT_US;
  }

  /** Words of this command with checksum; undefined while that cannot be told. */
  #wanted(bytes: readonly number[]): number | undefined {
    if (bytes[0] === this.#pollByte) return POLL_WORDS;
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
    const block = new Uint8Array(bytes.length - 1);
    for (let index = 0; index < block.length; index += 1) block[index] = bytes[index] ?? 0;
    const answer = this.#behaviour.command(block);
    if (answer === "silent" || !this.alive) return;
    this.#replyLater(answer, false);
  }

  #replyLater(answer: Exclude<Answer, "silent">, again: boolean): void {
    this.#answer = answer;
    this.#again = again;
    this.#world.arm(this.#replyTimer, this.#world.nowUs + this.drawResponseUs());
  }

  #reply(): void {
    const answer = this.#answer;
    if (this.#again) this.#sendData(this.#sent ?? []);
    else if (answer === "ack") this.#sending = this.#wire.send("peripheral", ACK_WORDS, this.#table.address);
    else if (answer === "nak") this.#sending = this.#wire.send("peripheral", NAK_WORDS, this.#table.address);
    else this.#sendData(peripheralWords(answer));
  }

  #sendData(words: readonly number[]): void {
    this.#sent = words;
    this.#sending = this.#wire.send("peripheral", words, this.#table.address);
    const waitUs = words.length * LINK_TIMING.wordUs + ANSWER_WAIT_US;
    this.#world.arm(this.#answerTimer, this.#world.nowUs + waitUs);
  }

  #vmcAnswer(byte: number): void {
    this.#world.cancel(this.#answerTimer);
    if (byte === RET) {
      this.#replyLater(this.#answer, true);
    } else if (byte === ACK) {
      this.#sent = undefined;
      this.#behaviour.acknowledged();
    } else {
      this.#giveUp();
    }
  }

  #giveUp(): void {
    this.#world.cancel(this.#answerTimer);
    this.#sent = undefined;
    this.#behaviour.notReceived();
  }

  #quiet(): void {
    this.#bytes = undefined;
    this.#world.cancel(this.#openTimer);
    this.#world.cancel(this.#replyTimer);
    this.#world.cancel(this.#answerTimer);
  }
}

function pollByteOf({ address, commands }: DeviceTable): number {
  const row = commands.find(({ name, sub, fields }) => name === "poll" && sub === undefined && fields.length === 0);
  return row === undefined ? -1 : address | row.code;
}
