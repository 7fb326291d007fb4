/** What a simulated bill validator is like: its identity, its bills, and the quirks seen in the field. */
import { deepFreeze } from "../../shared/freeze.js";
import type { DrumSpec } from "./recycler.js";

export interface ValidatorOptions {
  /** BCD as in SETUP: 1840 = US dollar. */
  readonly country: number;
  /** Minor units of one scaling unit. */
  readonly scalingMinor: number;
  readonly decimals: number;
  readonly valuesMinor: readonly number[];
  readonly stackerCapacity: number;
  readonly escrow: boolean;
  readonly maker: string;
  readonly serial: string;
  readonly model: string;
  readonly softwareBcd: number;
  readonly startUpMs: number;
  /** 1 if absent, 2 with a recycler. */
  readonly level?: number;
  /** Drums by bill type: the validator recycles. */
  readonly recycler?: readonly DrumSpec[];
}

/** US bills: $1, $5, $10, $20. */
export const US_VALIDATOR: ValidatorOptions = deepFreeze({
  country: 0x1840,
  scalingMinor: 100,
  decimals: 2,
  valuesMinor: [100, 500, 1_000, 2_000],
  stackerCapacity: 500,
  escrow: true,
  maker: "SPI",
  serial: "000000000815",
  model: "BENCH-BV",
  softwareBcd: 0x0100,
  startUpMs: 900,
});

/** The same with a recycler for $1 and $5 bills. */
export const US_RECYCLER: ValidatorOptions = deepFreeze({
  ...US_VALIDATOR,
  model: "BENCH-BR",
  recycler: [
    { capacity: 30, count: 10 },
    { capacity: 30, count: 6 },
  ],
});

export interface ValidatorQuirks {
  /** What becomes of a bill found inside at power-up: back to the customer, or stacked and counted without a word. */
  billAtPowerUp: "returned" | "stackedSilently";
  /** 03 in every poll while a bill moves. */
  tellsBusy: boolean;
  /** 09: once when all types go off, in every poll while they are off, or never. */
  tellsDisabled: "once" | "always" | "never";
  justResetMs: number;
  saysJustReset: boolean;
  /** A byte put in front of every POLL reply with events (JSM puts a 33 there); it must be skipped. */
  junkByte: number | undefined;
  /** Obeys DISPENSE by value only (37 07). */
  ignoresDispenseByType: boolean;
}

export const VALIDATOR_QUIRKS: Readonly<ValidatorQuirks> = deepFreeze({
  billAtPowerUp: "returned",
  tellsBusy: true,
  tellsDisabled: "once",
  justResetMs: 250,
  saysJustReset: true,
  junkByte: undefined,
  ignoresDispenseByType: false,
});
