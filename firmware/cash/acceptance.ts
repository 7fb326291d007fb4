/**
 * What may be accepted (design "Money rules"). P = amounts exactly payable from tubes, recycler and hoppers, c =
 * credit, v = the type's value. A type is enabled iff (a) the operator allows it and c + v stays within the limit, (b)
 * c + v can be given back exactly, (c) the change of a sale can. Nothing here decides about money already in.
 */
import { isPayable, type PayableSet, payableSet } from "../../shared/money/payable.js";
import { STORE_RECYCLER } from "../../shared/records/fold-money-in.js";
import { MDB_TYPES } from "../../shared/records/kinds.js";
import type { Bill, CashFacts, CashState, CashStep, Masks, Payable } from "./state.js";
import { ALL_USABLE, anyStore, freePieces, storeOf } from "./stores.js";
import { hasRoom } from "./tubes.js";

/** What the rule depends on beside the type. */
export interface AcceptanceRule {
  readonly payable: PayableSet;
  readonly maxCreditMinor: number;
  readonly forcedVend: boolean;
  /** Nothing that could pay change is there: with forcedVend it comes as a voucher, so (c) is dropped too. */
  readonly changeless: boolean;
  readonly everyPrice: boolean;
  readonly priceMinor: number | undefined;
  readonly sellablePricesMinor: readonly number[];
}

/** `no`: beyond the credit limit (a). `noChange`: only (b) or (c) stands against it. */
export type Verdict = "yes" | "no" | "noChange";

/**
 * The rule for one type that the operator allows. fits: a tube, or for a bill the recycler, has room for it. escrow: it
 * is a bill of a
 * validator that holds it; if it completes the price it goes back as it is until the sale is certain, so (b) is
 * dropped.
 */
export function mayAccept(
  rule: AcceptanceRule,
  creditMinor: number,
  valueMinor: number,
  fits: boolean,
  escrow: boolean,
): Verdict {
  const afterMinor = creditMinor + valueMinor;
  if (afterMinor > rule.maxCreditMinor) return "no";
  if (rule.forcedVend && rule.changeless) return "yes";
  const { payable, priceMinor, sellablePricesMinor } = rule;
  const tubedMinor = fits ? valueMinor : 0;
  const completes = escrow && priceMinor !== undefined && afterMinor >= priceMinor;
  if (!rule.forcedVend && !completes && !isPayableWith(payable, afterMinor, tubedMinor)) return "noChange";
  if (priceMinor !== undefined) {
    return afterMinor < priceMinor || isPayableWith(payable, afterMinor - priceMinor, tubedMinor) ? "yes" : "noChange";
  }
  let reached = 0;
  let changeable = 0;
  for (let i = 0; i < sellablePricesMinor.length; i += 1) {
    const sellableMinor = sellablePricesMinor[i] ?? 0;
    if (sellableMinor > afterMinor) continue;
    reached++;
    if (isPayableWith(payable, afterMinor - sellableMinor, tubedMinor)) changeable++;
  }
  if (reached === 0) return "yes";
  return (rule.everyPrice ? changeable === reached : changeable > 0) ? "yes" : "noChange";
}

/** Payable from P, or from P and one more piece of this value; 0 = no more. */
function isPayableWith(payable: PayableSet, amountMinor: number, pieceMinor: number): boolean {
  return isPayable(payable, amountMinor) || (pieceMinor > 0 && isPayable(payable, amountMinor - pieceMinor));
}

/** P for this moment; the one in `state` as long as stores, settings and the open payout are the same. */
export function payableNow(state: CashState, facts: CashFacts): Payable {
  const { changer, stores, payable } = state;
  const { settings } = facts;
  const owed = facts.durable.payout;
  const same = payable?.changer === changer && payable?.stores === stores;
  if (payable !== undefined && same && payable.settings === settings && payable.owed === owed) return payable;
  const { tubes } = freePieces(state, settings.floatCounts ?? [], owed, ALL_USABLE);
  return { set: payableSet(tubes, settings.maxCreditMinor), changer, stores, settings, owed };
}

/** True if exactly this amount can be paid out: change of a selection that may be taken. */
export function changePayable(state: CashState, facts: CashFacts, amountMinor: number): boolean {
  return isPayable(payableNow(state, facts).set, amountMinor);
}

/** The exact-change lamp: (b) or (c) alone masks a type that the operator allows. */
export function exactChangeOnly(state: CashState, facts: CashFacts): boolean {
  const { changer, validator } = state;
  const rule = ruleNow(state, facts);
  const { creditMinor } = facts.durable;
  for (let type = 0; type < MDB_TYPES; type++) {
    const coinMinor = allowed(facts.settings.coinMask, type) ? (changer?.valuesMinor[type] ?? 0) : 0;
    const fits = changer !== undefined && hasRoom(changer, type);
    if (coinMinor > 0 && mayAccept(rule, creditMinor, coinMinor, fits, false) === "noChange") return true;
    const billMinor = allowed(facts.settings.billMask, type) ? (validator?.valuesMinor[type] ?? 0) : 0;
    const escrow = validator?.escrow === true;
    if (billMinor > 0 && mayAccept(rule, creditMinor, billMinor, recyclable(state, facts, type), escrow) === "noChange")
      return true;
  }
  return false;
}

