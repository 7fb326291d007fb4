/**
 * Who this machine is and whom it trusts, as provisioning wrote it: two CBOR maps in ECMA-419's key-value storage (NVS
 * on esp32, which survives a power cut in any write). Apart from ledger and documents. What is read here is never
 * logged, shown or sent; the key of the board itself is in its own store (native/device-key).
 */
import { decodeCbor, encodeCbor } from "../../shared/cbor.js";
import { deepFreeze } from "../../shared/freeze.js";
import { fromMap, type Layout, type MessageOf, toMap } from "../../shared/layout.js";
import type { Identity } from "../ports/hardware.js";
import type { KeyValueIo, KeyValueStorage } from "./ecma-419.js";
import { decodeFixedAddress } from "./net/fixed-address.js";

export const SECRET_DOMAIN = "spiral";
/** Key names of NVS have at most 15 letters. */
export const IDENTITY_ENTRY = "identity";
export const NETWORK_ENTRY = "network";
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
 * ssid, password: of Wi-Fi; both absent = Ethernet alone. Certificates are DER. imageKey: of who signs images.
 * doorHost, doorPort: where the certificate is renewed; both absent = nowhere.
 * cableAddress, wifiAddress: by hand (net/fixed-address); absent = by DHCP.
 */
const NETWORK = deepFreeze({
  ssid: [0, "text?"],
  password: [1, "text?"],
  brokerHost: [2, "text"],
  brokerPort: [3, "uint"],
  brokerCa: [4, "bytes"],
  certificate: [5, "bytes"],
  timeHost: [6, "text"],
  imageKey: [7, "bytes"],
  doorHost: [8, "text?"],
  doorPort: [9, "uint?"],
  cableAddress: [10, "bytes?"],
  wifiAddress: [11, "bytes?"],
});

export type IdentitySecrets = MessageOf<typeof IDENTITY>;
export type NetworkSecrets = MessageOf<typeof NETWORK>;

/** What provisioning writes under IDENTITY_ENTRY. Throws RangeError for what the machine would refuse. */
export function encodeIdentity(secrets: IdentitySecrets): Uint8Array {
  if (!isIdentity(secrets)) throw new RangeError("no identity of a machine");
  return encodeCbor(toMap(IDENTITY, secrets), MAX_ENTRY_BYTES);
}

/** What provisioning writes under NETWORK_ENTRY. Throws RangeError for what the machine would refuse. */
export function encodeNetwork(secrets: NetworkSecrets): Uint8Array {
  if (!isNetwork(secrets)) throw new RangeError("no addresses of a machine");
  return encodeCbor(toMap(NETWORK, secrets), MAX_ENTRY_BYTES);
}

export class SecretStore {
  #io: KeyValueIo | undefined;

  /** Throws where the platform has no such storage. */
  constructor({ io }: { readonly io: KeyValueStorage }) {
    this.#io = io.open({ path: SECRET_DOMAIN, format: "buffer" });
  }

  /** Undefined: nobody has provisioned this board, or what is there is no identity. */
  identity(firmwareVersion: string): Identity | undefined {
    const secrets = this.#read(IDENTITY_ENTRY, IDENTITY);
    return secrets !== undefined && isIdentity(secrets) ? { ...secrets, firmwareVersion } : undefined;
  }

  /** Undefined: the machine has no network yet, or an address that could not work. */
  network(): NetworkSecrets | undefined {
    const secrets = this.#read(NETWORK_ENTRY, NETWORK);
    return secrets !== undefined && isNetwork(secrets) ? secrets : undefined;
  }

  close(): void {
    const store = this.#io;
    this.#io = undefined;
    store?.close();
  }

  #read<L extends Layout>(entry: string, layout: L): MessageOf<L> | undefined {
    if (this.#io === undefined) throw new Error("secret store is closed");
    let value: unknown;
    try {
      value = this.#io.read(entry);
    } catch {
      return undefined;
    }
    if (!(value instanceof ArrayBuffer) || value.byteLength > MAX_ENTRY_BYTES) return undefined;
    const cbor = decodeCbor(new Uint8Array(value));
    const result = cbor.ok ? fromMap(layout, cbor.value) : undefined;
    return result?.ok === true ? result.message : undefined;
  }
}

function isIdentity({ machineId, model, epoch, voucherKey, orderKey }: IdentitySecrets): boolean {
  const keys = voucherKey.length === KEY_BYTES && orderKey.length === KEY_BYTES;
  return keys && isMachineId(machineId) && model.length > 0 && epoch > 0 && epoch <= 0xffff_ffff;
}

function isNetwork({ cableAddress, wifiAddress }: NetworkSecrets): boolean {
  return [cableAddress, wifiAddress].every((bytes) => bytes === undefined || decodeFixedAddress(bytes) !== undefined);
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
