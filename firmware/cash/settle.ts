/**
 * Closing an open DISPENSE by what the counts of its store prove, in a running return and after a restart alike: paid
 * as far as they say so, otherwise a claim. Every other difference of a store is a record of its own.
 */
import type { OpenPayout } from "../../shared/records/durable.js";
import { STORE_CHANGER } from "../../shared/records/fold-money-in.js";
import { CLAIM_PAYOUT, countBytes, PAYOUT_EMPTIED } from "../../shared/records/fold-money-out.js";
import type { CashEffect, CashFacts, Store } from "./state.js";
import { auditEffects, auditTubes, expectedCounts, faultEffect, provePayout } from "./tubes.js";

export interface Settlement {
  readonly effects: readonly CashEffect[];
  readonly paidMinor: number;
  readonly claimMinor: number;
}

const NOTHING: Settlement = Object.freeze<Settlement>({ effects: Object.freeze([]), paidMinor: 0, claimMinor: 0 });

/**
 * restarted: after a reset of machine or device, where an opened door makes the counts worthless, and so does another
 * serial number: what this device holds says nothing of what that one paid. In any case, where the door was open, what
 * seems not to be paid may have been, and coins put in by hand: it is not paid once more.
 */
export function settle(facts: CashFacts, device: Store, store: number, restarted: boolean): Settlement {
  const { durable } = facts;
  const open = durable.payout;
  const expected = expectedCounts(durable, store);
  if (open === undefined || open.store !== store) {
    // A bill whose fate is open may be in it: the counts are its proof, so they are not yet written over.
    const proof = store !== STORE_CHANGER && durable.stack !== undefined;
    return proof ? NOTHING : audited(facts, device, store, expected);
  }
  const proof = provePayout(open, durable, device);
  const touched = open.doorOpened || durable.doorOpen;
  const short = proof.paidMinor < open.count * open.valueMinor && open.reason !== PAYOUT_EMPTIED;
  if (!proof.plausible || (touched && short) || (restarted && (open.doorOpened || !isSameDevice(open, device)))) {
    const claim = claimPayout(facts);
    return { ...claim, effects: [...claim.effects, ...audited(facts, device, store, expected).effects] };
  }
  const { paidMinor } = proof;
  const effects: CashEffect[] = [
    payoutDone(facts, paidMinor, proof.left, restarted),
    ...faultEffect("payoutUnknown", false, facts),
    ...audited(facts, device, store, proof.left).effects,
  ];
  return { effects, paidMinor, claimMinor: 0 };
}

/** One that told no serial number when it was ordered to pay cannot be told apart from another. */
function isSameDevice({ device: crc }: OpenPayout, { serialCrc }: Store): boolean {
  return crc === undefined || crc === serialCrc;
}

/**
 * The claim for the open DISPENSE: all that was planned. What a service person took out was nobody's credit: there the
 * bracket is closed with nothing, and the next audit names what is missing.
 */
export function claimPayout(facts: CashFacts): Settlement {
  const { durable } = facts;
  const open = durable.payout;
  if (open === undefined) return NOTHING;
  if (open.reason === PAYOUT_EMPTIED) {
    return { ...NOTHING, effects: [payoutDone(facts, 0, expectedCounts(durable, open.store), false)] };
  }
  const claimNo = durable.claimNo + 1;
  const amountMinor = open.count * open.valueMinor;
  const code = facts.claimCode(claimNo, amountMinor);
  const effects: CashEffect[] = [
    { do: "append", record: { kind: "claimOpened", claimNo, cause: CLAIM_PAYOUT, amountMinor, code } },
    ...faultEffect("payoutUnknown", true, facts),
  ];
  return { effects, paidMinor: 0, claimMinor: amountMinor };
}

function payoutDone(facts: CashFacts, paidMinor: number, left: readonly number[], restarted: boolean): CashEffect {
  const { payoutNo = 0, reason = 0, store = STORE_CHANGER } = facts.durable.payout ?? {};
  const where = store === STORE_CHANGER ? {} : { store };
  const atBoot = restarted ? { atBoot: true } : {};
  const tubes = countBytes(left);
  return { do: "append", record: { kind: "payoutDone", payoutNo, reason, paidMinor, tubes, ...atBoot, ...where } };
}

function audited(facts: CashFacts, device: Store, store: number, expected: readonly number[]): Settlement {
  const effects = auditEffects(auditTubes(expected, facts.durable, device, store), store, facts);
  return { effects, paidMinor: 0, claimMinor: 0 };
}
