/**
 * `npm run mutants`: applies each small fault of the list to a copy of the tree and runs its tests; every one must be
 * caught. Part of the nightly script, not of `npm test`. Prints caught/total; exit code 1 if one got away.
 */
import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MUTANTS } from "./all.js";
import type { Mutant } from "./mutant.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const WORKERS = 2;
/** A test that hangs has noticed something, too. */
const LIMIT_MS = 180_000;

const HELP = `npm run mutants [-- NAME_PART]
Applies each small fault of test/mutants to a copy of the tree and runs its tests. Every one must be caught.`;

type Verdict = { readonly mutant: Mutant; readonly by: string | undefined };

/** A copy of everything git knows, as it stands now. */
function copyTree(): string {
  const folder = mkdtempSync(join(tmpdir(), "spiral-mutant-"));
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: ROOT, encoding: "utf8" });
  for (const file of files.split("\0")) {
    if (file === "") continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** True if the test file fails in this copy. */
function fails(folder: string, test: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["--import", "tsx", test], { cwd: folder, timeout: LIMIT_MS }, (error) => {
      resolve(error !== null);
    });
  });
}

async function judge(folder: string, mutant: Mutant): Promise<Verdict> {
  const path = join(folder, mutant.file);
  const sound = readFileSync(path, "utf8");
  writeFileSync(
    path,
    sound.replace(mutant.find, () => mutant.replace),
  );
  try {
    for (const test of mutant.tests) {
      if (await fails(folder, test)) return { mutant, by: test };
    }
    return { mutant, by: undefined };
  } finally {
    writeFileSync(path, sound);
  }
}

async function work(queue: Mutant[], total: number, verdicts: Verdict[]): Promise<void> {
  const folder = copyTree();
  try {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const verdict = await judge(folder, mutant);
      verdicts.push(verdict);
      const outcome = verdict.by === undefined ? "GOT AWAY" : `caught by ${verdict.by}`;
      process.stdout.write(`${verdicts.length}/${total} ${mutant.name}: ${outcome}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const [part = ""] = args;
  const chosen = MUTANTS.filter(({ name }) => name.includes(part));
  const queue = [...chosen];
  const verdicts: Verdict[] = [];
  await Promise.all(Array.from({ length: WORKERS }, () => work(queue, chosen.length, verdicts)));
  const caught = verdicts.filter(({ by }) => by !== undefined).length;
  process.stdout.write(`${caught}/${chosen.length} caught\n`);
  return caught === chosen.length && chosen.length > 0 ? 0 : 1;
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
