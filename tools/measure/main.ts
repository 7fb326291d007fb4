/** The one door for benchmarks: `npm run bench -- NAME [--json]`. The last line with --json is one JSON object. */
import type { Bench } from "./bench.js";
import { LEDGER } from "./ledger.js";
import { MONEY } from "./money.js";
import { SIM } from "./sim.js";
import { VEND } from "./vend.js";
import { VEND_LATENCY } from "./vend-latency.js";

const BENCHES: readonly Bench[] = [VEND, MONEY, LEDGER, VEND_LATENCY, SIM];

const args = process.argv.slice(2);
const name = args.find((arg) => !arg.startsWith("-"));
const json = args.includes("--json");
const bench = BENCHES.find((candidate) => candidate.name === name);

if (bench === undefined) {
  if (name !== undefined) console.error(`There is no benchmark "${name}".`);
  console.error("npm run bench -- NAME [--json], where NAME is one of");
  for (const { name: known, about } of BENCHES) console.error(`  ${known.padEnd(12)} ${about}`);
  process.exitCode = name === undefined ? 0 : 2;
} else {
  const result = await bench.run((line) => console.error(line));
  if (json) {
    console.log(JSON.stringify(result));
  } else {
    console.log(`${result.name}: ${result.value} ${result.unit}`);
    for (const [key, value] of Object.entries(result.counted)) console.log(`  ${key}: ${value ?? "not measured"}`);
  }
}
