/** The scene of choosing: a tile for each product, or the keypad for its number; credit, exact change, money back. */
import type { PanelView, ProductView } from "../../../shared/panel-view.js";
import {
  bodyOf,
  button,
  detailOf,
  type FootButton,
  footParts,
  headlineOf,
  headParts,
  type Part,
  pageButtons,
  type Scenery,
  said,
} from "./frame.js";
import { cellAt, GAP_PX, type Grid, gridFor, gridIn, pagesOf, TARGET_PX } from "./grid.js";
import { FONTS } from "./looks.js";
import { type Area, fitting, lineIn, type Plate, type Words, wrapped } from "./plates.js";
import { HINTS } from "./texts.js";

const STATUS_PX = 24;
const LEAST_TILE_W = 98;
const LEAST_TILE_H = 50;
const DIGITS = "0123456789";

export function productParts(scenery: Scenery): Part[] {
  const head = headParts(scenery, headlineOf(scenery), hintOf(scenery));
  return [...head, ...(scenery.state.keypad ? keypadScene(scenery) : shelfScene(scenery))];
}

/** While nobody is there, hints take turns in the place of the detail, which is one of them. */
function hintOf(scenery: Scenery): string {
  const { view, state } = scenery;
  const detail = detailOf(scenery);
  const waits = view.state === "IDLE" && view.says.headline.say === "choose";
  if (!waits) return state.keypad && detail === "" ? said(scenery, "typeNumber") : detail;
  if (state.keypad) return said(scenery, "typeNumber");
  const hints = HINTS[view.pay].map((name) => said(scenery, name));
  const all = detail === "" ? hints : [detail, ...hints];
  return all[state.hint % all.length] ?? "";
}

function inset({ x, y, w, h }: Area): Area {
  return { x: x + GAP_PX, y: y + GAP_PX, w: w - 2 * GAP_PX, h: h - 2 * GAP_PX };
}

function shelfScene(scenery: Scenery): Part[] {
  const { view } = scenery;
  const body = bodyOf(scenery);
  const shelf = inset({ ...body, h: body.h - STATUS_PX });
  const grid = gridFor(shelf, LEAST_TILE_W, LEAST_TILE_H, view.products.length);
  const pages = pagesOf(grid, view.products.length);
  const page = Math.min(scenery.state.page, pages - 1);
  const shown = view.products.slice(page * grid.perPage, (page + 1) * grid.perPage);
  const tiles = shown.map(
    (product, i): Part =>
      () =>
        tile(scenery, product, cellAt(shelf, grid, i)),
  );
  const status = { ...body, y: body.y + body.h - STATUS_PX, h: STATUS_PX };
  return [...tiles, () => statusPlate(scenery, status, true), ...footParts(scenery, footOf(scenery, pages))];
}

function tile(scenery: Scenery, product: ProductView, area: Area): Plate {
  const { state, view, measure } = scenery;
  const { slot, name, price, available } = product;
  const id = `slot-${slot}`;
  const pressed = state.pressed === id || view.slot === slot;
  const fill = !available ? "shut" : pressed ? "pressed" : "tile";
  const color = available ? "ink" : "pale";
  const below = area.y + area.h - FONTS.medium.lineHeightPx;
  const twoLines = area.h >= 2 * FONTS.bold.lineHeightPx + FONTS.medium.lineHeightPx;
  const names = wrapped(name, "bold", area.w - 12, twoLines ? 2 : 1, measure);
  const words: Words[] = names.map((text, row) => {
    return lineIn(area, area.y + 2 + row * FONTS.bold.lineHeightPx, { text, font: "bold", color }, "left", measure);
  });
  const slotWidth = measure(slot, "small") + 6;
  words.push(lineIn({ ...area, w: slotWidth + 12 }, below + 3, { text: slot, font: "small", color }, "left", measure));
  const right = { ...area, x: area.x + slotWidth, w: area.w - slotWidth };
  const said = available ? price : soldText(scenery, product);
  const font = fitting(said, available ? ["medium", "bold"] : ["bold", "small"], right.w - 12, measure);
  const lift = font === "medium" ? 0 : 3;
  words.push(lineIn(right, below + lift, { text: said, font, color }, "right", measure));
  // one that cannot be had still answers: the core says why
  return { ...area, id, fill, words, press: { do: "input", input: { on: "select", slot } } };
}

