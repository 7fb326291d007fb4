/**
 * `npm run provision -- OPERATOR INTO SERIAL | BOARDS.csv`: makes one board or thousands of them machines of the
 * operator; their keys, certificates and secrets are in INTO, files that only we read. Started again it goes on where
 * it was. `npm run provision -- table SECRETS.json`: what such a board is flashed with (secrets.ts).
 */
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "csv-parse/sync";
import Type from "typebox";
import { Value } from "typebox/value";
import { type Config, readConfig } from "../../fleet/config.js";
import { openAuthorities } from "../../fleet/identity/authorities.js";
import { hasDatabase } from "../../fleet/store/data-folder.js";
import { openDatabases } from "../../fleet/store/databases.js";
import { masterKey } from "../../fleet/store/master-key.js";
import { findOperator } from "../../fleet/store/provision.js";
import { isMachineId } from "../../shared/wire/topics.js";
import { type BoardOutcome, type BoardRow, provisionBoards } from "./boards.js";
import { EXAMPLE, tableOf } from "./secrets.js";

const USAGE = `npm run provision -- OPERATOR INTO SERIAL      make one board a machine of the operator
npm run provision -- OPERATOR INTO BOARDS.csv  make all of them machines, one a line
npm run --silent provision -- table SECRETS.json > SECRETS.csv   what a board's partition nvs is made of
npm run provision -- --help                    show this

BOARDS.csv: a head line and one board a line; columns serial, and where wanted model and request (file of a board's own
PKCS #10 request in DER, beside the CSV). INTO: a folder; of each board it gets SERIAL.json (secrets for "table"),
SERIAL.der (certificate), SERIAL.key.pem (key; not of a board that made its own), SERIAL.code (its claim code, used by
now) and SERIAL.authorities.pem (whom it believes). Files for nobody but the installer. A row that is wrong is told and
stops no other; started again with the same INTO, what is done is not done twice.

The service may be running or not. Give the settings it is started with: SPIRAL_DATA_DIR or SPIRAL_DATABASE_URL,
SPIRAL_AUTHORITY_DIR, SPIRAL_MACHINE_BROKER (which the boards are told), SPIRAL_MACHINE_DOOR.

SECRETS.json:
${EXAMPLE}
`;
const TELL_EVERY_MS = 1_000;
const EXIT_USAGE = 2;

const Rows = Type.Array(
  Type.Object({
    serial: Type.String(),
    model: Type.Optional(Type.String()),
    request: Type.Optional(Type.String()),
  }),
);

/** The rows of a CSV. Throws with the line that is no CSV, or names the column that is missing. */
export function readBoards(text: string, readRequest: (file: string) => Uint8Array): readonly BoardRow[] {
  const found: unknown = parse(text, { columns: true, bom: true, trim: true, skip_empty_lines: true });
  if (!Value.Check(Rows, found)) throw new RangeError("the CSV has no column serial");
  return found.map(({ serial, model = "", request = "" }) => ({
    serial,
    model: model === "" ? "Spiral" : model,
    ...(request === "" ? {} : { request: readRequest(request) }),
  }));
}

async function run(config: Config, operator: string, into: string, what: string): Promise<number> {
  const { broker, renewals, authorityDir } = config.door;
  if (broker === undefined) throw new RangeError("SPIRAL_MACHINE_BROKER is not set: boards must be told their broker");
  if (config.database === undefined && !hasDatabase(config.dataDir)) {
    throw new RangeError(`there is no database in ${config.dataDir}; set SPIRAL_DATA_DIR to the service's folder`);
  }
  const rows = isMachineId(what)
    ? [{ serial: what, model: "Spiral" }]
    : readBoards(readFileSync(what, "utf8"), (file) => readFileSync(resolve(dirname(what), file)));
  await mkdir(into, { recursive: true, mode: 0o700 });
  const databases = await openDatabases(config, { join: true });
  try {
    const operatorId = await findOperator(databases.migrate, operator);
    if (operatorId === undefined) throw new RangeError(`there is no operator ${operator}`);
    const authorities = await openAuthorities(authorityDir, Date.now());
    const believed = new Uint8Array(authorities.brokers.certificate.rawData);
    await writeFile(join(into, "authority.der"), believed, { mode: 0o600 });
    const ports = { databases, operatorId, authorities: async () => authorities, master: await masterKey(config) };
    const counts = { made: 0, there: 0, wrong: 0 };
    await provisionBoards({ ...ports, broker, renewals, into }, rows, teller(rows, counts));
    process.stdout.write(`${counts.made} made, ${counts.there} there before, ${counts.wrong} wrong\n`);
    return counts.wrong > 0 ? 1 : 0;
  } finally {
    await databases.close();
  }
}

/** Counts the outcomes; says what is wrong at once, and now and then how far it is. */
function teller(
  rows: readonly BoardRow[],
  counts: Record<"made" | "there" | "wrong", number>,
): (row: BoardRow, outcome: BoardOutcome) => void {
  const began = performance.now();
  let toldMs = began;
  return (row, outcome) => {
    counts[typeof outcome === "string" ? outcome : "wrong"] += 1;
    if (typeof outcome !== "string") {
      process.stderr.write(`row ${rows.indexOf(row) + 1}, ${row.serial}: ${outcome.wrong}\n`);
    }
    const nowMs = performance.now();
    if (nowMs - toldMs < TELL_EVERY_MS) return;
    toldMs = nowMs;
    const done = counts.made + counts.there + counts.wrong;
    const [goneS, leftS] = [(nowMs - began) / 1_000, ((nowMs - began) / 1_000 / done) * (rows.length - done)];
    const time = `${goneS.toFixed(0)} s gone, about ${leftS.toFixed(0)} s left`;
    process.stderr.write(`${done} of ${rows.length}, ${counts.wrong} wrong; ${time}\n`);
  };
}

async function main(args: readonly string[]): Promise<number> {
  const [operator, into, what, ...more] = args;
  if (operator === "--help" && into === undefined) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (operator === "table" && into !== undefined && what === undefined) {
    process.stdout.write(tableOf(into));
    return 0;
  }
  if (operator === undefined || into === undefined || what === undefined || more.length > 0) {
    process.stderr.write(USAGE);
    return EXIT_USAGE;
  }
  return run(readConfig(process.env), operator, resolve(into), what);
}

if (process.argv[1] !== undefined && fileURLToPath(import.meta.url) === resolve(process.argv[1])) {
  main(process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 1;
    },
  );
}
