/**
 * `npm run sim`: many machines' lives from seeds, or every story cut everywhere. Progress on stderr; with --json one
 * object on stdout. Exit code 1 if a promise was broken, 2 if the arguments make no sense.
 */
import { readArguments, USAGE } from "./arguments.js";
import { runExhaustive } from "./exhaustive-run.js";
import { runSeeds, tellSeed } from "./seeds-run.js";

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const asked = readArguments(process.argv.slice(2));

if (!asked.ok) {
  say(asked.problem);
  process.exitCode = 2;
} else if (asked.run.what === "help") {
  for (const line of USAGE) process.stdout.write(`${line}\n`);
} else if (asked.run.what === "exhaustive") {
  const told = await runExhaustive({ ...asked.run, say });
  end(told, told.violations, asked.json);
} else if (asked.run.what === "seeds") {
  const told = await runSeeds({ ...asked.run, say });
  end(told, told.violations, asked.json);
} else {
  const told = tellSeed({ ...asked.run, say });
  end(told, told.violations, asked.json);
}

function end(told: object, violations: number, json: boolean): void {
  if (json) process.stdout.write(`${JSON.stringify(told)}\n`);
  else for (const [key, value] of Object.entries(told)) process.stdout.write(`${key}: ${plain(value)}\n`);
  if (violations > 0) process.exitCode = 1;
}

function plain(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
