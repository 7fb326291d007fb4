/**
 * Measures functions on the XS engine: compute units of its meter (about 15 for a pass of a small loop) and heap slots
 * allocated. Both are exact and repeat from run to run on every machine, which wall time does not.
 */

import { bundleText } from "./bundle.js";
import { xsEngine } from "./engine.js";
import { startXs } from "./worker.js";

/** The meter is a 32-bit count; a call that comes near its end stops the engine instead of wrapping round. */
const LIMIT_UNITS = 2_000_000_000;

/**
 * One call of one function. `slots` counts every heap slot taken (32 bytes on a 64-bit host, 16 on the device), freed
 * or not, as long as fewer than about 250,000 were: then a collection runs and the number is too small. `result` is
 * what the function returned, if it was a number.
 */
export type XsMeasure = { readonly computeUnits: number; readonly slots: number; readonly result?: number };

/** Measures by function name, or in one sentence why there are none on this machine. */
export type XsMeasures =
  | { readonly ok: true; readonly measures: ReadonlyMap<string, XsMeasure> }
  | { readonly ok: false; readonly reason: string };

/**
 * `entry`: absolute path of a file that exports functions without parameters; it may import what a test on XS may.
 * What should not be measured (tables, inputs) belongs at the module level of that file. `functions`: which exports,
 * in which order; all of them when left out. `warmUp` (default true): each is called once unmeasured before.
 */
export type XsMeterRequest = {
  readonly entry: string;
  readonly functions?: readonly string[];
  readonly warmUp?: boolean;
  readonly say?: (line: string) => void;
};

/** Measures each function once, less what calling an empty function costs. Rejects if one throws, naming it. */
export async function xsMeter(request: XsMeterRequest): Promise<XsMeasures> {
  const engine = await xsEngine(request.say ?? (() => undefined));
  if (!engine.ok) {
    return engine;
  }
  const bundle = await bundleText(
    `import * as entry from ${JSON.stringify(request.entry)};
     globalThis.meterEntry = { ...entry };
     globalThis.meterEmpty = { empty() {} };`,
  );
  if (!bundle.ok) {
    throw new Error(bundle.problem);
  }
  const texts: string[] = [];
  const xs = await startXs(engine.program, (text) => texts.push(text), LIMIT_UNITS);
  const evaluate = async (script: string): Promise<{ readonly text: string; readonly heapSlots: number }> => {
    texts.length = 0;
    const { heapSlots } = await xs.evaluate(script);
    return { text: texts[0] ?? "", heapSlots };
  };
  try {
    await evaluate(bundle.source);
    await evaluate(DEFINE_MEASURE);
    const { text } = await evaluate(LIST_FUNCTIONS);
    const names = request.functions ?? text.split(" ").filter((name) => name !== "");
    const empty = await measure(evaluate, "meterEmpty", "empty", true);
    const measures = new Map<string, XsMeasure>();
    for (const name of names) {
      const raw = await measure(evaluate, "meterEntry", name, request.warmUp ?? true);
      measures.set(name, {
        ...raw,
        computeUnits: raw.computeUnits - empty.computeUnits,
        slots: raw.slots - empty.slots,
      });
    }
    return { ok: true, measures };
  } finally {
    xs.close();
  }
}

type Evaluate = (script: string) => Promise<{ readonly text: string; readonly heapSlots: number }>;

const LIST_FUNCTIONS = `{
  const names = Object.keys(meterEntry).filter((name) => typeof meterEntry[name] === "function");
  sendText(names.join(" "));
}`;

/** Two scripts of the same shape, so that what they cost themselves falls out of the difference of slots. */
const DEFINE_MEASURE = `globalThis.meterState = { units: 0, result: undefined };
globalThis.measureCall = (call) => {
  const { resetMeter } = globalThis;
  resetMeter(${LIMIT_UNITS}, 0);
  const result = call();
  meterState.units = resetMeter(${LIMIT_UNITS}, 0) >>> 0;
  meterState.result = result;
};`;

async function measure(evaluate: Evaluate, holder: string, name: string, warmUp: boolean): Promise<XsMeasure> {
  const call = `${holder}[${JSON.stringify(name)}]`;
  try {
    if (warmUp) {
      await evaluate(`measureCall(${call});`);
    }
    const before = await evaluate("meterState.result = undefined; gc();");
    const after = await evaluate(`measureCall(${call});`);
    const { text } = await evaluate("sendText(JSON.stringify([meterState.units, meterState.result ?? null]));");
    const [units, result]: unknown[] = Object.values(JSON.parse(text));
    const measured = { computeUnits: Number(units), slots: after.heapSlots - before.heapSlots };
    return typeof result === "number" ? { ...measured, result } : measured;
  } catch (error) {
    throw new Error(`${name} on XS: ${error instanceof Error ? error.message : String(error)}`);
  }
}
