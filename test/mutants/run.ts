/**
 * `npm run mutants`: applies each small fault of the list to a copy of the tree and runs its tests; every one must be
 * caught. Before that the tests are run on the copy as it is: one that fails there could catch nothing. Part of the
 * nightly script, not of `npm test`. Exit code 1 if a mutant got away, 2 if there was nothing sound to say.
 */
import { execFile } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { copyTree } from "../support/copy-tree.js";
import { readOutcome } from "../support/outcome.js";
import { MUTANTS } from "./all.js";
import { choose, testsOf } from "./choose.js";
import type { Mutant } from "./mutant.js";

const WORKERS = 2;
/** A test that hangs has noticed something, too. */
const LIMIT_MS = 180_000;
const OUTPUT_MAX_BYTES = 64 * 1024 * 1024;
/** A mutant that cannot even be read is a fault of the list: no test has noticed anything. */
const UNREADABLE = /SyntaxError|TransformError|Transform failed|ReferenceError/;

const HELP = `npm run mutants [-- [--json] [PART ...]]
Applies each small fault of test/mutants to a copy of the tree and runs its tests. Every one must be caught.
  PART    only mutants with this in their name or file
  --json  prints {"caught", "total", "gotAway"}; progress goes to standard error
Exit code: 0 all caught, 1 some got away, 2 nothing could be said.`;

type Verdict = { readonly mutant: Mutant; readonly by: string | undefined };
type Told = { readonly fails: boolean; readonly output: string };

/** What a test file says in this copy. */
function ask(folder: string, test: string): Promise<Told> {
  const options = { cwd: folder, timeout: LIMIT_MS, maxBuffer: OUTPUT_MAX_BYTES } as const;
  return new Promise((resolve) => {
    execFile(process.execPath, ["--import", "tsx", test], options, (error, stdout, stderr) => {
      const output = stdout + stderr;
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : undefined;
      const { failed } = readOutcome({ output, code, timedOut: error?.killed === true }, false);
      resolve({ fails: failed > 0, output });
    });
  });
}

async function judge(folder: string, mutant: Mutant): Promise<Verdict> {
  const path = join(folder, mutant.file);
  const sound = readFileSync(path, "utf8");
  if (sound.split(mutant.find).length !== 2) throw new Error(`mutants: "${mutant.name}" does not apply.`);
  writeFileSync(
    path,
    sound.replace(mutant.find, () => mutant.replace),
  );
  try {
    for (const test of mutant.tests) {
      const { fails, output } = await ask(folder, test);
      if (!fails) continue;
      if (UNREADABLE.test(output)) throw new Error(`mutants: "${mutant.name}" does not run.\n${output}`);
      return { mutant, by: test };
    }
    return { mutant, by: undefined };
  } finally {
    writeFileSync(path, sound);
  }
}

/** Each worker in a copy of its own takes from `queue` until it is empty. */
async function inCopies<T>(queue: T[], take: (folder: string, of: T) => Promise<void>): Promise<void> {
  const work = async (): Promise<void> => {
    const folder = copyTree();
    try {
      for (let of = queue.shift(); of !== undefined; of = queue.shift()) await take(folder, of);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: Math.min(WORKERS, queue.length) }, work));
}

/** Test files that fail although nothing was changed. */
async function unsound(tests: readonly string[]): Promise<readonly string[]> {
  const failing: string[] = [];
  await inCopies([...tests], async (folder, test) => {
    if ((await ask(folder, test)).fails) failing.push(test);
  });
  return failing.sort();
}

async function main(args: readonly string[]): Promise<number> {
  const asked = choose(args, MUTANTS);
  if (asked.is === "help") {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  if (asked.is === "mistake") {
    process.stderr.write(`${asked.sentence}\n`);
    return 2;
  }
  const { mutants, json } = asked;
  const failing = await unsound(testsOf(mutants));
  if (failing.length > 0) {
    process.stderr.write(
      `mutants: fails although nothing was changed, so it can catch nothing: ${failing.join(", ")}\n`,
    );
    return 2;
  }
  const verdicts: Verdict[] = [];
  await inCopies([...mutants], async (folder, mutant) => {
    const verdict = await judge(folder, mutant);
    verdicts.push(verdict);
    const outcome = verdict.by === undefined ? "GOT AWAY" : `caught by ${verdict.by}`;
    const line = `${verdicts.length}/${mutants.length} ${mutant.name}: ${outcome}\n`;
    (json ? process.stderr : process.stdout).write(line);
  });
  const gotAway = verdicts.filter(({ by }) => by === undefined).map(({ mutant }) => mutant.name);
  const total = mutants.length;
  const caught = total - gotAway.length;
  process.stdout.write(json ? `${JSON.stringify({ caught, total, gotAway })}\n` : `${caught}/${total} caught\n`);
  return gotAway.length === 0 ? 0 : 1;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  },
);
