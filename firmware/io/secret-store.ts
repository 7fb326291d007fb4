/**
 * Who this machine is and whom it trusts: as provisioning wrote it, or of a board that claims itself what provisioning
 * wrote and the claim has brought (claim-store.ts). CBOR maps in key-value storage, apart from ledger and documents.
 * What is read here is never logged, shown or sent; the key of the board itself is in its own store
 * (native/device-key).
 */
import { encodeCbor } from "../../shared/cbor.js";
import { deepFreeze } from "../../shared/freeze.js";
import { type MessageOf, toMap } from "../../shared/layout.js";
import type { Identity } from "../ports/hardware.js";
import { ClaimStore, type Given, MAX_CODE_CHARS } from "./claim-store.js";
import type { KeyValueStorage } from "./ecma-419.js";
import { KeyValueEntries } from "./key-value-entries.js";
import { decodeFixedAddress } from "./net/fixed-address.js";

export const SECRET_DOMAIN = "spiral";
/** Key names of NVS have at most 15 letters. */
export const IDENTITY_ENTRY = "identity";
export const NETWORK_ENTRY = "network";
export const CLAIM_ENTRY = "claim";
/** Longest entry: a CA's certificate, the machine's, and names. */
export const MAX_ENTRY_BYTES = 6_144;
const KEY_BYTES = 32;
const MAX_MACHINE_ID = 32;

/** As `Identity`, without the firmware's version. */
const IDENTITY = deepFreeze({
  machineId: [0, "text"],
  model: [1, "text"],
  epoch: [2, "uint"],
  voucherKey: [3, "bytes"],
  orderKey: [4, "bytes"],
});

/**
 * ssid, password: of Wi-Fi; both absent = Ethernet alone. Certificates are DER. brokerHost, brokerPort, certificate:
 * all absent = the board claims itself. brokerCa: believed of broker and door. imageKey: of who signs images. doorHost,
 * doorPort: where the board claims itself and its certificate is renewed; both absent = nowhere. cableAddress,
 * wifiAddress: by hand (net/fixed-address); absent = by DHCP.
 */
const NETWORK = deepFreeze({
  ssid: [0, "text?"],
  password: [1, "text?"],
  brokerHost: [2, "text?"],
  brokerPort: [3, "uint?"],
  brokerCa: [4, "bytes"],
  certificate: [5, "bytes?"],
  timeHost: [6, "text"],
  imageKey: [7, "bytes"],
  doorHost: [8, "text?"],
  doorPort: [9, "uint?"],
  cableAddress: [10, "bytes?"],
  wifiAddress: [11, "bytes?"],
});

/** code: as typed or scanned; absent = it is typed in the service menu. */
const CLAIM = deepFreeze({ machineId: [0, "text"], model: [1, "text"], code: [2, "text?"] });

type NetworkRecord = MessageOf<typeof NETWORK>;
type Admission = Required<Pick<NetworkRecord, "brokerHost" | "brokerPort" | "certificate">>;
type Door = Required<Pick<NetworkRecord, "doorHost" | "doorPort">>;
export type IdentitySecrets = MessageOf<typeof IDENTITY>;
/** Of a machine that a broker lets in. */
export type NetworkSecrets = Omit<NetworkRecord, keyof Admission> & Admission;
/** Of a board that is to be claimed. */
export type NetworkPlace = Omit<NetworkRecord, keyof Admission | keyof Door> & Door;
export type ClaimSecrets = MessageOf<typeof CLAIM>;

/** A board that is to be claimed, and where. */
export interface PendingClaim {
  readonly machineId: string;
  /** As provisioned; undefined: somebody is to type one. */
  readonly code: string | undefined;
  readonly place: NetworkPlace;
}

/** What provisioning writes under IDENTITY_ENTRY. Throws RangeError for what the machine would refuse. */
export function encodeIdentity(secrets: IdentitySecrets): Uint8Array {
  if (!isIdentity(secrets)) throw new RangeError("no identity of a machine");
  return encodeCbor(toMap(IDENTITY, secrets), MAX_ENTRY_BYTES);
}

/** What provisioning writes under NETWORK_ENTRY. Throws RangeError for what the machine would refuse. */
export function encodeNetwork(secrets: NetworkSecrets | NetworkPlace): Uint8Array {
  if (!isNetwork(secrets)) throw new RangeError("no addresses of a machine");
  return encodeCbor(toMap(NETWORK, secrets), MAX_ENTRY_BYTES);
}

/** What provisioning writes under CLAIM_ENTRY. Throws RangeError for what the machine would refuse. */
export function encodeClaim(secrets: ClaimSecrets): Uint8Array {
  if (!isClaim(secrets)) throw new RangeError("no claim of a machine");
  return encodeCbor(toMap(CLAIM, secrets), MAX_ENTRY_BYTES);
}