function soldText(scenery: Scenery, { stock }: ProductView): string {
  return said(scenery, stock === 0 ? "soldOut" : "closed");
}

/** Credit on the left, if it is not told elsewhere; the exact-change lamp on the right. */
export function statusPlate(scenery: Scenery, area: Area, withCredit: boolean): Plate {
  const { view, measure } = scenery;
  const credit = withCredit ? `${said(scenery, "credit")} ${view.credit}` : "";
  const words = [lineIn(area, area.y + 1, { text: credit, font: "bold", color: "white" }, "left", measure)];
  if (isLampLit(view)) {
    const lamp = said(scenery, "exactChange");
    words.push(lineIn(area, area.y + 1, { text: lamp, font: "bold", color: "accent" }, "right", measure));
  }
  return { ...area, id: "status", fill: "ground", words };
}

function isLampLit({ exactChangeOnly, pay }: PanelView): boolean {
  return exactChangeOnly && pay !== "card";
}

function footOf(scenery: Scenery, pages: number): FootButton[] {
  const { view } = scenery;
  const buttons = moneyButtons(scenery);
  // whose credit may go on a card has chosen a product before, or needs no number
  if (view.products.length > 0 && !view.topUp) {
    const text = said(scenery, "keypad");
    buttons.push({ id: "keypad", text, press: { do: "keypad", open: true }, fill: "key", small: true });
  }
  return [...buttons, ...pageButtons(scenery, pages)];
}

/** Money back and onto a card, for whom has money inside. */
function moneyButtons(scenery: Scenery): FootButton[] {
  const { view } = scenery;
  const buttons: FootButton[] = [];
  if (view.creditMinor > 0) buttons.push(cancelButton(scenery, "moneyBack"));
  if (view.topUp) {
    const press = { do: "input", input: { on: "revalue" } } as const;
    buttons.push({ id: "to-card", text: said(scenery, "toCard"), press, fill: "accent", small: false });
  }
  return buttons;
}

export function cancelButton(scenery: Scenery, text: "cancel" | "moneyBack"): FootButton {
  const press = { do: "input", input: { on: "cancel" } } as const;
  return { id: "cancel", text: said(scenery, text), press, fill: "stop", small: false };
}

// ---- the keypad ----------------------------------------------------------------------------------------------------

/** Each letter and digit there is in slot codes, letters first. */
export function keysOf(products: readonly ProductView[], always = ""): string[] {
  const letters = new Set<string>(always);
  for (const { slot } of products) for (const letter of slot) letters.add(letter);
  return [...letters].sort((a, b) => Number(isDigit(a)) - Number(isDigit(b)) || (a < b ? -1 : 1));
}

function isDigit(letter: string): boolean {
  return DIGITS.includes(letter);
}

export function keyParts(scenery: Scenery, area: Area, grid: Grid, keys: readonly string[]): Part[] {
  const { state } = scenery;
  const first = Math.min(state.page, pagesOf(grid, keys.length) - 1) * grid.perPage;
  return keys.slice(first, first + grid.perPage).map((key, i) => {
    const press = { do: "input", input: { on: "key", key } } as const;
    return () => button(scenery, cellAt(area, grid, i), `key-${key}`, key, press, "key");
  });
}

function keypadScene(scenery: Scenery): Part[] {
  const { view } = scenery;
  const area = inset(bodyOf(scenery));
  const keys = keysOf(view.products);
  const grid = gridIn(area, TARGET_PX, TARGET_PX);
  const shown = gridFor(area, TARGET_PX, TARGET_PX, keys.length);
  const pages = pagesOf(grid, keys.length);
  const buttons: FootButton[] = [
    { id: "back", text: said(scenery, "back"), press: { do: "keypad", open: false }, fill: "key", small: false },
    // one row has no room for it beside the pages
    ...(view.creditMinor > 0 && pages === 1 ? [cancelButton(scenery, "moneyBack")] : []),
    {
      id: "enter",
      text: said(scenery, "enter"),
      press: { do: "input", input: { on: "key", key: "#" } },
      fill: "accent",
      small: false,
    },
    ...pageButtons(scenery, pages),
  ];
  return [...keyParts(scenery, area, shown, keys), ...footParts(scenery, buttons)];
}
