/**
 * A simulated universal satellite, or an age verification device (MDB 4.2 §9 and §11, as far as mdb §4.4 gives their
 * bytes): it is set up, polled, answers DRAVP, and exchanges files by the File Transport Layer (§2.6).
 */
import { AGE_ANSWER, AGE_VERIFICATION } from "../../shared/mdb/age-verification.js";
import { decodeCommandOf, encodeReply } from "../../shared/mdb/codec.js";
import { FTL_BLOCK_DATA_BYTES, FTL_VMC } from "../../shared/mdb/file-transport.js";
import { SATELLITE_1, SATELLITE_2, SATELLITE_3 } from "../../shared/mdb/satellite.js";
import { type Answer, BARE_ACK, type BusBehaviour, BusDevice } from "./bus-device.js";
import type { Wire } from "./wire.js";
import type { Timer, World } from "./world.js";

export type SatelliteName = "satellite1" | "satellite2" | "satellite3" | "ageVerifier";

const TABLES = Object.freeze({
  satellite1: SATELLITE_1,
  satellite2: SATELLITE_2,
  satellite3: SATELLITE_3,
  ageVerifier: AGE_VERIFICATION,
});

const START_UP_US = 250_000;
/** Z6 or Z7, seconds. */
const RESPONSE_S = 6;

export class SimSatellite implements BusBehaviour {
  readonly name: SatelliteName;
  readonly bus: BusDevice;
  /** What the age verification device says behind DRAVS. */
  ageStatus = 0x01;
  /** Files the VMC has sent in whole, by number. */
  readonly files = new Map<number, Uint8Array>();
  /** Files of ours that the VMC has taken in whole. */
  filesTaken = 0;
  questions = 0;
  setUps = 0;
  readonly #world: World;
  readonly #table: (typeof TABLES)[SatelliteName];
  #starting: Timer | undefined;
  #powered = false;
  #plugged = true;
  /** Replies to POLL, one each, repeated until ACKed. */
  #waiting: Uint8Array[] = [];
  #polled = false;
  /** A file on offer to the VMC, and one that comes from it. */
  #offer: Uint8Array | undefined;
  #coming: { readonly file: number; readonly bytes: number[]; next: number } | undefined;

  constructor(world: World, wire: Wire, name: SatelliteName) {
    this.#world = world;
    this.name = name;
    this.#table = TABLES[name];
    this.bus = new BusDevice(world, wire, world.forkRng(), this.#table, this);
  }

  setPower(on: boolean): void {
    this.#powered = on;
    this.#startOrDie();
  }

  setPlugged(plugged: boolean): void {
    this.#plugged = plugged;
    this.#startOrDie();
  }

  #startOrDie(): void {
    const on = this.#powered && this.#plugged;
    this.#world.cancel(this.#starting);
    this.#starting = undefined;
    if (!on) {
      this.#forget();
      this.bus.die();
    } else if (!this.bus.alive) {
      this.#starting = this.#world.after(START_UP_US, () => {
        this.bus.alive = true;
        this.#say(0x00);
      });
    }
  }

  /** Offers a file to the VMC's mailbox. */
  sendFile(file: number, bytes: Uint8Array): void {
    this.#offer = bytes;
    this.#say(0x1f, FTL_VMC, this.#table.address, file, Math.ceil(bytes.length / FTL_BLOCK_DATA_BYTES), 0);
  }

  command(block: Uint8Array): Answer {
    this.#polled = false;
    const command = decodeCommandOf(this.#table, block);
    if (!command.ok) return "silent";
    switch (command.command) {
      case "reset":
        this.busReset();
        return "ack";
      case "setup":
        return this.#setup();
      case "poll":
        this.#polled = true;
        return this.#waiting[0] ?? "ack";
      case "diagnostics":
        if (this.name !== "ageVerifier") return "silent";
        this.questions += 1;
        this.#say(0xff, ...AGE_ANSWER, this.ageStatus);
        return "ack";
      case "ftlRequestToSend":
        this.#coming = { file: command.fields.file, bytes: [], next: 0 };
        this.#say(0x1e, FTL_VMC, this.#table.address);
        return "ack";
      case "ftlSendBlock":
        return this.#block(command.fields.block, command.fields.data);
      case "ftlOkToSend":
        this.#sendBlocks();
        return "ack";
      case "ftlRetryDeny":
        this.#offer = undefined;
        return "ack";
      default:
        return "silent";
    }
  }

  standingAnswer(): Uint8Array | undefined {
    return this.#waiting.length === 0 ? BARE_ACK : undefined;
  }

  acknowledged(): void {
    if (!this.#polled) return;
    const said = this.#waiting.shift();
    if (said?.[0] === 0x1d && said.length === 3) this.filesTaken += 1;
  }

  /** It says the same again in the next POLL. */
  notReceived(): void {}

  busReset(): void {
    this.#forget();
    this.#say(0x00);
  }

  #forget(): void {
    this.#waiting = [];
    this.#offer = undefined;
    this.#coming = undefined;
  }

  #say(...bytes: readonly number[]): void {
    this.#waiting.push(Uint8Array.from(bytes));
  }

  #setup(): Answer {
    this.setUps += 1;
    if (this.#table.name !== "ageVerification") {
      return encodeReply(this.#table, "setup", { head: [1, 1, 0x18, 0x40, 5], responseS: RESPONSE_S, data: [] });
    }
    this.#say(0x01, 1, 0x18, 0x40, 5, 2, RESPONSE_S, 0);
    return "ack";
  }

  #block(block: number, data: readonly number[]): Answer {
    const coming = this.#coming;
    if (coming === undefined) return "nak";
    // the VMC missed our ACK and says it again
    if (block === coming.next - 1) return "ack";
    if (block !== coming.next) return "nak";
    coming.next += 1;
    coming.bytes.push(...data);
    if (data.length === 0) {
      this.files.set(coming.file, Uint8Array.from(coming.bytes));
      this.#coming = undefined;
    }
    return "ack";
  }

  #sendBlocks(): void {
    const bytes = this.#offer ?? new Uint8Array(0);
    const blocks = Math.ceil(bytes.length / FTL_BLOCK_DATA_BYTES);
    for (let block = 0; block <= blocks; block++) {
      const from = block * FTL_BLOCK_DATA_BYTES;
      this.#say(0x1d, FTL_VMC, block, ...bytes.subarray(from, from + FTL_BLOCK_DATA_BYTES));
    }
    this.#offer = undefined;
  }
}
