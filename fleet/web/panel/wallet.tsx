/** The customer's money: coins and bills to insert. They never run out. */
import type { MouseEvent } from "react";
import { BankCard, Phone } from "./card.js";
import { Bill, Coin } from "./coin.js";
import type { PanelState } from "./contract.js";
import { flyTo } from "./fly.js";
import { useAct } from "./machine.js";
import { moneyText } from "./money-text.js";

export function Wallet({ panel }: { readonly panel: PanelState }) {
  const act = useAct();
  const { currency, surroundings } = panel;
  const coins = ascending(surroundings.coinsMinor);
  const bills = ascending(surroundings.billsMinor);
  const insert = (what: "coin" | "bill", valueMinor: number) => (event: MouseEvent<HTMLButtonElement>) => {
    flyTo(event.currentTarget, `#${what}-slot`);
    act({ do: what, valueMinor });
  };
  const tap = (what: "card" | "phone") => (event: MouseEvent<HTMLButtonElement>) => {
    flyTo(event.currentTarget, "#card-reader");
    act({ do: "tapCard", what });
  };
  return (
    <section className="wallet" aria-label="Your money">
      <h2>
        Your money <small>tap to insert</small>
      </h2>
      <div className="wallet-money">
        {coins.map((valueMinor) => (
          <button
            key={`coin ${valueMinor}`}
            type="button"
            className="wallet-coin"
            aria-label={`Insert coin ${moneyText(valueMinor, currency)}`}
            onClick={insert("coin", valueMinor)}
          >
            <Coin valueMinor={valueMinor} currency={currency} />
          </button>
        ))}
        {bills.map((valueMinor) => (
          <button
            key={`bill ${valueMinor}`}
            type="button"
            className="wallet-bill"
            aria-label={`Insert bill ${moneyText(valueMinor, currency)}`}
            onClick={insert("bill", valueMinor)}
          >
            <Bill valueMinor={valueMinor} currency={currency} />
          </button>
        ))}
        {surroundings.takesCards ? (
          <>
            <button type="button" className="wallet-bill" aria-label="Tap card" onClick={tap("card")}>
              <BankCard />
            </button>
            <button type="button" className="wallet-coin" aria-label="Tap phone" onClick={tap("phone")}>
              <Phone />
            </button>
          </>
        ) : null}
        {coins.length + bills.length === 0 ? <p>This machine takes no cash.</p> : null}
      </div>
    </section>
  );
}

function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
