/**
 * The network of a provisioned board: what the secret store and the board's key say, as the worker's configuration.
 * Read once at power-up. Without secrets there is no network, and the machine sells on.
 */
import type { NetworkPort } from "../../ports/hardware.js";
import type { WorldInput } from "../../ports/inputs.js";
import type { NetworkSecrets } from "../secret-store.js";
import { clockFloorS, type NetConfig } from "./config.js";
import { Network, type StartWorker } from "./network.js";
import type { Clockwork } from "./sockets.js";

export interface BoardNetworkOptions {
  readonly secrets: NetworkSecrets | undefined;
  readonly machineId: string;
  /** Name of the board's pin map: which images fit. */
  readonly board: string;
  /** RSAPrivateKey in DER (native/device-key); undefined while it is being made or has failed. */
  readonly privateKey: Uint8Array | undefined;
  /** Unix seconds: when this image was built, and the newest wall time in the ledger (0 = none). */
  readonly buildS: number;
  readonly newestRecordS: number;
  readonly clockwork: Clockwork;
  readonly startWorker: StartWorker;
  readonly deliver: (input: WorldInput) => void;
}

/** Undefined: not provisioned, or no key yet. */
export function openBoardNetwork(options: BoardNetworkOptions): (NetworkPort & { close(): void }) | undefined {
  const { clockwork, startWorker, deliver } = options;
  const config = boardConfig(options);
  return config === undefined ? undefined : new Network({ config, clockwork, startWorker, deliver });
}

export function boardConfig(options: BoardNetworkOptions): NetConfig | undefined {
  const { secrets, machineId, board, privateKey, buildS, newestRecordS } = options;
  if (secrets === undefined || privateKey === undefined) return undefined;
  return { ...secrets, machineId, board, key: toPkcs8(privateKey), floorS: clockFloorS(buildS, newestRecordS) };
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
