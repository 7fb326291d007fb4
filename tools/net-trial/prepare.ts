/**
 * Prepares the trial of the device's network side on the SDK's simulator: certificates, configuration, mosquitto's
 * settings and the manifest to build, all in one folder. README.md beside it says what to do with them. The keys made
 * here are of no machine.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeConfig } from "../../firmware/io/net/config.js";
import { issue, keyDer } from "../measure/certificates.js";

const PORT = 18_883;
const MACHINE_ID = "M-1";
/** 2025-06-15: a floor below which nobody's clock is. */
const FLOOR_S = 1_750_000_000;

function prepare(folder: string): void {
  mkdirSync(join(folder, "out"), { recursive: true });
  const put = (name: string, content: string | Uint8Array): void => writeFileSync(join(folder, name), content);
  const authority = issue({ name: "trial authority", authority: true });
  const host = { dns: ["localhost"], addresses: ["127.0.0.1"] };
  const broker = issue({ name: "broker", issuer: authority, usage: "server", ...host });
  const machine = issue({ name: MACHINE_ID, issuer: authority, usage: "client" });
  put("ca.pem", authority.pem);
  put("server.pem", broker.pem);
  put("server.key", broker.keyPem);
  put("machine.pem", machine.pem);
  put("machine.key", machine.keyPem);
  const config = encodeConfig({
    machineId: MACHINE_ID,
    brokerHost: "127.0.0.1",
    brokerPort: PORT,
    brokerCa: authority.der,
    certificate: machine.der,
    key: keyDer(machine),
    timeHost: "127.0.0.1",
    floorS: FLOOR_S,
    board: "host",
    imageKey: new Uint8Array(0),
  });
  put("trial.cbor", config);
  const settings = [
    `listener ${PORT} 127.0.0.1`,
    `cafile ${join(folder, "ca.pem")}`,
    `certfile ${join(folder, "server.pem")}`,
    `keyfile ${join(folder, "server.key")}`,
    "require_certificate true",
    "use_identity_as_username true",
    "allow_anonymous false",
    "tls_version tlsv1.2",
    "log_type all",
  ];
  put("mosquitto.conf", `${settings.join("\n")}\n`);
  put("manifest.json", manifestFor(folder));
}

/** The manifest beside this file with whole paths, and the configuration as a resource. */
function manifestFor(folder: string): string {
  const here = fileURLToPath(new URL(".", import.meta.url));
  const text = readFileSync(join(here, "manifest.json"), "utf8");
  const whole = text.replace(/"(\.\.?\/[^"]*)"/g, (_match, path: string) => JSON.stringify(resolve(here, path)));
  return whole.replace(/\n}\s*$/, `,\n  "data": { "*": [${JSON.stringify(join(folder, "trial"))}] }\n}\n`);
}

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error("Name the folder to prepare: node --import tsx tools/net-trial/prepare.ts FOLDER");
  process.exitCode = 2;
} else {
  prepare(resolve(folder));
  console.log(`Prepared ${resolve(folder)}; what to do with it: tools/net-trial/README.md`);
}
