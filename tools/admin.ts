/** `npm run admin`: what an installer does from the command line, service running or not. */
import { resolve } from "node:path";
import { FIRST_USER, resetPassword } from "../fleet/api/session/first-user.js";
import { type Config, describeSettings, readConfig } from "../fleet/config.js";
import { type Rebuilt, rebuild, rebuildAll } from "../fleet/ingest/rebuild.js";
import { archivedBefore, listArchives, restoreMonth } from "../fleet/store/archives.js";
import { type BackUp, backUp, raiseIncarnation, restoreBackUp } from "../fleet/store/backups.js";
import { hasDatabase } from "../fleet/store/data-folder.js";
import { type Databases, openDatabases } from "../fleet/store/databases.js";
import { fleetDays, sumFleetDay, wrongFleetSums } from "../fleet/store/fleet-days.js";
import { openObjects } from "../fleet/store/open-objects.js";
import { findOperator } from "../fleet/store/provision.js";
import { authorityAct, writeRevocations } from "./authorities.js";

const USAGE = `npm run admin -- reset-password [name]   new password for a user (${FIRST_USER}); no second factor
npm run admin -- check-books [serial]    derive a machine's books, or all, anew from its ledger; tell differences
npm run admin -- rebuild-books <serial|--all>   the same, and put them right
npm run admin -- archives                list the months of sales that are in object storage
npm run admin -- restore-archive <operator> <YYYY-MM> [days]   bring one back into the database, for 30 days
npm run admin -- back-up <folder>        copy the embedded database to a new folder; the service must be stopped
npm run admin -- restore <folder>        put such a copy into an empty SPIRAL_DATA_DIR
npm run admin -- raise-incarnation       after a restore of a PostgreSQL of others: machines send again what it lost
npm run admin -- rehearse                all of that once in folders of its own, with machines that sell; an upgrade
npm run admin -- authorities             list the authorities that sign machines' certificates
npm run admin -- add-authority           make the next one: it signs machines from then on, all others stay believed
npm run admin -- retire-authority <number>   the next one vouches for brokers; what this one signed stays believed
npm run admin -- broker-certificate <folder> <host>...   key, certificate and authorities for a broker of others
npm run admin -- revocation-list [file]  write the list of revoked certificates now (SPIRAL_REVOCATION_FILE)
npm run admin -- settings                list the environment settings
npm run admin -- --help                  show this

The service may be running or not. Give the settings it is started with, SPIRAL_DATA_DIR above all.`;
const EXIT_USAGE = 2;
/** Told in full; more are counted. */
const MAX_TOLD_BREAKS = 5;

type Act = (databases: Databases, config: Config) => Promise<number>;

/** What the arguments ask for; undefined: nothing we know. */
function actOf([command, subject, ...more]: readonly string[]): Act | undefined {
  if (command === "restore-archive") return restoring(subject, more);
  if (command === "revocation-list" && more.length === 0) return writingRevocations(subject);
  if (more.length > 0) return undefined;
  switch (command) {
    case "reset-password":
      return (databases, config) => newPassword(databases, config, subject ?? FIRST_USER);
    case "check-books":
      return (databases) => books(databases, subject, false);
    case "raise-incarnation":
      return subject === undefined ? raising : undefined;
    case "archives":
      return subject === undefined ? listing : undefined;
    case "rebuild-books":
      if (subject === undefined) return undefined;
      return (databases) => books(databases, subject === "--all" ? undefined : subject, true);
    default:
      return undefined;
  }
}

async function newPassword(databases: Databases, { dataDir }: Config, name: string): Promise<number> {
  const user = await resetPassword(databases, dataDir, name);
  if (user === undefined) {
    process.stderr.write(`There is no user ${name}.\n`);
    return 1;
  }
  process.stdout.write(`New password of ${user.name}: ${user.password}\n`);
  return 0;
}

/** Exit code 1 if books differ and are not put right, or a ledger does not hold. */
async function books({ migrate }: Databases, serial: string | undefined, replace: boolean): Promise<number> {
  let broken = 0;
  const tell = (rebuilt: Rebuilt): void => {
    broken += rebuilt.broken.length;
    process.stdout.write(`${describeBooks(rebuilt, replace)}\n`);
  };
  if (serial === undefined) {
    const { machines, records, wrong } = await rebuildAll(
      migrate,
      { replace, fromMs: await archivedBefore(migrate) },
      tell,
    );
    process.stdout.write(`${machines} machines, ${records} records: ${wrong} with books that differ\n`);
    const wrongDays = await fleetSums(migrate, replace);
    return broken > 0 || (wrong + wrongDays > 0 && !replace) ? 1 : 0;
  }
  const rebuilt = await rebuild(migrate, serial, { replace, fromMs: await archivedBefore(migrate) });
  if (rebuilt === undefined) {
    process.stderr.write(`There is no machine ${serial}.\n`);
    return 1;
  }
  tell(rebuilt);
  return broken > 0 || (rebuilt.differences.length > 0 && !replace) ? 1 : 0;
}

