/**
 * The network of a provisioned board. It opens once the machine runs and the board's key is there: a machine whose key
 * is still being made sells meanwhile, its ledger keeps everything, and no restart is needed. Without secrets, or where
 * the key has failed, there is no network, and the machine sells on. A board that is to claim itself does so here.
 */
import type { ClaimState } from "../../../shared/claim-states.js";
import type { Announcement, ClaimPort, NetAddresses, NetworkPort } from "../../ports/hardware.js";
import type { WorldInput } from "../../ports/inputs.js";
import type { NetworkSecrets, PendingClaim } from "../secret-store.js";
import { clockFloorS, type NetConfig } from "./config.js";
import type { UpdateNews } from "./frames.js";
import { fixedAddresses, Network, type StartWorker } from "./network.js";
import type { Clockwork } from "./sockets.js";

/** The board's RSA key: native/device-key. */
export interface BoardKey {
  readonly state: "making" | "ready" | "failed";
  /** RSAPrivateKey in DER; throws unless `ready`. */
  privateKey(): ArrayBuffer;
}

export interface BoardNetworkOptions {
  readonly secrets: NetworkSecrets | undefined;
  /** Where there are no secrets yet: what brings them. */
  readonly claim?: PendingClaim | undefined;
  readonly machineId: string;
  /** Name of the board's pin map: which images fit. */
  readonly board: string;
  readonly key: BoardKey;
  /** Unix seconds: when this image was built. */
  readonly buildS: number;
  readonly clockwork: Clockwork;
  readonly startWorker: StartWorker;
  readonly deliver: (input: WorldInput) => void;
  readonly onUpdate?: (news: UpdateNews, detail: number) => void;
  /** The fleet has given what this board needs, and it is on flash: with the next power-up it is in force. */
  readonly onClaimed?: () => void;
}

/** What it waits for. `noSecrets` and `keyFailed` are for good: until somebody provisions or repairs the board. */
export type BoardNetworkState = "noSecrets" | "keyFailed" | "keyMaking" | "machineStarts" | "open" | "closed";

export class BoardNetwork implements NetworkPort {
  readonly #options: BoardNetworkOptions;
  #announcement: Announcement | undefined;
  /** Newest wall time the ledger knew at power-up, 0 = none; undefined: the machine does not run yet. */
  #newestRecordS: number | undefined;
  #network: Network | undefined;
  #idle = false;
  #manifest: Uint8Array | undefined;
  #claimState: ClaimState;
  /** Typed before there was a network. */
  #code: string | undefined;
  #closed = false;

  constructor(options: BoardNetworkOptions) {
    this.#options = options;
    this.#claimState = options.claim?.code === undefined ? "noCode" : "asking";
  }

