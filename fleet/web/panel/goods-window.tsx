/** Behind the glass: rows of spirals with the goods; touching one selects it. */
import { type CSSProperties, type RefObject, useEffect, useRef, useState } from "react";
import type { PanelView, ProductView } from "../../../shared/panel-view.js";
import { ProductPicture } from "../parts/product-picture.js";
import type { Surroundings } from "./contract.js";
import { useAct } from "./machine.js";
import { Spiral } from "./spiral.js";

interface GoodsWindowProps {
  readonly view: PanelView | undefined;
  readonly surroundings: Surroundings;
  readonly powered: boolean;
}

export function GoodsWindow({ view, surroundings, powered }: GoodsWindowProps) {
  // Goods stay where they are when the power goes: the last picture is kept in the dark.
  const [known, setKnown] = useState<readonly ProductView[]>([]);
  const products = view?.products ?? known;
  useEffect(() => {
    if (view !== undefined) setKnown(view.products);
  }, [view]);
  const glass = useRef<HTMLElement>(null);
  const falling = useFalling(surroundings.tray, glass);
  return (
    <section className="glass" aria-label="Products" ref={glass}>
      <span className="lights" aria-hidden="true" />
      {products.length === 0 ? <p className="glass-note">{powered ? "Starting …" : "No power"}</p> : null}
      {rowsOf(products).map(({ letter, row }) => (
        <ul key={letter} className="shelf" aria-label={`Row ${letter}`}>
          {row.map((product) => (
            <SlotFront
              key={product.slot}
              product={product}
              chosen={view?.slot === product.slot}
              turning={surroundings.turning === product.slot}
              dark={view === undefined}
            />
          ))}
        </ul>
      ))}
      {falling.map(({ id, name, style }) => (
        <span key={id} className="falling" aria-hidden="true" style={style}>
          <ProductPicture name={name} />
        </span>
      ))}
    </section>
  );
}

interface SlotFrontProps {
  readonly product: ProductView;
  readonly chosen: boolean;
  readonly turning: boolean;
  readonly dark: boolean;
}

/** Products seen one behind the other. */
const MAX_SEEN = 3;
const LOW_STOCK = 2;

function SlotFront({ product, chosen, turning, dark }: SlotFrontProps) {
  const act = useAct();
  const { slot, name, price, stock, available } = product;
  const classes = ["slot", chosen ? "chosen" : "", turning ? "turning" : "", available ? "" : "closed"];
  const seen = Array.from({ length: Math.min(stock, MAX_SEEN) }, (_, i) => i).reverse();
  return (
    <li>
      <button
        type="button"
        className={classes.filter((part) => part !== "").join(" ")}
        aria-label={`Select ${slot} ${name} ${price}${available ? "" : stock === 0 ? ", sold out" : ", not available"}`}
        aria-pressed={chosen}
        data-testid={`slot-${slot}`}
        data-stock={stock}
        disabled={dark}
        onClick={() => act({ do: "select", slot })}
      >
        <span className="stage" aria-hidden="true">
          <Spiral part="back" turning={turning} />
          {seen.map((depth) => (
            <span key={depth} className={`goods depth-${depth}`}>
              <ProductPicture name={name} />
            </span>
          ))}
          <Spiral part="front" turning={turning} />
          {available ? null : <span className="sold-out">{stock === 0 ? "Sold out" : "Closed"}</span>}
        </span>
        <span className="tag" aria-hidden="true">
          <b>{slot}</b>
          <span>{price}</span>
        </span>
        <span className="slot-name" aria-hidden="true">
          {name}
        </span>
        <span className={stock <= LOW_STOCK ? "slot-stock low" : "slot-stock"}>{stock} left</span>
      </button>
    </li>
  );
}

interface Row {
  readonly letter: string;
  readonly row: readonly ProductView[];
}

function rowsOf(products: readonly ProductView[]): Row[] {
  const letters = [...new Set(products.map(({ slot }) => slot.slice(0, 1)))].sort();
  return letters.map((letter) => ({ letter, row: products.filter(({ slot }) => slot.startsWith(letter)) }));
}

interface Falling {
  readonly id: number;
  readonly name: string;
  /** Where it hung, and how deep it falls. */
  readonly style: CSSProperties & { readonly "--depth": string };
}

const FALL_MS = 450;

/** What has just been seen to fall, on its way from its spiral down to the tray. */
function useFalling(tray: Surroundings["tray"], glass: RefObject<HTMLElement | null>): readonly Falling[] {
  const [falling, setFalling] = useState<readonly Falling[]>([]);
  const before = useRef(tray.length);
  const ids = useRef(0);
  useEffect(() => {
    const fresh = tray.slice(before.current);
    before.current = tray.length;
    const box = glass.current?.getBoundingClientRect();
    if (box === undefined || fresh.length === 0 || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const started = fresh.flatMap(({ slot, name }) => {
      const from = glass.current?.querySelector(`[data-testid="slot-${slot}"] .stage`)?.getBoundingClientRect();
      if (from === undefined) return [];
      ids.current += 1;
      const place = { left: from.left - box.left, top: from.top - box.top, width: from.width, height: from.height };
      return [{ id: ids.current, name, style: { ...place, "--depth": `${box.bottom - from.top}px` } }];
    });
    setFalling((shown) => [...shown, ...started]);
    const gone = new Set(started.map(({ id }) => id));
    setTimeout(() => setFalling((shown) => shown.filter(({ id }) => !gone.has(id))), FALL_MS);
  }, [tray, glass]);
  return falling;
}
