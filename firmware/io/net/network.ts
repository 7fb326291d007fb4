/**
 * The bus's side of the network: `NetworkPort` for the core, everything else in a worker. Gives the worker at most
 * MAX_GIVEN messages, hands its messages to the machine and says when they were taken, and starts it anew where it has
 * fallen silent. Nothing here waits for anything.
 */
import type { ClaimState } from "../../../shared/claim-states.js";
import type { Announcement, FixedAddressText, NetAddresses, NetworkPort } from "../../ports/hardware.js";
import type { WorldInput } from "../../ports/inputs.js";
import { encodeConfig, type NetConfig } from "./config.js";
import { decodeFixedAddress, fixedAddressText } from "./fixed-address.js";
import {
  decodeFromWorker,
  encodeToWorker,
  type FromWorker,
  MAX_FRAME_BYTES,
  MAX_GIVEN,
  type ToWorker,
  type UpdateNews,
} from "./frames.js";
import type { Clockwork } from "./sockets.js";

/** A worker that says nothing for so long is dead. A TLS handshake in JavaScript takes it up to 20 s. */
export const SILENT_MS = 180_000;
/** How often the worker gives a sign of life. */
export const ALIVE_MS = 60_000;

/** One worker: of the platform, or of a test. */
export interface WorkerLine {
  post(frame: ArrayBuffer): void;
  terminate(): void;
}

/** Starts a worker; it calls `heard` with each message. */
export type StartWorker = (heard: (message: unknown) => void) => WorkerLine;

export interface NetworkOptions {
  readonly startWorker: StartWorker;
  readonly clockwork: Clockwork;
  readonly config: NetConfig;
  /** The machine's queue of inputs: the input has been dealt with when it returns. */
  readonly deliver: (input: WorldInput) => void;
  /** Steps of an update; see update.ts. */
  readonly onUpdate?: (news: UpdateNews, detail: number) => void;
  /** Of a board that is to claim itself; see claiming.ts. */
  readonly onClaim?: (state: ClaimState) => void;
}

