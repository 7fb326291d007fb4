/**
 * What lies on the touch screen: plates, later ones above earlier ones, each with its words. A picture is a list of
 * plates; what has to be drawn anew between two pictures follows from them alone.
 */
import type { Language } from "../../../shared/panel-phrases.js";
import type { WorldInput } from "../../ports/inputs.js";
import { type ColorName, FONTS, type FontName, inLetters } from "./looks.js";

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Width of a text, px. */
export type Measure = (text: string, font: FontName) => number;

/** One line. x, y: of its left upper corner on the screen; longer than `w` px it ends in an ellipsis. */
export interface Words {
  readonly text: string;
  readonly font: FontName;
  readonly color: ColorName;
  readonly x: number;
  readonly y: number;
  readonly w: number;
}

/** What a touch means. */
export type Press =
  | { readonly do: "input"; readonly input: WorldInput }
  | { readonly do: "page"; readonly page: number }
  | { readonly do: "language"; readonly language: Language }
  | { readonly do: "keypad"; readonly open: boolean };

export interface Plate extends Area {
  readonly id: string;
  readonly fill: ColorName;
  readonly words: readonly Words[];
  readonly press?: Press;
  /** A QR code of this text fills the plate, its quiet zone included. */
  readonly qr?: string;
}

export type Align = "left" | "center" | "right";

/** The plates' own words, before they have a place. */
export interface Line {
  readonly text: string;
  readonly font: FontName;
  readonly color: ColorName;
}

/** One line at `y`, within `area` less `padPx` on either side. */
export function lineIn(area: Area, y: number, line: Line, align: Align, measure: Measure, padPx = 6): Words {
  const text = inLetters(line.text);
  const { font, color } = line;
  const w = Math.max(0, area.w - 2 * padPx);
  const spare = align === "left" ? 0 : Math.max(0, w - measure(text, font));
  return { text, font, color, x: area.x + padPx + Math.floor(align === "center" ? spare / 2 : spare), y, w };
}

/** Lines in the middle of `area`, above each other. */
export function centered(area: Area, lines: readonly Line[], measure: Measure, align: Align = "center"): Words[] {
  const height = lines.reduce((sum, { font }) => sum + FONTS[font].lineHeightPx, 0);
  let y = area.y + Math.max(0, Math.floor((area.h - height) / 2));
  return lines.map((line) => {
    const words = lineIn(area, y, line, align, measure);
    y += FONTS[line.font].lineHeightPx;
    return words;
  });
}

/** `text` in lines of `w` px at most, broken between words; at most `most` lines, the last takes the rest. */
export function wrapped(text: string, font: FontName, w: number, most: number, measure: Measure): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of inLetters(text).split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line === "" || lines.length === most - 1 || measure(longer, font) <= w) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
  }
  if (line !== "") lines.push(line);
  return lines;
}

/** The largest of `fonts` in which `text` is no wider than `w`, or the last. */
export function fitting(text: string, fonts: readonly FontName[], w: number, measure: Measure): FontName {
  return fonts.find((font) => measure(inLetters(text), font) <= w) ?? fonts[fonts.length - 1] ?? "small";
}

/** The plate a touch is on: the uppermost one that takes touches. */
export function plateAt(plates: readonly Plate[], x: number, y: number): Plate | undefined {
  for (let i = plates.length - 1; i >= 0; i--) {
    const plate = plates[i];
    if (plate?.press === undefined) continue;
    if (x >= plate.x && x < plate.x + plate.w && y >= plate.y && y < plate.y + plate.h) return plate;
  }
  return undefined;
}
