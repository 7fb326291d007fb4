/**
 * `npm run provision -- table SECRETS.json`: what a board's secret store is flashed with, as the table that Espressif's
 * nvs_partition_gen.py reads. SECRETS.json is nobody's but the installer's: keys and password are in it. Nothing is
 * kept, sent or logged here.
 */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fixedAddressBytes, readFixedAddress, WRONG_ADDRESS } from "../../firmware/io/net/fixed-address.js";
import {
  CLAIM_ENTRY,
  encodeClaim,
  encodeIdentity,
  encodeNetwork,
  IDENTITY_ENTRY,
  NETWORK_ENTRY,
  SECRET_DOMAIN,
} from "../../firmware/io/secret-store.js";
import { plainClaimCode } from "../../fleet/identity/claim-code.js";
import { fromHex, toHex } from "../../shared/bytes.js";

type Values = Readonly<Record<string, unknown>>;

/** Keys as 64 hexadecimal digits; certificates and imageKey as names of files in DER, beside SECRETS.json. */
export const EXAMPLE = `{
  "identity": { "machineId": "M-1234", "model": "Spiral 10", "epoch": 1, "voucherKey": "…", "orderKey": "…" },
  "network": {
    "ssid": "absent: Ethernet alone", "password": "…", "brokerHost": "…", "brokerPort": 8883, "timeHost": "…",
    "brokerCa": "ca.der", "certificate": "M-1234.der", "imageKey": "images.bin",
    "doorHost": "absent: its certificate is not renewed", "doorPort": 8443,
    "cableAddress": { "address": "192.168.1.20", "mask": "255.255.255.0", "gateway": "192.168.1.1",
                      "dns": ["192.168.1.1"] },
    "wifiAddress": "as cableAddress; each absent: by DHCP"
  }
}
or, for a board that claims itself at the fleet:
{
  "claim": { "machineId": "M-1234", "model": "Spiral 10", "code": "absent: it is typed in the service menu" },
  "network": { "timeHost": "…", "brokerCa": "ca.der", "imageKey": "images.bin", "doorHost": "…", "doorPort": 8443,
               "ssid": "and the rest as above, without brokerHost, brokerPort and certificate" }
}
With "identity" beside "claim" the machine sells by that until it is claimed.`;

/** The table of the partition `nvs`. Throws RangeError naming what is missing or wrong. `read`: bytes of a file. */
export function secretsTable(secrets: unknown, read: (file: string) => Uint8Array): string {
  const { identity, claim, network } = isValues(secrets) ? secrets : {};
  const rows = ["key,type,encoding,value", `${SECRET_DOMAIN},namespace,,`];
  const row = (entry: string, bytes: Uint8Array): number => rows.push(`${entry},data,hex2bin,${toHex(bytes)}`);
  // a board without either would be none
  if (identity !== undefined || claim === undefined) row(IDENTITY_ENTRY, identityOf(valuesAt(secrets, "identity")));
  if (claim !== undefined) row(CLAIM_ENTRY, claimOf(valuesAt(secrets, "claim"), identity));
  if (network !== undefined || claim !== undefined) {
    row(NETWORK_ENTRY, networkOf(valuesAt(secrets, "network"), read, claim !== undefined));
  }
  return `${rows.join("\n")}\n`;
}

/** The table of the secrets in `file`, with the files it names. Throws an Error that names `file` and what is wrong. */
export function tableOf(file: string): string {
  try {
    const secrets: unknown = JSON.parse(readFileSync(file, "utf8"));
    return secretsTable(secrets, (name) => readFileSync(resolve(dirname(file), name)));
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function identityOf(identity: Values): Uint8Array {
  return encodeIdentity({
    machineId: textAt(identity, "machineId"),
    model: textAt(identity, "model"),
    epoch: numberAt(identity, "epoch"),
    voucherKey: keyAt(identity, "voucherKey"),
    orderKey: keyAt(identity, "orderKey"),
  });
}

function claimOf(claim: Values, identity: unknown): Uint8Array {
  const machineId = textAt(claim, "machineId");
  if (isValues(identity) && identity.machineId !== machineId) {
    throw new RangeError("claim and identity are of two machines: machineId differs");
  }
  const about = { machineId, model: textAt(claim, "model") };
  if (claim.code === undefined) return encodeClaim(about);
  const code = plainClaimCode(textAt(claim, "code"));
  if (code === undefined) throw new RangeError("code is no claim code: 20 characters, or 33 digits; compare it");
  return encodeClaim({ ...about, code });
}

/** toClaim: what a claim brings is not said. */
function networkOf(network: Values, read: (file: string) => Uint8Array, toClaim: boolean): Uint8Array {
  const { ssid } = network;
  const door = (): { doorHost: string; doorPort: number } => ({
    doorHost: textAt(network, "doorHost"),
    doorPort: numberAt(network, "doorPort"),
  });
  const place = {
    ...(ssid === undefined ? {} : { ssid: textAt(network, "ssid"), password: textAt(network, "password") }),
    brokerCa: read(textAt(network, "brokerCa")),
    timeHost: textAt(network, "timeHost"),
    imageKey: read(textAt(network, "imageKey")),
    ...addressAt(network, "cableAddress"),
    ...addressAt(network, "wifiAddress"),
  };
  if (toClaim) {
    for (const name of ["brokerHost", "brokerPort", "certificate"]) {
      if (network[name] !== undefined) throw new RangeError(`${name} comes with the claim; leave it out`);
    }
    return encodeNetwork({ ...place, ...door() });
  }
  return encodeNetwork({
    ...place,
    brokerHost: textAt(network, "brokerHost"),
    brokerPort: numberAt(network, "brokerPort"),
    certificate: read(textAt(network, "certificate")),
    ...(network.doorHost === undefined ? {} : door()),
  });
}

/** Nothing where there is none: the address comes by DHCP. */
function addressAt(network: Values, name: "cableAddress" | "wifiAddress"): { readonly [name: string]: Uint8Array } {
  if (network[name] === undefined) return {};
  const values = valuesAt(network, name);
  const { dns } = values;
  const servers = Array.isArray(dns) ? dns.filter((server) => typeof server === "string") : [];
  const text = { address: textAt(values, "address"), mask: textAt(values, "mask"), gateway: textAt(values, "gateway") };
  const fixed = readFixedAddress({ ...text, dns: servers });
  if (typeof fixed === "string") throw new RangeError(`${name}: ${WRONG_ADDRESS[fixed]}`);
  return { [name]: fixedAddressBytes(fixed) };
}

function isValues(value: unknown): value is Values {
  return typeof value === "object" && value !== null;
}

function valuesAt(value: unknown, name: string): Values {
  const inner = isValues(value) ? value[name] : undefined;
  if (!isValues(inner)) throw new RangeError(`${name} is missing`);
  return inner;
}

function textAt(values: Values, name: string): string {
  const value = values[name];
  if (typeof value !== "string" || value === "") throw new RangeError(`${name} is no text`);
  return value;
}

function numberAt(values: Values, name: string): number {
  const value = values[name];
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw new RangeError(`${name} is no whole number`);
  return value;
}

function keyAt(values: Values, name: string): Uint8Array {
  const key = fromHex(textAt(values, name));
  if (key?.length !== 32) throw new RangeError(`${name} is not 64 hexadecimal digits`);
  return key;
}
