/**
 * A random machine: money, planogram, what hangs on the bus and what is odd about it. All drawn from one generator, so
 * that a seed names a machine.
 */
import type { Planogram, PlanogramSlot, Settings } from "../../shared/wire/documents.js";
import type { Cabinet, CabinetOptions } from "../bench/cabinet.js";
import type { ReaderQuirks } from "../bench/card-reader-options.js";
import type { ChangerQuirks } from "../bench/changer-options.js";
import { DEMO_SETTINGS } from "../bench/demo.js";
import type { HopperQuirks } from "../bench/hopper-options.js";
import type { Rng } from "../bench/rng.js";
import type { SatelliteName } from "../bench/satellite.js";
import type { ValidatorQuirks } from "../bench/validator-options.js";
import { MONEY, type Money, pick } from "./money.js";
import {
  randomChanger,
  randomChangerQuirks,
  randomHopper,
  randomHopperQuirks,
  randomReader,
  randomReaderQuirks,
  randomValidator,
  randomValidatorQuirks,
} from "./random-devices.js";
import { smallestRing } from "./small-ring.js";
import { withStrangers } from "./strangers.js";

export { pick } from "./money.js";

export interface RandomMachine {
  readonly options: CabinetOptions;
  readonly changerQuirks: ChangerQuirks;
  readonly validatorQuirks: ValidatorQuirks;
  /** By index of the device. */
  readonly readerQuirks: readonly ReaderQuirks[];
  readonly hopperQuirks: readonly HopperQuirks[];
  /** What people have in their pockets, minor units. */
  readonly coinsMinor: readonly number[];
  readonly billsMinor: readonly number[];
  /** A device for another currency, which the machine must refuse: it counts nothing here. */
  readonly foreign?: ForeignDevice | undefined;
  /** One sentence. */
  readonly about: string;
}

export interface ForeignDevice {
  readonly device: "validator" | "reader" | "hopper";
  readonly index: number;
}

/** Bits of the setting `ackFirst`. */
const ACK_FIRST_CHANGER = 1;
const ACK_FIRST_VALIDATOR = 2;
export const MOST_COLUMNS = 12;
/** Coins of a type that change may not touch. */
const MOST_FLOAT = 8;
/** What the worst refund of the largest credit has to fit in; each look at the flash copies it. */
export const LEDGER_BLOCKS = 64;
/** One in so many has a ring that fills within some sales where the fleet hears nothing. */
const SMALL_RING_SHARE = 120_000;
const SPARE_BLOCKS = [0, 1] as const;
/** How long the board outlives its mains: no power-fail input at all, a small capacitor, a large one. */
const HOLD_UPS_MS: readonly number[] = Object.freeze([0, 0, 0, 0, 20, 800, 800]);
/** Columns without a beam behind them. */
const HOME_ONLY_SHARE = 60_000;
/** Bits of `fitted` by device: the first reader's, the first hopper's. */
const READER_BIT = 2;
const HOPPER_BIT = 4;
const SATELLITE_BIT = 6;
const SATELLITES: readonly SatelliteName[] = Object.freeze<SatelliteName[]>([
  "satellite1",
  "satellite2",
  "satellite3",
  "ageVerifier",
]);

export function productNumberOf(column: number): number {
  return 100 + column;
}

export function randomMachine(rng: Rng, seed: number): RandomMachine {
  const money = pick(rng, MONEY);
  const means = rng.below(10);
  const hasChanger = means !== 0 && means !== 1;
  const hasValidator = means !== 0 && means !== 2;
  const readers = means === 0 || rng.chance(300_000) ? rng.between(1, 2) : 0;
  const hoppers = means !== 0 && rng.chance(200_000) ? rng.between(1, 2) : 0;
  const validator = randomValidator(rng, money);
  const hopperOptions = Array.from({ length: hoppers }, () => randomHopper(rng, money));
  const recycles = hasValidator && validator.recycler !== undefined;
  const drums = recycles ? money.bills.slice(0, 1) : [];
  const stored = [...hopperOptions.flatMap(({ types }) => types.map(({ valueMinor }) => valueMinor)), ...drums];
  // prices are multiples of the smallest piece that can be paid out
  const stepMinor = hasChanger || stored.length === 0 ? money.step : Math.max(money.step, Math.min(...stored));
  const slots = randomSlots(rng, money, stepMinor);
  // Who takes bills and has no tubes may sell only with change as a voucher (design "Money rules").
  const settings = randomSettings(rng, money, slots, hasChanger);
  const holdUpMs = pick(rng, HOLD_UPS_MS);
  const satellites = SATELLITES.filter(() => rng.chance(80_000));
  const bits = (count: number, from: number): number => ((1 << count) - 1) << from;
  const hung = satellites.reduce((mask, name) => mask | (1 << (SATELLITE_BIT + SATELLITES.indexOf(name))), 0);
  const cash = (hasChanger ? 1 : 0) | (hasValidator ? 2 : 0);
  const fitted = cash | bits(readers, READER_BIT) | bits(hoppers, HOPPER_BIT) | hung;
  const planogram: Planogram = { version: 1, slots };
  const options: CabinetOptions = {
    seed,
    planogram,
    columns: slots.map(({ column, quantity, homeOnly = false }) => ({ column, products: quantity, noBeam: homeOnly })),
    settings: { ...settings, fitted, ...(recycles ? { recycleMask: rng.between(1, 3) } : {}) },
    changer: hasChanger ? randomChanger(rng, money) : "none",
    validator: hasValidator ? validator : "none",
    readers: Array.from({ length: readers }, () => randomReader(rng, money)),
    hoppers: hopperOptions,
    satellites,
    ledgerBlocks: rng.chance(SMALL_RING_SHARE)
      ? smallRing(rng, settings, hasChanger ? money : undefined)
      : LEDGER_BLOCKS,
    holdUpMs,
    bootMs: rng.between(200, 900),
  };
  const machine: RandomMachine = {
    options,
    changerQuirks: randomChangerQuirks(rng),
    validatorQuirks: randomValidatorQuirks(rng),
    readerQuirks: Array.from({ length: readers }, () => randomReaderQuirks(rng)),
    hopperQuirks: Array.from({ length: hoppers }, () => randomHopperQuirks(rng)),
    coinsMinor: money.coins,
    billsMinor: money.bills,
    about: tellMachine(money, options),
  };
  return withStrangers(machine, money, seed);
}

