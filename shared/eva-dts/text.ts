/**
 * An EVA-DTS report as text: `DXS … ST … G85 … SE … DXE`, one segment a line, CR LF behind each, `*` between fields,
 * blank fields at the end left out. Writes and reads any segments; what they mean is `report.ts`' affair.
 */
import { utf8Encode } from "../bytes.js";
import { deepFreeze } from "../freeze.js";
import { crc16 } from "./crc16.js";

/** A line: its name, then its fields, "" = not supported. */
export type Segment = readonly [id: string, ...fields: string[]];

export interface EvaReport {
  /** The data lines, between ST and G85. */
  readonly segments: readonly Segment[];
}

export type EvaError =
  | "noStart" // no DXS and ST before the data
  | "noEnd" // no G85, SE and DXE behind them
  | "wrongCrc"
  | "wrongCount" // SE tells another number of segments
  | "tooLong";

export type EvaResult =
  | { readonly ok: true; readonly report: EvaReport }
  | { readonly ok: false; readonly error: EvaError };

/** Longest report, characters: 60 products of seven lines each stay below 24,000. */
export const MAX_REPORT_CHARACTERS = 32_000;

/** Who speaks on the DEX line and in DXS: three letters of the maker, seven digits. */
export const COMMUNICATION_ID = "SPI0000001";

const END_OF_LINE = "\r\n";
const SEPARATOR = "*";
/** Transaction set control number: one set a report. */
const SET = "0001";
const HEAD: readonly Segment[] = deepFreeze([
  ["DXS", COMMUNICATION_ID, "VA", "V0/6", "1"],
  ["ST", "001", SET],
]);

/** The report with its envelope, CRC and count. */
export function writeReport({ segments }: EvaReport): string {
  const [start, set] = HEAD.map(lineOf);
  let body = `${set}${END_OF_LINE}`;
  for (const segment of segments) body += `${lineOf(segment)}${END_OF_LINE}`;
  const crc = hex4(crc16(utf8Encode(body)));
  // ST, G85 and SE are counted too
  const count = segments.length + 3;
  const tail = [lineOf(["G85", crc]), lineOf(["SE", String(count), SET]), lineOf(["DXE", "1", "1"])];
  return `${start}${END_OF_LINE}${body}${tail.join(END_OF_LINE)}${END_OF_LINE}`;
}

/** The segments of a report; CRC and count are checked. A byte-swapped G85, as old machines write, passes. */
export function parseReport(text: string): EvaResult {
  if (text.length > MAX_REPORT_CHARACTERS) return { ok: false, error: "tooLong" };
  const lines = text.split(END_OF_LINE);
  const first = lines.findIndex((line) => line.startsWith(`ST${SEPARATOR}`));
  if (first < 1 || !(lines[first - 1] ?? "").startsWith(`DXS${SEPARATOR}`)) return { ok: false, error: "noStart" };
  const last = lines.findIndex((line) => line.startsWith(`G85${SEPARATOR}`));
  const count = (lines[last + 1] ?? "").split(SEPARATOR);
  if (last < first || count[0] !== "SE" || !(lines[last + 2] ?? "").startsWith(`DXE${SEPARATOR}`)) {
    return { ok: false, error: "noEnd" };
  }
  const body = lines.slice(first, last);
  const crc = hex4(crc16(utf8Encode(`${body.join(END_OF_LINE)}${END_OF_LINE}`)));
  const told = (lines[last] ?? "").split(SEPARATOR)[1] ?? "";
  if (told !== crc && told !== crc.slice(2) + crc.slice(0, 2)) return { ok: false, error: "wrongCrc" };
  if (count[1] !== String(body.length + 2)) return { ok: false, error: "wrongCount" };
  return { ok: true, report: { segments: body.slice(1).map(segmentOf) } };
}

/** Field `at` (1 = first) of the first segment with this name: "CA2", 3 is CA203. "" where it is not there. */
export function fieldOf({ segments }: EvaReport, id: string, at: number): string {
  return segments.find((segment) => segment[0] === id)?.[at] ?? "";
}

/** The same as a number; undefined where it is blank or none. */
export function numberOf(report: EvaReport, id: string, at: number): number | undefined {
  return digitsOf(fieldOf(report, id, at));
}

/** The number that a field's digits are; undefined for anything else. */
export function digitsOf(field: string): number | undefined {
  if (field === "") return undefined;
  for (let i = 0; i < field.length; i++) {
    if (field.charAt(i) < "0" || field.charAt(i) > "9") return undefined;
  }
  return Number(field);
}

/** Text as a field can bear it: printable ASCII without the separator, at most so many characters. */
export function plain(text: string, maxCharacters: number): string {
  let field = "";
  for (let i = 0; i < text.length && field.length < maxCharacters; i++) {
    const character = text.charAt(i);
    const fits = character >= " " && character <= "~" && character !== SEPARATOR;
    field += fits ? character : "?";
  }
  return field;
}

function lineOf(segment: readonly string[]): string {
  let length = segment.length;
  while (length > 1 && segment[length - 1] === "") length--;
  return segment.slice(0, length).join(SEPARATOR);
}

function segmentOf(line: string): Segment {
  const [id = "", ...fields] = line.split(SEPARATOR);
  return [id, ...fields];
}

function hex4(value: number): string {
  return value.toString(16).toUpperCase().padStart(4, "0");
}
