/** The slots as they stand in the machine: a picture of its front with stock and price. */
import type { Slot } from "../../api/slots/schema.js";
import { amountText } from "../parts/amounts.js";
import { ProductPicture } from "../parts/product-picture.js";
import { Empty, StockBar } from "./pieces.js";

const LOW_SHARE = 0.25;

export function SlotPicture({ slots }: { readonly slots: readonly Slot[] }) {
  if (slots.length === 0) {
    return (
      <Empty>
        <p>The machine has not told its planogram yet.</p>
      </Empty>
    );
  }
  return (
    <div className="front">
      {rowsOf(slots).map(({ letter, row }) => (
        <ul key={letter} className="front-row" aria-label={`Row ${letter}`}>
          {row.map((slot) => (
            <SlotCell key={slot.slotCode} slot={slot} />
          ))}
        </ul>
      ))}
    </div>
  );
}

function SlotCell({ slot }: { readonly slot: Slot }) {
  const { slotCode, productName, category, quantity, maxCapacity, price, currency } = slot;
  const low = quantity > 0 && quantity <= maxCapacity * LOW_SHARE;
  return (
    <li className={quantity <= 0 ? "front-slot sold-out" : "front-slot"} data-testid={`slot-${slotCode}`}>
      <span className="front-stage">
        {productName === null ? null : (
          <ProductPicture name={productName} {...(category === null ? {} : { category })} />
        )}
        {quantity <= 0 ? <span className="front-mark bad">Empty</span> : null}
        {low ? <span className="front-mark warn">Low</span> : null}
      </span>
      <span className="front-code">
        <b>{slotCode}</b> {amountText(price, currency)}
      </span>
      <span className="front-name">{productName ?? "No product"}</span>
      <StockBar quantity={quantity} capacity={maxCapacity} bare />
      <span className="front-count">
        {quantity}
        <span aria-hidden="true">/</span>
        <span className="unseen">of</span>
        {maxCapacity}
      </span>
    </li>
  );
}

interface Row {
  readonly letter: string;
  readonly row: readonly Slot[];
}

/** By the code's first character, top row first. */
function rowsOf(slots: readonly Slot[]): Row[] {
  const letters = [...new Set(slots.map(({ slotCode }) => slotCode.slice(0, 1)))].sort();
  return letters.map((letter) => ({ letter, row: slots.filter(({ slotCode }) => slotCode.startsWith(letter)) }));
}
