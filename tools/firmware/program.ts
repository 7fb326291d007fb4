/** Runs one program of the SDK to its end, line by line, in a process group of its own that never outlives us. */
import { type ChildProcess, spawn } from "node:child_process";

export interface Run {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly limitMs: number;
  /** Each line as it comes, of output and errors alike. */
  readonly line: (line: string) => void;
}

export interface RunEnd {
  /** Undefined: it could not be started, or a signal ended it. */
  readonly code: number | undefined;
  readonly output: string;
  readonly timedOut: boolean;
}

/** Of output beyond this only the end is kept. */
const MAX_OUTPUT_CHARS = 4_000_000;
const KILL_AFTER_MS = 3_000;

const running = new Set<ChildProcess>();

export function run({ command, args, cwd, env, limitMs, line }: Run): Promise<RunEnd> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    running.add(child);
    let output = "";
    let timedOut = false;
    const take = eachLine((text) => {
      output = `${output}${text}\n`.slice(-MAX_OUTPUT_CHARS);
      line(text);
    });
    child.stdout.setEncoding("utf8").on("data", take.piece);
    child.stderr.setEncoding("utf8").on("data", take.piece);
    const limit = setTimeout(() => {
      timedOut = true;
      endGroup(child, "SIGTERM");
      setTimeout(() => endGroup(child, "SIGKILL"), KILL_AFTER_MS).unref();
    }, limitMs);
    const finish = (code: number | undefined): void => {
      clearTimeout(limit);
      running.delete(child);
      take.end();
      resolve({ code, output, timedOut });
    };
    child.on("error", (error) => {
      take.piece(`${command}: ${error.message}\n`);
      finish(undefined);
    });
    child.on("close", (code) => finish(code ?? undefined));
  });
}

/** A program that goes on in the background: see `stop`. Its group ends with us. */
export function start(command: string, args: readonly string[], options: Omit<Run, "command" | "args" | "limitMs">) {
  const { cwd, env, line } = options;
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe", "pipe"], detached: true });
  running.add(child);
  const take = eachLine(line);
  child.stdout?.setEncoding("utf8").on("data", take.piece);
  child.stderr?.setEncoding("utf8").on("data", take.piece);
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("exit", (code, signal) => {
      running.delete(child);
      take.end();
      resolve(signal === null ? `ended with code ${code}` : `ended by ${signal}`);
    });
  });
  return { child, ended, stop: () => stopGroup(child, ended) };
}

export type Background = ReturnType<typeof start>;

/** Ends the group and waits until its leader is gone. */
async function stopGroup(child: ChildProcess, ended: Promise<string>): Promise<void> {
  endGroup(child, "SIGTERM");
  const kill = setTimeout(() => endGroup(child, "SIGKILL"), KILL_AFTER_MS);
  await ended;
  clearTimeout(kill);
  endGroup(child, "SIGKILL");
}

/** Has whatever still runs end with us when we are told to stop. To be called once, by whoever runs programs. */
export function endWithUs(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      for (const child of running) endGroup(child, "SIGKILL");
      process.exit(1);
    });
  }
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}

/** Cuts pieces of text into lines. */
export function eachLine(line: (text: string) => void): { piece(text: string): void; end(): void } {
  let rest = "";
  return {
    piece(text) {
      const lines = `${rest}${text}`.split(/\r?\n/);
      rest = lines.pop() ?? "";
      for (const one of lines) line(one);
    },
    end() {
      if (rest !== "") line(rest);
      rest = "";
    },
  };
}
