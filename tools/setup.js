/**
 * First step of `npm start`, `npm test` and the other scripts; runs before anything is installed, so it is plain old
 * JavaScript that even Node 12 can parse. It checks Node, installs what is missing or stale (one process at a time,
 * the others wait) and goes on with the real program. With everything installed it touches no network.
 */

import { spawn, spawnSync } from "child_process";
import { createHash } from "crypto";
import { closeSync, openSync, readFileSync, realpathSync, statSync, unlinkSync, writeFileSync, writeSync } from "fs";
import { constants } from "os";
import { dirname, join } from "path";
import { fileURLToPath, pathToFileURL } from "url";

const ROOT = realpathSync(join(dirname(fileURLToPath(import.meta.url)), ".."));
const INSTALL_ATTEMPTS = 2;
const LOCK_POLL_MS = 250;
const LOCK_EMPTY_MS = 5000;
const LOCK_NOTICE_MS = 30000;
const PARENT_EVERY_MS = 500;

/** What each script runs: a TypeScript file of ours, or the entry of an installed program with its arguments. */
const COMMANDS = Object.freeze({
  start: ["--import", "tsx", "tools/start/main.ts"],
  admin: ["--import", "tsx", "tools/admin.ts"],
  bench: ["--import", "tsx", "tools/measure/main.ts"],
  sim: ["--import", "tsx", "tools/sim/main.ts"],
  load: ["--import", "tsx", "tools/load/main.ts"],
  twin: ["--import", "tsx", "tools/twin/main.ts"],
  fuzz: ["--import", "tsx", "tools/fuzz/main.ts"],
  audit: ["--import", "tsx", "tools/audit.ts"],
  trace: ["--import", "tsx", "tools/trace/main.ts"],
  mutants: ["--import", "tsx", "test/mutants/run.ts"],
  ledger: ["--import", "tsx", "tools/ledger/main.ts"],
  "eva-dts": ["--import", "tsx", "tools/eva-dts/main.ts"],
  firmware: ["--import", "tsx", "tools/firmware/main.ts"],
  provision: ["--import", "tsx", "tools/provision/main.ts"],
  test: ["--import", "tsx", "test/support/run.ts"],
  check: ["--import", "tsx", "test/support/run.ts", "--check"],
  format: ["node_modules/@biomejs/biome/bin/biome", "check", "--write", "."],
  install: [],
});

/**
 * The sentence to show if this Node is too old for us (Vite needs 20.19 or 22.12), else undefined.
 * @param {string} version
 */
export function nodeProblem(version) {
  const parts = version.replace(/^v/, "").split(".").map(Number);
  const major = parts[0];
  const minor = parts[1];
  const fits = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
  if (fits) {
    return undefined;
  }
  return (
    "Spiral needs Node 20.19 or newer (of 22: 22.12 or newer); this is Node " +
    parts.join(".") +
    ". Get a current one from https://nodejs.org and start again."
  );
}

/**
 * True if `installed` (npm's record inside node_modules) holds every package of `wanted` (package-lock.json) at its
 * version. Optional packages may be missing, because each platform installs its own.
 * @typedef {{ packages: Record<string, { version?: string, optional?: boolean, peer?: boolean }> }} PackageTree
 * @param {PackageTree} wanted
 * @param {PackageTree} installed
 */
export function sameTree(wanted, installed) {
  const have = installed.packages;
  return Object.keys(wanted.packages).every((place) => {
    const entry = wanted.packages[place];
    if (place === "" || (have[place] === undefined && (entry.optional === true || entry.peer === true))) {
      return true;
    }
    return have[place] !== undefined && have[place].version === entry.version;
  });
}

/**
 * The first folder from the root down to `path` that uid `uid` may not walk through, or undefined.
 * @param {string} path
 * @param {number} uid
 */
export function closedFolder(path, uid) {
  const folders = [path];
  while (dirname(folders[0]) !== folders[0]) {
    folders.unshift(dirname(folders[0]));
  }
  return folders.find((folder) => {
    const stat = statSync(folder);
    return stat.uid === uid ? (stat.mode & 0o100) === 0 : (stat.mode & 0o001) === 0;
  });
}

