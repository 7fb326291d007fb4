/** `npm run twin`: see `--help`. Progress on stderr. */
import { askedFor, USAGE } from "./arguments.js";
import { runTwin } from "./run.js";

const EXIT_USAGE = 2;
/** Of one machine; the seed tells the rest. */
const LINES_TOLD = 5;

async function main(): Promise<number> {
  const asked = askedFor(process.argv.slice(2), process.env);
  if ("help" in asked) {
    console.log(USAGE);
    return 0;
  }
  if ("refused" in asked) {
    console.error(`${asked.refused}. npm run twin -- --help says what there is.`);
    return EXIT_USAGE;
  }
  const { request, json } = asked;
  const result = await runTwin(request, (line) => console.error(line));
  for (const { seed, violations } of result.failed) {
    for (const line of violations.slice(0, LINES_TOLD)) console.error(`machine ${seed}: ${line}`);
    console.error(`again, alone: npm run --silent twin -- --machines 1 --days ${request.days} --seed ${seed}`);
  }
  if (json) console.log(JSON.stringify(result));
  else for (const [name, value] of Object.entries(result)) if (name !== "failed") console.log(`${name}: ${value}`);
  return result.violations === 0 ? 0 : 1;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  },
);
