/** The slots as they stand in the machine: a picture of its front with stock and price. */
import type { Fault } from "../../api/faults/schema.js";
import type { Slot } from "../../api/slots/schema.js";
import { amountText } from "../parts/amounts.js";
import { ProductPicture } from "../parts/product-picture.js";
import { Empty, StockBar } from "./pieces.js";

const LOW_SHARE = 0.25;

interface SlotPictureProps {
  readonly slots: readonly Slot[];
  readonly faults: readonly Fault[];
}

/** Faults that close a slot, and what is to be done, in a few words. */
const CLOSES: { readonly [name: string]: { readonly mark: string; readonly cure: string } } = {
  jam: { mark: "Jammed", cure: "closed until somebody has opened the door and freed it" },
  motorStuck: { mark: "Motor stuck", cure: "closed until somebody has looked at its motor" },
  spiralNotHome: { mark: "Not home", cure: "closed until its spiral has come home" },
};

export function SlotPicture({ slots, faults }: SlotPictureProps) {
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
            <SlotCell key={slot.slotCode} slot={slot} closed={closedBy(faults, slot.slotCode)} />
          ))}
        </ul>
      ))}
    </div>
  );
}

type Closing = (typeof CLOSES)[string];

/** The open fault that keeps a slot from selling. */
function closedBy(faults: readonly Fault[], slotCode: string): Closing | undefined {
  const open = faults.filter((fault) => fault.clearedAt === null && fault.slotCode === slotCode);
  return open.map(({ name }) => (name === null ? undefined : CLOSES[name])).find((found) => found !== undefined);
}

function SlotCell({ slot, closed }: { readonly slot: Slot; readonly closed: Closing | undefined }) {
  const { slotCode, productName, category, quantity, maxCapacity, price, currency } = slot;
  const low = quantity > 0 && quantity <= maxCapacity * LOW_SHARE;
  return (
    <li className={quantity <= 0 ? "front-slot sold-out" : "front-slot"} data-testid={`slot-${slotCode}`}>
      <span className="front-stage">
        {productName === null ? null : (
          <ProductPicture name={productName} {...(category === null ? {} : { category })} />
        )}
        {closed === undefined ? null : (
          <span className="front-mark bad" title={closed.cure}>
            {closed.mark}
            <span className="unseen">: {closed.cure}</span>
          </span>
        )}
        {closed === undefined && quantity <= 0 ? <span className="front-mark bad">Empty</span> : null}
        {closed === undefined && low ? <span className="front-mark warn">Low</span> : null}
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
