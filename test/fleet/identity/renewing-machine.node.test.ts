/**
 * The real firmware on a simulated board renews its certificate at a real service: by TLS 1.2 with its certificate at
 * the broker, by HTTPS at the door, its certificates on simulated flash that outlives the power.
 */
import { createPublicKey } from "node:crypto";
import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addAuthority, retireAuthority } from "../../../fleet/identity/authorities.js";
import { issueMachine } from "../../../fleet/identity/authority.js";
import { startTestFleet, type TestFleet, temporaryFolder, until } from "../support.js";
import { type Board, claimed, newBoard, openDoor, signedIn } from "./boards.js";
import { Door } from "./door.js";
import { provisionedBoard, type TlsBoard } from "./tls-board.js";

const DAY_MS = 86_400_000;
/** Old enough for every machine to ask, and over. */
const DUE_DAYS = 330;
const OVER_DAYS = 400;

interface Context {
  folder: string;
  fleet: TestFleet;
  cookie: string;
  door: Door;
}
const test = suite<Context>("fleet/identity renewing machine");

test.before(async (context) => {
  context.folder = await temporaryFolder();
  const broker = { host: "localhost", port: 1 };
  context.fleet = await startTestFleet({ door: openDoor(context.folder, { broker }) });
  context.cookie = await signedIn(context.fleet, context.fleet.operatorId, "owner");
  context.door = await Door.open(context.fleet.url, await context.fleet.app.door.authorities());
});
test.after(async ({ fleet, folder, door }) => {
  await door.close();
  await fleet.close();
  await rm(folder, { recursive: true, force: true });
});

/** A board that was claimed so many days ago, as far as its certificate says. */
async function boardOfAge({ fleet, cookie, door }: Context, serial: string, days: number): Promise<TlsBoard> {
  const board: Board = newBoard(serial);
  const identity = await claimed(fleet, cookie, board);
  const { machines } = await fleet.app.door.authorities();
  const publicKey = createPublicKey(board.key).export({ type: "spki", format: "der" });
  const old = await issueMachine(machines, serial, publicKey, Date.now() - days * DAY_MS);
  await fleet.databases.migrate`
    UPDATE machine_certificates c SET fingerprint = ${Buffer.from(old.fingerprint)}, der = ${Buffer.from(old.der)},
      not_before = ${old.notBefore}, not_after = ${old.notAfter}
    FROM machines m WHERE m.id = c.machine_id AND m.serial_number = ${serial}`;
  return provisionedBoard({
    identity,
    key: board.key,
    certificate: old.der,
    brokerPort: fleet.app.broker?.tlsPort ?? 0,
    doorPort: door.port,
  });
}

interface Row {
  readonly der: Buffer;
  readonly revoked: boolean;
}

/** Its certificates, oldest first. */
function certificatesOf({ fleet }: Context, serial: string): Promise<readonly Row[]> {
  return fleet.databases.migrate<Row[]>`
    SELECT c.der, c.revoked_at IS NOT NULL AS revoked FROM machine_certificates c JOIN machines m ON m.id = c.machine_id
    WHERE m.serial_number = ${serial} ORDER BY c.not_after`;
}

const isOwn = (board: TlsBoard, row: Row | undefined): boolean =>
  row !== undefined && Buffer.from(board.own ?? []).equals(row.der);

test("in the last third of its life: asked for, kept, tried at the broker, its own from then on", async (context) => {
  const board = await boardOfAge(context, "REN-1", DUE_DAYS);
  board.powerUp();
  await board.until(() => board.openedWith.length > 1 && board.isUp, "it did not come back with another certificate");
  const rows = await certificatesOf(context, "REN-1");
  assert.is(rows.length, 2);
  assert.ok(isOwn(board, rows[1]));
  assert.equal(
    board.openedWith.map((der) => rows.findIndex((row) => row.der.equals(der))),
    [0, 1],
  );
  assert.equal(
    rows.map(({ revoked }) => revoked),
    [false, false],
    "the old one is good until its end",
  );
  board.powerCut();
  board.powerUp();
  await board.until(() => board.isUp && board.acked > 0, "no record of its was acknowledged");
  assert.ok(rows[1]?.der.equals(board.openedWith.at(-1) ?? new Uint8Array(0)), "after a power cut, too");
  assert.is((await certificatesOf(context, "REN-1")).length, 2, "and it asks for no third");
  board.powerCut();
});

