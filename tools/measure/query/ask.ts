/** Clients that ask over HTTP, each for itself, and how long the answers took. */
import { Agent, request } from "node:http";
import { Rng } from "../../bench/rng.js";
import { QUESTIONS } from "./questions.js";

export interface Client {
  readonly operator: number;
  readonly machines: number;
  /** Who asks: a cookie or a key. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Asking {
  readonly url: string;
  readonly clients: readonly Client[];
  readonly products: number;
  readonly seed: number;
}

/** Sorted milliseconds of the answers, by kind of question. */
export type Times = ReadonlyMap<string, readonly number[]>;

/** Every client asks every kind in turn, `rounds` times. Throws for an answer that is none. */
export async function ask({ url, clients, products, seed }: Asking, rounds: number): Promise<Times> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients.length });
  const times = new Map<string, number[]>(Object.keys(QUESTIONS).map((kind) => [kind, []]));
  const kinds = Object.entries(QUESTIONS);
  const one = async ({ headers, ...who }: Client, at: number): Promise<void> => {
    const rng = new Rng(seed * 1_000 + at);
    for (let turn = 0; turn < rounds * kinds.length; turn++) {
      // Shifted, so that the clients do not all ask the same at once.
      const [kind, question] = kinds[(turn + at * 5) % kinds.length] ?? ["", () => ""];
      const path = `/api/v1/${question({ ...who, products, rng })}`;
      const startMs = performance.now();
      const status = await get(agent, new URL(path, url), headers);
      times.get(kind)?.push(performance.now() - startMs);
      if (status !== 200) throw new Error(`${path} answers ${status}`);
    }
  };
  try {
    await Promise.all(clients.map(one));
  } finally {
    agent.destroy();
  }
  for (const list of times.values()) list.sort((left, right) => left - right);
  return times;
}

/** The status; the body is read to its end. */
function get(agent: Agent, url: URL, headers: Client["headers"]): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, headers }, (response) => {
      response
        .on("error", reject)
        .on("end", () => resolve(response.statusCode ?? 0))
        .resume();
    });
    asked.on("error", reject).end();
  });
}

/** The value that `share` of the sorted ones do not exceed. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
