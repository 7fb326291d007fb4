/** The generator processes of one load: started, told what to do, their counts added up. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type LoadCounts, noCounts } from "./machine.js";
import { type GeneratorNews, type GeneratorOrder, type GeneratorPart, isNews, type MachineTruth } from "./orders.js";

/** Descriptors of a process are 20,000 here; some are its own. */
export const MACHINES_A_PROCESS = 17_000;
const LOOK_EVERY_MS = 50;

type CountsNews = Extract<GeneratorNews, { readonly is: "counts" }>;

export interface Totals {
  readonly counts: LoadCounts;
  /** Machines somewhere sell by their day: what is told of the ledgers may have changed since. */
  readonly isLive: boolean;
  readonly unacked: number;
  readonly behind: number;
  readonly cpuMs: number;
  readonly rssBytes: number;
}

export type LoadPlan = Omit<GeneratorPart, "first" | "count"> & {
  readonly machines: number;
  /** Index of the first machine. */
  readonly from?: number;
  readonly processes: number;
};

export class Generators {
  readonly #children: ChildProcess[] = [];
  readonly #news = new Map<ChildProcess, CountsNews>();
  #truths: MachineTruth[] = [];
  #truthful = 0;
  #countNo = 0;
  #failed: string | undefined;

  constructor({ machines, processes, from = 0, ...plan }: LoadPlan) {
    const each = Math.ceil(machines / processes);
    for (let at = 0; at < machines; at += each) {
      const part: GeneratorPart = { ...plan, first: from + at, count: Math.min(each, machines - at) };
      this.#start(part);
    }
  }

  tell(order: GeneratorOrder): void {
    for (const child of this.#children) if (child.connected) child.send(order);
  }

  totals(): Totals {
    const counts = noCounts();
    let isLive = false;
    let unacked = 0;
    let behind = 0;
    let cpuMs = 0;
    let rssBytes = 0;
    for (const news of this.#news.values()) {
      let name: keyof LoadCounts;
      for (name in counts) counts[name] += news.counts[name];
      isLive ||= news.isLive;
      unacked += news.unacked;
      behind += news.behind;
      cpuMs += news.cpuMs;
      rssBytes += news.rssBytes;
    }
    return { counts, isLive, unacked, behind, cpuMs, rssBytes };
  }

  /** Waits until all processes have spoken and `holds`; throws with `what` after `withinMs`, or if one ended. */
  async until(holds: (totals: Totals) => boolean, what: string, withinMs: number): Promise<void> {
    const deadlineMs = performance.now() + withinMs;
    while (this.#news.size < this.#children.length || !holds(this.totals())) {
      if (this.#failed !== undefined) throw new Error(this.#failed);
      if (performance.now() > deadlineMs) throw new Error(`${what} within ${withinMs} ms: ${this.#describe()}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  /** Totals that every process has counted after this call, not those that it told last. */
  async fresh(withinMs: number): Promise<Totals> {
    const no = ++this.#countNo;
    this.tell({ do: "count", no });
    const told = (): boolean => [...this.#news.values()].every((news) => news.no >= no);
    await this.until(told, "not all told their counts", withinMs);
    return this.totals();
  }

  /** What every machine knows of itself, by index. */
  async truth(withinMs: number): Promise<readonly MachineTruth[]> {
    this.#truths = [];
    this.#truthful = 0;
    this.tell({ do: "truth" });
    await this.until(() => this.#truthful === this.#children.length, "not all told what they know", withinMs);
    return this.#truths.sort((left, right) => left.index - right.index);
  }

  /** Ends all sessions in order, then the processes. */
  async close(): Promise<void> {
    const gone = this.#children.map(
      (child) =>
        new Promise<void>((resolve) => {
          if (child.exitCode !== null || child.signalCode !== null) return resolve();
          child.once("exit", () => resolve());
        }),
    );
    this.#failed = undefined;
    this.tell({ do: "end" });
    const late = setTimeout(() => {
      for (const child of this.#children) child.kill("SIGKILL");
    }, END_WITHIN_MS);
    await Promise.all(gone);
    clearTimeout(late);
  }

  #start(part: GeneratorPart): void {
    const program = fileURLToPath(new URL("./generator.js", import.meta.url));
    const child = fork(program, [JSON.stringify(part)], { execArgv: ["--import", "tsx"] });
    this.#children.push(child);
    child.on("message", (message: unknown) => {
      if (!isNews(message)) return;
      if (message.is === "counts") this.#news.set(child, message);
      else {
        this.#truths.push(...message.truths);
        if (message.last) this.#truthful++;
      }
    });
    child.once("exit", (code, signal) => {
      this.#failed ??= `the generator of machines from ${part.first} on ended with ${code ?? signal}`;
    });
  }

  #describe(): string {
    const { counts, unacked } = this.totals();
    return JSON.stringify({ ...counts, unacked });
  }
}

const END_WITHIN_MS = 20_000;
