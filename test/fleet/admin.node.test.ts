/** `npm run admin` as a whole: a process of its own, with the service running and stopped. */
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ensureFirstUser } from "../../fleet/api/session/first-user.js";
import { book } from "../../fleet/ingest/book.js";
import { startFleet } from "../../fleet/server.js";
import { addOperator } from "../../fleet/store/provision.js";
import { runNode } from "../support/process.js";
import { addTestMachine, TestLedger, temporaryFolder, testConfig } from "./support.js";

const test = suite<{ dataDir: string }>("fleet/admin");
const PROGRAM = fileURLToPath(new URL("../../tools/admin.ts", import.meta.url));
const LIMIT_MS = 30_000;

test.before(async (context) => {
  context.dataDir = await temporaryFolder();
  process.env.SPIRAL_DATA_DIR = context.dataDir;
});
test.after(async ({ dataDir }) => rm(dataDir, { recursive: true, force: true }));

async function admin(...args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  const { code = -1, output } = await runNode(["--import", "tsx", PROGRAM, ...args], LIMIT_MS);
  return { code, output };
}

function newPassword(output: string): string {
  return /^New password of operator: (\S+)$/m.exec(output)?.[1] ?? "";
}

test("it tells how to use it and which settings there are", async () => {
  const [help, nothing, unknown, settings] = await Promise.all([
    admin("--help"),
    admin(),
    admin("reset-pasword"),
    admin("settings"),
  ]);
  assert.equal([help.code, nothing.code, unknown.code, settings.code], [0, 2, 2, 0]);
  for (const { output } of [help, nothing, unknown]) {
    for (const part of [
      "reset-password [name]",
      "settings",
      "check-books [serial]",
      "rebuild-books <serial|--all>",
      "archives",
      "back-up <folder>",
      "restore <folder>",
      "raise-incarnation",
      "rehearse",
      "restore-archive <operator>",
      "authorities",
      "add-authority",
      "retire-authority <number>",
      "broker-certificate <folder> <host>",
      "revocation-list [file]",
      "--help",
      "SPIRAL_DATA_DIR",
    ])
      assert.match(output, part);
  }
  assert.match(settings.output, /^SPIRAL_DATABASE_URL \(default none\): /m);
});

test("a folder without a database is told, and nothing is made in it", async ({ dataDir }) => {
  process.env.SPIRAL_DATA_DIR = join(dataDir, "mistyped");
  const { code, output } = await admin("reset-password");
  process.env.SPIRAL_DATA_DIR = dataDir;
  assert.is(code, 1);
  assert.match(output, `There is no database in ${join(dataDir, "mistyped")}. Set SPIRAL_DATA_DIR`);
  assert.not.ok(await stat(join(dataDir, "mistyped")).catch(() => undefined));
});

test("books are checked and put right while the service runs", async ({ dataDir }) => {
  const fleet = await startFleet(testConfig(dataDir));
  const operatorId = await addOperator(fleet.databases, "Test Vending");
  await addTestMachine(fleet, operatorId, "BOOKS-1");
  const job = { serial: "BOOKS-1", batch: new TestLedger().boot().sellCoke(1).batch() };
  await book(fleet.databases.ingest, [job], Date.now());
  const agree = await admin("check-books", "BOOKS-1");
  assert.equal([agree.code, agree.output.trim()], [0, "BOOKS-1: 10 records, the books agree"]);
  await fleet.databases.migrate`UPDATE payments SET amount = 3 WHERE kind = 'bill'`;
  const differ = await admin("check-books");
  assert.is(differ.code, 1, differ.output);
  assert.match(differ.output, /^BOOKS-1: payments: 2 rows too many, 2 missing; for example .*"amount":3/m);
  assert.match(differ.output, /^1 machines, 10 records: 1 with books that differ$/m);
  const mended = await admin("rebuild-books", "--all");
  assert.equal([mended.code, /put right/.test(mended.output)], [0, true], mended.output);
  assert.is((await admin("check-books")).code, 0);
  assert.is((await admin("rebuild-books")).code, 2);
  assert.match((await admin("check-books", "NOBODY")).output, "There is no machine NOBODY.");
  assert.is((await admin("archives")).output.trim(), "Nothing is archived.");
  assert.is((await admin("restore-archive", "Test Vending", "2024-13")).code, 2);
  assert.match((await admin("restore-archive", "Nobody", "2024-12")).output, "There is no operator Nobody.");
  assert.match((await admin("restore-archive", "Test Vending", "2024-12")).output, "no archive of 2024-12");
  await fleet.close();
});

test("a password is reset while the service runs, and again when it is stopped", async ({ dataDir }) => {
  const fleet = await startFleet(testConfig(dataDir));
  const user = await ensureFirstUser(fleet.databases, await addOperator(fleet.databases, "Test Vending"), dataDir);
  const signIn = (password = "") =>
    fleet.app.inject({ method: "POST", url: "/api/v1/session", payload: { name: "operator", password } });
  assert.is((await signIn(user.password)).statusCode, 200);
  const first = await admin("reset-password");
  assert.is(first.code, 0, first.output);
  assert.is((await readFile(user.path, "utf8")).trim(), newPassword(first.output));
  assert.is((await stat(user.path)).mode & 0o777, 0o600);
  assert.is((await fleet.databases.migrate`SELECT 1 FROM sessions`).length, 0);
  assert.is((await signIn(user.password)).statusCode, 401);
  assert.is((await signIn(newPassword(first.output))).statusCode, 200);
  const nobody = await admin("reset-password", "nobody");
  assert.equal([nobody.code, nobody.output.trim()], [1, "There is no user nobody."]);
  // The running service has lost nothing by it.
  assert.is((await fleet.app.inject({ url: "/readyz" })).statusCode, 200);
  await fleet.close();

  const second = await admin("reset-password", "operator");
  assert.is(second.code, 0, second.output);
  assert.is.not(newPassword(second.output), newPassword(first.output));
  await stat(join(dataDir, "postgres", "postmaster.pid")).then(
    () => assert.unreachable("the database was left running"),
    () => undefined,
  );
  const again = await startFleet(testConfig(dataDir));
  const payload = { name: "operator", password: newPassword(second.output) };
  const answer = await again.app.inject({ method: "POST", url: "/api/v1/session", payload });
  assert.is(answer.statusCode, 200);
  await again.close();
});

test.run();
