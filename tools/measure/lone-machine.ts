/**
 * A machine alone on XS, beside the cabinet on Node that it was recorded in (tape.ts): it lives through the same, so
 * what its heap holds more than before its start is its own. A heap is looked at after a collection.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Cabinet } from "../bench/cabinet.js";
import { bundleText } from "../xs/bundle.js";
import { xsEngine } from "../xs/engine.js";
import { readXsHeap, type XsHeap } from "../xs/heap.js";
import { startXs, type XsWorker } from "../xs/worker.js";
import { asExpression, type Moment, type Start, type Tape } from "./tape.js";

/** The meter is a 32-bit count. */
const LIMIT_UNITS = 2_000_000_000;
const ENTRY = fileURLToPath(new URL("./machine-on-xs.ts", import.meta.url));

/** The dearest input, and the start, in units of XS's meter. */
export interface Steps {
  readonly longestUnits: number;
  readonly bootUnits: number;
}

/** Or in one sentence why there is none on this machine. */
export type LoneMachineResult =
  | { readonly ok: true; readonly machine: LoneMachine }
  | { readonly ok: false; readonly reason: string };

/** One that has not started yet: all of its code is loaded, its ports are there. */
export async function loneMachine(start: Start, say: (line: string) => void): Promise<LoneMachineResult> {
  const engine = await xsEngine(say);
  if (!engine.ok) return engine;
  const bundle = await bundleText(
    `import * as entry from ${JSON.stringify(ENTRY)}; globalThis.machineOnXs = { ...entry };`,
  );
  if (!bundle.ok) throw new Error(bundle.problem);
  const texts: string[] = [];
  const xs = await startXs(engine.program, (text) => texts.push(text), LIMIT_UNITS);
  const folder = await mkdtemp(join(tmpdir(), "spiral-heap-"));
  const machine = new LoneMachine(xs, texts, folder);
  await xs.evaluate(bundle.source);
  await xs.evaluate(`{ const { bytes } = machineOnXs; machineOnXs.prepare(${asExpression(start)}); }`);
  return { ok: true, machine };
}

export class LoneMachine {
  private readonly xs: XsWorker;
  private readonly texts: string[];
  private readonly folder: string;

  constructor(xs: XsWorker, texts: string[], folder: string) {
    this.xs = xs;
    this.texts = texts;
    this.folder = folder;
  }

  async boot(): Promise<void> {
    await this.xs.evaluate("machineOnXs.boot();");
  }

  async load(moments: readonly Moment[]): Promise<void> {
    await this.xs.evaluate(`{ const { bytes } = machineOnXs; machineOnXs.load(${asExpression(moments)}); }`);
  }

  /** Lives through what was loaded. */
  async play(): Promise<void> {
    await this.xs.evaluate("machineOnXs.play();");
  }

  /** The same; slots it has taken meanwhile, freed or not, as long as they were fewer than about 250,000. */
  async playCounting(): Promise<number> {
    const before = await this.xs.evaluate("gc();");
    const after = await this.xs.evaluate("machineOnXs.play();");
    return after.heapSlots - before.heapSlots;
  }

  async heap(): Promise<XsHeap> {
    const file = join(this.folder, "heap");
    await this.xs.snapshot(file);
    return readXsHeap(await readFile(file));
  }

  /** Throws if it has not done exactly what `cabinet`'s machine did: another ledger, another alarm. */
  async assertSame(cabinet: Cabinet, tape: Tape): Promise<Steps> {
    this.texts.length = 0;
    await this.xs.evaluate("sendText(machineOnXs.tell());");
    const told: unknown[] = Object.values(JSON.parse(this.texts[0] ?? "{}"));
    const [crc, dueMs, blocksSent, longestUnits, bootUnits] = told.map(Number);
    const lived = [crc, dueMs, blocksSent].join();
    const recorded = [cabinet.ledgerFlash.crc, cabinet.machine?.dueMs(), tape.blocksSent].join();
    if (lived !== recorded) throw new Error(`on XS the machine lived another life: ${lived}, not ${recorded}`);
    return { longestUnits: longestUnits ?? 0, bootUnits: bootUnits ?? 0 };
  }

  async close(): Promise<void> {
    this.xs.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
