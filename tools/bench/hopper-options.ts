/** What a simulated coin hopper is like: its identity, its coins, and how it may differ from the book. */
import { deepFreeze } from "../../shared/freeze.js";
import type { CoinTypeSpec } from "./tubes.js";

export interface HopperOptions {
  readonly level: number;
  /** BCD as in SETUP: 1840 = US dollar. */
  readonly country: number;
  /** Minor units of one scaling unit. */
  readonly scalingMinor: number;
  readonly decimals: number;
  /** Z6, seconds. */
  readonly responseS: number;
  /** One a bowl or tube; capacity 0 = the type is not in it. */
  readonly types: readonly CoinTypeSpec[];
  readonly maker: string;
  readonly serial: string;
  readonly model: string;
  readonly softwareBcd: number;
  readonly startUpMs: number;
}

/** A bowl of quarters beside the demo machine's changer. */
export const US_HOPPER: HopperOptions = deepFreeze({
  level: 1,
  country: 0x1840,
  scalingMinor: 5,
  decimals: 2,
  responseS: 5,
  types: [{ valueMinor: 25, capacity: 800, count: 400 }],
  maker: "SPI",
  serial: "000000005801",
  model: "BENCH-CH",
  softwareBcd: 0x0100,
  startUpMs: 300,
});

export interface HopperQuirks {
  /** What polls get during a payout: 02 or 22 each time, nothing at all, or a bare ACK. */
  payoutEnding: "busy" | "silent" | "ackOnly";
  /** Counts in STATUS move with each coin, or only when the cycle has ended. */
  countsMove: "asTheyFall" | "atEnd";
  /** PAYOUT STATUS: tells the counts at the end, says busy for ever, or is not known to it. */
  payoutStatus: "tells" | "endlessBusy" | "unknown";
  /** Its codes have bit 5, as a recycler's. */
  codesFrom20: boolean;
  /** It obeys DISPENSE by type; else it NAKs that and wants a value. */
  byType: boolean;
  /** JUST RESET comes so late after RESET or power-up. */
  justResetMs: number;
  saysJustReset: boolean;
  /** It knows IDENTIFICATION and MANUAL. */
  identifies: boolean;
  /** SETUP and STATUS stop behind the last type in use. */
  shortReplies: boolean;
  /** From one coin to the next, microseconds, least and most. */
  coinUs: readonly [number, number];
  /** It turns so long for a coin that does not come before it stops and says so. */
  searchMs: number;
}

export const HOPPER_QUIRKS: Readonly<HopperQuirks> = deepFreeze({
  payoutEnding: "busy",
  countsMove: "asTheyFall",
  payoutStatus: "tells",
  codesFrom20: false,
  byType: true,
  justResetMs: 120,
  saysJustReset: true,
  identifies: true,
  shortReplies: false,
  coinUs: [90_000, 260_000],
  searchMs: 1_500,
});
