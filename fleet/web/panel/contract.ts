/**
 * What the virtual machine's own small server (tools/start) and the front panel's page say to each other, on loopback.
 * GET /api/events: server-sent events `state` (PanelState, on change, at most 20 a second), `traffic` (TrafficLine[]),
 * `ledger` (LedgerLine[]). POST /api/act: an Action; 204, or 4xx with a Problem.
 */
import type { PanelView } from "../../../shared/panel-view.js";

/** Money and goods where the customer can see and take them. */
export interface Surroundings {
  /** Coins in the cup by value, minor units. */
  readonly cup: readonly number[];
  /** A bill sticking out of the mouth after it was returned is taken at once: bills given back so far, minor units. */
  readonly billsBackMinor: number;
  readonly tray: readonly { readonly slot: string; readonly name: string; readonly productId: number }[];
  /** Slot whose spiral turns now. */
  readonly turning: string | undefined;
  /** What can be inserted, minor units. */
  readonly coinsMinor: readonly number[];
  readonly billsMinor: readonly number[];
  /** There is a card reader. */
  readonly takesCards: boolean;
}

export interface TubeLine {
  readonly type: number;
  readonly valueMinor: number;
  /** Coins that lie in it / what the ledger says. */
  readonly found: number;
  readonly expected: number;
  readonly jammed: boolean;
}

export interface ServiceSide {
  /** Purchase state with its data, as JSON. */
  readonly sale: string;
  readonly creditMinor: number;
  readonly tubes: readonly TubeLine[];
  readonly cashBoxMinor: number;
  readonly stackerBills: number;
  readonly openBrackets: readonly string[];
  readonly faults: readonly string[];
  readonly newestSeq: number;
  readonly ackedSeq: number;
  readonly uptimeS: number;
  readonly tempMilliC: number;
}

export interface Mischief {
  readonly powered: boolean;
  readonly network: boolean;
  readonly doorOpen: boolean;
  readonly beamBlind: boolean;
  readonly changerUnplugged: boolean;
  readonly validatorUnplugged: boolean;
  readonly jammedSlots: readonly string[];
}

/** What two lines of text show of the view, a page after the other, `pageMs` each, from the first when they change. */
export interface TextPanel {
  readonly columns: number;
  readonly pages: readonly (readonly [top: string, bottom: string])[];
  readonly pageMs: number;
}

export interface PanelState {
  readonly machineId: string;
  /** Undefined: the panel is dark. */
  readonly view: PanelView | undefined;
  /** Undefined: the panel is a graphic one. */
  readonly text: TextPanel | undefined;
  readonly surroundings: Surroundings;
  readonly service: ServiceSide | undefined;
  readonly mischief: Mischief;
  /** ISO 4217 code. */
  readonly currency: string;
  /** The connection to the fleet stands. */
  readonly connected: boolean;
  /** Where the operator's pages are. */
  readonly operatorUrl: string;
}

/** One transmission on the bus. words: three hex digits each, 1xx = mode bit. meaning: what it says. */
export interface TrafficLine {
  readonly n: number;
  readonly atMs: number;
  readonly from: "VMC" | "changer" | "validator" | "reader" | "bus";
  readonly words: string;
  readonly meaning: string;
}

export interface LedgerLine {
  readonly seq: number;
  readonly kind: string;
  readonly text: string;
}

export type Action =
  | { readonly do: "coin" | "bill"; readonly valueMinor: number }
  | { readonly do: "tapCard"; readonly what: "card" | "phone" }
  | { readonly do: "select"; readonly slot: string }
  | { readonly do: "key"; readonly key: string }
  | { readonly do: "cancel" | "lever" | "takeCoins" | "takeProducts" | "pullBill" | "kick" }
  | {
      readonly do: "power" | "network" | "door" | "beamBlind" | "unplugChanger" | "unplugValidator";
      readonly on: boolean;
    }
  | { readonly do: "jamSlot"; readonly slot: string; readonly on: boolean }
  | { readonly do: "jamTube"; readonly type: number; readonly on: boolean }
  | { readonly do: "refillSlot"; readonly slot: string }
  /** Another panel is built in: two lines of so many letters, 0 = the graphic one. */
  | { readonly do: "textDisplay"; readonly columns: 0 | 16 | 20 }
  | { readonly do: "warm"; readonly on: boolean };

export interface Problem {
  readonly title: string;
  readonly detail: string;
}
