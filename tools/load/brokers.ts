/**
 * Debian's mosquitto as the fleet's broker: a password (or a certificate) for each machine, and access rules that keep
 * it
 * below its own topic. Several brokers are leaves that hand everything on to a hub, where the fleet listens: a process
 * holds at most so many descriptors.
 */
import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { FLEET_CHANNELS, MACHINE_CHANNELS } from "../../shared/wire/topics.js";
import { findProgram, freePort, Program, takesConnections } from "./program.js";
import { passwordOf, serialOf } from "./roster.js";

/** User of the fleet's own connection, of a generator that speaks for many machines, and of the leaves at the hub. */
export const FLEET_LOGIN = "spiral-fleet";
export const FLOOD_LOGIN = "spiral-flood";
const LEAF_LOGIN = "spiral-leaf";
/** Unacknowledged at one subscriber: above what the fleet commits at once. mosquitto's own is 20. */
const MAX_INFLIGHT = 20_000;
const MAX_QUEUED = 500_000;

export interface BrokersOptions {
  readonly folder: string;
  readonly seed: number;
  readonly machines: number;
  /** Leaves; 0: machines connect to the hub itself, without TLS. */
  readonly leaves: number;
  /** Of the hub; its files are named after it. */
  readonly name?: string;
  /** Folder of certificates (tls-files.ts); absent: passwords over TCP. */
  readonly secureFolder?: string;
}

export interface Brokers {
  /** Where the fleet connects: mqtt://user:password@host:port. */
  readonly url: string;
  readonly hubPort: number;
  /** Where machines connect. */
  readonly ports: readonly number[];
  readonly hub: Program;
  readonly programs: readonly Program[];
  readonly floodPassword: string;
}

export async function brokers({
  folder,
  seed,
  machines,
  leaves,
  secureFolder,
  name = "hub",
}: BrokersOptions): Promise<Brokers> {
  const secret = (): string => randomBytes(24).toString("base64url");
  const [fleet, flood, leaf] = [secret(), secret(), secret()];
  const logins = [line(FLEET_LOGIN, fleet), line(FLOOD_LOGIN, flood), line(LEAF_LOGIN, leaf)];
  for (let i = 0; i < machines; i++) logins.push(line(serialOf(i), passwordOf(seed, i)));
  writeFileSync(join(folder, `${name}.passwords`), logins.join(""), { mode: 0o600 });
  writeFileSync(join(folder, `${name}.rules`), `${RULES.join("\n")}\n`, { mode: 0o600 });
  const tls = secureFolder === undefined ? [] : tlsSettings(secureFolder);
  const hubPort = await freePort();
  const hub = broker({ folder, name, port: hubPort, files: name });
  const programs = [hub];
  const ports: number[] = [];
  for (let i = 0; i < leaves; i++) {
    const port = await freePort();
    ports.push(port);
    programs.push(
      broker({ folder, name: `leaf-${i}`, port, files: name, more: [...tls, ...bridge(hubPort, i, leaf)] }),
    );
  }
  if (leaves === 0) ports.push(hubPort);
  return {
    url: `mqtt://${FLEET_LOGIN}:${fleet}@127.0.0.1:${hubPort}`,
    ...{ hubPort, ports, hub, programs, floodPassword: flood },
  };
}

/** As mosquitto keeps a password with "$6$": one SHA-512 with salt. Enough for 256 random bits, as the fleet's own. */
function line(name: string, password: string): string {
  const salt = randomBytes(12);
  const hash = createHash("sha512").update(password).update(salt).digest("base64");
  return `${name}:$6$${salt.toString("base64")}$${hash}\n`;
}

const own = (access: string, channels: readonly string[], name: string): string[] =>
  channels.map((channel) => `${access} fleet/${name}/${channel}`);

const RULES: readonly string[] = [
  `user ${FLEET_LOGIN}`,
  ...own("topic read", MACHINE_CHANNELS, "+"),
  ...own("topic write", FLEET_CHANNELS, "+"),
  `user ${FLOOD_LOGIN}`,
  ...own("topic write", MACHINE_CHANNELS, "+"),
  ...own("topic read", FLEET_CHANNELS, "+"),
  `user ${LEAF_LOGIN}`,
  "topic readwrite fleet/#",
  ...own("pattern write", MACHINE_CHANNELS, "%u"),
  ...own("pattern read", FLEET_CHANNELS, "%u"),
];

interface Listening {
  readonly folder: string;
  readonly name: string;
  readonly port: number;
  /** Whose passwords and rules. */
  readonly files: string;
  readonly more?: readonly string[];
}

function broker({ folder, name, port, files, more = [] }: Listening): Program {
  const settings = [
    `listener ${port} 127.0.0.1`,
    ...more.filter((setting) => LISTENER_SETTING.test(setting)),
    "allow_anonymous false",
    `password_file ${join(folder, `${files}.passwords`)}`,
    `acl_file ${join(folder, `${files}.rules`)}`,
    // Started as root it would become a user who cannot read what is ours.
    `user ${userInfo().username}`,
    "persistence false",
    "log_type error",
    "set_tcp_nodelay true",
    `max_inflight_messages ${MAX_INFLIGHT}`,
    `max_queued_messages ${MAX_QUEUED}`,
    ...more.filter((setting) => !LISTENER_SETTING.test(setting)),
  ];
  const file = join(folder, `${name}.conf`);
  writeFileSync(file, `${settings.join("\n")}\n`, { mode: 0o600 });
  const isReady = (): Promise<boolean> => takesConnections(port);
  return new Program({ name, path: findProgram("mosquitto"), args: ["-c", file], folder, isReady });
}

const LISTENER_SETTING = /^(cafile|certfile|keyfile|require_certificate|use_identity_as_username) /;

function tlsSettings(folder: string): readonly string[] {
  return [
    `cafile ${join(folder, "ca.pem")}`,
    `certfile ${join(folder, "broker.pem")}`,
    `keyfile ${join(folder, "broker.key")}`,
    "require_certificate true",
    "use_identity_as_username true",
  ];
}

function bridge(hubPort: number, index: number, password: string): readonly string[] {
  const name = `${LEAF_LOGIN}-${index}`;
  return [
    `connection ${name}`,
    `address 127.0.0.1:${hubPort}`,
    `remote_username ${LEAF_LOGIN}`,
    `remote_password ${password}`,
    `remote_clientid ${name}`,
    "bridge_protocol_version mqttv311",
    "cleansession true",
    "notifications false",
    "restart_timeout 1",
    ...MACHINE_CHANNELS.map((channel) => `topic fleet/+/${channel} out 1`),
    ...FLEET_CHANNELS.map((channel) => `topic fleet/+/${channel} in 1`),
  ];
}
