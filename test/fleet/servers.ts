/**
 * Servers of others that the fleet can use instead of its embedded parts: Debian's mosquitto, Redis and PostgreSQL,
 * each in a folder of its own on a free port, to be killed and started again at will.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, mkdirSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { databaseUser } from "../../fleet/store/embedded-binaries.js";
import { FLEET_CHANNELS, MACHINE_CHANNELS } from "../../shared/wire/topics.js";
import { temporaryFolder, until } from "./support.js";

export interface Server {
  readonly port: number;
  /** Where its files are. */
  readonly folder: string;
  /** Resolves when it takes connections. */
  start(): Promise<void>;
  /** Resolves when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Stops or continues it without ending it. */
  signal(name: "SIGSTOP" | "SIGCONT" | "SIGHUP"): void;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address !== "string" ? address.port : 0;
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const end = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}

interface Program {
  readonly path: string;
  readonly args: readonly string[];
  readonly uid?: number;
}

/** A program of others in `folder`, which is removed with it. */
export function serverOf(port: number, folder: string, { path, args, uid }: Program): Server {
  let child: ChildProcess | undefined;
  const kill = async (signal: NodeJS.Signals = "SIGKILL"): Promise<void> => {
    const { exitCode, signalCode } = child ?? { exitCode: 0, signalCode: null };
    if (child === undefined || exitCode !== null || signalCode !== null) return;
    const gone = new Promise((resolve) => child?.once("exit", resolve));
    child.kill(signal);
    await gone;
  };
  process.once("exit", () => child?.kill("SIGKILL"));
  return {
    port,
    folder,
    start: async () => {
      child = spawn(path, args, { stdio: "ignore", cwd: folder, ...(uid === undefined ? {} : { uid, gid: uid }) });
      await until(() => takesConnections(port), `${path} does not take connections`);
    },
    kill,
    signal: (name) => void child?.kill(name),
    close: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** User of the fleet's own connection at mosquitto. */
export const BROKER_USER = "spiral-fleet";

/**
 * mosquitto with a password for each of `users` (serials, and BROKER_USER), where a machine may publish and read only
 * below its own topic and in its direction.
 */
export async function mosquitto(path: string, users: Readonly<Record<string, string>>): Promise<Server> {
  const folder = await temporaryFolder();
  const port = await freePort();
  const passwords = join(folder, "passwords");
  await writeFile(
    passwords,
    Object.entries(users)
      .map(([name, password]) => `${name}:${password}\n`)
      .join(""),
  );
  // Hashes in place; the tool is found where the server is, or on the PATH.
  execFileSync("mosquitto_passwd", ["-U", passwords], { env: { PATH: `${process.env.PATH}:${dirname(path)}` } });
  const own = (access: string, channels: readonly string[], name: string): string[] =>
    channels.map((channel) => `${access} fleet/${name}/${channel}`);
  const rules = [
    `user ${BROKER_USER}`,
    ...own("topic read", MACHINE_CHANNELS, "+"),
    ...own("topic write", FLEET_CHANNELS, "+"),
    ...own("pattern write", MACHINE_CHANNELS, "%u"),
    ...own("pattern read", FLEET_CHANNELS, "%u"),
  ];
  await writeFile(join(folder, "rules"), `${rules.join("\n")}\n`);
  const settings = [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous false",
    `password_file ${passwords}`,
    `acl_file ${join(folder, "rules")}`,
    // Started as root it would become a user who cannot read what is ours.
    `user ${userInfo().username}`,
    "persistence false",
    "log_dest none",
  ];
  await writeFile(join(folder, "mosquitto.conf"), `${settings.join("\n")}\n`);
  return serverOf(port, folder, { path, args: ["-c", join(folder, "mosquitto.conf")] });
}

/** Redis that keeps its keys in `folder` only when told to save. */
export async function redis(path: string): Promise<Server> {
  const folder = await temporaryFolder();
  const port = await freePort();
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder];
  return serverOf(port, folder, { path, args });
}

export interface PostgresServer extends Server {
  /** Of a login that may make roles and is no superuser. */
  readonly url: string;
  /** The folder of its Unix socket. */
  readonly sockets: string;
}

/**
 * PostgreSQL for a database `fleet` that belongs to the login `fleet_owner`; both are still to be made. `findPath`
 * is told the folder and finds the server's program. Runs as the user the embedded one runs as.
 */
export async function postgresql(findPath: (folder: string) => Promise<string>): Promise<PostgresServer> {
  const folder = await temporaryFolder();
  const path = await findPath(folder);
  const port = await freePort();
  const runAs = databaseUser();
  const as = runAs === undefined ? {} : { uid: runAs.uid, gid: runAs.gid };
  const data = join(folder, "data");
  mkdirSync(data, { mode: 0o700 });
  if (runAs !== undefined) chownSync(data, runAs.uid, runAs.gid);
  const initdb = ["-D", data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
  execFileSync(join(dirname(path), "initdb"), initdb, { ...as, stdio: "ignore", cwd: data });
  const sockets = `unix_socket_directories=${data}`;
  const settings = ["fsync=off", "listen_addresses=127.0.0.1", sockets, "shared_buffers=16MB"];
  const args = ["-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])];
  const server = serverOf(port, folder, { path, args, ...(runAs === undefined ? {} : { uid: runAs.uid }) });
  return { ...server, url: `postgres://fleet_owner@127.0.0.1:${port}/fleet`, sockets: data };
}
