/** Runs one program to its end in a process group of its own, so that nothing it started outlives it. */
import { type ChildProcess, spawn } from "node:child_process";
import type { ProcessEnd } from "./outcome.js";

/** Output beyond this is cut in the middle; a test that prints more is shouting. */
const OUTPUT_MAX_CHARS = 2_000_000;
const KILL_AFTER_MS = 3_000;

const running = new Set<ChildProcess>();

/** Runs Node with `args`; output and errors are kept together in the order they came. */
export function runNode(args: readonly string[], limitMs: number): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0", NODE_DISABLE_COLORS: "1" },
    });
    running.add(child);
    const pieces: string[] = [];
    let chars = 0;
    let timedOut = false;
    const keep = (piece: string): void => {
      if (chars < OUTPUT_MAX_CHARS) {
        pieces.push(piece);
      }
      chars += piece.length;
    };
    child.stdout.setEncoding("utf8").on("data", keep);
    child.stderr.setEncoding("utf8").on("data", keep);
    const limit = setTimeout(() => {
      timedOut = true;
      endGroup(child, "SIGTERM");
      setTimeout(() => endGroup(child, "SIGKILL"), KILL_AFTER_MS).unref();
    }, limitMs);
    const finish = (code: number | null, more: string): void => {
      clearTimeout(limit);
      running.delete(child);
      const cut = chars > OUTPUT_MAX_CHARS ? `\n... ${chars - OUTPUT_MAX_CHARS} characters cut\n` : "";
      resolve({ output: pieces.join("") + cut + more, code: code ?? undefined, timedOut });
    };
    child.on("error", (error) => finish(null, `${error.message}\n`));
    // A grandchild that keeps our pipes open must not keep the run waiting: it is ended with its parent.
    child.on("exit", () => setTimeout(() => endGroup(child, "SIGKILL"), KILL_AFTER_MS).unref());
    child.on("close", (code) => finish(code, ""));
  });
}

/** Ends every process that still runs; for when the run itself is told to stop. */
export function endAll(): void {
  for (const child of running) {
    endGroup(child, "SIGTERM");
  }
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) {
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group is gone already.
  }
}
