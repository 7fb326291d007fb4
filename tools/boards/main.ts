/**
 * `node --import tsx tools/boards/main.ts OPERATOR INTO SERIAL | BOARDS.csv`: makes one board or thousands of them
 * machines of the operator; their keys, certificates and secrets are in INTO, files that only we read. Started again it
 * goes on where it was.
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
import { openDatabases } from "../../fleet/store/databases.js";
import { masterKey } from "../../fleet/store/master-key.js";
import { findOperator } from "../../fleet/store/provision.js";
import { isMachineId } from "../../shared/wire/topics.js";
import { type BoardRow, provisionBoards } from "./provision.js";

const USAGE = `Usage: node --import tsx tools/boards/main.ts OPERATOR INTO SERIAL | BOARDS.csv
BOARDS.csv: a head line and one board a line; columns serial, and where wanted model and request (file of a board's own
PKCS #10 request in DER, beside the CSV). Settings as those of the service: SPIRAL_DATA_DIR or SPIRAL_DATABASE_URL,
SPIRAL_AUTHORITY_DIR, SPIRAL_MACHINE_BROKER, SPIRAL_MACHINE_DOOR.
`;
const TELL_EVERY_MS = 1_000;

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
    const counts = { made: 0, there: 0, wrong: 0 };
    const errors: string[] = [];
    const began = performance.now();
    let toldMs = began;
    const ports = { databases, operatorId, authorities: async () => authorities, master: await masterKey(config) };
    await provisionBoards({ ...ports, broker, renewals, into }, rows, ({ serial }, outcome) => {
      counts[typeof outcome === "string" ? outcome : "wrong"] += 1;
      if (typeof outcome !== "string") errors.push(`${serial}: ${outcome.wrong}`);
      if (performance.now() - toldMs < TELL_EVERY_MS) return;
      toldMs = performance.now();
      const done = counts.made + counts.there + counts.wrong;
      process.stderr.write(`${done} of ${rows.length}, ${counts.wrong} wrong, ${Math.round(toldMs - began)} ms\n`);
    });
    for (const error of errors) process.stderr.write(`${error}\n`);
    process.stdout.write(`${counts.made} made, ${counts.there} there before, ${counts.wrong} wrong\n`);
    return counts.wrong > 0 ? 1 : 0;
  } finally {
    await databases.close();
  }
}

async function main([operator, into, what, ...more]: readonly string[]): Promise<number> {
  if (operator === undefined || into === undefined || what === undefined || more.length > 0) {
    process.stderr.write(USAGE);
    return 2;
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
