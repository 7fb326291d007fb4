/** What frames each scene: head with the language button, foot with buttons, and what all layouts are handed. */
import { deepFreeze } from "../../../shared/freeze.js";
import { nextLanguage, phraseText } from "../../../shared/panel-phrases.js";
import type { PanelView } from "../../../shared/panel-view.js";
import { GAP_PX, TARGET_PX } from "./grid.js";
import { type ColorName, FONTS, type FontName } from "./looks.js";
import {
  type Area,
  centered,
  fitting,
  type Line,
  lineIn,
  type Measure,
  type Plate,
  type Press,
  type Words,
  wrapped,
} from "./plates.js";
import type { ScreenState } from "./state.js";
import { type TextName, textOf } from "./texts.js";

export interface Scenery {
  readonly view: PanelView;
  readonly state: ScreenState;
  readonly width: number;
  readonly height: number;
  readonly measure: Measure;
}

export const HEAD_PX = 56;
export const FOOT_PX = TARGET_PX + GAP_PX;
const LANGUAGE_PX = 56;

/** What lies between head and foot. */
export function bodyOf({ width, height }: Scenery, foot = true): Area {
  return { x: 0, y: HEAD_PX, w: width, h: height - HEAD_PX - (foot ? FOOT_PX : 0) };
}

/** What makes one plate: a picture is laid out part by part, so that no step of it is long. */
export type Part = () => Plate;

/** Two lines: the headline above, the detail below; the button for the other language on the right. */
export function headParts(scenery: Scenery, headline: string, detail: string): Part[] {
  return [() => head(scenery, headline, detail), () => languageButton(scenery)];
}

function head({ width, measure }: Scenery, headline: string, detail: string): Plate {
  const text: Area = { x: 0, y: 0, w: width - LANGUAGE_PX, h: HEAD_PX };
  const font = fitting(headline, ["medium", "bold"], text.w - 12, measure);
  const lines: Line[] = [{ text: headline, font, color: "white" }];
  if (detail !== "") lines.push({ text: detail, font: "small", color: "accent" });
  return { ...text, w: width, id: "head", fill: "bar", words: centered(text, lines, measure, "left") };
}

function languageButton(scenery: Scenery): Plate {
  const { width, state } = scenery;
  const language = nextLanguage(state.language);
  const x = width - LANGUAGE_PX;
  const area = { x, y: GAP_PX, w: LANGUAGE_PX - GAP_PX, h: TARGET_PX };
  return button(scenery, area, "language", language.toUpperCase(), { do: "language", language }, "key");
}

/** Phrases of the view, in the language chosen. */
export function headlineOf({ view, state }: Scenery): string {
  return phraseText(view.says.headline, state.language);
}

export function detailOf({ view, state }: Scenery): string {
  return view.says.detail === undefined ? "" : phraseText(view.says.detail, state.language);
}

export function said({ state }: Scenery, name: TextName): string {
  return textOf(name, state.language);
}

const ON: { readonly [fill in ColorName]?: ColorName } = Object.freeze({
  accent: "ink",
  tile: "ink",
  pressed: "ink",
  stop: "white",
  key: "white",
});

export function button(
  { state, measure }: Scenery,
  area: Area,
  id: string,
  text: string,
  press: Press,
  fill: ColorName,
): Plate {
  const shown = state.pressed === id ? "pressed" : fill;
  const w = area.w - 12;
  const font = fitting(text, ["medium", "bold", "small"], w, measure);
  const color = ON[shown] ?? "white";
  const lines = measure(text, font) <= w ? [text] : wrapped(text, font, w, 2, measure);
  const words = centered(
    area,
    lines.map((line): Line => ({ text: line, font, color })),
    measure,
  );
  return { ...area, id, fill: shown, words, press };
}

export interface FootButton {
  readonly id: string;
  readonly text: string;
  readonly press: Press;
  readonly fill: ColorName;
  /** As narrow as may be beside large ones, which share what is left. */
  readonly small: boolean;
}

/** Buttons beside each other along the lower edge. */
export function footParts(scenery: Scenery, buttons: readonly FootButton[]): Part[] {
  const { width, height } = scenery;
  const y = height - TARGET_PX;
  const smalls = buttons.filter(({ small }) => small).length;
  const larges = buttons.length - smalls;
  const room = width - GAP_PX * Math.max(0, buttons.length - 1);
  const largePx = larges === 0 ? 0 : Math.floor((room - smalls * TARGET_PX) / larges);
  const smallPx = larges === 0 ? Math.floor(room / Math.max(1, smalls)) : TARGET_PX;
  let x = 0;
  return buttons.map(({ id, text, press, fill, small }) => {
    const area = { x, y, w: small ? smallPx : largePx, h: TARGET_PX };
    x += area.w + GAP_PX;
    return () => button(scenery, area, id, text, press, fill);
  });
}

/** To the page before and the page behind, where there are several; round from the last to the first. */
export function pageButtons({ state }: Scenery, pages: number): FootButton[] {
  if (pages < 2) return [];
  const at = Math.min(state.page, pages - 1);
  const to = (page: number): Press => ({ do: "page", page: (page + pages) % pages });
  return [
    { id: "page-before", text: "‹", press: to(at - 1), fill: "key", small: true },
    { id: "page-behind", text: "›", press: to(at + 1), fill: "key", small: true },
  ];
}

const BIG_FONTS: readonly (readonly [headline: FontName, detail: FontName])[] = deepFreeze([
  ["large", "medium"],
  ["medium", "small"],
  ["bold", "small"],
]);
const MOST_LINES = 3;

/** A text in the middle of `area`, as large as both fit, above a smaller one. */
export function bigWords(area: Area, headline: string, detail: string, measure: Measure): Words[] {
  const w = area.w - 12;
  let lines: Line[] = [];
  for (const [font, small] of BIG_FONTS) {
    const heads = wrapped(headline, font, w, MOST_LINES, measure);
    const details = wrapped(detail, small, w, MOST_LINES, measure);
    lines = [
      ...heads.map((text): Line => ({ text, font, color: "white" })),
      ...details.map((text): Line => ({ text, font: small, color: "accent" })),
    ];
    const height = lines.reduce((sum, line) => sum + FONTS[line.font].lineHeightPx, 0);
    if (height <= area.h && lines.every((line) => measure(line.text, line.font) <= w)) break;
  }
  while (lines.reduce((sum, { font }) => sum + FONTS[font].lineHeightPx, 0) > area.h) lines.pop();
  return centered(area, lines, measure);
}

/** Rows of small text from the top of `area`; only as many as fit. */
export function rowsOf(area: Area, texts: readonly string[], color: ColorName, measure: Measure): Words[] {
  const { lineHeightPx } = FONTS.small;
  const rows = Math.floor(area.h / lineHeightPx);
  return texts
    .slice(0, rows)
    .map((text, row) => lineIn(area, area.y + row * lineHeightPx, { text, font: "small", color }, "left", measure));
}
