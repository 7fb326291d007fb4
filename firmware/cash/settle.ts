/**
 * Closing an open DISPENSE by what the tubes prove, in a running return and after a restart alike: paid as far as the
 * counts say so, otherwise a claim. Every other difference of the tubes is a record of its own.
 */
import { CLAIM_PAYOUT } from "../../shared/records/durable.js";
import type { CashEffect, CashFacts, Changer } from "./state.js";
import { auditEffects, auditTubes, faultEffect, provePayout } from "./tubes.js";

export interface Settlement {
  readonly effects: readonly CashEffect[];
  readonly paidMinor: number;
  readonly claimMinor: number;
}

/** restarted: after a reset of machine or changer, where an opened door makes the counts worthless. */
export function settle(facts: CashFacts, changer: Changer, restarted: boolean): Settlement {
  const { durable } = facts;
  const open = durable.payout;
  if (open === undefined) return audited(facts, changer, durable.tubes);
  const proof = provePayout(open, durable, changer);
  if (!proof.plausible || (restarted && open.doorOpened)) {
    const claim = claimPayout(facts);
    return { ...claim, effects: [...claim.effects, ...audited(facts, changer, durable.tubes).effects] };
  }
  const { payoutNo, reason, valueMinor } = open;
  const paidMinor = proof.moved * valueMinor;
  const tubes = Uint8Array.from(proof.left);
  const atBoot = restarted ? { atBoot: true } : {};
  const effects: CashEffect[] = [
    { do: "append", record: { kind: "payoutDone", payoutNo, reason, paidMinor, tubes, ...atBoot } },
    ...faultEffect("payoutUnknown", false, facts),
    ...audited(facts, changer, proof.left).effects,
  ];
  return { effects, paidMinor, claimMinor: 0 };
}

/** The claim for the open DISPENSE: all that was planned. */
export function claimPayout(facts: CashFacts): Settlement {
  const open = facts.durable.payout;
  if (open === undefined) return { effects: [], paidMinor: 0, claimMinor: 0 };
  const claimNo = facts.durable.claimNo + 1;
  const amountMinor = open.count * open.valueMinor;
  const code = facts.claimCode(claimNo, amountMinor);
  const effects: CashEffect[] = [
    { do: "append", record: { kind: "claimOpened", claimNo, cause: CLAIM_PAYOUT, amountMinor, code } },
    ...faultEffect("payoutUnknown", true, facts),
  ];
  return { effects, paidMinor: 0, claimMinor: amountMinor };
}

function audited(facts: CashFacts, changer: Changer, expected: readonly number[]): Settlement {
  const effects = auditEffects(auditTubes(expected, facts.durable, changer), facts);
  return { effects, paidMinor: 0, claimMinor: 0 };
}