/** True while the process lives; one of another user answers EPERM and lives too. */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Pid in the lock file; 0 if nobody holds it any more; undefined if it is gone or still being written. */
function lockHolder(lock) {
  try {
    const pid = Number.parseInt(readFileSync(lock, "utf8"), 10);
    if (pid > 0) {
      return isAlive(pid) ? pid : 0;
    }
    return Date.now() - statSync(lock).mtimeMs > LOCK_EMPTY_MS ? 0 : undefined;
  } catch {
    return undefined;
  }
}

/** Creates `path` holding our pid; false if it exists. */
function createExclusive(path) {
  let file;
  try {
    file = openSync(path, "wx");
  } catch (error) {
    if (error.code === "EEXIST") {
      return false;
    }
    throw error;
  }
  writeSync(file, String(process.pid));
  closeSync(file);
  return true;
}

function removeFile(path) {
  try {
    unlinkSync(path);
  } catch (error) {
    if (error.code !== "ENOENT") {
      throw error;
    }
  }
}

/** Removes a lock whose holder is dead. Only one process at a time may judge, or it could remove its successor's. */
function clearDeadLock(lock) {
  const judge = `${lock}.judge`;
  if (!createExclusive(judge)) {
    if (lockHolder(judge) === 0) {
      removeFile(judge);
    }
    return;
  }
  if (lockHolder(lock) === 0) {
    removeFile(lock);
  }
  removeFile(judge);
}

function pause(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * Waits until the file `lock` is ours and returns what gives it back. `say` tells who is being waited for.
 * @param {string} lock
 * @param {(line: string) => void} say
 * @returns {() => void}
 */
export function takeLock(lock, say) {
  let noticeAt = 0;
  while (!createExclusive(lock)) {
    const holder = lockHolder(lock);
    if (holder === 0) {
      clearDeadLock(lock);
      continue;
    }
    if (holder !== undefined && Date.now() >= noticeAt) {
      say(`Another start (process ${holder}) is installing packages; waiting for it ...`);
      noticeAt = Date.now() + LOCK_NOTICE_MS;
    }
    pause(LOCK_POLL_MS);
  }
  return () => removeFile(lock);
}

/** What the installed packages depend on: the lock file, which scripts may run, and the platform they are for. */
function wantedStamp() {
  const hash = createHash("sha256");
  hash.update(readFileSync(join(ROOT, "package-lock.json")));
  hash.update(JSON.stringify(JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).allowScripts || {}));
  return `${hash.digest("hex")} ${process.platform}-${process.arch}\n`;
}

function readOr(path, fallback) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return fallback;
  }
}