/** The days' sums over the fleet; returns how many are not those of its machines. */
async function fleetSums(migrate: Databases["migrate"], replace: boolean): Promise<number> {
  let wrongDays = 0;
  for (const day of await fleetDays(migrate)) {
    const rows = await wrongFleetSums(migrate, day);
    if (rows === 0) continue;
    wrongDays += 1;
    say(`${day}: ${rows} sums over the fleet are not those of its machines${replace ? ", put right" : ""}`);
    if (replace) await sumFleetDay(migrate, day);
  }
  return wrongDays;
}

async function raising({ migrate }: Databases): Promise<number> {
  process.stdout.write(`The incarnation is ${await raiseIncarnation(migrate)} now. Start the service again.\n`);
  return 0;
}

/** What is done without opening the database of the settings; undefined: it is something else. */
function actApart(args: readonly string[]): ((config: Config) => Promise<void>) | undefined {
  const [command, folder = "", ...more] = args;
  // The whole simulated cabinet is behind it: whoever wants something else need not wait for that.
  if (command === "rehearse" && args.length === 1)
    return async () => {
      await (await import("./deploy/rehearse.js")).rehearse(say);
      await (await import("./deploy/rehearse-upgrade.js")).rehearseUpgrade(say);
    };
  const keeping = authorityAct(args, say);
  if (keeping !== undefined) return keeping;
  if (folder === "" || more.length > 0) return undefined;
  const told = ({ files, bytes }: BackUp): void => say(`${files} files, ${Math.round(bytes / 1_048_576)} MiB.`);
  if (command === "back-up") return async (config) => told(await backUp(config, resolve(folder)));
  if (command !== "restore") return undefined;
  return async (config) => {
    told(await restoreBackUp(config, resolve(folder)));
    say("Start the service: it tells the machines, and they send again what the back-up has not.");
  };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function writingRevocations(file: string | undefined): Act {
  return ({ ingest }, config) => writeRevocations(ingest, config.door, file, say);
}

async function listing({ migrate }: Databases): Promise<number> {
  const archives = await listArchives(migrate);
  for (const { operator, month, rows, here } of archives) {
    process.stdout.write(`${operator}  ${month}  ${rows} sales${here ? "  (in the database too)" : ""}\n`);
  }
  if (archives.length === 0) process.stdout.write("Nothing is archived.\n");
  return 0;
}

function restoring(
  operator: string | undefined,
  [month = "", days = "30", ...more]: readonly string[],
): Act | undefined {
  const isMonth = /^[0-9]{4}-(0[1-9]|1[0-2])$/.test(month);
  const isDays = /^[1-9][0-9]{0,3}$/.test(days);
  if (operator === undefined || !isMonth || !isDays || more.length > 0) return undefined;
  return async ({ migrate }, config) => {
    const operatorId = await findOperator(migrate, operator);
    if (operatorId === undefined) throw new Error(`There is no operator ${operator}.`);
    const ports = { owner: migrate, objects: openObjects(config) };
    const rows = await restoreMonth(ports, operatorId, `${month}-01`, Number(days));
    process.stdout.write(
      rows === 0 ? "It is in the database already.\n" : `${rows} sales are back for ${days} days.\n`,
    );
    return 0;
  };
}

function describeBooks({ serial, records, broken, differences }: Rebuilt, replace: boolean): string {
  if (broken.length + differences.length === 0) return `${serial}: ${records} records, the books agree`;
  const lines = broken.slice(0, MAX_TOLD_BREAKS).map((text) => `${serial}: the ledger does not hold: ${text}`);
  if (broken.length > MAX_TOLD_BREAKS) lines.push(`${serial}: … and ${broken.length - MAX_TOLD_BREAKS} more`);
  for (const { table, extra, missing, example } of differences) {
    const done = replace ? ", put right" : "";
    lines.push(`${serial}: ${table}: ${extra} rows too many, ${missing} missing${done}; for example ${example}`);
  }
  return lines.join("\n");
}

async function main(args: readonly string[]): Promise<number> {
  const [command = ""] = args;
  if (command === "settings") {
    process.stdout.write(`${describeSettings()}\n`);
    return 0;
  }
  if (["--help", "-h", "help"].includes(command)) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const apart = actApart(args);
  if (apart !== undefined) {
    await apart(readConfig(process.env));
    return 0;
  }
  const act = actOf(args);
  if (act === undefined) {
    process.stderr.write(`${USAGE}\n`);
    return EXIT_USAGE;
  }
  const config = readConfig(process.env);
  if (config.database === undefined && !hasDatabase(config.dataDir)) {
    process.stderr.write(
      `There is no database in ${config.dataDir}. Set SPIRAL_DATA_DIR to the folder the service keeps its data in.\n`,
    );
    return 1;
  }
  const databases = await openDatabases(config, { join: true });
  try {
    return await act(databases, config);
  } finally {
    await databases.close();
  }
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
