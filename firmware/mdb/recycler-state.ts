/**
 * What the master knows of the bills that a validator can give back (MDB 4.2 §6, PDF p104-114), and of a payout on its
 * way to its end. The recycler has no address of its own: it lives inside the validator's state.
 */
import { BUS_TIMING } from "../../shared/mdb/link.js";
import type { TubeReport } from "../ports/rooms.js";

/** Index of STORES. */
export const RECYCLER_STORE = 1;
/** A recycler that was ordered to pay and neither ACKed nor says busy is asked for its status after so long. */
export const UNHEARD_WAIT_MS = 2_000;
/** PAYOUT STATUS is tried so often before the counts alone must do. */
export const MAX_STATUS_TRIES = 3;
/** What a payout may take beside 30 s a bill. */
export const PAYOUT_MARGIN_MS = 5_000;

export type RecyclerCommand =
  | "recyclerEnable"
  | "dispenserStatus"
  | "dispenseBill"
  | "dispenseValue"
  | "payoutStatus"
  | "payoutValuePoll"
  | "payoutCancel";

export interface BillDispense {
  readonly type: number;
  readonly count: number;
  /** By value (37 07), for a recycler that does not obey 37 06: only where it can but choose this type. */
  readonly byValue: boolean;
}

export interface BillPayout extends BillDispense {
  readonly acked: boolean;
  readonly startedMs: number;
  /** Bills of the type before it. */
  readonly before: number;
  /** Bills of the type when the counts were last read. */
  readonly last: number;
  /** Newest sign of work, ms. */
  readonly stirredMs: number;
  /** What is to be asked next. */
  readonly ask: "nothing" | "status" | "counts";
  readonly statusTries: number;
  /** The recycler says that it has ended, or was told to. */
  readonly finished: boolean;
  readonly cancelled: boolean;
}

export interface RecyclerState {
  /** Bill types it can recycle (37 03); 0 = there is none. */
  readonly mask: number;
  /** Types it was last told to recycle (37 04); undefined = must be told. */
  readonly routes: number | undefined;
  /** Newest DISPENSER STATUS that is believed; undefined = it pays nothing. */
  readonly tubes: TubeReport | undefined;
  /** One that is believed once the POLL behind it shows no bill on its way. */
  readonly reading: TubeReport | undefined;
  /** DISPENSER STATUS is due, ms. */
  readonly readAtMs: number;
  /** The other rooms believe that it is there. */
  readonly told: boolean;
  /** An order came that `storeReady` or `storeLost` has to answer. */
  readonly asked: boolean;
  readonly dispense: BillDispense | undefined;
  readonly payout: BillPayout | undefined;
  /** DISPENSEs by type running that were neither ACKed nor moved a bill. */
  readonly refusals: number;
}

export const NO_RECYCLER: RecyclerState = Object.freeze<RecyclerState>({
  mask: 0,
  routes: undefined,
  tubes: undefined,
  reading: undefined,
  readAtMs: 0,
  told: false,
  asked: false,
  dispense: undefined,
  payout: undefined,
  refusals: 0,
});

/** After a reset of the device: everything is asked anew; an open payout is answered by `storeReady`. */
export function recyclerRestarted(recycler: RecyclerState): RecyclerState {
  const { told, dispense, payout, refusals } = recycler;
  const asked = recycler.asked || dispense !== undefined || payout !== undefined;
  return { ...NO_RECYCLER, told, asked, refusals };
}

export function billPayoutStarted(order: BillDispense, acked: boolean, before: number, nowMs: number): BillPayout {
  return {
    ...order,
    acked,
    startedMs: nowMs,
    before,
    last: before,
    stirredMs: nowMs,
    ask: "nothing",
    statusTries: 0,
    finished: false,
    cancelled: false,
  };
}

/** A POLL said busy, that a bill waits to be taken, or nothing at all. */
export function billPayoutWorking(payout: BillPayout, nowMs: number): BillPayout {
  return { ...payout, stirredMs: nowMs, ask: payout.finished ? "counts" : "nothing" };
}

/** A POLL was answered without any of these. */
export function billPayoutResting(payout: BillPayout, nowMs: number): BillPayout {
  if (payout.ask !== "nothing") return payout;
  if (!payout.acked && nowMs - payout.stirredMs < UNHEARD_WAIT_MS) return payout;
  return { ...payout, ask: payout.statusTries < MAX_STATUS_TRIES ? "status" : "counts" };
}

/** 30 s for each bill and a margin are over. */
export function billPayoutOverdue(payout: BillPayout, nowMs: number): boolean {
  return nowMs - payout.startedMs >= payout.count * BUS_TIMING.billDispenseMaxMs + PAYOUT_MARGIN_MS;
}

/** The payout goes on with these counts; undefined = it has ended, they are the truth. */
export function billPayoutAfterCounts(payout: BillPayout, tubes: TubeReport, nowMs: number): BillPayout | undefined {
  const count = tubes.counts[payout.type] ?? 0;
  if (payout.finished || payout.before - count >= payout.count) return undefined;
  const stirredMs = count === payout.last ? payout.stirredMs : nowMs;
  if (nowMs - stirredMs >= BUS_TIMING.billDispenseMaxMs) return undefined;
  return { ...payout, last: count, stirredMs, ask: "nothing", statusTries: 0 };
}

/** The counts with one bill more or less of a type, as its report says. */
export function shifted(tubes: TubeReport, type: number, more: number): TubeReport {
  const counts = tubes.counts.map((count, of) => (of === type ? Math.max(0, count + more) : count));
  return { ...tubes, counts };
}
