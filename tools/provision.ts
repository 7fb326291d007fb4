/**
 * `node --import tsx tools/provision.ts SECRETS.json`: what a board's secret store is flashed with, as the table that
 * Espressif's nvs_partition_gen.py reads, on standard output. SECRETS.json is nobody's but the installer's: keys and
 * password are in it. Nothing is kept, sent or logged here.
 */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { fixedAddressBytes, readFixedAddress, WRONG_ADDRESS } from "../firmware/io/net/fixed-address.js";
import {
  encodeIdentity,
  encodeNetwork,
  IDENTITY_ENTRY,
  NETWORK_ENTRY,
  SECRET_DOMAIN,
} from "../firmware/io/secret-store.js";
import { fromHex, toHex } from "../shared/bytes.js";

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
}`;

/** The table of the partition `nvs`. Throws RangeError naming what is missing or wrong. `read`: bytes of a file. */
export function secretsTable(secrets: unknown, read: (file: string) => Uint8Array): string {
  const identity = valuesAt(secrets, "identity");
  const rows = ["key,type,encoding,value", `${SECRET_DOMAIN},namespace,,`];
  const whole = encodeIdentity({
    machineId: textAt(identity, "machineId"),
    model: textAt(identity, "model"),
    epoch: numberAt(identity, "epoch"),
    voucherKey: keyAt(identity, "voucherKey"),
    orderKey: keyAt(identity, "orderKey"),
  });
  rows.push(`${IDENTITY_ENTRY},data,hex2bin,${toHex(whole)}`);
  if (isValues(secrets) && secrets.network !== undefined) {
    rows.push(`${NETWORK_ENTRY},data,hex2bin,${toHex(networkOf(valuesAt(secrets, "network"), read))}`);
  }
  return `${rows.join("\n")}\n`;
}

function networkOf(network: Values, read: (file: string) => Uint8Array): Uint8Array {
  const { ssid, doorHost } = network;
  return encodeNetwork({
    ...(ssid === undefined ? {} : { ssid: textAt(network, "ssid"), password: textAt(network, "password") }),
    brokerHost: textAt(network, "brokerHost"),
    brokerPort: numberAt(network, "brokerPort"),
    brokerCa: read(textAt(network, "brokerCa")),
    certificate: read(textAt(network, "certificate")),
    timeHost: textAt(network, "timeHost"),
    imageKey: read(textAt(network, "imageKey")),
    ...(doorHost === undefined
      ? {}
      : { doorHost: textAt(network, "doorHost"), doorPort: numberAt(network, "doorPort") }),
    ...addressAt(network, "cableAddress"),
    ...addressAt(network, "wifiAddress"),
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

function main(file: string | undefined): void {
  if (file === undefined) {
    process.stderr.write(`Usage: node --import tsx tools/provision.ts SECRETS.json > secrets.csv\n${EXAMPLE}\n`);
    process.exitCode = 2;
    return;
  }
  try {
    const secrets: unknown = JSON.parse(readFileSync(file, "utf8"));
    process.stdout.write(secretsTable(secrets, (name) => readFileSync(resolve(dirname(file), name))));
  } catch (error) {
    process.stderr.write(`${file}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === resolve(process.argv[1])) main(process.argv[2]);
