/**
 * A server program run for a load: started, killed, started again at the same port, and what it costs read from /proc.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, closeSync, constants, openSync, readdirSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const READY_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 20;
/** Folders where Debian keeps servers and that an ordinary user's PATH may lack. */
const MORE_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** Path of a program on this machine. Throws Error naming it. */
export function findProgram(name: string): string {
  for (const folder of [...(process.env.PATH ?? "").split(delimiter), ...MORE_FOLDERS]) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Not here; the next folder may have it.
    }
  }
  throw new Error(`${name} is not installed; on Debian: apt-get install ${name}`);
}

export interface ProgramOptions {
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly uid?: number | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** Resolves once it can be used; asked again until then. */
  readonly isReady: () => Promise<boolean>;
}

export interface Cost {
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** All that were made: none outlives us. */
const made = new Set<Program>();

function endAll(): void {
  for (const { pid } of made) if (pid > 0) endNow(pid);
}

function endNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}

export class Program {
  readonly name: string;
  readonly #options: ProgramOptions;
  #child: ChildProcess | undefined;

  constructor(options: ProgramOptions) {
    this.name = options.name;
    this.#options = options;
    if (made.size === 0) process.once("exit", endAll);
    made.add(this);
  }

  /**
   * What it says goes to `{name}.log` in its folder. One that ran before and ends at once is started again, as a
   * supervisor does: what a killed PostgreSQL leaves behind lives on for a moment.
   */
  async start(): Promise<void> {
    const { folder, name } = this.#options;
    const again = this.#child !== undefined;
    let child = this.#spawn();
    const deadlineMs = performance.now() + READY_WITHIN_MS;
    while (!(await this.#options.isReady())) {
      const ended = child.exitCode !== null;
      if ((ended && !again) || performance.now() > deadlineMs) {
        throw new Error(`${name} did not start: ${readFileSync(join(folder, `${name}.log`), "utf8").slice(-500)}`);
      }
      await pause(LOOK_EVERY_MS);
      if (ended) child = this.#spawn();
    }
  }

  #spawn(): ChildProcess {
    const { path, args, folder, uid, env, name } = this.#options;
    const log = openSync(join(folder, `${name}.log`), "a");
    const as = uid === undefined ? {} : { uid, gid: uid };
    const child = spawn(path, args, {
      cwd: folder,
      stdio: ["ignore", log, log],
      env: { ...process.env, ...env },
      ...as,
    });
    closeSync(log);
    this.#child = child;
    return child;
  }

  /** Resolves when it is gone. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await gone;
  }

  /** 0: it does not run. */
  get pid(): number {
    const { pid = 0, exitCode = null, signalCode = null } = this.#child ?? {};
    return exitCode === null && signalCode === null ? pid : 0;
  }

  /** Of the program and its children, the ended ones too. */
  cost(): Cost {
    const own = statOf(this.pid);
    let { cpuMs } = own;
    let rssBytes = pssOf(this.pid);
    for (const pid of pids()) {
      const stat = pid === this.pid ? undefined : statOf(pid);
      if (stat === undefined || stat.parent !== this.pid) continue;
      cpuMs += stat.ownCpuMs;
      rssBytes += pssOf(pid);
    }
    return { cpuMs, rssBytes };
  }
}

const MS_A_JIFFY = 10;

function statOf(pid: number): { readonly parent: number; readonly cpuMs: number; readonly ownCpuMs: number } {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Behind the name, which may hold blanks: state, parent … utime, stime, and those of children that ended.
    const fields = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
    const ownCpuMs = (user + system) * MS_A_JIFFY;
    return { parent: fields[1] ?? 0, cpuMs: ownCpuMs + (childUser + childSystem) * MS_A_JIFFY, ownCpuMs };
  } catch {
    return { parent: 0, cpuMs: 0, ownCpuMs: 0 };
  }
}

/** Memory with what is shared counted in parts, bytes. */
function pssOf(pid: number): number {
  try {
    const kib = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
    return Number(kib ?? 0) * 1_024;
  } catch {
    return 0;
  }
}

function pids(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return address !== null && typeof address !== "string" ? address.port : 0;
}

export function takesConnections(port: number): Promise<boolean> {
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
