/**
 * What the core asks of the world: types only. Implementations: `firmware/io` on a board, `tools/bench` in simulation.
 * Everything here is called by `firmware/machine` alone; whatever the world has to say comes back as a `WorldInput`.
 */
import type { ClaimState } from "../../shared/claim-states.js";
import type { Finding } from "../../shared/self-test-texts.js";

/** Raw NOR flash. Bits go from 1 to 0 by `write`; `eraseBlock` makes a block all FF. All calls block until done. */
export interface FlashPort {
  readonly blockBytes: number;
  readonly blocks: number;
  /** A copy of `length` bytes at `offset`. */
  read(offset: number, length: number): Uint8Array;
  /** One program operation; may cross 256-byte pages, never a block. */
  write(offset: number, bytes: Uint8Array): void;
  eraseBlock(block: number): void;
}

/**
 * The native MDB link (firmware/mdb/link.ts is its reference): trades whole blocks, ACKs by itself except HELD ones.
 */
export interface LinkPort {
  /** Sends address byte, command and data; CHK and mode bits are the link's. The answer comes as `{on:"link"}`. */
  send(block: Uint8Array, options: LinkSendOptions): void;
  /** The held reply is on flash: ACK it if 4 ms have not passed. */
  release(): void;
  /** Break of ≥ 100 ms and quiet after it; ends with `{on:"link", result:{kind:"busReset"}}`. */
  busReset(): void;
}

export interface LinkSendOptions {
  /** Device quirk: ACK held replies at once, because it does not repeat. */
  readonly ackFirst: boolean;
}

/**
 * Spiral motors: the native rim ends each turn by itself at the home switch, after `maxMs`, or where the spiral has not
 * left home within 600 ms (`stall`): nothing falls so early, so a switch that is stuck never hides a product.
 */
export interface MotorsPort {
  /** saleNo: whose product is watched for, so that the rim notes the turn if the mains fail; 0 = nobody's. */
  turn(column: number, maxMs: number, saleNo: number): void;
  stop(): void;
}

/**
 * Drop beam: its emitter can be switched for the self-test; edges are latched natively with their times. While the
 * emitter is on, the rim darkens it for 1 ms in every 10 ms, its own edges masked: a receiver that stays lit then sees
 * foreign light, `{on:"glare"}`. A product darkens the beam for 20 ms or more, so no light can hide one unnoticed.
 */
export interface BeamPort {
  emitter(on: boolean): void;
}

/** The compressor. When it may start and stop at all is its driver's. */
export interface CompressorPort {
  /** It is to run or to rest. undefined: nobody knows how cold it is; then it runs half of the time. */
  cool(on: boolean | undefined): void;
}

/** Where the machine stands on the network, each address dotted. */
export interface NetAddresses {
  /** The one in use while the fleet is reached; undefined: none is, or the platform does not say. */
  readonly used: { readonly way: "ethernet" | "wifi" | "host"; readonly address: string } | undefined;
  /** Given by hand; absent: by DHCP. */
  readonly cable?: FixedAddressText | undefined;
  readonly wifi?: FixedAddressText | undefined;
}

/** As a person writes it, each dotted. */
export interface FixedAddressText {
  readonly address: string;
  readonly mask: string;
  readonly gateway: string;
  readonly dns: readonly string[];
}

/** MQTT client of the platform. Nothing here means that the fleet has stored anything. */
export interface NetworkPort {
  /** QoS 1, or 0 for telemetry. False if not connected or its queue is full: nothing was sent. */
  publish(topic: string, payload: Uint8Array, qos: 0 | 1): boolean;
  /** Sets birth (retained, sent at every CONNECT) and last will; `connection` is put in by the platform. */
  announce(announcement: Announcement): void;
  /** For whoever looks at the machine; absent: the platform cannot say. */
  readonly addresses?: NetAddresses;
}

/** A board that claims itself at the fleet. */
export interface ClaimPort {
  /** How it gets on; the panel is told of news by `{on:"claim"}`. */
  readonly state: ClaimState;
  /** Asks with this code from now on (`""`: with the one it has), at once. */
  use(code: string): void;
}

/** The board looks at its own ports while the machine runs: nothing turns, the bus and the beam are left alone. */
export interface SelfTestPort {
  /** At once, and only while no motor runs. */
  look(): readonly Finding[];
}

/** The platform's image slots. */
export interface UpdatePort {
  /** Fetch, install and start the image of this signed manifest; what becomes of it is told as `{on:"update"}`. */
  begin(manifest: Uint8Array): void;
}

export interface Announcement {
  /** Payload for a connection with this number. Called by the platform at CONNECT. */
  readonly birth: (connection: number) => Uint8Array;
  readonly will: (connection: number) => Uint8Array;
}

/** What the panel shows; rendering lives in io. columns: of a panel of two lines of text; absent = graphic. */
export interface PanelPort<View> {
  readonly columns?: number | undefined;
  show(view: View): void;
}

/** The DEX port, 9,600 baud 8N1 (EVA-DTS 6.1, DEX/UCS); what comes in is `{on:"dex"}`. */
export interface DexPort {
  send(bytes: Uint8Array): void;
}

/** Random numbers for back-off jitter and nonces. */
export interface RandomPort {
  /** Uniform integer in 0 … bound − 1, bound ≤ 2^32. */
  below(bound: number): number;
}

/** The program's memory, for telemetry. */
export interface MemoryPort {
  freeBytes(): number;
}

/** Who this machine is; kept apart from ledger and documents. */
export interface Identity {
  readonly machineId: string;
  readonly model: string;
  /** Issued by the fleet at claim; the ledger's epoch. 0: not yet, so it keeps no records and sells nothing. */
  readonly epoch: number;
  /** HKDF(master, machine ‖ epoch ‖ "voucher" ‖ version), 32 bytes. */
  readonly voucherKey: Uint8Array;
  /** The same for "order": under which the fleet signs remote orders. */
  readonly orderKey: Uint8Array;
  readonly firmwareVersion: string;
}

/** What the sensors say at power-up. */
export interface SensorSnapshot {
  readonly doorOpen: boolean;
  readonly beamDark: boolean;
  /** Columns whose home switch is open: the spiral stands away from home. */
  readonly awayFromHome: readonly number[];
}
