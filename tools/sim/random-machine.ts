/**
 * A random machine: money, planogram, what hangs on the bus and what is odd about it. All drawn from one generator, so
 * that a seed names a machine.
 */

import { deepFreeze } from "../../shared/freeze.js";
import type { Planogram, PlanogramSlot, Settings } from "../../shared/wire/documents.js";
import type { Cabinet, CabinetOptions } from "../bench/cabinet.js";
import {
  type CardReaderOptions,
  READER_QUIRKS,
  type ReaderQuirks,
  US_READER,
  US_READER_LEVEL_3,
} from "../bench/card-reader-options.js";
import { CHANGER_QUIRKS, type ChangerOptions, type ChangerQuirks, US_CHANGER } from "../bench/changer-options.js";
import { DEMO_SETTINGS } from "../bench/demo.js";
import type { Rng } from "../bench/rng.js";
import {
  US_VALIDATOR,
  VALIDATOR_QUIRKS,
  type ValidatorOptions,
  type ValidatorQuirks,
} from "../bench/validator-options.js";

export interface RandomMachine {
  readonly options: CabinetOptions;
  readonly changerQuirks: ChangerQuirks;
  readonly validatorQuirks: ValidatorQuirks;
  readonly readerQuirks: ReaderQuirks;
  /** What people have in their pockets, minor units. */
  readonly coinsMinor: readonly number[];
  readonly billsMinor: readonly number[];
  /** One sentence. */
  readonly about: string;
}

interface Money {
  readonly code: string;
  readonly currency: number;
  readonly decimals: number;
  /** BCD as in SETUP. */
  readonly country: number;
  readonly coins: readonly number[];
  readonly coinScaling: number;
  readonly bills: readonly number[];
  readonly billScaling: number;
  /** Prices are multiples of it. */
  readonly step: number;
  readonly pricesFrom: number;
  readonly pricesTo: number;
}

const MONEY: readonly Money[] = deepFreeze([
  {
    code: "USD",
    currency: 840,
    decimals: 2,
    country: 0x1840,
    coins: [5, 10, 25, 100],
    coinScaling: 5,
    bills: [100, 500, 1_000, 2_000],
    billScaling: 100,
    step: 5,
    pricesFrom: 50,
    pricesTo: 400,
  },
  {
    code: "EUR",
    currency: 978,
    decimals: 2,
    country: 0x1978,
    coins: [5, 10, 20, 50, 100, 200],
    coinScaling: 5,
    bills: [500, 1_000, 2_000],
    billScaling: 100,
    step: 10,
    pricesFrom: 50,
    pricesTo: 600,
  },
  {
    code: "JPY",
    currency: 392,
    decimals: 0,
    country: 0x1392,
    coins: [10, 50, 100, 500],
    coinScaling: 10,
    bills: [1_000],
    billScaling: 1_000,
    step: 10,
    pricesFrom: 80,
    pricesTo: 500,
  },
  {
    code: "KWD",
    currency: 414,
    decimals: 3,
    country: 0x1414,
    coins: [5, 10, 20, 50, 100],
    coinScaling: 5,
    bills: [250, 500, 1_000],
    billScaling: 50,
    step: 5,
    pricesFrom: 50,
    pricesTo: 900,
  },
]);

/** What the worst refund of the largest credit has to fit in; each look at the flash copies it. */
const LEDGER_BLOCKS = 64;
const NO_TUBE_SHARE = 300_000;

export function randomMachine(rng: Rng, seed: number): RandomMachine {
  const money = pick(rng, MONEY);
  const slots = randomSlots(rng, money);
  const means = rng.below(10);
  const hasChanger = means !== 0 && means !== 1;
  const hasValidator = means !== 0 && means !== 2;
  const readers = means === 0 || rng.chance(300_000) ? rng.between(1, 2) : 0;
  const dearest = Math.max(...slots.map(({ priceMinor }) => priceMinor));
  const types = money.coins.length;
  const settings: Settings = {
    ...DEMO_SETTINGS,
    currency: money.currency,
    decimals: money.decimals,
    maxCreditMinor: Math.max(...money.bills.slice(0, 2), dearest) * rng.between(1, 3),
    coinMask: (1 << types) - 1,
    billMask: (1 << money.bills.length) - 1,
    forcedVend: rng.chance(250_000),
    everyPrice: rng.chance(250_000),
    cancelAfterMs: rng.between(10, 40) * 1_000,
    telemetryMs: 300_000,
    fitted: (hasChanger ? 1 : 0) | (hasValidator ? 2 : 0) | (((1 << readers) - 1) << 2),
  };
  const planogram: Planogram = { version: 1, slots };
  const holdUpMs = rng.chance(250_000) ? 800 : 0;
  const options: CabinetOptions = {
    seed,
    planogram,
    settings,
    changer: hasChanger ? randomChanger(rng, money) : "none",
    validator: hasValidator ? randomValidator(rng, money) : "none",
    readers: Array.from({ length: readers }, () => randomReader(rng, money)),
    ledgerBlocks: LEDGER_BLOCKS,
    holdUpMs,
    bootMs: rng.between(200, 900),
  };
  const fitted = [
    hasChanger ? "changer" : "",
    hasValidator ? "validator" : "",
    readers > 0 ? `${readers} readers` : "",
  ];
  const hung = fitted.filter((part) => part !== "").join(" + ");
  const about = `${slots.length} slots in ${money.code}, ${hung}, hold-up ${holdUpMs} ms`;
  return {
    options,
    changerQuirks: randomChangerQuirks(rng),
    validatorQuirks: randomValidatorQuirks(rng),
    readerQuirks: randomReaderQuirks(rng),
    coinsMinor: money.coins,
    billsMinor: money.bills,
    about,
  };
}