export class Network implements NetworkPort {
  readonly #options: NetworkOptions;
  #worker: WorkerLine | undefined;
  #announcement: Announcement | undefined;
  readonly #fixed: Omit<NetAddresses, "used">;
  #used: NetAddresses["used"];
  #up = false;
  #given = 0;
  #idle = false;
  #manifest: Uint8Array | undefined;
  /** Frames the worker has not heard yet, and what it was last told or is to be told next. */
  #idleUnderWay = false;
  #updateUnderWay = false;
  /** A claim's code: to be told to the worker, and told but not heard yet. */
  #code: string | undefined;
  #codeUnderWay: string | undefined;
  #toldIdle = false;
  #toldManifest: Uint8Array | undefined;
  #closed = false;
  /** Workers that fell silent or could not be posted to. */
  restarts = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.#fixed = fixedAddresses(options.config);
  }

  get addresses(): NetAddresses {
    return { used: this.#used, ...this.#fixed };
  }

  get up(): boolean {
    return this.#up;
  }

  /** The first announcement starts the worker; a later one counts from the next CONNECT on. */
  announce(announcement: Announcement): void {
    if (this.#closed) throw new Error("closed");
    this.#announcement = announcement;
    if (this.#worker === undefined) this.#start();
  }

  publish(topic: string, payload: Uint8Array, qos: 0 | 1): boolean {
    if (this.#closed) throw new Error("closed");
    if (!this.#up || this.#given >= MAX_GIVEN || payload.length > MAX_FRAME_BYTES - topic.length - 16) return false;
    if (!this.#post({ frame: "publish", topic, payload, qos })) return false;
    this.#given += 1;
    return true;
  }

  /** Whether anything is open at the machine: an update erases flash and asks for a restart only while nothing is. */
  idle(idle: boolean): void {
    if (this.#closed) throw new Error("closed");
    if (idle === this.#idle) return;
    this.#idle = idle;
    this.#tell();
  }

  /** Begins, or goes on with, an update. The order for it is the fleet's; see update.ts. */
  update(manifest: Uint8Array): void {
    if (this.#closed) throw new Error("closed");
    this.#manifest = manifest;
    this.#toldManifest = undefined;
    this.#tell();
  }

  /** Claims the board by this code, the newest counts; `""`: by the one it has, again and at once. */
  claim(code: string): void {
    if (this.#closed) throw new Error("closed");
    if (code !== "" || this.#code === undefined) this.#code = code;
    this.#tell();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.clockwork.alarm(undefined, () => {});
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  #start(): void {
    const { startWorker, config } = this.#options;
    let heardBy: WorkerLine | undefined;
    try {
      heardBy = startWorker((message) => {
        if (this.#worker === heardBy) this.#heard(message);
      });
    } catch {
      // no memory for it now: the same as one that fell silent
      this.restarts += 1;
    }
    this.#worker = heardBy;
    this.#watch();
    if (heardBy === undefined) return;
    this.#post({ frame: "config", config: encodeConfig(config) });
    this.#idleUnderWay = false;
    this.#updateUnderWay = false;
    this.#code ??= this.#codeUnderWay;
    this.#codeUnderWay = undefined;
    this.#toldIdle = false;
    this.#toldManifest = undefined;
    this.#tell();
  }

  /** The newest of each, once the worker has heard the one before: its queue never fills with what is long over. */
  #tell(): void {
    const idle = this.#idle;
    if (!this.#idleUnderWay && idle !== this.#toldIdle && this.#post({ frame: "idle", idle })) {
      this.#idleUnderWay = true;
      this.#toldIdle = idle;
    }
    const code = this.#code;
    if (this.#codeUnderWay === undefined && code !== undefined && this.#post({ frame: "claim", code })) {
      this.#codeUnderWay = code;
      this.#code = undefined;
    }
    const manifest = this.#manifest;
    if (this.#updateUnderWay || manifest === undefined || manifest === this.#toldManifest) return;
    if (!this.#post({ frame: "update", manifest })) return;
    this.#updateUnderWay = true;
    this.#toldManifest = manifest;
  }

  #watch(): void {
    this.#options.clockwork.alarm(SILENT_MS, () => {
      this.restarts += 1;
      this.#worker?.terminate();
      this.#worker = undefined;
      this.#given = 0;
      this.#used = undefined;
      this.#isUp(false);
      this.#start();
    });
  }

  #heard(message: unknown): void {
    const frame = decodeFromWorker(message);
    if (frame === undefined || this.#closed) return;
    this.#watch();
    this.#act(frame);
  }

  #act(frame: FromWorker): void {
    const { deliver, onUpdate } = this.#options;
    switch (frame.frame) {
      case "ask": {
        const { connection } = frame;
        const { birth, will } = this.#announcement ?? {};
        if (birth === undefined || will === undefined) return;
        this.#post({ frame: "announcement", connection, birth: birth(connection), will: will(connection) });
        return;
      }
      case "up":
        this.#used = frame.up && frame.address !== "" ? { way: frame.way, address: frame.address } : undefined;
        return this.#isUp(frame.up);
      case "message":
        deliver({ on: "message", topic: frame.topic, payload: frame.payload });
        this.#post({ frame: "taken" });
        return;
      case "done":
        this.#given = Math.max(0, this.#given - frame.count);
        return;
      case "wall":
        deliver({ on: "wall", wallS: frame.wallS, quality: "synced" });
        return;
      case "alive":
        return;
      case "heard":
        if (frame.what === "idle") this.#idleUnderWay = false;
        else if (frame.what === "update") this.#updateUnderWay = false;
        else this.#codeUnderWay = undefined;
        return this.#tell();
      case "claimNews":
        this.#post({ frame: "claimHeard" });
        return this.#options.onClaim?.(frame.state);
      case "updateNews":
        // news that come while another order is under way are the last of the one before
        if (isLast(frame.news) && !this.#updateUnderWay) this.#manifest = undefined;
        onUpdate?.(frame.news, frame.detail);
    }
  }

  #isUp(up: boolean): void {
    if (up === this.#up) return;
    this.#up = up;
    this.#options.deliver({ on: "network", up });
  }

  #post(frame: ToWorker): boolean {
    try {
      this.#worker?.post(encodeToWorker(frame));
      return this.#worker !== undefined;
    } catch {
      // closing, or no memory for the copy: what was posted is lost, as on any network
      return false;
    }
  }
}

/** What was given by hand, for people. */
export function fixedAddresses({
  cableAddress,
  wifiAddress,
}: Pick<NetConfig, "cableAddress" | "wifiAddress">): Omit<NetAddresses, "used"> {
  return { cable: textOf(cableAddress), wifi: textOf(wifiAddress) };
}

function textOf(bytes: Uint8Array | undefined): FixedAddressText | undefined {
  const fixed = bytes === undefined ? undefined : decodeFixedAddress(bytes);
  return fixed === undefined ? undefined : fixedAddressText(fixed);
}

/** Nothing more comes of this order. */
function isLast(news: UpdateNews): boolean {
  return news !== "downloading" && news !== "verified";
}
