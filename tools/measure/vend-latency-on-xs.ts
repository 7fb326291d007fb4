/**
 * What the XS meter measures for the bench `vend-latency`: compute units of the firmware between the last coin's report
 * and the motor's start. What simulated flash and wire take is left out: on a board they are hardware.
 */
import { quickCabinet, sellOnce } from "./last-coin.js";

const LIMIT_UNITS = 2_000_000_000;
const cabinet = quickCabinet();

type Meter = (computeLimit: number, allocateLimit: number) => number;

function isMeter(value: unknown): value is Meter {
  return typeof value === "function";
}

/** Units since the last call; the meter begins anew. */
function lap(): number {
  const meter: unknown = Reflect.get(globalThis, "resetMeter");
  if (!isMeter(meter)) throw new Error("no meter: this runs on XS alone");
  return meter(LIMIT_UNITS, 0) >>> 0;
}

let counting = false;
let units = 0;

/** Counts what `run` takes of its own. */
function own<Result>(run: () => Result): Result {
  lap();
  try {
    return run();
  } finally {
    if (counting) units += lap();
  }
}

/** Leaves out what `run` takes, from within `own`. */
function notOwn<Result>(run: () => Result): Result {
  if (counting) units += lap();
  try {
    return run();
  } finally {
    lap();
  }
}

function wrap(): void {
  const { machine, ledgerFlash, link, spirals } = cabinet;
  if (machine === undefined || link === undefined) throw new Error("the machine does not run");
  const input = machine.input.bind(machine);
  machine.input = (what, nowMs) => own(() => input(what, nowMs));
  const write = ledgerFlash.write.bind(ledgerFlash);
  ledgerFlash.write = (offset, bytes) => notOwn(() => write(offset, bytes));
  const eraseBlock = ledgerFlash.eraseBlock.bind(ledgerFlash);
  ledgerFlash.eraseBlock = (block) => notOwn(() => eraseBlock(block));
  const send = link.send.bind(link);
  link.send = (block, options) => notOwn(() => send(block, options));
  const release = link.release.bind(link);
  link.release = () => notOwn(() => release());
  const turn = spirals.turn.bind(spirals);
  spirals.turn = (column, maxMs) => {
    if (counting) units += lap();
    counting = false;
    turn(column, maxMs);
  };
}

wrap();

/** Units of one sale, as its result. */
export function lastCoin(): number {
  units = 0;
  sellOnce(cabinet, () => {
    counting = true;
  });
  return units;
}
