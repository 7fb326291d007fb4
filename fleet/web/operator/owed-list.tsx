/** What a machine could not give its customers: vouchers, claims, card money due back, newest first. */
import type { Owed, OwedKind } from "../../api/owed/schema.js";
import { amountText } from "../parts/amounts.js";
import { Empty } from "./pieces.js";
import { exactTime } from "./times.js";

const KINDS: { readonly [kind in OwedKind]: { readonly name: string; readonly means: string } } = {
  voucher: { name: "Voucher", means: "Money the tubes could not pay; whoever has the code is owed it." },
  claim: { name: "Claim", means: "Nobody knows whether money or product came out; support decides." },
  refundDue: { name: "Refund due", means: "Card money that nobody can say went back." },
};

const REASONS: { readonly [reason: string]: string } = {
  change: "change",
  refund: "refund",
  cancel: "cancelled",
  timeout: "time-out",
  vend: "product not seen to fall",
  payout: "payout broken off",
  bill: "bill not accounted for",
  revalue: "top-up not confirmed",
  powerLost: "power lost",
  unconfirmed: "refund not confirmed",
  readerLost: "reader silent",
};

interface OwedListProps {
  readonly owed: readonly Owed[];
  readonly more: boolean;
  readonly zone: string;
}

export function OwedTable({ owed, more, zone }: OwedListProps) {
  if (owed.length === 0) {
    return (
      <Empty>
        <p>Nothing: every customer got product, change or money back.</p>
      </Empty>
    );
  }
  return (
    <>
      <div className="scroll">
        <table className="sale-table owed" data-testid="owed">
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col" className="number">
                Amount
              </th>
              <th scope="col">Code</th>
              <th scope="col">Why</th>
              <th scope="col">When</th>
            </tr>
          </thead>
          <tbody>
            {owed.map((line) => (
              <tr key={`${line.epoch}/${line.seq}`}>
                <td title={KINDS[line.kind].means}>
                  {KINDS[line.kind].name}
                  {line.redeemedAt === null ? null : (
                    <span className="muted" title={exactTime(line.redeemedAt, zone)}>
                      {" "}
                      redeemed
                    </span>
                  )}
                </td>
                <td className="number strong">{amountText(line.amount, line.currency)}</td>
                <td className="code">{line.reference ?? "–"}</td>
                <td>{[reasonText(line.reason), line.slotCode].filter((part) => part !== null).join(", ")}</td>
                <td>{exactTime(line.bookedAt, zone)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more ? <p className="muted">The newest {owed.length}; older ones through the API.</p> : null}
    </>
  );
}

function reasonText(reason: string | null): string | null {
  return reason === null ? null : (REASONS[reason] ?? reason);
}