/** True if what is installed fits the lock file, also when it was installed by hand with npm. */
function isInstalled(stampFile) {
  const stamp = wantedStamp();
  const found = readOr(stampFile, "");
  if (found === stamp) {
    return true;
  }
  const record = readOr(join(ROOT, "node_modules", ".package-lock.json"), "");
  const otherPlatform = found !== "" && found.split(" ")[1] !== stamp.split(" ")[1];
  if (record === "" || otherPlatform) {
    return false;
  }
  if (!sameTree(JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")), JSON.parse(record))) {
    return false;
  }
  writeFileSync(stampFile, stamp);
  return true;
}

/** Runs `npm ci` with the npm that called us, or the one on the path. */
function runNpmCi() {
  const args = ["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"];
  const options = { cwd: ROOT, stdio: ["ignore", 2, 2] };
  const cli = process.env.npm_execpath;
  if (cli !== undefined && /npm-cli\.c?js$/.test(cli)) {
    return spawnSync(process.execPath, [cli].concat(args), options);
  }
  const windows = process.platform === "win32";
  return spawnSync(windows ? "npm.cmd" : "npm", args, Object.assign({ shell: windows }, options));
}

function install(stampFile) {
  process.stderr.write("Installing packages (once, about a minute) ...\n");
  const startMs = Date.now();
  for (let attempt = 1; attempt <= INSTALL_ATTEMPTS; attempt += 1) {
    const result = runNpmCi();
    if (result.status === 0) {
      writeFileSync(stampFile, wantedStamp());
      process.stderr.write(`Packages installed in ${Math.round((Date.now() - startMs) / 1000)} s.\n`);
      return;
    }
    if (result.error !== undefined && result.error.code === "ENOENT") {
      fail("npm was not found; it comes with Node. Start with `npm start` or put npm on the PATH.");
    }
  }
  fail("Installing packages failed (see npm's message above). Is the package registry reachable? Then start again.");
}

function ensureInstalled() {
  const stampFile = join(ROOT, "node_modules", ".spiral-setup");
  if (isInstalled(stampFile)) {
    return;
  }
  let release;
  try {
    release = takeLock(join(ROOT, ".spiral-setup.lock"), (line) => process.stderr.write(`${line}\n`));
  } catch (error) {
    fail(`Cannot install packages: the folder ${ROOT} is not writable (${error.code}).`);
  }
  process.on("exit", release);
  if (!isInstalled(stampFile)) {
    install(stampFile);
  }
  release();
}

/** As root the embedded database runs as nobody, who must be able to walk to its program. */
function warnOfClosedHome() {
  if (typeof process.getuid !== "function" || process.getuid() !== 0) {
    return;
  }
  const closed = closedFolder(join(ROOT, "node_modules"), 65534);
  if (closed !== undefined) {
    process.stderr.write(
      "Note: you are root and " +
        closed +
        " is closed to others, so the embedded database (which must not run as " +
        "root) cannot enter it.\nCure: keep the project elsewhere, for example under /opt, or run it as an ordinary " +
        "user, or allow walking through: chmod o+x " +
        closed +
        "\n",
    );
  }
}

/** Process id of the parent of `pid`; undefined where the system does not tell. */
function parentOf(pid) {
  const stat = readOr(`/proc/${pid}/stat`, "");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return stat === "" ? undefined : Number(fields[1]);
}

/**
 * Calls `gone` once npm, which runs us through a shell, is no more: the shell does not hand on the signal it dies of,
 * and of -9 nobody is told. Run by hand, without npm, we may outlive whoever started us.
 */
function watchNpm(gone) {
  if (process.env.npm_lifecycle_event === undefined) {
    return;
  }
  const parent = process.ppid;
  // Some shells put the command in their own place; then our parent is npm, and who started that is not our business.
  const isShell = /^(sh|ash|bash|dash|ksh|zsh)$/.test(readOr(`/proc/${parent}/comm`, "").trim());
  const npm = isShell ? parentOf(parent) : undefined;
  const timer = setInterval(() => {
    if (process.ppid !== parent || (isShell && parentOf(parent) !== npm)) {
      clearInterval(timer);
      gone();
    }
  }, PARENT_EVERY_MS);
  timer.unref();
}

/** Runs the program with our terminal, hands signals on, and ends as it ended. */
function go(args) {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the child as well; only the others need handing on.
      if (signal !== "SIGINT" || !process.stdin.isTTY) {
        child.kill(signal);
      }
    });
  }
  watchNpm(() => child.kill("SIGTERM"));
  child.on("error", (error) => fail(`Cannot start Node again: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]));
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function main() {
  const name = process.argv[2];
  const command = Object.keys(COMMANDS).includes(name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    fail(`Usage: node tools/setup.js ${Object.keys(COMMANDS).join("|")} [arguments]`);
  }
  const problem = nodeProblem(process.versions.node);
  if (problem !== undefined) {
    fail(problem);
  }
  ensureInstalled();
  if (name === "start" || name === "test") {
    warnOfClosedHome();
  }
  if (command.length > 0) {
    go(command.concat(process.argv.slice(3)));
  }
}

if (process.argv[1] !== undefined && pathToFileURL(realpathSync(process.argv[1])).href === import.meta.url) {
  main();
}
