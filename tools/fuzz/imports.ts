/** Files of the imports: CSV read by each of their schemas, and files for the REST door that nearly are right. */
import type { TObject } from "typebox";
import { Value } from "typebox/value";
import { MachineLine } from "../../fleet/api/imports/machines.js";
import { PLANOGRAM_COLUMNS, PlanogramLine } from "../../fleet/api/imports/planograms.js";
import { type Columns, MAX_IMPORT_ROWS, rowsOf } from "../../fleet/api/imports/rows.js";
import { LocationBody } from "../../fleet/api/locations/schema.js";
import { ProductBody } from "../../fleet/api/products/schema.js";
import type { Rng } from "../bench/rng.js";
import type { Target } from "./target.js";

interface Import {
  /** Which operation takes it. */
  readonly path: string;
  readonly schema: TObject;
  readonly columns: Columns;
  /** A right row. */
  readonly row: Readonly<Record<string, string>>;
}

const IMPORTS: readonly Import[] = Object.freeze([
  {
    path: "/api/v1/machines/imports",
    schema: MachineLine,
    columns: { numbers: ["telemetryPeriodS"] },
    row: { serial: "FUZZ-1", model: "SPIRAL-40", timeZone: "Europe/Berlin", latitude: "52.52", longitude: "13.40" },
  },
  {
    path: "/api/v1/planograms/imports",
    schema: PlanogramLine,
    columns: PLANOGRAM_COLUMNS,
    row: {
      machine: "FUZZ-1",
      slot: "B4",
      column: "0",
      productNumber: "7",
      price: "1.75",
      capacity: "8",
      retry: "true",
    },
  },
  {
    path: "/api/v1/products/imports",
    schema: ProductBody,
    columns: { numbers: ["number"] },
    row: { number: "7", name: "Cola", category: "beverage", sku: "COLA", defaultPrice: "1.75", currency: "USD" },
  },
  {
    path: "/api/v1/locations/imports",
    schema: LocationBody,
    columns: {},
    row: { name: "Hall", address: "Quay 1", timeZone: "Europe/Berlin", latitude: "52.52", longitude: "13.40" },
  },
]);

function fileOf(lines: readonly (readonly string[])[]): string {
  const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return lines.map((cells) => `${cells.map(cell).join()}\r\n`).join("");
}

function readFiles(bytes: Uint8Array): void {
  const text = new TextDecoder().decode(bytes);
  for (const { path, schema, columns } of IMPORTS) {
    const { rows, errors } = rowsOf(text, schema, columns);
    if (rows.length > MAX_IMPORT_ROWS) throw new Error(`${path}: ${rows.length} rows`);
    for (const { value } of rows) if (!Value.Check(schema, value)) throw new Error(`${path}: a row that does not fit`);
    for (const { line } of errors) if (!(line >= 1)) throw new Error(`${path}: an error in line ${line}`);
  }
}

/** At most so long: no file of so few bytes has more rows than an import takes. */
const MAX_FILE_BYTES = 2_000;

export function importFiles(): Target {
  const files = IMPORTS.flatMap(({ row }) => {
    const [names, cells] = [Object.keys(row), Object.values(row)];
    return [fileOf([names, cells]), `\ufeff${fileOf([names, cells, cells.map((text) => `"${text}"\n`)])}`];
  });
  return {
    name: "imports",
    about: "CSV of machines, planograms, products and locations, each file read as all four",
    corpus: files.map((file) => new TextEncoder().encode(file)),
    maxBytes: MAX_FILE_BYTES,
    run: readFiles,
  };
}

const MAX_ROWS = 5;

/** A file for this operation: its own columns in the first line, most of the time; undefined: it takes no import. */
export function importFor(path: string, rng: Rng, anyText: () => string): string | undefined {
  const taken = IMPORTS.find((one) => one.path === path);
  if (taken === undefined) return undefined;
  const { schema, row } = taken;
  const names = Object.keys(schema.properties).filter((name) => rng.chance(name in row ? 990_000 : 400_000));
  const head = names.map((name) => (rng.chance(10_000) ? anyText() : name));
  const cells = (): string[] => names.map((name) => (rng.chance(960_000) ? (row[name] ?? "") : anyText()));
  return fileOf([head, ...Array.from({ length: rng.below(MAX_ROWS) }, cells)]);
}
