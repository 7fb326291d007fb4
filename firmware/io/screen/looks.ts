/** Colours and fonts of the touch screen. Colours in use on each other have a contrast of 4.5 : 1 or more (WCAG 2). */
import { deepFreeze } from "../../../shared/freeze.js";

export const COLORS = deepFreeze({
  ground: "#0f1720",
  bar: "#1b2733",
  ink: "#0f1720",
  white: "#ffffff",
  pale: "#c9d4df",
  tile: "#ffffff",
  shut: "#3a4653",
  accent: "#ffc629",
  stop: "#b3202c",
  key: "#2f4256",
  pressed: "#7fd1ff",
  warning: "#ffd9a0",
});
export type ColorName = keyof typeof COLORS;

/** lineHeightPx: from one line to the next. Names of bitmap fonts in the manifest's resources. */
export const FONTS = deepFreeze({
  small: { name: "OpenSans-Regular-16", lineHeightPx: 22 },
  bold: { name: "OpenSans-Semibold-16", lineHeightPx: 22 },
  medium: { name: "OpenSans-Semibold-20", lineHeightPx: 28 },
  large: { name: "OpenSans-Semibold-28", lineHeightPx: 38 },
});
export type FontName = keyof typeof FONTS;

/** What stands on what. */
export const PAIRS: readonly (readonly [ink: ColorName, on: ColorName])[] = deepFreeze([
  ["white", "ground"],
  ["pale", "ground"],
  ["accent", "ground"],
  ["warning", "ground"],
  ["white", "bar"],
  ["pale", "bar"],
  ["accent", "bar"],
  ["ink", "tile"],
  ["pale", "shut"],
  ["ink", "accent"],
  ["white", "stop"],
  ["white", "key"],
  ["ink", "pressed"],
]);

/** Letters of the fonts beyond ASCII and Latin-1: the manifest asks for the same. */
export const MORE_LETTERS = "€…–’‹›";

/** Signs the fonts lack, written otherwise. */
const OTHERWISE: { readonly [letter: string]: string | undefined } = deepFreeze({
  "₹": "Rs ",
  "₩": "KRW ",
  "₪": "NIS ",
  "—": "–",
  "‘": "’",
  "“": '"',
  "”": '"',
  "„": '"',
});

/** In letters that the fonts have. */
export function inLetters(text: string): string {
  let written = "";
  for (const letter of text) written += has(letter) ? letter : (OTHERWISE[letter] ?? "?");
  return written;
}

function has(letter: string): boolean {
  const code = letter.codePointAt(0) ?? 0;
  return (code >= 0x20 && code < 0x7f) || (code >= 0xa0 && code <= 0xff) || MORE_LETTERS.includes(letter);
}