export class SecretStore {
  readonly #entries: KeyValueEntries;
  readonly #claims: ClaimStore;

  /** Throws where the platform has no such storage. */
  constructor({ io }: { readonly io: KeyValueStorage }) {
    this.#entries = new KeyValueEntries({ io, path: SECRET_DOMAIN });
    this.#claims = new ClaimStore({ io });
  }

  /**
   * Undefined: nobody has provisioned this board, or what is there is no identity. One that was provisioned and waits
   * for its claim sells on; one that has nothing but a name has epoch 0 and no keys.
   */
  identity(firmwareVersion: string): Identity | undefined {
    const claim = this.#claim();
    const given = this.#given();
    if (claim !== undefined && given !== undefined) {
      const { machineId, epoch, voucherKey, orderKey } = given;
      return { machineId, model: claim.model, epoch, voucherKey, orderKey, firmwareVersion };
    }
    const secrets = this.#entries.readMap(IDENTITY_ENTRY, IDENTITY, MAX_ENTRY_BYTES);
    if (secrets !== undefined && isIdentity(secrets)) return { ...secrets, firmwareVersion };
    if (claim === undefined) return undefined;
    const { machineId, model } = claim;
    const noKey = new Uint8Array(KEY_BYTES);
    return { machineId, model, epoch: 0, voucherKey: noKey, orderKey: noKey, firmwareVersion };
  }

  /** Undefined: no broker would let it in yet, or an address that could not work. */
  network(): NetworkSecrets | undefined {
    const record = this.#network();
    if (record === undefined) return undefined;
    const { brokerHost, brokerPort, certificate } = record;
    if (brokerHost !== undefined && brokerPort !== undefined && certificate !== undefined) {
      return { ...record, brokerHost, brokerPort, certificate };
    }
    const given = this.#given();
    if (given === undefined) return undefined;
    const { authorities: brokerCa } = given;
    const admission = {
      brokerHost: given.brokerHost,
      brokerPort: given.brokerPort,
      certificate: given.certificate,
    };
    return { ...record, ...admission, brokerCa };
  }

  /** Undefined: there is nothing to claim, or it is done. */
  pendingClaim(): PendingClaim | undefined {
    const claim = this.#claim();
    const place = this.#network();
    if (claim === undefined || place === undefined || this.#given() !== undefined) return undefined;
    const { doorHost, doorPort, certificate } = place;
    if (doorHost === undefined || doorPort === undefined || certificate !== undefined) return undefined;
    return { machineId: claim.machineId, code: claim.code, place: { ...place, doorHost, doorPort } };
  }

  close(): void {
    this.#entries.close();
    this.#claims.close();
  }

  /** What the claim has brought; it is of this board only if this board was to be claimed. */
  #given(): Given | undefined {
    const claim = this.#claim();
    return claim === undefined ? undefined : this.#claims.given(claim.machineId);
  }

  #claim(): ClaimSecrets | undefined {
    const claim = this.#entries.readMap(CLAIM_ENTRY, CLAIM, MAX_ENTRY_BYTES);
    return claim !== undefined && isClaim(claim) ? claim : undefined;
  }

  #network(): NetworkRecord | undefined {
    const record = this.#entries.readMap(NETWORK_ENTRY, NETWORK, MAX_ENTRY_BYTES);
    return record !== undefined && isNetwork(record) ? record : undefined;
  }
}

function isIdentity({ machineId, model, epoch, voucherKey, orderKey }: IdentitySecrets): boolean {
  const keys = voucherKey.length === KEY_BYTES && orderKey.length === KEY_BYTES;
  return keys && isMachineId(machineId) && model.length > 0 && epoch > 0 && epoch <= 0xffff_ffff;
}

function isNetwork(record: NetworkRecord): boolean {
  const { brokerHost, brokerPort, certificate, doorHost, doorPort, cableAddress, wifiAddress } = record;
  const admission = [brokerHost, brokerPort, certificate].filter((value) => value !== undefined).length;
  const door = doorHost !== undefined && doorPort !== undefined;
  if (admission !== 3 && (admission !== 0 || !door)) return false;
  return [cableAddress, wifiAddress].every((bytes) => bytes === undefined || decodeFixedAddress(bytes) !== undefined);
}

function isClaim({ machineId, model, code = "" }: ClaimSecrets): boolean {
  return isMachineId(machineId) && model.length > 0 && code.length <= MAX_CODE_CHARS;
}

/** `[A-Z0-9-]{1,32}`. */
function isMachineId(text: string): boolean {
  if (text.length < 1 || text.length > MAX_MACHINE_ID) return false;
  for (let i = 0; i < text.length; i++) {
    const letter = text.charAt(i);
    const fits = (letter >= "A" && letter <= "Z") || (letter >= "0" && letter <= "9") || letter === "-";
    if (!fits) return false;
  }
  return true;
}
