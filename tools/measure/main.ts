/** The one door for benchmarks: `npm run bench -- NAME [--json]`. The last line with --json is one JSON object. */
import { parseArgs } from "node:util";
import { explain } from "../ledger/explain.js";
import { ALERTS } from "./alerts.js";
import { BACKLOG } from "./backlog.js";
import { type Bench, inJson, inWords } from "./bench.js";
import { CHAOS } from "./chaos.js";
import { CHECK_BOOKS_BENCH } from "./check-books.js";
import { CONNECTIONS } from "./connections.js";
import { INGEST } from "./ingest.js";
import { LEDGER } from "./ledger.js";
import { MONEY } from "./money.js";
import { PANEL } from "./panel.js";
import { QUERY, QUERY_FILL } from "./query.js";
import { SIM } from "./sim.js";
import { VEND } from "./vend.js";
import { VEND_LATENCY } from "./vend-latency.js";
import { WIRE_BYTES } from "./wire-bytes.js";
import { XS_CODE } from "./xs-code.js";
import { XS_MEMORY } from "./xs-memory.js";

const BENCHES: readonly Bench[] = [
  VEND,
  MONEY,
  LEDGER,
  VEND_LATENCY,
  SIM,
  XS_MEMORY,
  XS_CODE,
  WIRE_BYTES,
  PANEL,
  QUERY_FILL,
  QUERY,
  ALERTS,
  INGEST,
  CONNECTIONS,
  BACKLOG,
  CHAOS,
  CHECK_BOOKS_BENCH,
];
const EXIT_BROKEN_LIMIT = 1;
/** As of `npm run firmware`: something has to be installed first. */
const EXIT_NOT_MEASURED = 3;
const MORE = "npm run --silent bench -- --help says what there is.";

function help(): string {
  const names = BENCHES.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`);
  return [
    "npm run --silent bench -- NAME [--json] [--short]",
    "",
    "Measures NAME (--short: in a hurry, to try it), which is one of",
    ...names,
    "",
    "Exit code 0: measured; 1: a limit is broken; 2: wrong arguments; 3: something has to be installed first.",
  ].join("\n");
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      short: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const [name, ...more] = positionals;
  if (values.help || name === undefined) {
    console.log(help());
    return 0;
  }
  const bench = BENCHES.find((candidate) => candidate.name === name);
  if (bench === undefined) return refuse(`There is no benchmark "${name}".\n${help()}`);
  if (more.length > 0) return refuse(`One benchmark at a time; "${more.join(" ")}" is too much. ${MORE}`);
  const result = await bench.run((line) => console.error(line), values.short);
  if ("notMeasured" in result) {
    console.error(`${result.name}: no figure. ${result.notMeasured}`);
    if (values.json) console.log(JSON.stringify({ ...result, value: null }));
    return EXIT_NOT_MEASURED;
  }
  for (const line of values.json ? [inJson(result)] : inWords(result)) console.log(line);
  for (const why of result.broken ?? []) console.error(why);
  return (result.broken ?? []).length > 0 ? EXIT_BROKEN_LIMIT : 0;
}

function refuse(why: string): number {
  console.error(why);
  return 2;
}

try {
  process.exitCode = await main();
} catch (error) {
  // What parseArgs throws is the person's; all else is ours, with its trace.
  const isUsage = error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  if (!isUsage) throw error;
  process.exitCode = refuse(explain(error, MORE));
}
