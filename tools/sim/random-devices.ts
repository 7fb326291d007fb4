/** What hangs on the bus of a random machine: devices of every level, with what is odd about each. */
import {
  type CardReaderOptions,
  inPollAfter,
  READER_QUIRKS,
  type ReaderQuirks,
  US_READER,
  US_READER_LEVEL_3,
} from "../bench/card-reader-options.js";
import { CHANGER_QUIRKS, type ChangerOptions, type ChangerQuirks, US_CHANGER } from "../bench/changer-options.js";
import { HOPPER_QUIRKS, type HopperOptions, type HopperQuirks, US_HOPPER } from "../bench/hopper-options.js";
import type { DrumSpec } from "../bench/recycler.js";
import type { Rng } from "../bench/rng.js";
import {
  US_VALIDATOR,
  VALIDATOR_QUIRKS,
  type ValidatorOptions,
  type ValidatorQuirks,
} from "../bench/validator-options.js";
import { type Money, pick } from "./money.js";

const NO_TUBE_SHARE = 300_000;
/** What a level 3 changer may offer: b0 payout by value, b1 diagnosis, b2 reports of hands. */
const CHANGER_OPTIONS: readonly number[] = Object.freeze([0, 0x01, 0x04, 0x05, 0x07]);
/** What a level 3 reader may offer in 09: b1 32-bit money, b3 negative vend, b4 data entry, b5 always idle. */
const READER_OPTIONS: readonly number[] = Object.freeze([0, 0x02, 0x08, 0x20, 0x3a]);

export function randomChanger(rng: Rng, money: Money): ChangerOptions {
  const types = money.coins.map((valueMinor, type) => {
    // prices are multiples of the smallest coin: it needs its tube
    const capacity = type > 0 && rng.chance(NO_TUBE_SHARE) ? 0 : rng.between(40, 110);
    return capacity === 0 ? { valueMinor, capacity } : { valueMinor, capacity, count: rng.below(capacity + 1) };
  });
  return {
    ...US_CHANGER,
    level: rng.chance(300_000) ? 2 : 3,
    country: money.country,
    scalingMinor: money.coinScaling,
    decimals: money.decimals,
    types,
    options: pick(rng, CHANGER_OPTIONS),
    startUpMs: rng.between(200, 2_000),
  };
}

/** One in four recycles its two smallest bills. */
export function randomValidator(rng: Rng, money: Money): ValidatorOptions {
  const drums: DrumSpec[] = money.bills.slice(0, 2).map(() => {
    const capacity = rng.chance(150_000) ? 0 : rng.between(5, 30);
    return { capacity, count: rng.below(capacity + 1) };
  });
  return {
    ...US_VALIDATOR,
    country: money.country,
    scalingMinor: money.billScaling,
    decimals: money.decimals,
    valuesMinor: money.bills,
    stackerCapacity: rng.chance(100_000) ? rng.between(1, 5) : 500,
    escrow: !rng.chance(100_000),
    startUpMs: rng.between(300, 3_000),
    ...(rng.chance(250_000) ? { level: 2, recycler: drums } : {}),
  };
}

export function randomHopper(rng: Rng, money: Money): HopperOptions {
  const capacity = rng.between(50, 600);
  return {
    ...US_HOPPER,
    country: money.country,
    scalingMinor: money.coinScaling,
    decimals: money.decimals,
    types: [{ valueMinor: pick(rng, money.coins), capacity, count: rng.below(capacity + 1) }],
    startUpMs: rng.between(200, 1_500),
  };
}

export function randomReader(rng: Rng, money: Money): CardReaderOptions {
  const level = pick(rng, [1, 2, 3] as const);
  const { country, decimals } = money;
  const model = level === 3 ? { ...US_READER_LEVEL_3, options: pick(rng, READER_OPTIONS) } : US_READER;
  return {
    ...model,
    level,
    country,
    decimals,
    refunds: !rng.chance(150_000),
    multivend: rng.chance(300_000),
    cashSale: rng.chance(500_000),
    revalueLimitMinor: level > 1 && rng.chance(300_000) ? money.pricesTo * 10 : undefined,
    startUpMs: rng.between(300, 2_500),
  };
}

export function randomChangerQuirks(rng: Rng): ChangerQuirks {
  return {
    ...CHANGER_QUIRKS,
    payoutEnding: pick(rng, ["busy02", "silent", "ackOnly"] as const),
    countsMove: pick(rng, ["asTheyFall", "atEnd"] as const),
    tellsRejected: rng.chance(500_000),
    justResetMs: rng.between(50, 400),
    saysJustReset: !rng.chance(100_000),
    shortReplies: rng.chance(300_000),
    picks: pick(rng, ["largest", "smallest", "fullestTube"] as const),
    valueCoinsAtMost: rng.chance(200_000) ? rng.below(4) : CHANGER_QUIRKS.valueCoinsAtMost,
    ignoresPayout: rng.chance(100_000),
    valuePoll: pick(rng, ["tells", "tells", "endlessBusy", "ackOnly"] as const),
    payoutStatus: pick(rng, ["tells", "tells", "ackOnly"] as const),
    letOutTold: pick(rng, ["poll", "report", "both"] as const),
    reportsForget: !rng.chance(200_000),
  };
}

export function randomValidatorQuirks(rng: Rng): ValidatorQuirks {
  return {
    ...VALIDATOR_QUIRKS,
    billAtPowerUp: pick(rng, ["returned", "returned", "stackedSilently"] as const),
    tellsBusy: rng.chance(500_000),
    tellsDisabled: pick(rng, ["once", "always", "never"] as const),
    justResetMs: rng.between(100, 600),
    saysJustReset: !rng.chance(100_000),
    junkByte: rng.chance(100_000) ? 0x33 : undefined,
    ignoresDispenseByType: rng.chance(200_000),
  };
}

export function randomHopperQuirks(rng: Rng): HopperQuirks {
  return {
    ...HOPPER_QUIRKS,
    payoutEnding: pick(rng, ["busy", "silent", "ackOnly"] as const),
    countsMove: pick(rng, ["asTheyFall", "atEnd"] as const),
    payoutStatus: pick(rng, ["tells", "tells", "endlessBusy", "unknown"] as const),
    codesFrom20: rng.chance(300_000),
    byType: !rng.chance(200_000),
    justResetMs: rng.between(50, 400),
    saysJustReset: !rng.chance(100_000),
    identifies: !rng.chance(200_000),
    shortReplies: rng.chance(300_000),
  };
}

export function randomReaderQuirks(rng: Rng): ReaderQuirks {
  return {
    ...READER_QUIRKS,
    readMs: rng.between(100, 900),
    approvalMs: rng.chance(150_000) ? "atOnce" : rng.between(200, 4_000),
    delays: rng.chance(300_000) ? inPollAfter(rng.between(20, 800)) : READER_QUIRKS.delays,
    refund: pick(rng, ["done", "done", "fails", "silentDone", "silentCharged"] as const),
    cancel: pick(rng, ["denies", "approvalCrosses"] as const),
    tellsFunds: rng.chance(500_000),
    saysJustReset: !rng.chance(100_000),
    junkBehindSession: rng.chance(100_000) ? [0xff] : [],
    chains: !rng.chance(200_000),
    tapWaitMs: rng.between(5_000, 30_000),
    sessionsWhenAlwaysIdle: rng.chance(300_000),
    keepsUnheardApproval: rng.chance(700_000),
  };
}
