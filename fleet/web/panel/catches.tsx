/** Where the customer takes things out: the delivery tray and the coin cup. */
import { ProductPicture } from "../parts/product-picture.js";
import { Coin } from "./coin.js";
import type { Surroundings } from "./contract.js";
import { useAct } from "./machine.js";
import { moneyText } from "./money-text.js";

/** Things that lie there in the order they came get their place as key: they only leave all together. */
function placed<T>(things: readonly T[]): readonly { readonly place: string; readonly thing: T }[] {
  return things.map((thing, i) => ({ place: `place ${i}`, thing }));
}

/** Products drawn, and how many more there are. */
const MAX_PRODUCTS_DRAWN = 4;

export function DeliveryTray({ tray }: { readonly tray: Surroundings["tray"] }) {
  const act = useAct();
  return (
    <section className="tray" aria-label="Delivery tray" data-testid="tray">
      <ul className="tray-floor">
        {placed(tray.slice(0, MAX_PRODUCTS_DRAWN)).map(({ place, thing }) => (
          <li key={place} className="in-tray">
            <ProductPicture name={thing.name} />
            <span className="unseen">{thing.name}</span>
          </li>
        ))}
        {tray.length > MAX_PRODUCTS_DRAWN ? (
          <li className="more">
            +{tray.length - MAX_PRODUCTS_DRAWN}
            <span className="unseen"> more products</span>
          </li>
        ) : null}
      </ul>
      <button
        type="button"
        className={tray.length === 0 ? "flap" : "flap full"}
        disabled={tray.length === 0}
        onClick={() => act({ do: "takeProducts" })}
      >
        {tray.length === 0 ? "Push" : "Take products"}
      </button>
    </section>
  );
}

interface CoinCupProps {
  readonly cup: readonly number[];
  readonly currency: string;
}

/** Coins drawn, and how many more there are. */
const MAX_DRAWN = 12;

export function CoinCup({ cup, currency }: CoinCupProps) {
  const act = useAct();
  const sumMinor = cup.reduce((sum, valueMinor) => sum + valueMinor, 0);
  return (
    <section className="cup" aria-label="Coin cup" data-testid="cup" data-sum-minor={sumMinor}>
      <ul className="cup-floor">
        {placed(cup.slice(0, MAX_DRAWN)).map(({ place, thing }) => (
          <li key={place} className="in-cup">
            <Coin valueMinor={thing} currency={currency} />
            <span className="unseen">{moneyText(thing, currency)}</span>
          </li>
        ))}
        {cup.length > MAX_DRAWN ? (
          <li className="more">
            +{cup.length - MAX_DRAWN}
            <span className="unseen"> more coins</span>
          </li>
        ) : null}
      </ul>
      {cup.length === 0 ? (
        <span className="cup-empty">Coin return</span>
      ) : (
        <button type="button" className="take-coins" aria-label="Take coins" onClick={() => act({ do: "takeCoins" })}>
          Take <b data-testid="cup-sum">{moneyText(sumMinor, currency)}</b>
        </button>
      )}
    </section>
  );
}