test("a certificate that is over opens no broker, but its renewal", async (context) => {
  const board = await boardOfAge(context, "REN-2", OVER_DAYS);
  board.powerUp();
  await board.until(() => board.isUp, "it did not come in");
  const rows = await certificatesOf(context, "REN-2");
  assert.ok(isOwn(board, rows.at(-1)));
  assert.is(rows.length, 2);
  board.powerCut();
});

test("the answer is lost behind the commit, again and again, and power goes: one next certificate", async (context) => {
  const board = await boardOfAge(context, "REN-3", OVER_DAYS);
  for (let lost = 1; lost <= 2; lost++) {
    context.door.losesAnswers = 1;
    board.powerUp();
    await board.until(() => context.door.losesAnswers === 0, "it did not ask");
    assert.is((await certificatesOf(context, "REN-3")).length, 2);
    board.powerCut();
  }
  board.powerUp();
  await board.until(() => board.isUp, "it did not come in");
  assert.is((await certificatesOf(context, "REN-3")).length, 2);
  board.powerCut();
});

test("the next one went over unheard: asked once more, it gets one that is good", async (context) => {
  const board = await boardOfAge(context, "REN-4", OVER_DAYS);
  context.door.losesAnswers = 1;
  board.powerUp();
  await board.until(() => context.door.losesAnswers === 0, "it did not ask");
  board.powerCut();
  await context.fleet.databases.migrate`
    UPDATE machine_certificates c SET not_after = now() - interval '1 day' FROM machines m
    WHERE m.id = c.machine_id AND m.serial_number = 'REN-4'`;
  board.powerUp();
  await board.until(() => board.isUp, "it did not come in");
  const good = await context.fleet.databases.migrate`
    SELECT 1 FROM machine_certificates c JOIN machines m ON m.id = c.machine_id
    WHERE m.serial_number = 'REN-4' AND c.not_after > now() AND c.revoked_at IS NULL`;
  assert.is(good.length, 1);
  board.powerCut();
});

test("a revoked one is refused at both doors, and changes nothing on the board", async (context) => {
  const board = await boardOfAge(context, "REN-5", DUE_DAYS);
  await context.fleet.databases.migrate`
    UPDATE machine_certificates c SET revoked_at = now(), revoked_why = 'revoked' FROM machines m
    WHERE m.id = c.machine_id AND m.serial_number = 'REN-5'`;
  const before = context.door.statuses.length;
  board.powerUp();
  await board.until(() => context.door.statuses.length > before, "it did not ask");
  await until(async () => context.door.statuses.at(-1) === 403, "it was not refused");
  assert.is(board.isUp, false);
  assert.is((await certificatesOf(context, "REN-5")).length, 1);
  assert.is(board.kept.size, 0);
  board.powerCut();
});

test("authorities take over: whoever has renewed believes a server of the next one", async (context) => {
  const { folder, fleet } = context;
  await addAuthority(`${folder}/authority`, Date.now());
  const board = await boardOfAge(context, "REN-6", OVER_DAYS);
  board.powerUp();
  await board.until(() => board.isUp, "it did not come in");
  board.powerCut();
  await retireAuthority(`${folder}/authority`, 1, Date.now());
  const authorities = await fleet.app.door.authorities();
  assert.is(authorities.brokers.generation, 2);
  board.powerUp();
  await board.until(() => board.isUp, "it does not believe the broker's next certificate");
  board.powerCut();
});

test.run();
