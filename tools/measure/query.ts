/**
 * `query-fill` fills a fleet of 100,000 machines, `query` asks of it over HTTP as operators do: 8 clients, one of the
 * operator with 50,000 machines for every one of an operator with 1,000. The figure is the worst kind's p99.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { hashPassword, randomPassword } from "../../fleet/api/password.js";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { findOperator } from "../../fleet/store/provision.js";
import { addUser, setPasswordHash } from "../../fleet/store/users.js";
import type { Bench, BenchResult } from "./bench.js";
import { ask, type Client, quantile, type Times } from "./query/ask.js";
import { FULL_SIZE, fillFleet, operatorName } from "./query/fill.js";
import { benchConfig, benchFolder, exists, makeFolder, markFilled, readFilled } from "./query/folder.js";
import { warm } from "./query/warm.js";

const CLIENTS = 8;
const WARM_UP_ROUNDS = 2;
const ROUNDS = 20;
const TARGET_MS = 100;
const KEY_MS = 3_600_000;
const FILL_TARGET_S = 900;

export const QUERY_FILL: Bench = {
  name: "query-fill",
  about: "seconds to fill the fleet that `query` asks of (100,000 machines, 20 M transactions; ~14 GB); target 900",
  async run(say) {
    const folder = benchFolder();
    if (await exists(folder)) await rm(folder, { recursive: true, force: true });
    await makeFolder(folder);
    const startMs = performance.now();
    const databases = await openDatabases(benchConfig(folder));
    try {
      await fillFleet(databases, FULL_SIZE, say);
      const counted = await countRows(databases);
      await markFilled(folder, counted);
      const value = Math.round((performance.now() - startMs) / 1_000);
      const target = { value: FILL_TARGET_S, is: "most" } as const;
      return { name: "query-fill", value, unit: "s", target, counted: { folder, ...counted } };
    } finally {
      await databases.close();
    }
  },
};

export const QUERY: Bench = {
  name: "query",
  about: "worst p99 in ms of an operator's questions over HTTP, 8 clients, 100,000 machines; target 100",
  async run(say) {
    const folder = benchFolder();
    const filled = await readFilled(folder);
    if (filled === undefined) {
      const cure = "npm run --silent bench -- query-fill (up to 15 minutes, 14 GB)";
      return { name: "query", notMeasured: `${folder} holds no filled fleet. Fill it first: ${cure}` };
    }
    const { service, url } = await startService();
    try {
      const clients = await signIn(folder, url);
      say("bringing it into memory");
      await withDatabase(folder, ({ migrate }) => warm(migrate));
      const about = { url, clients, products: FULL_SIZE.products };
      await ask({ ...about, seed: 1 }, WARM_UP_ROUNDS);
      say(`${CLIENTS} clients, ${ROUNDS} rounds`);
      const startMs = performance.now();
      const times = await ask({ ...about, seed: 2 }, ROUNDS);
      return resultOf(times, performance.now() - startMs, filled);
    } finally {
      service.stdin?.end();
      await new Promise((resolve) => service.once("exit", resolve));
    }
  },
};

function resultOf(times: Times, tookMs: number, filled: string): BenchResult {
  const p99 = [...times].map(([kind, sorted]) => [kind, Math.round(quantile(sorted, 0.99))] as const);
  const medians = [...times].map(([kind, sorted]) => [`${kind}MedianMs`, Math.round(quantile(sorted, 0.5))] as const);
  const answers = [...times.values()].reduce((sum, { length }) => sum + length, 0);
  return {
    name: "query",
    value: Math.max(...p99.map(([, ms]) => ms)),
    unit: "ms",
    target: { value: TARGET_MS, is: "most" },
    counted: {
      clients: CLIENTS,
      answers,
      answersPerSecond: Math.round((answers * 1_000) / tookMs),
      filled,
      ...Object.fromEntries(p99.map(([kind, ms]) => [`${kind}P99Ms`, ms])),
      ...Object.fromEntries(medians),
    },
  };
}

/** Rows as they are, in thousands where they are many. */
async function countRows({ migrate: sql }: Databases): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const table of ["operators", "machines", "machine_slots", "sales_days", "sales_quarters", "transactions"]) {
    const [row] = await sql<{ rows: number }[]>`SELECT count(*) AS rows FROM ${sql(table)}`;
    counts[table] = row?.rows ?? 0;
  }
  return counts;
}

async function startService(): Promise<{ readonly service: ChildProcess; readonly url: string }> {
  const entry = fileURLToPath(new URL("./query/served.ts", import.meta.url));
  const service = spawn(process.execPath, ["--import", "tsx", entry], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: service.stdout });
  const url = await new Promise<string>((resolve, reject) => {
    lines.once("line", resolve);
    service.once("exit", (code) => reject(new Error(`the service ended with ${code} before it listened`)));
  });
  return { service, url };
}

/** Users of the large operator and of one small one, by turns. */
async function signIn(folder: string, url: string): Promise<readonly Client[]> {
  const who: { name: string; password: string; operator: number }[] = [];
  await withDatabase(folder, async (databases) => {
    for (const operator of [0, 1]) {
      const operatorId = await findOperator(databases.migrate, operatorName(operator));
      if (operatorId === undefined) throw new Error(`there is no operator ${operatorName(operator)}: fill again`);
      const name = `bench-${operator}`;
      const password = randomPassword();
      const hash = await hashPassword(password);
      if (!(await addUser(databases, operatorId, name, hash))) await setPasswordHash(databases, name, hash);
      who.push({ name, password, operator });
    }
  });
  const keys = await Promise.all(who.map((user) => makeKey(url, user)));
  return Array.from({ length: CLIENTS }, (_, at) => {
    const operator = at % 2;
    const headers = { authorization: `Bearer ${keys[operator]}` };
    return { operator, machines: FULL_SIZE.operators[operator] ?? 0, headers };
  });
}

/** On the database of the service that runs. */
async function withDatabase(folder: string, work: (databases: Databases) => Promise<void>): Promise<void> {
  const databases = await openDatabases(benchConfig(folder), { join: true });
  try {
    await work(databases);
  } finally {
    await databases.close();
  }
}

/** A key that is good for an hour and asks as often as it likes: a person's session is held back long before. */
async function makeKey(url: string, user: { readonly name: string; readonly password: string }): Promise<string> {
  const post = async (path: string, body: object, headers: Record<string, string> = {}): Promise<Response> => {
    const answer = await fetch(new URL(`/api/v1/${path}`, url), {
      method: "POST",
      headers: { "content-type": "application/json", origin: url, ...headers },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path} answers ${answer.status}: ${await answer.text()}`);
    return answer;
  };
  const session = await post("session", { name: user.name, password: user.password });
  const cookie = (session.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  const key = {
    name: `bench ${randomUUID()}`,
    scopes: ["machines:read", "sales:read", "faults:read", "telemetry:read"],
    requestsPerMinute: 60_000,
    expiresAt: new Date(Date.now() + KEY_MS).toISOString(),
  };
  const made: unknown = await (await post("keys", key, { cookie })).json();
  if (typeof made !== "object" || made === null || !("key" in made)) throw new Error("no key was made");
  return String(made.key);
}
