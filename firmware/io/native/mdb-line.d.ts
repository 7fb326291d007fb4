/**
 * The nine-bit line of the multi-drop bus on the chip (mdb-line.c): whole blocks out, results in. Framing, checksum,
 * mode bit, ACK within 5 ms and break go on while JavaScript stands still. What a result means: firmware/mdb/link.ts.
 */

export interface MdbLineOptions {
  /** GPIO that hears the peripherals, and GPIO that drives the line to them. */
  readonly receive: number;
  readonly transmit: number;
  /** The level shifter turns the level round: a resting line reads low, or is driven low. */
  readonly invertReceive?: boolean;
  readonly invertTransmit?: boolean;
  /** Results wait: `read` until it gives nothing. Called in the task of JavaScript, never from within a call. */
  readonly onReadable: () => void;
}

/** One result as the line tells it; `bytes` and `held` of data, `reason` of garbled. */
export interface MdbLineResult {
  readonly kind: "ack" | "nak" | "data" | "silent" | "garbled" | "ackSent" | "ackWithheld" | "busReset";
  readonly bytes?: ArrayBuffer;
  readonly held?: boolean;
  readonly reason?: "checksum" | "noEnd" | "overLong" | "conflict" | "late";
}

/** Since the line was opened. */
export interface MdbLineCounters {
  readonly blocks: number;
  readonly rets: number;
  readonly naks: number;
  readonly garbled: number;
  readonly strays: number;
  readonly lateReleases: number;
  /** Starts without a stop bit: noise, a break, a word that was cut. */
  readonly framingErrors: number;
  /** Results that JavaScript never took; anything but 0 is a programmer's error. */
  readonly newsLost: number;
}

/** Which data replies are held un-ACKed: `shared/mdb/held.ts`. */
export type MdbReplyClass = 0 /* free */ | 1 /* held */ | 2 /* by its events */;

declare class MdbLine {
  /** Throws if a pin cannot be used, the options are not good, or another line is open. */
  constructor(options: MdbLineOptions);
  /**
   * `block` of 1 to 35 bytes without checksum. `events`: the 256 event codes of the device, only with class 2; the line
   * keeps a copy per device. False: the block is too long or the last one has no result yet.
   */
  send(block: Uint8Array, replyClass: MdbReplyClass, events: Uint8Array | undefined, ackFirst: boolean): boolean;
  /** The held reply is on flash: ACK it if 4 ms have not passed. */
  release(): void;
  busReset(): void;
  /** The oldest result not yet taken. */
  read(): MdbLineResult | undefined;
  counters(): MdbLineCounters;
  /** Rests the line and frees the pins; a second call does nothing. Every other call after it throws. */
  close(): void;
}

export default MdbLine;
