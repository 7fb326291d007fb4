/** `npm run load`: see `--help`. */
import { askedFor, USAGE } from "./arguments.js";
import { runLoad } from "./run.js";

const EXIT_USAGE = 2;

async function main(): Promise<number> {
  const asked = askedFor(process.argv.slice(2));
  if ("help" in asked) {
    console.log(USAGE);
    return 0;
  }
  if ("refused" in asked) {
    console.error(`${asked.refused}. npm run load -- --help says what there is.`);
    return EXIT_USAGE;
  }
  const { request } = asked;
  const { connectMs, totals, comparison } = await runLoad(request, (line) => console.error(line));
  const { lost, doubled, wrong, examples, records, sales } = comparison;
  const good = lost + doubled + wrong === 0;
  if (request.json) {
    console.log(
      JSON.stringify({ good, connectMs: Math.round(connectMs), ...totals, ...comparison, seed: request.seed }),
    );
  } else {
    console.log(`${request.machines} machines, ${records} records, ${sales} sales in the books`);
    console.log(`lost ${lost}, doubled ${doubled}, machines with wrong sums ${wrong}`);
    for (const example of examples) console.log(`  ${example}`);
    if (!good) console.log(`again: npm run load -- ${process.argv.slice(2).join(" ")} --seed ${request.seed}`);
  }
  return good ? 0 : 1;
}

process.exitCode = await main();
