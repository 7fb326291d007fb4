/** The records with which holds and top-ups end: each says what nobody may doubt later, and no more than is known. */
import { FAULTS } from "../../shared/faults.js";
import { hasFault } from "../../shared/records/durable.js";
import { CLAIM_REVALUE } from "../../shared/records/fold-money-out.js";
import { HOLD_ENDS, type HoldEnd, REFUND_CAUSES, type RefundCause } from "../../shared/records/kinds.js";
import type { CardEffect, CardFacts } from "./cards-state.js";

/** Nothing was taken, or it is back. */
export function released(end: HoldEnd, facts: CardFacts): readonly CardEffect[] {
  const { hold } = facts.durable;
  if (hold === undefined) return [];
  const { holdNo, amountMinor, approvedMinor = amountMinor } = hold;
  const cause = HOLD_ENDS.indexOf(end);
  return [
    { do: "append", record: { kind: "holdReleased", holdNo, amountMinor: approvedMinor, cause } },
    ...inOrderAgain(facts),
  ];
}

/** Closes the hold: the fleet gives the money back, or finds out that none was taken. */
export function refundDue(why: RefundCause, facts: CardFacts): readonly CardEffect[] {
  const { hold, refundNo } = facts.durable;
  if (hold === undefined) return [];
  const { holdNo, reader, slot, item, amountMinor, approvedMinor = amountMinor } = hold;
  const cause = REFUND_CAUSES.indexOf(why);
  return [
    {
      do: "append",
      record: {
        kind: "refundDue",
        refundNo: refundNo + 1,
        holdNo,
        reader,
        slot,
        item,
        amountMinor: approvedMinor,
        cause,
      },
    },
    { do: "fault", fault: "refundDue", present: true },
  ];
}

/** A hold came to a proper end: the fault of an earlier one that did not is old news. */
export function inOrderAgain(facts: CardFacts): readonly CardEffect[] {
  const open = hasFault(facts.durable, FAULTS.refundDue.code);
  return open ? [{ do: "fault", fault: "refundDue", present: false }] : [];
}

/** Nobody knows whether the credit is on the card. */
export function revalueClaim(facts: CardFacts): readonly CardEffect[] {
  const { revalue, claimNo: last } = facts.durable;
  if (revalue === undefined) return [];
  const claimNo = last + 1;
  const { amountMinor } = revalue;
  const code = facts.claimCode(claimNo, amountMinor);
  return [{ do: "append", record: { kind: "claimOpened", claimNo, cause: CLAIM_REVALUE, amountMinor, code } }];
}
