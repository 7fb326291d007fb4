/** Debian's mosquitto with the settings we ship (fleet/broker/configs), its places put into a folder of the test. */
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { openAuthorities } from "../../../fleet/identity/authorities.js";
import { revocationList } from "../../../fleet/identity/authority.js";
import { authorityAct } from "../../../tools/authorities.js";
import { BROKER_USER, freePort, type Server, serverOf } from "../servers.js";
import { temporaryFolder } from "../support.js";
import { openDoor } from "./boards.js";

const CONFIGS = fileURLToPath(new URL("../../../fleet/broker/configs", import.meta.url));
export const FLEET_PASSWORD = "inside";
/** May do everything: what the rules let through, it sees. */
export const OBSERVER = "observer";

export interface CertifiedBroker extends Server {
  /** For machines; `port` is the inside. */
  readonly tlsPort: number;
  readonly authorityDir: string;
  readonly revocationFile: string;
  readonly pidFile: string;
}

export async function certifiedMosquitto(path: string): Promise<CertifiedBroker> {
  const folder = await temporaryFolder();
  const [port, tlsPort] = [await freePort(), await freePort()];
  const authorityDir = join(folder, "authority");
  const revocationFile = join(folder, "revoked.pem");
  const { all } = await openAuthorities(authorityDir, Date.now());
  // server.crt, server.key and authorities.pem as an installer gets them.
  const door = { ...openDoor("", { authorityDir }), revocationFile };
  await authorityAct(["broker-certificate", folder, "127.0.0.1"], () => undefined)?.({ door });
  const lists = await Promise.all(all.map((authority) => revocationList(authority, [], Date.now())));
  const write = (name: string, text: string) => writeFile(join(folder, name), text);
  await write("revoked.pem", lists.join(""));
  await write("passwords", `${BROKER_USER}:${FLEET_PASSWORD}\n${OBSERVER}:${FLEET_PASSWORD}\n`);
  const tools = { env: { PATH: `${process.env.PATH}:${dirname(path)}` } };
  execFileSync("mosquitto_passwd", ["-U", join(folder, "passwords")], tools);
  const rules = await readFile(join(CONFIGS, "mosquitto-rules"), "utf8");
  await write("mosquitto-rules", `user ${OBSERVER}\ntopic readwrite #\n\n${rules}`);
  const shipped = await readFile(join(CONFIGS, "mosquitto.conf"), "utf8");
  const settings = shipped
    .replaceAll(/\/mosquitto\/(config|secrets|revoked|run)/g, folder)
    .replace("listener 8883", `listener ${tlsPort} 127.0.0.1`)
    .replace("listener 1883", `listener ${port} 127.0.0.1`)
    .replace("persistence true", "persistence false");
  // Started as root it would become a user who cannot read what is ours.
  await write("mosquitto.conf", `user ${userInfo().username}\n${settings}`);
  const program = { path, args: ["-c", join(folder, "mosquitto.conf")] };
  return {
    ...serverOf(port, folder, program),
    tlsPort,
    authorityDir,
    revocationFile,
    pidFile: join(folder, "mosquitto.pid"),
  };
}