/** True if this bill may be taken now: asked again when it lies in escrow. */
export function billAllowed(state: CashState, facts: CashFacts, type: number, valueMinor: number): boolean {
  const { validator } = state;
  if (validator === undefined || !takesMoney(state, facts)) return false;
  if (valueMinor <= 0 || !allowed(facts.settings.billMask, type)) return false;
  const fits = recyclable(state, facts, type);
  return mayAccept(ruleNow(state, facts), facts.durable.creditMinor, valueMinor, fits, validator.escrow) === "yes";
}

/** A bill of this type goes to the recycler, where it can be paid out again. */
function recyclable(state: CashState, facts: CashFacts, type: number): boolean {
  const recycler = storeOf(state, STORE_RECYCLER);
  return recycler !== undefined && allowed(facts.settings.recycleMask ?? 0, type) && hasRoom(recycler, type);
}

/** P and the masks brought up to date; an `accept` order, ahead of everything else, only if they changed. */
export function adjust(step: CashStep, facts: CashFacts): CashStep {
  const { state, effects, known } = step;
  const { sent } = state;
  const payable = payableNow(state, facts);
  const masks = masksNow(state, facts, payable);
  if (sent?.coinMask === masks.coinMask && sent.billMask === masks.billMask && sent.fill === masks.fill) {
    return payable === state.payable ? step : { state: { ...state, payable }, effects, known };
  }
  const accept = { do: "mdb", order: { order: "accept", ...masks } } as const;
  return { state: { ...state, payable, sent: masks }, effects: [accept, ...effects], known };
}

function masksNow(state: CashState, facts: CashFacts, payable: Payable): Masks {
  const { bill } = state;
  // While a bill is on its way the validator is left alone: some let go of it when their types change.
  const keptBillMask = bill.is === "none" ? undefined : state.sent?.billMask;
  if (isFilling(state, facts)) return { coinMask: fillMask(state, facts), billMask: keptBillMask ?? 0, fill: true };
  if (!takesMoney(state, facts)) return { coinMask: 0, billMask: keptBillMask ?? 0 };
  const rule = ruleNow(state, facts, payable);
  return { coinMask: coinMaskNow(state, facts, rule), billMask: keptBillMask ?? billMaskNow(state, facts, rule) };
}

function coinMaskNow({ changer, bill }: CashState, { durable, settings }: CashFacts, rule: AcceptanceRule): number {
  if (changer === undefined) return 0;
  const { creditMinor } = durable;
  const stackedMinor = creditIfStacked(creditMinor, bill);
  let mask = 0;
  for (let type = 0; type < MDB_TYPES; type++) {
    const valueMinor = changer.valuesMinor[type] ?? 0;
    if (valueMinor === 0 || !allowed(settings.coinMask, type)) continue;
    const fits = hasRoom(changer, type);
    if (mayAccept(rule, creditMinor, valueMinor, fits, false) !== "yes") continue;
    if (stackedMinor !== undefined && mayAccept(rule, stackedMinor, valueMinor, fits, false) !== "yes") continue;
    mask |= 1 << type;
  }
  return mask;
}

function billMaskNow(state: CashState, facts: CashFacts, rule: AcceptanceRule): number {
  const { validator } = state;
  if (validator === undefined || validator.stackerFull) return 0;
  const { creditMinor } = facts.durable;
  let mask = 0;
  for (let type = 0; type < MDB_TYPES; type++) {
    const valueMinor = validator.valuesMinor[type] ?? 0;
    if (valueMinor === 0 || !allowed(facts.settings.billMask, type)) continue;
    const fits = recyclable(state, facts, type);
    if (mayAccept(rule, creditMinor, valueMinor, fits, validator.escrow) === "yes") mask |= 1 << type;
  }
  return mask;
}

/** A service person fills the machine: the door is open and nothing is owed to anybody. */
function isFilling(state: CashState, { durable }: CashFacts): boolean {
  return state.filling && durable.doorOpen && durable.creditMinor === 0 && state.payout.is === "none";
}

/** Coins that the operator allows. */
function fillMask({ changer }: CashState, { settings }: CashFacts): number {
  let mask = 0;
  for (let type = 0; type < MDB_TYPES; type++) {
    if (allowed(settings.coinMask, type) && (changer?.valuesMinor[type] ?? 0) > 0) mask |= 1 << type;
  }
  return mask;
}

/** What c becomes if the bill in motion is stacked: a coin must be right either way. Undefined without one. */
function creditIfStacked(creditMinor: number, bill: Bill): number | undefined {
  return bill.is === "none" || bill.is === "returning" ? undefined : creditMinor + bill.valueMinor;
}

function takesMoney(state: CashState, facts: CashFacts): boolean {
  if (!state.open || state.payout.is !== "none") return false;
  if (!anyStore(state) && facts.settings.forcedVend !== true) return false;
  return state.priceMinor !== undefined || facts.sellablePricesMinor.length > 0;
}

function ruleNow(state: CashState, facts: CashFacts, payable = payableNow(state, facts)): AcceptanceRule {
  const { settings } = facts;
  return {
    payable: payable.set,
    maxCreditMinor: settings.maxCreditMinor,
    forcedVend: settings.forcedVend === true,
    changeless: !anyStore(state),
    everyPrice: settings.everyPrice === true,
    priceMinor: state.priceMinor,
    sellablePricesMinor: facts.sellablePricesMinor,
  };
}

function allowed(mask: number, type: number): boolean {
  return (mask & (1 << type)) !== 0;
}
