/**
 * The technician's menu: where the conversation stands, and the words it has with the machine. It works on a keypad
 * with two lines of text as on a touch panel: digits and letters, `#` = enter, `*` = back. Only behind an open door.
 */
import { CLAIM_DIGITS } from "../../shared/claim-code.js";
import type { ClaimState } from "../../shared/claim-states.js";
import type { FaultName } from "../../shared/faults.js";
import { deepFreeze } from "../../shared/freeze.js";
import type { CurrencyCode } from "../../shared/money/currencies.js";
import type { Language } from "../../shared/panel-phrases.js";
import type { Durable } from "../../shared/records/durable.js";
import type { NewRecord } from "../../shared/records/kinds.js";
import type { Finding } from "../../shared/self-test-texts.js";
import type { PlanogramSlot } from "../../shared/wire/documents.js";
import type { NetAddresses } from "../ports/hardware.js";
import type { MenuText, MenuWords } from "./menu-texts.js";

/** Nothing pressed for so long: the menu closes. */
export const MENU_IDLE_MS = 300_000;
/** Wrong codes in a row before nobody may try for `LOCK_MS`. */
export const MAX_WRONG_CODES = 5;
export const LOCK_MS = 300_000;
/** Longest code and longest number typed; a claim code apart. */
export const MAX_TYPED = 8;
export const MAX_CLAIM_TYPED = CLAIM_DIGITS;
/** Coins ordered out in one go. */
export const MAX_EMPTY_COUNT = 15;
/** Lines of a list that a graphic panel shows at once; `#` turns the page. A text display shows one. */
export const LINES_PER_PAGE = 6;

/** What a code allows, by bit. */
export const RIGHTS = deepFreeze({ stock: 1, prices: 2, cash: 4, tests: 8 });
export const ALL_RIGHTS = 15;

/** The items of the main screen by key, and the right each needs (0 = none). */
export const MENU_ITEMS = deepFreeze([
  { key: "1", name: "fill", title: "Fill tubes", right: RIGHTS.cash },
  { key: "2", name: "empty", title: "Empty tubes", right: RIGHTS.cash },
  { key: "3", name: "cashBox", title: "Cash box taken", right: RIGHTS.cash },
  { key: "4", name: "testVend", title: "Test vend", right: RIGHTS.tests },
  { key: "5", name: "home", title: "Home spirals", right: RIGHTS.tests },
  { key: "6", name: "count", title: "Set counts", right: RIGHTS.stock },
  { key: "7", name: "price", title: "Set prices", right: RIGHTS.prices },
  { key: "8", name: "faults", title: "Faults", right: 0 },
  { key: "9", name: "counters", title: "Counters", right: 0 },
  { key: "0", name: "network", title: "Network", right: 0 },
  // ten keys are not enough; who has no letters finds it among the faults
  { key: "A", name: "clearFaults", title: "Clear faults", right: 0 },
  { key: "B", name: "selfTest", title: "Self-test", right: RIGHTS.tests },
  // only where there is something to claim; the code itself is the right. Who has no letters finds it in the network
  { key: "C", name: "claim", title: "Claim", right: 0 },
] as const satisfies readonly { readonly title: MenuText; readonly [more: string]: unknown }[]);
export type MenuItem = (typeof MENU_ITEMS)[number];
export type MenuItemName = MenuItem["name"];

export type ListName = "faults" | "counters" | "network";

/** Where it stands once somebody is in. who, rights: of the code. */
export type Screen =
  | { readonly is: "main"; readonly page: number }
  /** Coins that come in now are the operator's. */
  | { readonly is: "fill" }
  | { readonly is: "emptyType"; readonly typed: string; readonly page: number }
  | { readonly is: "emptyCount"; readonly type: number; readonly typed: string }
  | { readonly is: "cashBox" }
  | { readonly is: "slot"; readonly of: "testVend" | "count" | "price"; readonly typed: string }
  | { readonly is: "number"; readonly of: "count" | "price"; readonly slot: string; readonly typed: string }
  | { readonly is: "list"; readonly of: ListName; readonly page: number }
  /** What each port was found like when somebody asked: one line a port. */
  | { readonly is: "selfTest"; readonly findings: readonly Finding[]; readonly page: number }
  /** How far the board is that claims itself, and the code as digits. slip: those typed do not fit together. */
  | { readonly is: "claim"; readonly typed: string; readonly slip: boolean }
  /** A test vend from the order to its end. before: test vends counted when it was ordered. */
  | { readonly is: "test"; readonly slot: string; readonly before: number }
  /** Something to read before going back. */
  | { readonly is: "said"; readonly said: MenuWords };

