/** What `npm run ledger` does with its arguments: text for stdout and stderr, an exit code. Writes nothing itself. */
import { parseArgs } from "node:util";
import { toHex } from "../../shared/bytes.js";
import type { LedgerRecord } from "../../shared/records/kinds.js";
import { type Entry, type Examined, examine } from "./examine.js";
import { explain } from "./explain.js";
import { imageBytes, machineText, type OpenedImage, openImage } from "./image.js";

const HELP = `npm run --silent ledger -- dump|check|export FILE [--epoch N] [--machine ID] [--from SEQ] [--json]

FILE: an image of the ledger's flash partition, or the cabinet.state of a virtual machine (in its data folder). It is
only read. Amounts are in the currency's smallest unit.

dump     every record in words, oldest first
check    whose ledger it is; headers, chain, sequences, sums of money, holds and audit counters; what is open
export   every record as one JSON object a line, with its bytes and its chain CRC: what is needed to book or to prove
         it later. Do this with the flash of a board that is replaced, before anything erases it.

--epoch N      of several epochs in FILE; the one written last if not given
--machine ID   FILE must hold a ledger of the machine with this serial number
--from SEQ     dump and export from this sequence on, for example behind the last one the fleet has
--json         dump and check as one JSON document
Exit code 0: sound; 1: something is wrong; 2: wrong arguments, or FILE holds no ledger that can be read.`;

const EXIT_WRONG = 1;
const EXIT_USAGE = 2;
const MORE = "npm run --silent ledger -- --help says what there is.";
const COMMANDS = ["dump", "check", "export"] as const;
type Command = (typeof COMMANDS)[number];

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `args`: as on the command line. Never throws for what a person can have done. */
export function runLedger(args: readonly string[]): Outcome {
  try {
    return run(args);
  } catch (error) {
    return refuse(explain(error, MORE));
  }
}

function run(args: readonly string[]): Outcome {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      epoch: { type: "string" },
      machine: { type: "string" },
      from: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return say(HELP, 0);
  const [word, file, ...more] = positionals;
  const command = COMMANDS.find((known) => known === word);
  if (word === undefined) return refuse(HELP);
  if (command === undefined) return refuse(`There is no command "${word}", only ${COMMANDS.join(", ")}. ${MORE}`);
  if (file === undefined)
    return refuse(`Name the file to ${command}: an image of the flash, or a cabinet.state. ${MORE}`);
  if (more.length > 0) return refuse(`One file at a time; "${more.join(" ")}" is too much. ${MORE}`);
  const epoch = countIn(values.epoch);
  if (epoch === "none") return refuse(`--epoch ${values.epoch}: an epoch is a whole number, as the fleet issues it.`);
  const from = countIn(values.from);
  if (from === "none") return refuse(`--from ${values.from}: a sequence is a whole number.`);
  if (values.json && command === "export")
    return refuse("export prints JSON as it is, one object a line: leave out --json.");
  const image = openImage(imageBytes(file), {
    ...(epoch === undefined ? {} : { epoch }),
    ...(values.machine === undefined ? {} : { machineId: values.machine }),
  });
  if (!image.ok) return refuse(`${file}: ${image.error}.`);
  return print(command, image, { json: values.json, from: from ?? 0 });
}

function print(command: Command, image: OpenedImage, how: { readonly json: boolean; readonly from: number }): Outcome {
  const found = examine(image);
  const code = found.wrong.length > 0 ? EXIT_WRONG : 0;
  const entries = found.entries.filter(({ seq }) => seq >= how.from);
  if (command === "check") return say(how.json ? documentOf(command, image, found) : verdictOf(found), code);
  const err = found.wrong.map((text) => `WRONG: ${text}\n`).join("");
  if (command === "export") return say(entries.map((entry) => exportLine(image, entry)).join("\n"), code, err);
  if (how.json) return say(documentOf(command, image, { ...found, entries }), code, err);
  return say(entries.map(wordsOf).join("\n"), code, err);
}

/** undefined: not given; "none": not a whole number from 0 on. */
function countIn(text: string | undefined): number | "none" | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  return text.trim() !== "" && Number.isSafeInteger(value) && value >= 0 ? value : "none";
}

function verdictOf({ wrong, notes, entries }: Examined): string {
  const records = entries.length === 1 ? "1 record" : `${entries.length} records`;
  const findings = wrong.length === 1 ? "1 finding" : `${wrong.length} findings`;
  const verdict = wrong.length === 0 ? `Sound: ${records}.` : `Not sound: ${findings} in ${records}.`;
  return [...notes, ...wrong.map((text) => `WRONG: ${text}`), verdict].join("\n");
}

function documentOf(command: Command, { owner, ledger, machineId }: OpenedImage, found: Examined): string {
  const { entries, wrong, notes } = found;
  const { epoch } = owner;
  const { oldestSeq, newestSeq, mark } = ledger;
  const machine = { machine: machineText(owner.machine), ...(machineId === undefined ? {} : { machineId }) };
  const head = { ...machine, epoch, oldestSeq, newestSeq, mark, sound: wrong.length === 0, wrong, notes };
  return jsonOf(command === "dump" ? { ...head, records: entries.map(plainOf) } : { ...head, records: entries.length });
}

/** Raw bytes and chain CRC beside what they mean: a later reader need not trust ours. */
function exportLine({ owner }: OpenedImage, entry: Entry): string {
  const { seq, code, body } = entry;
  const chain = machineText(entry.chain);
  const meaning = "record" in entry ? { record: entry.record } : { error: entry.error };
  return jsonOf({ machine: machineText(owner.machine), epoch: owner.epoch, seq, code, body, chain, ...meaning });
}

function plainOf(entry: Entry): object {
  return "record" in entry ? entry.record : { seq: entry.seq, code: entry.code, error: entry.error };
}

function jsonOf(value: object): string {
  return JSON.stringify(value, (_key, part: unknown) => (part instanceof Uint8Array ? toHex(part) : part));
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

function say(text: string, code: number, err = ""): Outcome {
  return { code, out: text === "" ? "" : `${text}\n`, err };
}

function refuse(why: string): Outcome {
  return { code: EXIT_USAGE, out: "", err: `${why}\n` };
}
