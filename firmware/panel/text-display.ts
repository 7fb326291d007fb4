/**
 * The panel's view on two lines of text, 16 or 20 columns: pages that follow each other by themselves, and nothing of
 * the view left out of them. A pure function of the view; the display's driver (and the virtual machine's page) turns
 * the pages. Letters the display does not have become the nearest it has: ASCII, German's own letters and the signs of
 * currencies.
 */
import { deepFreeze } from "../../shared/freeze.js";
import { PHRASES, phraseText } from "../../shared/panel-phrases.js";
import type { MenuView, PanelView } from "../../shared/panel-view.js";

/** Columns of the displays there are. */
export const TEXT_COLUMNS = deepFreeze([16, 20] as const);
/** Each page stays so long; a short notice of the sale lasts two of them. */
export const PAGE_MS = 2_000;

export type TextPage = readonly [top: string, bottom: string];

/** All pages of a view, one at least; no line is longer than `columns`. */
export function textPages(view: PanelView, columns: number): readonly TextPage[] {
  return view.menu === undefined ? customerPages(view, columns) : menuPages(view.menu, columns);
}

/** The page to be seen `shownForMs` after the view came. */
export function pageAt(pages: readonly TextPage[], shownForMs: number): TextPage {
  return pages[Math.floor(shownForMs / PAGE_MS) % Math.max(1, pages.length)] ?? BLANK;
}

/** In letters that the display has. */
export function plainText(text: string): string {
  let plain = "";
  for (let i = 0; i < text.length; i++) plain += plainLetter(text.charAt(i), text.charCodeAt(i));
  return plain;
}

const BLANK: TextPage = deepFreeze(["", ""] as const);
/** Signs of currencies beyond ASCII (shared/money/currencies). */
const CURRENCY_SIGNS = "€£¥₹₩₪";
const GERMAN_LETTERS = "äöüßÄÖÜ";
/** U+00C0 to U+00FF, U+0100 to U+017F. */
const LATIN_1 = "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty";
const LATIN_A =
  "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiJjJjKkkLlLlLlL" +
  "lLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";
const OTHERS: { readonly [letter: string]: string | undefined } = deepFreeze({
  "…": "...",
  "–": "-",
  "—": "-",
  "‘": "'",
  "’": "'",
  "“": '"',
  "”": '"',
  "„": '"',
  "·": ".",
  "\u00a0": " ",
});
/** Said shorter where the whole does not fit on a line. */
const SHORTER: { readonly [text: string]: string | undefined } = deepFreeze({
  "Exact change only": "Exact coins only",
  "No such selection": "No such choice",
  "Bitte passend zahlen": "Passend zahlen",
  "Diese Nummer gibt es nicht": "Falsche Nummer",
});

function plainLetter(letter: string, code: number): string {
  if (code >= 0x20 && code < 0x7f) return letter;
  if (GERMAN_LETTERS.includes(letter)) return letter;
  if (code >= 0xc0 && code <= 0xff) return LATIN_1.charAt(code - 0xc0);
  if (code >= 0x100 && code <= 0x17f) return LATIN_A.charAt(code - 0x100);
  return CURRENCY_SIGNS.includes(letter) ? letter : (OTHERS[letter] ?? "?");
}

function customerPages(view: PanelView, columns: number): TextPage[] {
  const { says, language, credit, code } = view;
  const headline = phraseText(says.headline, language);
  const detail = says.detail === undefined ? "" : phraseText(says.detail, language);
  const { exactChange } = PHRASES[language];
  const more = [detail];
  const said = `${headline} ${detail}`;
  // What a graphic panel shows beside the two lines: the lamp and the credit.
  if (view.selling && view.exactChangeOnly && !said.includes(exactChange)) more.push(exactChange);
  if (view.creditMinor > 0 && code === undefined && !said.includes(credit)) {
    more.push(phraseText({ say: "credit", value: credit }, language));
  }
  return pagesOf(headline, more, columns);
}

function menuPages({ title, lines, entry, hint }: MenuView, columns: number): TextPage[] {
  if (entry === "") return pagesOf(title, [...lines, hint], columns);
  // What is being typed stays in sight, everything else takes turns above it.
  const typed = plainText(entry);
  return [title, ...lines, hint].flatMap((text) => wrapped(text, columns)).map((top) => [top, typed]);
}

/** The headline above each line of the rest; one that needs both lines goes first, by itself. */
function pagesOf(headline: string, rest: readonly string[], columns: number): TextPage[] {
  const tops = wrapped(headline, columns);
  const bottoms = rest.flatMap((text) => wrapped(text, columns));
  const [top = ""] = tops;
  if (tops.length > 1) return [...inPairs(tops), ...inPairs(bottoms)];
  return bottoms.length === 0 ? [[top, ""]] : bottoms.map((bottom) => [top, bottom]);
}

function inPairs(lines: readonly string[]): TextPage[] {
  const pages: TextPage[] = [];
  for (let i = 0; i < lines.length; i += 2) pages.push([lines[i] ?? "", lines[i + 1] ?? ""]);
  return pages;
}

/** Lines of `columns` at most, broken between words; a word that is longer than a line is broken where it must be. */
function wrapped(text: string, columns: number): string[] {
  const whole = plainText(text);
  const short = whole.length > columns ? (SHORTER[whole] ?? whole) : whole;
  const lines: string[] = [];
  let line = "";
  for (const word of short.split(" ")) {
    if (word === "") continue;
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length <= columns) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (line.length > columns) {
      lines.push(line.slice(0, columns));
      line = line.slice(columns);
    }
  }
  if (line !== "") lines.push(line);
  return lines;
}
