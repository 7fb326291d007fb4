/** A glass whose pixels remember what was drawn on them, every fourth each way; and views to be shown on it. */

import { FONTS } from "../../../../firmware/io/screen/looks.js";
import type { Area, Measure, Plate } from "../../../../firmware/io/screen/plates.js";
import { meets } from "../../../../firmware/io/screen/redraw.js";
import type { ScreenSize } from "../../../../firmware/io/screen/screen.js";
import { type PanelFacts, panelView } from "../../../../firmware/panel/view.js";
import type { PanelView, ProductView } from "../../../../shared/panel-view.js";

const EVERY_PX = 4;
/** Pixels of the em, and the widest a letter is on average in the fonts. */
const EM_PX = { small: 16, bold: 16, medium: 20, large: 28 } as const;
const LETTER_EM = 0.58;

export const SIZES: readonly ScreenSize[] = Object.freeze([
  { width: 240, height: 320 },
  { width: 320, height: 240 },
  { width: 480, height: 320 },
]);

/** Letters of one width; the real fonts are narrower. */
export const measure: Measure = (text, font) => Math.ceil(text.length * EM_PX[font] * LETTER_EM);

export class Glass {
  readonly size: ScreenSize;
  readonly #pixels: string[];
  drawnPx = 0;

  constructor(size: ScreenSize) {
    this.size = size;
    this.#pixels = new Array<string>(Math.ceil(size.width / EVERY_PX) * Math.ceil(size.height / EVERY_PX)).fill("");
  }

  /** Draws `plates` within `area` and nowhere else. */
  draw(plates: readonly Plate[], area: Area): void {
    this.drawnPx += area.w * area.h;
    for (const plate of plates) {
      this.#fill(plate, area, `${plate.fill} ${plate.qr ?? ""}`);
      for (const { text, font, color, x, y, w } of plate.words) {
        const box = { x, y, w: Math.min(w, measure(text, font)), h: FONTS[font].lineHeightPx };
        if (meets(box, area)) this.#fill(box, area, `${text} ${font} ${color} ${x} ${y}`);
      }
    }
  }

  /** What is on the glass, to be compared. */
  get picture(): string {
    return this.#pixels.join("|");
  }

  #fill(box: Area, area: Area, what: string): void {
    const columns = Math.ceil(this.size.width / EVERY_PX);
    const right = Math.min(box.x + box.w, area.x + area.w, this.size.width);
    const bottom = Math.min(box.y + box.h, area.y + area.h, this.size.height);
    for (let row = Math.ceil(Math.max(box.y, area.y, 0) / EVERY_PX); row * EVERY_PX < bottom; row++) {
      for (let column = Math.ceil(Math.max(box.x, area.x, 0) / EVERY_PX); column * EVERY_PX < right; column++) {
        this.#pixels[row * columns + column] = what;
      }
    }
  }
}

export function product(slot: string, more: Partial<ProductView> = {}): ProductView {
  const price = { priceMinor: 175, price: "$1.75" };
  return { slot, productId: 1, name: "Sparkling water", stock: 3, available: true, ...price, ...more };
}

export const PRODUCTS: readonly ProductView[] = Object.freeze([
  product("A1", { name: "Potato chips" }),
  product("A2", { stock: 0, available: false }),
  product("A3", { available: false, name: "Süße Brezeln" }),
  product("A4", { name: "Chocolate bar with hazelnuts and raisins", price: "$10.00", priceMinor: 1_000 }),
  ...["A5", "B1", "B2", "B3", "B4", "B5"].map((slot) => product(slot)),
]);

const NOTHING: PanelFacts = {
  state: "IDLE",
  slot: undefined,
  priceMinor: undefined,
  creditMinor: 0,
  currency: "USD",
  language: "en",
  notice: undefined,
  outCause: undefined,
  entry: "",
  exactChangeOnly: false,
  code: undefined,
  busy: false,
  pay: "any",
  cardShown: false,
  topUp: false,
  readerText: undefined,
  products: PRODUCTS,
};

export function view(facts: Partial<PanelFacts> = {}): PanelView {
  return panelView({ ...NOTHING, ...facts });
}

const CHOSEN = { slot: "B4", priceMinor: 175 };
const CODE = { code: "ABCDEFGHJKMNPQ", amount: "$12.75", qr: "SPIRAL:M-1234:1:ABCDEFGHJKMNPQ" };

/** One of each kind of thing customers see. */
export const VIEWS: readonly PanelView[] = Object.freeze([
  view(),
  view({ exactChangeOnly: true, pay: "cash" }),
  view({ entry: "B" }),
  view({ notice: "cardLost" }),
  view({ state: "ACCEPTING_PAYMENT", creditMinor: 125 }),
  view({ state: "ACCEPTING_PAYMENT", creditMinor: 125, topUp: true, cardShown: true }),
  view({ state: "PRODUCT_SELECTED", ...CHOSEN }),
  view({ state: "PRODUCT_SELECTED", ...CHOSEN, slot: "A4", notice: "soldOut" }),
  view({ state: "ACCEPTING_PAYMENT", ...CHOSEN, creditMinor: 100, exactChangeOnly: true, pay: "cash" }),
  view({ state: "DISPENSING", ...CHOSEN, creditMinor: 200 }),
  view({ state: "RETURNING_CHANGE", creditMinor: 25 }),
  view({ state: "ERROR", slot: "B4", creditMinor: 200 }),
  view({ code: { kind: "voucher", ...CODE } }),
  view({ code: { kind: "claim", ...CODE } }),
  view({ readerText: "Please insert   your card        " }),
  ...["starting", "stopped", "noPlanogram", "ledgerFull", "doorOpen", "tooWarm", "beamBlind", "noMeansOfPayment"].map(
    (outCause) => view({ state: "OUT_OF_SERVICE", outCause }),
  ),
]);
