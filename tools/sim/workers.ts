/** Runs parts of a long work in processes of their own: both cores are used, memory is freed. */
import { fork } from "node:child_process";
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
  const next = async (): Promise<void> => {
    for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
      results.push(await inWorker(program, part, say, isResult, env));
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, parts.length) }, next));
  return results;
}

function inWorker<Result extends object>(
  program: string,
  part: string,
  say: (line: string) => void,
  isResult: (message: unknown) => message is Result,
  env: Environment,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    let result: Result | undefined;
    const path = fileURLToPath(new URL(program, import.meta.url));
    const child = fork(path, [part], { execArgv: ["--import", "tsx"], env: { ...env } });
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
