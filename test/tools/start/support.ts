/**
 * What the tests of `npm start` share: the panel's and the operator's side over real HTTP, the whole system in this
 * process, and the real program in a process of its own. Everything waits for a condition, with a deadline.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Transaction, TransactionList } from "../../../fleet/api/transactions/schema.js";
import type { Action, PanelState } from "../../../fleet/web/panel/contract.js";
import { type System, startSystem } from "../../../tools/start/system.js";
import { begunFolder, testConfig } from "../../fleet/support.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const POLL_MS = 15;
/** Longest anything may take on a busy machine. */
export const PATIENCE_MS = 30_000;

/** Asks again until `reached` holds; throws, naming `what`, after `limitMs`. Returns what it was reached with. */
export async function until<T>(
  what: string,
  ask: () => Promise<T> | T,
  reached: (answer: T) => boolean,
  limitMs = PATIENCE_MS,
): Promise<T> {
  const deadlineMs = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (reached(answer)) return answer;
    if (performance.now() > deadlineMs) throw new Error(`not within ${limitMs} ms: ${what}: ${JSON.stringify(answer)}`);
    await pause(POLL_MS);
  }
}

/** The front panel, by its own small server. */
export class Panel {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async act(action: Action): Promise<void> {
    const answer = await this.post(action);
    if (answer.status !== 204) throw new Error(`${JSON.stringify(action)}: ${answer.status} ${await answer.text()}`);
  }

  post(body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.url}/api/act`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
  }

  async state(): Promise<PanelState> {
    const answer = await fetch(`${this.url}/api/state`);
    const state: PanelState = JSON.parse(await answer.text());
    return state;
  }

  until(what: string, reached: (state: PanelState) => boolean, limitMs?: number): Promise<PanelState> {
    return until(what, () => this.state(), reached, limitMs);
  }

  /** It sells, nobody is served, nothing is owed. */
  untilRest(): Promise<PanelState> {
    return this.until("the machine sells and rests", ({ view, service }) => {
      const owed = service === undefined || service.creditMinor > 0 || service.openBrackets.length > 0;
      return view?.selling === true && view.state === "IDLE" && !owed;
    });
  }

  /** Holds a bill to the mouth until the validator pulls it in. */
  async offerBill(valueMinor: number): Promise<void> {
    const offer = async (): Promise<number> => (await this.post({ do: "bill", valueMinor })).status;
    await until("the validator takes the bill", offer, (status) => status === 204);
  }

  /** Waits until the ledger's tail holds a record of this kind. */
  async untilRecord(kind: string): Promise<void> {
    const stop = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(`${this.url}/api/events`, { signal: stop });
    let text = "";
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes(`"kind":"${kind}"`)) return;
    }
    throw new Error(`no ${kind} on record`);
  }

  untilCredit(creditMinor: number): Promise<PanelState> {
    return this.until(`credit of ${creditMinor}`, ({ service }) => service?.creditMinor === creditMinor);
  }

  /** Pays with coins, each waited for. */
  async payCoins(...valuesMinor: readonly number[]): Promise<void> {
    let credit = 0;
    for (const valueMinor of valuesMinor) {
      credit += valueMinor;
      const wanted = credit;
      await this.act({ do: "coin", valueMinor });
      await this.until(`credit of ${wanted}`, ({ service }) => (service?.creditMinor ?? 0) >= wanted);
    }
  }
}

/** An operator who has signed in. */
export class Operator {
  private readonly url: string;
  private readonly cookie: string;

  private constructor(url: string, cookie: string) {
    this.url = url;
    this.cookie = cookie;
  }

  static async signIn(url: string, name: string, password: string): Promise<Operator> {
    const answer = await fetch(`${url}/api/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name, password }),
    });
    if (!answer.ok) throw new Error(`sign-in: ${answer.status} ${await answer.text()}`);
    return new Operator(url, (answer.headers.get("set-cookie") ?? "").split(";")[0] ?? "");
  }

  async get(path: string): Promise<string> {
    const answer = await fetch(`${this.url}/api/v1/${path}`, { headers: { cookie: this.cookie } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.text();
  }

  /** Newest first. */
  async transactions(): Promise<readonly Transaction[]> {
    const list: TransactionList = JSON.parse(await this.get("transactions?machine=M-1234"));
    return list.transactions;
  }

  untilSales(count: number, limitMs?: number): Promise<readonly Transaction[]> {
    return until(
      `${count} sales at the operator`,
      () => this.transactions(),
      ({ length }) => length >= count,
      limitMs,
    );
  }
}

export interface TestSystem {
  readonly system: System;
  readonly dataDir: string;
  readonly panel: Panel;
  readonly operator: Operator;
  /** Stops it and leaves its folder. */
  stop(): Promise<void>;
}

/** The whole system in this process, on free ports, with a page of one line. */
export async function startTestSystem(
  dataDir: string,
  said: string[] = [],
  network: "mqtt" | "http" = "mqtt",
): Promise<TestSystem> {
  const panelDir = join(dataDir, "test-page");
  await mkdir(panelDir, { recursive: true });
  await writeFile(join(panelDir, "index.html"), "<!doctype html><title>Panel</title>");
  const config = testConfig(dataDir);
  const system = await startSystem({ config, panelPort: 0, panelDir, network, say: (line) => said.push(line) });
  const { name, password = "" } = system.user;
  const operator = await Operator.signIn(system.fleet.url, name, password);
  return { system, dataDir, panel: new Panel(system.panelUrl), operator, stop: () => system.close() };
}

export async function newDataFolder(): Promise<string> {
  return begunFolder();
}

export async function removeFolder(dataDir: string): Promise<void> {
  await rm(dataDir, { recursive: true, force: true });
}

/** The program in a process of its own. */
export class Program {
  readonly child: ChildProcess;
  output = "";
  private readonly ended: Promise<number | null>;

  /** `by` npm: as a person starts it, `npm start`; else the program alone. */
  constructor(env: Readonly<Record<string, string>>, args: readonly string[] = [], by: "npm" | "node" = "node") {
    const free = { SPIRAL_HTTP_PORT: "0", SPIRAL_MQTT_PORT: "0", SPIRAL_PANEL_PORT: "0" };
    const alone = ["--import", "tsx", join(ROOT, "tools/start/main.ts"), ...args];
    const [program, rest] = by === "npm" ? ["npm", ["start", "--", ...args]] : [process.execPath, alone];
    this.child = spawn(program, rest, {
      cwd: ROOT,
      env: { ...process.env, ...free, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const collect = (chunk: Buffer): void => {
      this.output += chunk.toString();
    };
    this.child.stdout?.on("data", collect);
    this.child.stderr?.on("data", collect);
    this.ended = once(this.child, "close").then(([code]) => (typeof code === "number" ? code : null));
  }

  /** Both addresses, once it says that it is ready. */
  async ready(): Promise<{ readonly panel: Panel; readonly operatorUrl: string }> {
    const settled = (): boolean => /Ready in/.test(this.output) || this.child.exitCode !== null;
    await until("the program is ready", () => this.output, settled, 2 * PATIENCE_MS);
    const panel = /Vending machine \S+\s+(\S+)/.exec(this.output)?.[1];
    const operatorUrl = /Operator page\s+(\S+)/.exec(this.output)?.[1];
    if (panel === undefined || operatorUrl === undefined) throw new Error(`the program did not start: ${this.output}`);
    return { panel: new Panel(panel), operatorUrl };
  }

  /** Waits for its end: exit code, null after a signal. */
  exit(): Promise<number | null> {
    return this.ended;
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    return this.ended;
  }
}
