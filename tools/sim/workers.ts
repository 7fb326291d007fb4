/** Runs parts of a long work in processes of their own: both cores are used, memory is freed. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

export type Environment = Readonly<Record<string, string | undefined>>;

/** A worker is told its part in `process.argv[2]` and answers with messages: text = progress, object = its result. */
export async function inWorkers<Result extends object>(
  program: string,
  parts: readonly string[],
  workers: number,
  say: (line: string) => void,
  isResult: (message: unknown) => message is Result,
  env: Environment = process.env,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = [...parts];
  const running = new Set<ChildProcess>();
  // In the middle of its part a worker does not notice that nobody waits for it any more.
  const end = (): void => {
    for (const child of running) child.kill("SIGKILL");
  };
  process.once("exit", end);
  const next = async (): Promise<void> => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      const path = fileURLToPath(new URL(program, import.meta.url));
      const child = fork(path, [part], { execArgv: ["--import", "tsx"], env: { ...env } });
      running.add(child);
      try {
        results.push(await resultOf(child, part, say, isResult));
      } finally {
        running.delete(child);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(workers, parts.length) }, next));
  } finally {
    // One has failed: nobody wants what the others do.
    end();
    process.off("exit", end);
  }
  return results;
}

function resultOf<Result extends object>(
  child: ChildProcess,
  part: string,
  say: (line: string) => void,
  isResult: (message: unknown) => message is Result,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    let result: Result | undefined;
    child.on("message", (message: unknown) => {
      if (isResult(message)) result = message;
      else say(String(message));
    });
    child.on("error", reject);
    child.on("exit", (code) => {
      if (result !== undefined) resolve(result);
      else reject(new Error(`a worker for ${part} ended with ${code ?? "a signal"}`));
    });
  });
}
