/** The technician's menu by touch: items as buttons, what is typed on keys of its own, the rest to read. */
import type { MenuView } from "../../../shared/panel-view.js";
import {
  bodyOf,
  button,
  type FootButton,
  footParts,
  headParts,
  type Part,
  pageButtons,
  rowsOf,
  type Scenery,
} from "./frame.js";
import { cellAt, GAP_PX, gridFor, gridIn, pagesOf, TARGET_PX } from "./grid.js";
import { FONTS } from "./looks.js";
import { type Area, wrapped } from "./plates.js";
import { keyParts, keysOf } from "./products.js";

const LEAST_ITEM_W = 112;
const DIGITS = "0123456789";
/** Lines one text of the menu may take. */
const MOST_ROWS = 3;

export function menuParts(scenery: Scenery): Part[] {
  const { menu } = scenery.view;
  if (menu === undefined) return [];
  const body = bodyOf(scenery);
  const area = { x: GAP_PX, y: body.y + GAP_PX, w: body.w - 2 * GAP_PX, h: body.h - 2 * GAP_PX };
  const head = headParts(scenery, menu.title, menu.typed === "nothing" ? "" : menu.entry);
  if (menu.choice) return [...head, ...itemParts(scenery, area, menu)];
  return [...head, ...(menu.typed === "nothing" ? readParts(scenery, area, menu) : typeParts(scenery, area, menu))];
}

/** "1 Fill tubes" is a button for the key 1. */
function itemParts(scenery: Scenery, area: Area, menu: MenuView): Part[] {
  const { state } = scenery;
  const grid = gridIn(area, LEAST_ITEM_W, TARGET_PX);
  const shown = gridFor(area, LEAST_ITEM_W, TARGET_PX, menu.lines.length);
  const pages = pagesOf(grid, menu.lines.length);
  const first = Math.min(state.page, pages - 1) * grid.perPage;
  const items = menu.lines.slice(first, first + grid.perPage).map((line, i) => {
    const press = { do: "input", input: { on: "key", key: line.slice(0, 1) } } as const;
    return () => button(scenery, cellAt(area, shown, i), `item-${line.slice(0, 1)}`, line.slice(2), press, "key");
  });
  return [...items, ...footParts(scenery, [...menuButtons(menu), ...pageButtons(scenery, pages)])];
}

function readParts(scenery: Scenery, area: Area, menu: MenuView): Part[] {
  const { state, measure } = scenery;
  const rows = menu.lines.flatMap((line) => wrapped(line, "small", area.w - 12, MOST_ROWS, measure));
  const perPage = Math.max(1, Math.floor(area.h / FONTS.small.lineHeightPx));
  const pages = Math.max(1, Math.ceil(rows.length / perPage));
  const first = Math.min(state.page, pages - 1) * perPage;
  const words = rowsOf(area, rows.slice(first, first + perPage), "white", measure);
  return [
    () => ({ ...area, id: "lines", fill: "ground", words }),
    ...footParts(scenery, [...menuButtons(menu), ...pageButtons(scenery, pages)]),
  ];
}

/** Lines above, keys below. A number takes digits; codes and slots also take the letters of slots. */
function typeParts(scenery: Scenery, area: Area, menu: MenuView): Part[] {
  const { measure, view, state } = scenery;
  const keys = menu.typed === "number" ? [...DIGITS] : keysOf(view.products, DIGITS);
  const { columns } = gridIn(area, TARGET_PX, TARGET_PX);
  const rows = Math.ceil(keys.length / columns);
  const keysH = Math.min(area.h, rows * (TARGET_PX + GAP_PX) - GAP_PX);
  const keyArea = { ...area, y: area.y + area.h - keysH, h: keysH };
  const grid = gridIn(keyArea, TARGET_PX, TARGET_PX);
  const shown = gridFor(keyArea, TARGET_PX, TARGET_PX, keys.length);
  const above = { ...area, h: Math.max(0, area.h - keysH - GAP_PX) };
  const texts = menu.lines.flatMap((line) => wrapped(line, "small", above.w - 12, MOST_ROWS, measure));
  const perPage = Math.max(1, Math.floor(above.h / FONTS.small.lineHeightPx));
  const pages = Math.max(pagesOf(grid, keys.length), Math.ceil(texts.length / perPage));
  const first = (state.page % Math.max(1, Math.ceil(texts.length / perPage))) * perPage;
  const words = rowsOf(above, texts.slice(first, first + perPage), "white", measure);
  return [
    () => ({ ...above, id: "lines", fill: "ground", words }),
    ...keyParts(scenery, keyArea, shown, keys),
    ...footParts(scenery, [...menuButtons(menu), ...pageButtons(scenery, pages)]),
  ];
}

function menuButtons({ keys }: MenuView): FootButton[] {
  const all = keys.length === 0 ? [{ key: "#", does: "OK" }] : keys;
  return all.map(({ key, does }) => ({
    id: `do-${key}`,
    text: does.slice(0, 1).toUpperCase() + does.slice(1),
    press: { do: "input", input: { on: "key", key } },
    fill: key === "*" ? "key" : "accent",
    small: false,
  }));
}
