/**
 * What rules may know of a machine and of its operator's fleet: read from the store (store/alert-facts.ts), never
 * changed here. Instants are Unix milliseconds. A look at a part of a machine reads what its rules want (subject.ts):
 * the rest is empty then, and no rule sees it.
 */
import type { TelemetryMessage } from "../../shared/wire/messages.js";

export interface MachineFacts {
  readonly machineId: string;
  readonly serial: string;
  readonly operatorId: string;
  readonly currency: string;
  readonly decimals: number;
  readonly timeZone: string;
  readonly online: boolean;
  /** Null: online, or never seen. */
  readonly offlineSinceMs: number | null;
  readonly lastHeardMs: number | null;
  readonly doorOpen: boolean;
  /** Of the newest birth: how often it has started, and how often connected since. */
  readonly boot: number;
  readonly connection: number;
  /** Those with few left. */
  readonly slots: readonly SlotFact[];
  /** Open ones. */
  readonly faults: readonly FaultFact[];
  readonly telemetry: { readonly receivedMs: number; readonly message: TelemetryMessage } | null;
  /** Temperatures of the last hour, oldest first; empty while it is far from too warm, or no warmer than it was. */
  readonly temps: readonly TempFact[];
  /** Claims of the last day, oldest first. */
  readonly claims: readonly ClaimFact[];
  /** When it came up after its power had been away, in the last day. */
  readonly powerUpsMs: readonly number[];
  readonly aside: AsideFact;
  readonly signals: readonly SignalFact[];
  readonly sales: SalesFact | null;
  /** When the newest certificate that is not revoked ends; null: it has none. */
  readonly certificateEndMs: number | null;
}

/** What is known of every machine that is looked at. */
export type Known = "machineId" | "serial" | "operatorId" | "currency" | "decimals" | "timeZone";
/** What a rule has to name in `reads`, if it is to know it. */
export type Fact = Exclude<keyof MachineFacts, Known>;
export type Facts<F extends Fact = never> = Pick<MachineFacts, Known | F>;

export interface SlotFact {
  readonly slot: string;
  readonly quantity: number;
  readonly capacity: number;
}

export interface FaultFact {
  readonly fault: number;
  readonly slot: string | null;
  readonly raisedMs: number;
}

export interface TempFact {
  readonly atMs: number;
  readonly milliC: number;
}

export interface ClaimFact {
  readonly epoch: number;
  readonly seq: number;
  readonly bookedMs: number;
  readonly amountMinor: number;
}

/** What the fleet could not book, or found to be lost, in the last week. */
export interface AsideFact {
  readonly forked: boolean;
  readonly batches: number;
  readonly records: number;
  /** Records that neither the fleet has nor the machine any more. */
  readonly lost: number;
  /** Changes with each further one. */
  readonly newest: string;
  /** When the first of these kinds is a week old; null: there is none. */
  readonly endsMs: number | null;
}

/** Something another part of the fleet knows of a machine (store/alert-signals.ts). */
export interface SignalFact {
  readonly signal: Signal;
  readonly detail: string;
  readonly raisedMs: number;
}

/** clonedIdentity: two boards show themselves as one machine. gap: its ledger goes on beyond what we hold. */
export const SIGNALS = ["clonedIdentity", "gap"] as const;
export type Signal = (typeof SIGNALS)[number];

export interface SalesFact {
  readonly lastSaleMs: number;
  readonly profile: SalesProfile;
}

/** How a machine usually sells (unusual.ts). */
export interface SalesProfile {
  /** Sales expected in each hour of the week, Sunday 0:00 first, in the machine's zone; 168 numbers. */
  readonly hours: readonly number[];
  /** How much its days differ beyond chance: the k of a negative binomial; large = not at all. */
  readonly spread: number;
}

/** The fleet of one operator, for what concerns many machines at once. */
export interface OperatorFacts {
  readonly machines: number;
  /** Went offline within the outage's window, and are still. */
  readonly lost: number;
  /** Open, or dismissed while it lasts. */
  readonly outage: { readonly id: string; readonly openedMs: number; readonly isDismissed: boolean } | null;
}

/** How an operator wants to read numbers. */
export interface Units {
  readonly temperature: "C" | "F";
}