/** coins: those of its tubes; none without a changer. */
function smallRing(rng: Rng, { maxCreditMinor }: Settings, coins: Money | undefined): number {
  const blocks = smallestRing(maxCreditMinor, coins?.coins[0] ?? 1);
  return blocks === undefined ? LEDGER_BLOCKS : blocks + rng.between(...SPARE_BLOCKS);
}

function tellMachine({ code }: Money, options: CabinetOptions): string {
  const { planogram, changer, validator, readers, hoppers, satellites, holdUpMs, ledgerBlocks } = options;
  const levels = (readers ?? []).map((reader) => (reader === "none" ? "" : `reader level ${reader.level}`));
  const fitted = [
    changer === undefined || changer === "none" ? "" : `changer level ${changer.level}`,
    validator === undefined || validator === "none" ? "" : validator.recycler ? "recycler" : "validator",
    ...levels,
    ...(hoppers ?? []).map(() => "hopper"),
    ...(satellites ?? []),
  ];
  const hung = fitted.filter((part) => part !== "").join(" + ");
  const rest = `hold-up ${holdUpMs ?? 0} ms, ${ledgerBlocks ?? 0} blocks`;
  return `${planogram?.slots.length ?? 0} slots in ${code}, ${hung}, ${rest}`;
}

function randomSettings(rng: Rng, money: Money, slots: readonly PlanogramSlot[], hasChanger: boolean): Settings {
  const dearest = Math.max(...slots.map(({ priceMinor }) => priceMinor));
  // who has only bills overpays by less than the smallest of them
  const overMinor = hasChanger ? 0 : Math.min(...money.bills);
  return {
    ...DEMO_SETTINGS,
    currency: money.currency,
    decimals: money.decimals,
    maxCreditMinor: Math.max(...money.bills.slice(0, 2), dearest) * rng.between(1, 3) + overMinor,
    coinMask: (1 << money.coins.length) - 1,
    billMask: (1 << money.bills.length) - 1,
    forcedVend: rng.chance(250_000) || !hasChanger,
    everyPrice: rng.chance(250_000),
    cancelAfterMs: rng.between(10, 40) * 1_000,
    telemetryMs: 300_000,
    payByValue: rng.chance(600_000),
    ...(rng.chance(300_000) ? { floatCounts: money.coins.map(() => rng.below(MOST_FLOAT + 1)) } : {}),
    ...(rng.chance(150_000) ? { ackFirst: rng.between(1, 3) } : {}),
  };
}

/** Gives a cabinet's devices their quirks; before its first power-up. */
export function applyQuirks(cabinet: Cabinet, machine: RandomMachine): void {
  // the setting is for devices that say what they have to say once: of one that repeats it would book twice
  const { ackFirst = 0 } = machine.options.settings ?? {};
  if (cabinet.changer !== undefined) {
    Object.assign(cabinet.changer.quirks, machine.changerQuirks);
    cabinet.changer.queue.repeats = (ackFirst & ACK_FIRST_CHANGER) === 0;
  }
  if (cabinet.validator !== undefined) {
    Object.assign(cabinet.validator.quirks, machine.validatorQuirks);
    cabinet.validator.queue.repeats = (ackFirst & ACK_FIRST_VALIDATOR) === 0;
  }
  cabinet.readers.forEach((reader, index) => {
    if (reader !== undefined) Object.assign(reader.quirks, machine.readerQuirks[index]);
  });
  cabinet.hoppers.forEach((hopper, index) => {
    if (hopper !== undefined) Object.assign(hopper.quirks, machine.hopperQuirks[index]);
  });
}

function randomSlots(rng: Rng, money: Money, stepMinor: number): PlanogramSlot[] {
  const slots: PlanogramSlot[] = [];
  const count = rng.between(2, MOST_COLUMNS);
  for (let column = 0; column < count; column++) {
    const capacity = rng.between(4, 12);
    const fromMinor = Math.ceil(money.pricesFrom / stepMinor) * stepMinor;
    const steps = Math.floor(Math.max(0, money.pricesTo - fromMinor) / stepMinor);
    slots.push({
      slot: `${"ABC"[Math.floor(column / 5)] ?? "D"}${1 + (column % 5)}`,
      column,
      productId: productNumberOf(column),
      name: `Product ${column}`,
      priceMinor: fromMinor + stepMinor * rng.below(steps + 1),
      capacity,
      quantity: rng.between(1, capacity),
      retry: rng.chance(300_000),
      ...(rng.chance(HOME_ONLY_SHARE) ? { homeOnly: true } : {}),
    });
  }
  return slots;
}
