/** What a simulated card reader is, how it decides, how fast it is and what is wrong with it. */
import { deepFreeze } from "../../shared/freeze.js";

/** A reply goes out at once, or the command is only ACKed and the reply shows in POLL so many ms later. */
export type ReplyDelay = "atOnce" | number;

/** Messages the reader answers commands with; each has its own delay. Vends have `approvalMs`. */
export type ReaderAnswer = "setup" | "id" | "end" | "readerCancel" | "revalue" | "limit";

export interface CardReaderOptions {
  readonly level: 1 | 2 | 3;
  /** BCD as in SETUP: 1840 = US dollar. */
  readonly country: number;
  /** Minor units of one scaling unit. */
  readonly scalingMinor: number;
  /** Scaling factor as SETUP tells it, in units of `decimals`; absent = `scalingMinor`. */
  readonly scalingFactor?: number;
  readonly decimals: number;
  /** Z7, Application Maximum Response Time, seconds. */
  readonly maxResponseS: number;
  /** SETUP byte Z8: b0 refunds, b1 multivend, b2 display, b3 cash sale. */
  readonly refunds: boolean;
  readonly multivend: boolean;
  readonly display: boolean;
  readonly cashSale: boolean;
  /** Option bits offered in 09, level 3: see READER_OPTIONS. */
  readonly options: number;
  readonly maker: string;
  readonly serial: string;
  readonly model: string;
  readonly softwareBcd: number;
  readonly startUpMs: number;
  /** Most that can be put on a card; undefined = it cannot be revalued. */
  readonly revalueLimitMinor: number | undefined;
}

/** A level 1 reader as they hang in most machines. */
export const US_READER: CardReaderOptions = deepFreeze({
  level: 1,
  country: 0x1840,
  scalingMinor: 1,
  decimals: 2,
  maxResponseS: 5,
  refunds: true,
  multivend: false,
  display: false,
  cashSale: true,
  options: 0,
  maker: "SPI",
  serial: "000000000816",
  model: "BENCH-CR",
  softwareBcd: 0x0100,
  startUpMs: 800,
  revalueLimitMinor: undefined,
});

/** Level 3 with everything. `options` b1 | b3 | b4 | b5: 32-bit money, negative vend, data entry, always idle. */
export const US_READER_LEVEL_3: CardReaderOptions = deepFreeze({
  ...US_READER,
  level: 3,
  multivend: true,
  display: true,
  options: 0x3a,
  model: "BENCH-CR3",
  revalueLimitMinor: 5_000,
});

/** What becomes of VEND FAILURE. `silent…`: no word for a while, the hold is dropped or the customer charged. */
export type RefundWay = "done" | "fails" | "silentDone" | "silentCharged";

/** What VEND CANCEL does to a request that is not yet answered. */
export type CancelWay = "denies" | "approvalCrosses";

/** Moments at which something can go wrong. `…Said`: the VMC has ACKed it. */
export type ReaderMoment =
  | "tapped"
  | "sessionSaid"
  | "vendRequested"
  | "approvalSaid"
  | "successHeard"
  | "failureHeard"
  | "completeHeard";

/** Once, at the next such moment. `unplug`: it loses power and stays away. */
export interface ReaderTrouble {
  readonly at: ReaderMoment;
  readonly what: "selfReset" | "silence" | "unplug" | "malfunction" | "asksTime" | "asksDisplay";
  /** Of a silence or a malfunction. */
  readonly forMs?: number;
  /** Of a malfunction: the byte behind 0A. */
  readonly code?: number;
}

export interface ReaderQuirks {
  /** From the customer's tap to BEGIN SESSION. */
  readMs: number;
  /** From VEND REQUEST to the decision, 0 to 40 s; `atOnce`: in the reply to the request itself. */
  approvalMs: ReplyDelay;
  /** `rule`: decides in place of the card's balance. */
  approve: "balance" | "always" | "never" | "rule";
  rule: (amountMinor: number) => boolean;
  delays: Readonly<Record<ReaderAnswer, ReplyDelay>>;
  refund: RefundWay;
  cancel: CancelWay;
  /** Told in BEGIN SESSION; false = FFFF. */
  tellsFunds: boolean;
  /** Approved amounts are told as FFFF (token). */
  approvesAsToken: boolean;
  justResetMs: number;
  saysJustReset: boolean;
  /** Bytes behind BEGIN SESSION in the same block (a reader seen in the field puts FF there). */
  junkBehindSession: readonly number[];
  /** Bytes left off (below 0) or zeros added (above 0) at the end of SETUP, ID and BEGIN SESSION blocks. */
  lengthLie: number;
  /** False: what was not ACKed is forgotten and not said again. */
  repeats: boolean;
  /** More than one message in a POLL reply. */
  chains: boolean;
  /** Waits no longer than this in a session without a vend: then 04. */
  sessionMs: number;
  /** Always idle: no card came for a request within this: then 06. */
  tapWaitMs: number;
  /** Always idle: a tap without request opens an ordinary session. */
  sessionsWhenAlwaysIdle: boolean;
  /** A charge already said is kept, though the approval was never ACKed, when power or a reset ends it. */
  keepsUnheardApproval: boolean;
}

const AT_ONCE: Readonly<Record<ReaderAnswer, ReplyDelay>> = deepFreeze({
  setup: "atOnce",
  id: "atOnce",
  end: 0,
  readerCancel: "atOnce",
  revalue: 0,
  limit: "atOnce",
});

/** Honest and quick. */
export const READER_QUIRKS: Readonly<ReaderQuirks> = Object.freeze<ReaderQuirks>({
  readMs: 300,
  approvalMs: 900,
  approve: "balance",
  rule: () => true,
  delays: AT_ONCE,
  refund: "done",
  cancel: "denies",
  tellsFunds: true,
  approvesAsToken: false,
  justResetMs: 200,
  saysJustReset: true,
  junkBehindSession: Object.freeze([]),
  lengthLie: 0,
  repeats: true,
  chains: true,
  sessionMs: 90_000,
  tapWaitMs: 30_000,
  sessionsWhenAlwaysIdle: false,
  keepsUnheardApproval: true,
});

/** Every answer only in POLL, so much later. */
export function inPollAfter(ms: number): Readonly<Record<ReaderAnswer, ReplyDelay>> {
  return { setup: ms, id: ms, end: ms, readerCancel: ms, revalue: ms, limit: ms };
}
