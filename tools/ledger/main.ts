/** `npm run ledger -- dump|check|export FILE`: what is in a ledger's flash, and whether it is sound. */
import { parseArgs } from "node:util";
import { toHex } from "../../shared/bytes.js";
import type { LedgerRecord } from "../../shared/records/kinds.js";
import { type Entry, type Examined, examine } from "./examine.js";
import { imageBytes, type OpenedImage, openImage } from "./image.js";

const HELP = `npm run --silent ledger -- dump|check|export FILE [--epoch N] [--json]

FILE: an image of the ledger's flash partition, or the cabinet.state of a virtual machine (in its data folder). It is
only read. Amounts are in the currency's smallest unit.

dump     every record in words, oldest first
check    headers, chain, sequences, sums of money, holds and audit counters; says what is open
export   every record as one JSON object a line
--epoch N   the highest in FILE if not given
--json      dump and check as one JSON document
Exit code 0: sound; 1: something is wrong; 2: wrong arguments, or FILE holds no ledger.`;

const EXIT_WRONG = 1;
const EXIT_USAGE = 2;

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      epoch: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return say(HELP, 0);
  const [command, file, ...more] = positionals;
  if (file === undefined || more.length > 0) return refuse(`Name a command and one file.\n\n${HELP}`);
  const epoch = values.epoch === undefined ? undefined : Number(values.epoch);
  if (epoch !== undefined && (!Number.isSafeInteger(epoch) || epoch < 0)) return refuse(`${values.epoch} is no epoch.`);
  if (command !== "dump" && command !== "check" && command !== "export") {
    return refuse(`There is no command "${command}".\n\n${HELP}`);
  }
  const image = openImage(imageBytes(file), epoch);
  if (!image.ok) return refuse(`${file}: ${image.error}.`);
  const found = examine(image);
  const code = found.wrong.length > 0 ? EXIT_WRONG : 0;
  if (command === "export") return say(found.entries.map(jsonOf).join("\n"), code);
  if (values.json) return say(documentOf(command, image, found), code);
  return say(command === "dump" ? found.entries.map(wordsOf).join("\n") : verdictOf(found), code);
}

function verdictOf({ wrong, notes, entries }: Examined): string {
  const verdict = wrong.length === 0 ? `Sound: ${entries.length} records.` : `Not sound: ${wrong.length} findings.`;
  return [...notes, ...wrong.map((text) => `WRONG: ${text}`), verdict].join("\n");
}

function documentOf(command: "dump" | "check", { epoch, ledger }: OpenedImage, found: Examined): string {
  const { entries, wrong, notes } = found;
  const head = { epoch, oldestSeq: ledger.oldestSeq, newestSeq: ledger.newestSeq, wrong, notes };
  const parts = entries.map((entry): unknown => JSON.parse(jsonOf(entry)));
  return JSON.stringify(command === "dump" ? { ...head, records: parts } : { ...head, records: entries.length });
}

function jsonOf(entry: Entry): string {
  const plain: unknown = "record" in entry ? entry.record : entry;
  return JSON.stringify(plain, (_key, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value));
}

function wordsOf(entry: Entry): string {
  if (!("record" in entry)) return `${entry.seq}  kind ${entry.code}: cannot be read: ${entry.error}`;
  const { record } = entry;
  const when = record.wallS === undefined ? "" : `  ${new Date(record.wallS * 1_000).toISOString()}`;
  return `${record.seq}  +${(record.atMs / 1_000).toFixed(3)} s${when}  ${record.kind}  ${fieldsOf(record)}`;
}

function fieldsOf(record: LedgerRecord): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(record)) {
    if (name === "kind" || name === "seq" || name === "atMs" || name === "wallS") continue;
    parts.push(`${name}=${value instanceof Uint8Array ? toHex(value) : String(value)}`);
  }
  return parts.join(" ");
}

function say(text: string, code: number): number {
  process.stdout.write(text === "" ? "" : `${text}\n`);
  return code;
}

function refuse(why: string): number {
  process.stderr.write(`${why}\n`);
  return EXIT_USAGE;
}

try {
  process.exitCode = main();
} catch (error) {
  process.exitCode = refuse(error instanceof Error ? error.message : String(error));
}
