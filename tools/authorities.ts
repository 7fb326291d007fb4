/**
 * What an installer does with the fleet's certificate authorities, and what a broker of others needs of them. Makes no
 * first authority: that is the service's, and in a folder that was mistyped there shall be none.
 */
import { generateKeyPair } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { type Config, ConfigError, type DoorConfig } from "../fleet/config.js";
import {
  type Authorities,
  addAuthority,
  hasAuthority,
  openAuthorities,
  retireAuthority,
} from "../fleet/identity/authorities.js";
import { type Authority, issueServer, SERVER_DAYS } from "../fleet/identity/authority.js";
import { RevocationFile } from "../fleet/identity/revocation-file.js";
import { writeSecret } from "../fleet/store/data-folder.js";
import type { Sql } from "../fleet/store/databases.js";

type Say = (line: string) => void;
type Keep = (config: Pick<Config, "door">) => Promise<void>;

const makeKey = promisify(generateKeyPair);

/** What the arguments ask to be done with authorities alone, without a database; undefined: something else. */
export function authorityAct([command, first, ...more]: readonly string[], say: Say): Keep | undefined {
  if (command === "broker-certificate") {
    return first === undefined || more.length === 0 ? undefined : certifying(first, more, say);
  }
  if (more.length > 0) return undefined;
  if (command === "retire-authority") return retiring(first ?? "", say);
  if (first !== undefined) return undefined;
  if (command === "authorities") return listing(say);
  return command === "add-authority" ? adding(say) : undefined;
}

function listing(say: Say): Keep {
  return async ({ door }) => {
    const authorities = await present(door);
    for (const authority of authorities.all) say(describe(authority, authorities));
  };
}

function adding(say: Say): Keep {
  return async ({ door }) => {
    await present(door);
    const generation = await addAuthority(door.authorityDir, Date.now());
    say(`Authority ${generation} signs machines from now on. Machines are told of it when they renew or claim.`);
    say("A broker of others believes it once it has the new authorities.pem: npm run admin -- broker-certificate");
    say(`Retire the one before when no machine is left that does not know ${generation}: within 397 days.`);
  };
}

function retiring(number: string, say: Say): Keep | undefined {
  if (!/^[1-9][0-9]{0,5}$/.test(number)) return undefined;
  return async ({ door }) => {
    await present(door);
    await retireAuthority(door.authorityDir, Number(number), Date.now());
    const { brokers } = await openAuthorities(door.authorityDir, Date.now());
    say(
      `Authority ${number} is retired: what it signed stays believed, authority ${brokers.generation} signs brokers.`,
    );
    say("A broker of others needs a new certificate: npm run admin -- broker-certificate");
  };
}

function certifying(folder: string, hosts: readonly string[], say: Say): Keep {
  return async ({ door }) => {
    const wrong = hosts.find((host) => !isHost(host));
    if (wrong !== undefined) throw new RangeError(`"${wrong}" is neither a host name nor an IP address.`);
    const { brokers, bundle } = await present(door);
    const { publicKey, privateKey } = await makeKey("rsa", { modulusLength: 2_048 });
    const spki = publicKey.export({ type: "spki", format: "der" });
    const issued = await issueServer(brokers, hosts, spki, Date.now());
    const into = resolve(folder);
    await mkdir(into, { recursive: true });
    // A broker that starts between two of these finds key and certificate of different pairs, and says so.
    await replace(join(into, "server.key"), privateKey.export({ type: "pkcs8", format: "pem" }).toString(), true);
    await replace(join(into, "server.crt"), issued.pem, false);
    await replace(join(into, "authorities.pem"), bundle.join(""), false);
    say(`${into}: server.key (mode 0600), server.crt for ${hosts.join(", ")}, authorities.pem.`);
    say(
      `Good until ${dayOf(issued.notAfter)}: ask again before, it lives ${SERVER_DAYS} days. Then restart the broker.`,
    );
  };
}

/** Exit code 1 if the broker was to be told of it and could not. */
export async function writeRevocations(
  ingest: Sql,
  door: DoorConfig,
  file: string | undefined,
  say: Say,
): Promise<number> {
  const path = file === undefined ? door.revocationFile : resolve(file);
  if (path === undefined) {
    throw new ConfigError("SPIRAL_REVOCATION_FILE", "is not set", "Set it, or name a file after revocation-list.");
  }
  const found = await present(door);
  // Only of the file that is set it is known who reads it.
  const pidFile = path === door.revocationFile ? door.revocationPidFile : undefined;
  const ports = { path, pidFile, authorities: async () => found, ingest: () => ingest };
  const { revoked, reread } = await new RevocationFile(ports).write(Date.now());
  say(`${path}: ${revoked} certificates of ${found.all.length} authorities are not to be believed.`);
  if (reread === undefined) say("A broker that runs has to be told to read it: SIGHUP for mosquitto.");
  else if (reread.is === "told") say("The broker has been told to read it.");
  else if (reread.is === "absent") say("No broker runs; it reads the list when it starts.");
  else say(`The broker has not been told to read it: ${reread.why}.`);
  return reread?.is === "failed" ? 1 : 0;
}

/** The authorities that are there. */
async function present({ authorityDir }: DoorConfig): Promise<Authorities> {
  if (await hasAuthority(authorityDir)) return openAuthorities(authorityDir, Date.now());
  const cure = "Set SPIRAL_DATA_DIR or it as for the service, whose first start makes the first one.";
  throw new ConfigError("SPIRAL_AUTHORITY_DIR", `is ${authorityDir}, where no authority is`, cure);
}

function describe(authority: Authority, { machines, brokers }: Authorities): string {
  const { generation, certificate, retired } = authority;
  const roles = [
    ...(authority === machines ? ["signs machines"] : []),
    ...(authority === brokers ? ["signs brokers"] : []),
    ...(retired ? ["retired"] : []),
    ...(certificate.notAfter.getTime() <= Date.now() ? ["over"] : []),
  ];
  const what = roles.length === 0 ? "is believed" : roles.join(", ");
  return `${generation}  ${what}  until ${dayOf(certificate.notAfter)}  ${certificate.subject}`;
}

function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}

function isHost(text: string): boolean {
  if (isIP(text) !== 0) return true;
  return (
    text.length <= 253 && /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i.test(text)
  );
}

/** Whoever reads it finds the old one or the new one, whole. */
async function replace(path: string, text: string, isSecret: boolean): Promise<void> {
  const draft = `${path}.new`;
  if (isSecret) await writeSecret(draft, text);
  else await writeFile(draft, text, { mode: 0o644 });
  await rename(draft, path);
}
