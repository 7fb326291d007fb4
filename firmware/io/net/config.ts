/**
 * What the network side has to be told: which interface, which broker, whose certificates. Filled by the composition
 * root from the secret store; nothing here is ever logged or sent. Keys and certificates are DER.
 */
import { decodeCbor, encodeCbor } from "../../../shared/cbor.js";
import { deepFreeze } from "../../../shared/freeze.js";
import { fromMap, type LayoutResult, type MessageOf, toMap } from "../../../shared/layout.js";

/** Largest configuration: two certificates, a key and names. */
export const MAX_CONFIG_BYTES = 8_192;

/**
 * ssid, password: of Wi-Fi, behind Ethernet where the board has it; both absent = Ethernet alone. brokerCa: the
 * certificate authorities, one behind the other, that may vouch for broker, update server and door. certificate, key:
 * the machine's own (RSA-2048), the key as PKCS #8. imageKey: modulus of the RSA key (3072 bits, exponent 65537) under
 * which images are signed. floorS: no clock may say less, Unix seconds: the newer of build time and newest ledger
 * record. board: which images fit. doorHost, doorPort: where the board claims itself and certificates are renewed, by
 * HTTPS; absent = nowhere. cableAddress, wifiAddress: by hand (fixed-address.ts); absent = by DHCP. claimCode: the
 * board is to claim itself, by this code (`""`: by one that is still to be typed); brokerHost, brokerPort and
 * certificate are empty then.
 */
const CONFIG = deepFreeze({
  machineId: [0, "text"],
  ssid: [1, "text?"],
  password: [2, "text?"],
  brokerHost: [3, "text"],
  brokerPort: [4, "uint"],
  brokerCa: [5, "bytes"],
  certificate: [6, "bytes"],
  key: [7, "bytes"],
  timeHost: [8, "text"],
  floorS: [9, "uint"],
  board: [10, "text"],
  imageKey: [11, "bytes"],
  doorHost: [12, "text?"],
  doorPort: [13, "uint?"],
  cableAddress: [14, "bytes?"],
  wifiAddress: [15, "bytes?"],
  claimCode: [16, "text?"],
});

export type NetConfig = MessageOf<typeof CONFIG>;

export function encodeConfig(config: NetConfig): Uint8Array {
  return encodeCbor(toMap(CONFIG, config), MAX_CONFIG_BYTES);
}

export function decodeConfig(bytes: Uint8Array): LayoutResult<NetConfig> {
  const cbor = decodeCbor(bytes);
  return cbor.ok ? fromMap(CONFIG, cbor.value) : { ok: false, error: "notAMap", field: "" };
}

/** A release was made then: what the floor is where a build does not say when it was made. */
export const RELEASE_S = 1_767_225_600;

/** Build time as `mc/config` gives it: Unix seconds, a text from the command line (tools/firmware) or nothing. */
export function buildTimeS(builtS: unknown): number {
  const seconds = typeof builtS === "string" ? Number(builtS) : builtS;
  return typeof seconds === "number" && Number.isSafeInteger(seconds) && seconds > RELEASE_S ? seconds : RELEASE_S;
}

/** Lowest time anybody may believe (TLS is checked against it before any time server has answered). */
export function clockFloorS(buildS: number, newestRecordS: number): number {
  return Math.max(buildS, newestRecordS);
}