export type MenuState =
  | { readonly at: "closed"; readonly wrong: number; readonly lockedUntilMs: number }
  | {
      readonly at: "code";
      readonly typed: string;
      readonly wrong: number;
      readonly lockedUntilMs: number;
      readonly untilMs: number;
    }
  | {
      readonly at: "open";
      readonly who: number;
      readonly rights: number;
      readonly screen: Screen;
      /** Lists whose reading is on record: once a visit is enough. */
      readonly read: readonly ListName[];
      readonly untilMs: number;
    };

export const MENU_CLOSED: MenuState = Object.freeze<MenuState>({ at: "closed", wrong: 0, lockedUntilMs: 0 });

/** What a code that was typed opens: who it belongs to and what it allows. */
export interface Pass {
  readonly who: number;
  readonly rights: number;
}

/** Prices that may be set: whole multiples of `stepMinor`, up to what a customer could ever pay. */
export interface PriceRule {
  readonly stepMinor: number;
  readonly highestMinor: number;
}

/** findings: one a port. bad: how many are not well. */
export interface SelfTestReport {
  readonly findings: readonly Finding[];
  readonly bad: number;
}

export interface MenuFacts {
  readonly durable: Readonly<Durable>;
  readonly doorOpen: boolean;
  readonly currency: CurrencyCode;
  /** What the menu speaks. */
  readonly language: Language;
  readonly slots: readonly PlanogramSlot[];
  /** By MDB type, minor units; empty without a changer. */
  readonly coinValuesMinor: readonly number[];
  readonly prices: PriceRule;
  /** What the sale says to an order that turns a spiral: taken, one is under way, none can be. */
  readonly turning: "free" | "busy" | "not";
  /** Spirals that stand away from home. */
  readonly spiralsAway: number;
  /** The newest test vend for which nothing turned, and why. */
  readonly refusedTest: { readonly slot: string; readonly cause: "beamBlind" | "notHome" } | undefined;
  /** The panel is two lines of text. */
  readonly textDisplay: boolean;
  readonly networkUp: boolean;
  /** Undefined: this platform does not say. */
  readonly addresses: NetAddresses | undefined;
  readonly machineId: string;
  /** Undefined: there is nothing to claim. */
  readonly claim: ClaimState | undefined;
  /** Nobody has a service code yet, and the board is to be claimed: any code opens what needs no right. */
  readonly opensToClaim: boolean;
  readonly unackedRecords: number;
  /** Looks at each port, now. */
  selfTest(): SelfTestReport;
  /** Undefined for a code nobody has. */
  passOf(code: string): Pass | undefined;
  /** In the menu's language. */
  sentenceOf(fault: number, slot: string | undefined): string;
}

export type MenuInput =
  | { readonly on: "key"; readonly key: string }
  | { readonly on: "tick" }
  | { readonly on: "doorShut" };

/** What the machine is to do for the technician. */
export type MenuOrder =
  | { readonly menu: "fill"; readonly on: boolean }
  /** One DISPENSE from a tube, for the technician's hand. */
  | { readonly menu: "empty"; readonly type: number; readonly count: number }
  | { readonly menu: "testVend"; readonly slot: string; readonly who: number }
  | { readonly menu: "home" }
  | { readonly menu: "clearFaults" }
  | { readonly menu: "speak"; readonly language: Language }
  /** `""`: with the code there is. */
  | { readonly menu: "claim"; readonly code: string };

export type MenuEffect =
  | { readonly do: "append"; readonly record: NewRecord }
  | { readonly do: "menu"; readonly order: MenuOrder }
  | { readonly do: "fault"; readonly fault: FaultName; readonly present: boolean };

export interface MenuStep {
  readonly state: MenuState;
  readonly effects: readonly MenuEffect[];
  /** False: the key was not for the menu. */
  readonly taken: boolean;
}
