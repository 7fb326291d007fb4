/** What a simulated coin changer is like: its identity, its coins, and the quirks seen in the field. */
import { deepFreeze } from "../../shared/freeze.js";
import type { CoinTypeSpec } from "./tubes.js";

export interface ChangerOptions {
  readonly level: 2 | 3;
  /** BCD as in SETUP: 1840 = US dollar. */
  readonly country: number;
  /** Minor units of one scaling unit. */
  readonly scalingMinor: number;
  readonly decimals: number;
  readonly types: readonly CoinTypeSpec[];
  readonly maker: string;
  readonly serial: string;
  readonly model: string;
  readonly softwareBcd: number;
  /** Options offered in IDENTIFICATION: see COIN_OPTIONS. */
  readonly options: number;
  readonly startUpMs: number;
}

/** US coins, tubes of the demo machine: 5¢:20, 10¢:30, 25¢:45; dollars go to the cash box. */
export const US_CHANGER: ChangerOptions = deepFreeze({
  level: 3,
  country: 0x1840,
  scalingMinor: 5,
  decimals: 2,
  types: [
    { valueMinor: 5, capacity: 80, count: 20 },
    { valueMinor: 10, capacity: 110, count: 30 },
    { valueMinor: 25, capacity: 80, count: 45 },
    { valueMinor: 100, capacity: 0 },
  ],
  maker: "SPI",
  serial: "000000004711",
  model: "BENCH-CC",
  softwareBcd: 0x0100,
  options: 0,
  startUpMs: 400,
});

export interface ChangerQuirks {
  /** What polls get during a payout: 02 each time, nothing at all, or a bare ACK (p70). */
  payoutEnding: "busy02" | "silent" | "ackOnly";
  /** Tube counts in TUBE STATUS move with each coin, or only when the cycle has ended. */
  countsMove: "asTheyFall" | "atEnd";
  /** After a reset TUBE STATUS reads all 0 for so long: not to be trusted for 500 ms. */
  tubesSettleMs: number;
  /** Coins of a disabled type are told as rejected (7x). */
  tellsRejected: boolean;
  /** JUST RESET comes so late after RESET or power-up. */
  justResetMs: number;
  /** Some never say JUST RESET. */
  saysJustReset: boolean;
  /** SETUP, TUBE STATUS and every list of counts stop behind the last type in use. */
  shortReplies: boolean;
  /** Which coins it takes to pay a value. */
  picks: "largest" | "smallest" | "fullestTube";
  /** It pays so many coins of a value and calls that the end. */
  valueCoinsAtMost: number;
  /** It offers payout by value and is silent to it. */
  ignoresPayout: boolean;
  /** 0F 04 tells what was paid; says "busy" (02) without end; or is a bare ACK from the start. */
  valuePoll: "tells" | "endlessBusy" | "ackOnly";
  /** 0F 03 tells the coins, or is a bare ACK for ever. */
  payoutStatus: "tells" | "ackOnly";
  /** Coins let out at its keys under controlled manual payout: told in POLL, in 0F 07, or in both. */
  letOutTold: "poll" | "report" | "both";
  /** 0F 06 and 0F 07 forget what was acknowledged; false: they add up until a reset. */
  reportsForget: boolean;
}

export const CHANGER_QUIRKS: Readonly<ChangerQuirks> = deepFreeze({
  payoutEnding: "busy02",
  countsMove: "asTheyFall",
  tubesSettleMs: 450,
  tellsRejected: true,
  justResetMs: 120,
  saysJustReset: true,
  shortReplies: false,
  picks: "largest",
  valueCoinsAtMost: 255,
  ignoresPayout: false,
  valuePoll: "tells",
  payoutStatus: "tells",
  letOutTold: "report",
  reportsForget: true,
});
