/** Transactions, newest first: a table where there is room, a list on a phone; older ones by cursor. */
import { useState } from "react";
import type { PaymentMethod, Transaction, TransactionList } from "../../api/transactions/schema.js";
import { amountText } from "../parts/amounts.js";
import { readTransactions } from "./client.js";
import { withOlder } from "./live-state.js";
import { Empty, SaleBadge } from "./pieces.js";
import { useMedia } from "./resource.js";
import { exactTime, shortTime, zoneName } from "./times.js";

interface TransactionRowsProps {
  readonly serial: string;
  readonly list: TransactionList;
  readonly zone: string;
  /** Sales that came live while the page was open. */
  readonly fresh: ReadonlySet<string>;
  readonly nowMs: number;
  readonly update: (change: (list: TransactionList) => TransactionList) => void;
}

export function TransactionRows({ serial, list, zone, fresh, nowMs, update }: TransactionRowsProps) {
  const narrow = useMedia("(max-width: 640px)");
  const { transactions, nextCursor } = list;
  if (transactions.length === 0) {
    return (
      <Empty>
        <p>No sale yet. The first one appears here as it happens.</p>
      </Empty>
    );
  }
  const rows = { transactions, zone, fresh, nowMs };
  return (
    <>
      {narrow ? <SaleList {...rows} /> : <SaleTable {...rows} />}
      {nextCursor === null ? null : <LoadMore serial={serial} cursor={nextCursor} update={update} />}
    </>
  );
}

interface RowsProps {
  readonly transactions: readonly Transaction[];
  readonly zone: string;
  readonly fresh: ReadonlySet<string>;
  readonly nowMs: number;
}

function SaleTable({ transactions, zone, fresh, nowMs }: RowsProps) {
  return (
    <div className="scroll">
      <table className="sale-table">
        <thead>
          <tr>
            <th scope="col">Time ({zoneName(new Date(nowMs), zone)})</th>
            <th scope="col">Slot</th>
            <th scope="col">Product</th>
            <th scope="col" className="number">
              Price
            </th>
            <th scope="col" className="number">
              Paid
            </th>
            <th scope="col" className="number">
              Change
            </th>
            <th scope="col">Method</th>
            <th scope="col">Status</th>
          </tr>
        </thead>
        <tbody>
          {transactions.map((sale) => (
            <tr key={sale.id} className={fresh.has(sale.id) ? "fresh" : undefined} data-testid="transaction">
              <td>
                <SaleTime sale={sale} zone={zone} nowMs={nowMs} />
              </td>
              <td className="strong">{sale.slotCode}</td>
              <td className="product">{sale.productName ?? "unknown"}</td>
              <td className="number strong">{amountText(sale.amount, sale.currency)}</td>
              <td className="number">{amountText(sale.paid, sale.currency)}</td>
              <td className="number">{amountText(sale.change, sale.currency)}</td>
              <td>{METHOD_WORDS[sale.paymentMethod]}</td>
              <td>
                <SaleBadge status={sale.status} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function SaleList({ transactions, zone, fresh, nowMs }: RowsProps) {
  return (
    <ul className="sale-list">
      {transactions.map((sale) => (
        <li key={sale.id} className={fresh.has(sale.id) ? "fresh" : undefined} data-testid="transaction">
          <span className="sale-what">
            <b>{sale.slotCode}</b> <bdi>{sale.productName ?? "unknown"}</bdi>
          </span>
          <b className="sale-price">{amountText(sale.amount, sale.currency)}</b>
          <span className="sale-how">
            <SaleTime sale={sale} zone={zone} nowMs={nowMs} /> · {METHOD_WORDS[sale.paymentMethod]}, paid{" "}
            {amountText(sale.paid, sale.currency)}, change {amountText(sale.change, sale.currency)}
          </span>
          <SaleBadge status={sale.status} />
        </li>
      ))}
    </ul>
  );
}

const METHOD_WORDS: { readonly [method in PaymentMethod]: string } = {
  cash: "Cash",
  card: "Card",
  mobile: "Mobile",
  wallet: "Wallet",
  free: "Free vend",
  test: "Test vend",
  mixed: "Mixed",
};

const QUALITY_WORDS: { readonly [quality in Transaction["timeQuality"]]: string } = {
  synced: "by the machine's clock",
  kept: "by the machine's clock, kept without synchronisation",
  estimated: "estimated: the machine's clock was not set",
  received: "when the record arrived: the machine's clock was not set",
};

interface SaleTimeProps {
  readonly sale: Transaction;
  readonly zone: string;
  readonly nowMs: number;
}

function SaleTime({ sale, zone, nowMs }: SaleTimeProps) {
  const sure = sale.timeQuality === "synced" || sale.timeQuality === "kept";
  return (
    <time dateTime={sale.bookedAt} title={`${exactTime(sale.bookedAt, zone)}, ${QUALITY_WORDS[sale.timeQuality]}`}>
      {sure ? "" : "≈ "}
      {shortTime(sale.bookedAt, zone, nowMs)}
    </time>
  );
}

interface LoadMoreProps {
  readonly serial: string;
  readonly cursor: string;
  readonly update: TransactionRowsProps["update"];
}

function LoadMore({ serial, cursor, update }: LoadMoreProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const load = (): void => {
    setBusy(true);
    setProblem(undefined);
    readTransactions(serial, cursor).then(
      (next) => {
        update((shown) => ({
          transactions: withOlder(shown.transactions, next.transactions),
          nextCursor: next.nextCursor,
        }));
        setBusy(false);
      },
      (error: unknown) => {
        setProblem(error instanceof Error ? error.message : String(error));
        setBusy(false);
      },
    );
  };
  return (
    <div className="load-more">
      {problem === undefined ? null : (
        <p className="form-problem" role="alert">
          {problem}
        </p>
      )}
      <button type="button" className="button more" disabled={busy} onClick={load}>
        {busy ? "Loading …" : "Load more"}
      </button>
    </div>
  );
}
