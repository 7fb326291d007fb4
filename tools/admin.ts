/** `npm run admin -- reset-password [name]`: what an installer does from the command line, service running or not. */
import { FIRST_USER, resetPassword } from "../fleet/api/session/first-user.js";
import { describeSettings, readConfig } from "../fleet/config.js";
import { hasDatabase } from "../fleet/store/data-folder.js";
import { openDatabases } from "../fleet/store/databases.js";

const USAGE = `npm run admin -- reset-password [name]   give a user (${FIRST_USER}) a new password, end their sessions
npm run admin -- settings                list the environment settings
npm run admin -- --help                  show this

The service may be running or not. Give the settings it is started with, SPIRAL_DATA_DIR above all.`;
const EXIT_USAGE = 2;

async function main(args: readonly string[]): Promise<number> {
  const [command, name = FIRST_USER] = args;
  if (command === "settings") {
    process.stdout.write(`${describeSettings()}\n`);
    return 0;
  }
  if (command === "--help" || command === "-h" || command === "help") {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  if (command !== "reset-password" || args.length > 2) {
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
    const user = await resetPassword(databases, config.dataDir, name);
    if (user === undefined) {
      process.stderr.write(`There is no user ${name}.\n`);
      return 1;
    }
    process.stdout.write(`New password of ${user.name}: ${user.password}\n`);
    return 0;
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