  get state(): BoardNetworkState {
    const { secrets, claim, key } = this.#options;
    if (this.#closed) return "closed";
    if (this.#network !== undefined) return "open";
    if (secrets === undefined && claim === undefined) return "noSecrets";
    if (key.state === "failed") return "keyFailed";
    return key.state === "making" ? "keyMaking" : "machineStarts";
  }

  /** Those given by hand are known before it opens. */
  get addresses(): NetAddresses {
    const { secrets, claim } = this.#options;
    return this.#network?.addresses ?? { used: undefined, ...fixedAddresses(secrets ?? claim?.place ?? {}) };
  }

  /** Undefined: there is nothing to claim. */
  get claim(): ClaimPort | undefined {
    const { secrets, claim } = this.#options;
    return secrets === undefined && claim !== undefined ? new BoardClaim(this) : undefined;
  }

  get claimState(): ClaimState {
    const { key } = this.#options;
    if (key.state === "failed") return "keyFailed";
    return key.state === "making" ? "keyMaking" : this.#claimState;
  }

  /** See `ClaimPort`. */
  claimBy(code: string): void {
    if (this.#closed) throw new Error("closed");
    if (this.#network !== undefined) return this.#network.claim(code);
    if (code !== "") this.#code = code;
  }

  /** The machine runs; this is the newest wall time in its ledger, 0 if it has never known one. */
  machineRuns(newestRecordS: number): void {
    this.#newestRecordS = newestRecordS;
    this.#open();
  }

  /** The key is there, or has failed. */
  keyIsMade(): void {
    this.#open();
    if (this.claim !== undefined) this.#options.deliver({ on: "claim" });
  }

  announce(announcement: Announcement): void {
    if (this.#closed) throw new Error("closed");
    this.#announcement = announcement;
    if (this.#network === undefined) this.#open();
    else this.#network.announce(announcement);
  }

  publish(topic: string, payload: Uint8Array, qos: 0 | 1): boolean {
    if (this.#closed) throw new Error("closed");
    return this.#network?.publish(topic, payload, qos) ?? false;
  }

  /** Whether nothing is open at the machine; see `Network`. */
  idle(idle: boolean): void {
    if (this.#closed) throw new Error("closed");
    this.#idle = idle;
    this.#network?.idle(idle);
  }

  /** Begins an update, once there is a network; the newest order counts. */
  update(manifest: Uint8Array): void {
    if (this.#closed) throw new Error("closed");
    this.#manifest = manifest;
    this.#network?.update(manifest);
  }

  close(): void {
    this.#closed = true;
    this.#network?.close();
  }

  #open(): void {
    if (this.#closed || this.#network !== undefined) return;
    if (this.#newestRecordS === undefined || this.#announcement === undefined) return;
    const config = boardConfig(this.#options, this.#newestRecordS);
    if (config === undefined) return;
    const { clockwork, startWorker, deliver, onUpdate } = this.#options;
    const network = new Network({
      config,
      clockwork,
      startWorker,
      deliver,
      ...(onUpdate === undefined ? {} : { onUpdate }),
      onClaim: (state) => this.#claimIs(state),
    });
    this.#network = network;
    network.idle(this.#idle);
    if (this.#manifest !== undefined) network.update(this.#manifest);
    if (this.#code !== undefined) network.claim(this.#code);
    network.announce(this.#announcement);
  }

  #claimIs(state: ClaimState): void {
    const { deliver, onClaimed } = this.#options;
    this.#claimState = state;
    deliver({ on: "claim" });
    if (state === "claimed") onClaimed?.();
  }
}

/** What the service menu has of it. */
class BoardClaim implements ClaimPort {
  readonly #network: BoardNetwork;

  constructor(network: BoardNetwork) {
    this.#network = network;
  }

  get state(): ClaimState {
    return this.#network.claimState;
  }

  use(code: string): void {
    this.#network.claimBy(code);
  }
}

/** Undefined: not provisioned, or no key yet. */
export function boardConfig(
  {
    secrets,
    claim,
    machineId,
    board,
    key,
    buildS,
  }: Pick<BoardNetworkOptions, "secrets" | "claim" | "machineId" | "board" | "key" | "buildS">,
  newestRecordS: number,
): NetConfig | undefined {
  const place = secrets ?? (claim === undefined ? undefined : placeOf(claim));
  if (place === undefined || key.state !== "ready") return undefined;
  const privateKey = new Uint8Array(key.privateKey());
  return { ...place, machineId, board, key: toPkcs8(privateKey), floorS: clockFloorS(buildS, newestRecordS) };
}

function placeOf({ place, code = "" }: PendingClaim) {
  return { ...place, brokerHost: "", brokerPort: 0, certificate: new Uint8Array(0), claimCode: code };
}

/** AlgorithmIdentifier of RSA (RFC 8017 A.1): what PKCS #8 puts before the key (RFC 5208 §5). */
const RSA = Object.freeze([0x02, 1, 0, 0x30, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 0x05, 0]);

/** The SDK's TLS wants PKCS #8. */
export function toPkcs8(rsaPrivateKey: Uint8Array): Uint8Array {
  const octets = element(0x04, rsaPrivateKey);
  const body = new Uint8Array(RSA.length + octets.length);
  body.set(RSA);
  body.set(octets, RSA.length);
  return element(0x30, body);
}

function element(tag: number, body: Uint8Array): Uint8Array {
  const { length } = body;
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  const bytes = new Uint8Array(head.length + length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}
