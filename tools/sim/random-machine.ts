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
  /** One sentence. */
  readonly about: string;
}

/** What the worst refund of the largest credit has to fit in; each look at the flash copies it. */
const LEDGER_BLOCKS = 64;
/** How long the board outlives its mains: no power-fail input at all, a small capacitor, a large one. */
const HOLD_UPS_MS: readonly number[] = Object.freeze([0, 0, 0, 0, 20, 800, 800]);
/** Bits of `fitted` by device: the first reader's, the first hopper's. */
const READER_BIT = 2;
const HOPPER_BIT = 4;

export function randomMachine(rng: Rng, seed: number): RandomMachine {
  const money = pick(rng, MONEY);
  const slots = randomSlots(rng, money);
  const means = rng.below(10);
  const hasChanger = means !== 0 && means !== 1;
  const hasValidator = means !== 0 && means !== 2;
  const readers = means === 0 || rng.chance(300_000) ? rng.between(1, 2) : 0;
  const hoppers = means !== 0 && rng.chance(200_000) ? rng.between(1, 2) : 0;
  const validator = randomValidator(rng, money);
  const settings = randomSettings(rng, money, slots);
  const holdUpMs = pick(rng, HOLD_UPS_MS);
  const bits = (count: number, from: number): number => ((1 << count) - 1) << from;
  const fitted = (hasChanger ? 1 : 0) | (hasValidator ? 2 : 0) | bits(readers, READER_BIT) | bits(hoppers, HOPPER_BIT);
  const recycles = hasValidator && validator.recycler !== undefined;
  const planogram: Planogram = { version: 1, slots };
  const options: CabinetOptions = {
    seed,
    planogram,
    settings: { ...settings, fitted, ...(recycles ? { recycleMask: rng.between(1, 3) } : {}) },
    changer: hasChanger ? randomChanger(rng, money) : "none",
    validator: hasValidator ? validator : "none",
    readers: Array.from({ length: readers }, () => randomReader(rng, money)),
    hoppers: Array.from({ length: hoppers }, () => randomHopper(rng, money)),
    ledgerBlocks: LEDGER_BLOCKS,
    holdUpMs,
    bootMs: rng.between(200, 900),
  };
  return {
    options,
    changerQuirks: randomChangerQuirks(rng),
    validatorQuirks: randomValidatorQuirks(rng),
    readerQuirks: Array.from({ length: readers }, () => randomReaderQuirks(rng)),
    hopperQuirks: Array.from({ length: hoppers }, () => randomHopperQuirks(rng)),
    coinsMinor: money.coins,
    billsMinor: money.bills,
    about: tellMachine(money, options),
  };
}

function tellMachine({ code }: Money, { planogram, changer, validator, readers, hoppers, holdUpMs }: CabinetOptions) {
  const levels = (readers ?? []).map((reader) => (reader === "none" ? "" : `reader level ${reader.level}`));
  const fitted = [
    changer === undefined || changer === "none" ? "" : `changer level ${changer.level}`,
    validator === undefined || validator === "none" ? "" : validator.recycler ? "recycler" : "validator",
    ...levels,
    ...(hoppers ?? []).map(() => "hopper"),
  ];
  const hung = fitted.filter((part) => part !== "").join(" + ");
  return `${planogram?.slots.length ?? 0} slots in ${code}, ${hung}, hold-up ${holdUpMs ?? 0} ms`;
}

function randomSettings(rng: Rng, money: Money, slots: readonly PlanogramSlot[]): Settings {
  const dearest = Math.max(...slots.map(({ priceMinor }) => priceMinor));
  return {
    ...DEMO_SETTINGS,
    currency: money.currency,
    decimals: money.decimals,
    maxCreditMinor: Math.max(...money.bills.slice(0, 2), dearest) * rng.between(1, 3),
    coinMask: (1 << money.coins.length) - 1,
    billMask: (1 << money.bills.length) - 1,
    forcedVend: rng.chance(250_000),
    everyPrice: rng.chance(250_000),
    cancelAfterMs: rng.between(10, 40) * 1_000,
    telemetryMs: 300_000,
    payByValue: rng.chance(600_000),
  };
}

/** Gives a cabinet's devices their quirks; before its first power-up. */
export function applyQuirks(cabinet: Cabinet, machine: RandomMachine): void {
  if (cabinet.changer !== undefined) Object.assign(cabinet.changer.quirks, machine.changerQuirks);
  if (cabinet.validator !== undefined) Object.assign(cabinet.validator.quirks, machine.validatorQuirks);
  cabinet.readers.forEach((reader, index) => {
    if (reader !== undefined) Object.assign(reader.quirks, machine.readerQuirks[index]);
  });
  cabinet.hoppers.forEach((hopper, index) => {
    if (hopper !== undefined) Object.assign(hopper.quirks, machine.hopperQuirks[index]);
  });
}

function randomSlots(rng: Rng, money: Money): PlanogramSlot[] {
  const slots: PlanogramSlot[] = [];
  const count = rng.between(2, 12);
  for (let column = 0; column < count; column++) {
    const capacity = rng.between(4, 12);
    const steps = Math.floor((money.pricesTo - money.pricesFrom) / money.step);
    slots.push({
      slot: `${"ABC"[Math.floor(column / 5)] ?? "D"}${1 + (column % 5)}`,
      column,
      productId: 100 + column,
      name: `Product ${column}`,
      priceMinor: money.pricesFrom + money.step * rng.below(steps + 1),
      capacity,
      quantity: rng.between(1, capacity),
      retry: rng.chance(300_000),
    });
  }
  return slots;
}