/** Gives a cabinet's devices their quirks; before its first power-up. */
export function applyQuirks(cabinet: Cabinet, machine: RandomMachine): void {
  if (cabinet.changer !== undefined) Object.assign(cabinet.changer.quirks, machine.changerQuirks);
  if (cabinet.validator !== undefined) Object.assign(cabinet.validator.quirks, machine.validatorQuirks);
  for (const reader of cabinet.readers) {
    if (reader !== undefined) Object.assign(reader.quirks, machine.readerQuirks);
  }
}

export function pick<T>(rng: Rng, from: readonly T[]): T {
  const drawn = from[rng.below(from.length)];
  if (drawn === undefined) throw new RangeError("sim: nothing to draw from");
  return drawn;
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

function randomChanger(rng: Rng, money: Money): ChangerOptions {
  const types = money.coins.map((valueMinor) => {
    const capacity = rng.chance(NO_TUBE_SHARE) ? 0 : rng.between(40, 110);
    return capacity === 0 ? { valueMinor, capacity } : { valueMinor, capacity, count: rng.below(capacity + 1) };
  });
  return {
    ...US_CHANGER,
    level: rng.chance(300_000) ? 2 : 3,
    country: money.country,
    scalingMinor: money.coinScaling,
    decimals: money.decimals,
    types,
    startUpMs: rng.between(200, 2_000),
  };
}

function randomValidator(rng: Rng, money: Money): ValidatorOptions {
  return {
    ...US_VALIDATOR,
    country: money.country,
    scalingMinor: money.billScaling,
    decimals: money.decimals,
    valuesMinor: money.bills,
    stackerCapacity: rng.chance(100_000) ? rng.between(1, 5) : 500,
    escrow: !rng.chance(100_000),
    startUpMs: rng.between(300, 3_000),
  };
}

function randomReader(rng: Rng, money: Money): CardReaderOptions {
  const model = rng.chance(500_000) ? US_READER_LEVEL_3 : US_READER;
  return { ...model, country: money.country, decimals: money.decimals };
}

function randomChangerQuirks(rng: Rng): ChangerQuirks {
  return {
    ...CHANGER_QUIRKS,
    payoutEnding: pick(rng, ["busy02", "silent", "ackOnly"] as const),
    countsMove: pick(rng, ["asTheyFall", "atEnd"] as const),
    tellsRejected: rng.chance(500_000),
    justResetMs: rng.between(50, 400),
    saysJustReset: !rng.chance(100_000),
    shortReplies: rng.chance(300_000),
  };
}

function randomValidatorQuirks(rng: Rng): ValidatorQuirks {
  return {
    ...VALIDATOR_QUIRKS,
    billAtPowerUp: pick(rng, ["returned", "returned", "stackedSilently"] as const),
    tellsBusy: rng.chance(500_000),
    tellsDisabled: pick(rng, ["once", "always", "never"] as const),
    justResetMs: rng.between(100, 600),
    saysJustReset: !rng.chance(100_000),
  };
}

function randomReaderQuirks(rng: Rng): ReaderQuirks {
  return {
    ...READER_QUIRKS,
    readMs: rng.between(100, 900),
    approvalMs: rng.chance(150_000) ? "atOnce" : rng.between(200, 4_000),
    refund: pick(rng, ["done", "done", "fails", "silentDone", "silentCharged"] as const),
    cancel: pick(rng, ["denies", "approvalCrosses"] as const),
    tellsFunds: rng.chance(500_000),
    saysJustReset: !rng.chance(100_000),
  };
}
