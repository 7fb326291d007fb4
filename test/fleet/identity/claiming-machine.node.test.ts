/**
 * The real firmware on a simulated board claims itself at a real service: a board with nothing but a name and a code
 * becomes a machine that sells, over TLS and by what it has on flash, whatever happens to power and answers meanwhile.
 */
import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CLAIM_DOMAIN, GIVEN_ENTRY } from "../../../firmware/io/claim-store.js";
import type { NewClaim } from "../../../fleet/api/claims/schema.js";
import { DOOR_TRIES } from "../../../fleet/api/machine-door/routes.js";
import { makeAuthority } from "../../../fleet/identity/authority.js";
import { newClaimCode } from "../../../fleet/identity/claim-code.js";
import { machineKeys } from "../../../fleet/identity/claiming.js";
import { masterKey } from "../../../fleet/store/master-key.js";
import { utf8Encode } from "../../../shared/bytes.js";
import type { ClaimState } from "../../../shared/claim-states.js";
import type { CutPlace } from "../../support/io/cuttable-storage.js";
import { startTestFleet, type TestFleet, temporaryFolder, until } from "../support.js";
import { claimed, newBoard, newClaim, openDoor, present, signedIn } from "./boards.js";
import { Door } from "./door.js";
import { boardToClaim, identitySecrets, type TlsBoard, type ToClaim } from "./tls-board.js";

interface Context {
  folder: string;
  fleet: TestFleet;
  cookie: string;
  door: Door;
  authority: string;
}
const test = suite<Context>("fleet/identity claiming machine");

test.before(async (context) => {
  context.folder = await temporaryFolder();
  context.fleet = await startTestFleet({ door: openDoor(context.folder) });
  context.cookie = await signedIn(context.fleet, context.fleet.operatorId, "owner");
  const authorities = await context.fleet.app.door.authorities();
  context.door = await Door.open(context.fleet.url, authorities);
  context.authority = authorities.bundle[0] ?? "";
});
test.after(async ({ fleet, folder, door }) => {
  await door.close();
  await fleet.close();
  await rm(folder, { recursive: true, force: true });
});

function unclaimed({ authority, door }: Context, serial: string, more: Partial<ToClaim> = {}): TlsBoard {
  return boardToClaim({ serial, key: newBoard(serial).key, code: undefined, authority, doorPort: door.port, ...more });
}

/** What the fleet knows of a machine: epoch and certificates of its board, states of the claims it has used. */
async function known({ fleet }: Context, serial: string) {
  const { migrate } = fleet.databases;
  const [machine] = await migrate<{ epoch: number; certificates: number; sales: number }[]>`
    SELECT m.epoch::int, (SELECT count(*)::int FROM machine_certificates c WHERE c.machine_id = m.id) AS certificates,
      (SELECT count(*)::int FROM transactions t WHERE t.machine_id = m.id) AS sales
    FROM machines m WHERE m.serial_number = ${serial}`;
  return machine;
}

function sells(board: TlsBoard): void {
  const { kit } = board;
  kit.run(20_000);
  for (let coin = 0; coin < 4; coin++) {
    kit.changer.insertCoin(25);
    kit.run(1_500);
  }
  kit.press("A5");
  kit.run(15_000);
}

/** The code is nowhere but where it was typed or flashed: not on the console, not in ledger or documents. */
function assertSecret(board: TlsBoard, { code, digits }: NewClaim): void {
  const plain = code.replaceAll("-", "");
  const spoken = [code, plain, digits, digits.replaceAll(" ", "")];
  for (const text of spoken) {
    assert.not(board.said.some((line) => line.includes(text)));
    for (const partition of board.kit.flash.partitions.values()) {
      assert.is(Buffer.from(partition.snapshot().bytes).indexOf(utf8Encode(text)), -1);
    }
  }
}

test("flashed with its code: claimed, online, its sale in the books; the code is dead", async (context) => {
  const { fleet, cookie } = context;
  const claim = await newClaim(fleet, cookie, ["SELF-1"]);
  const board = unclaimed(context, "SELF-1", { code: claim.code });
  board.powerUp();
  sells(board);
  assert.is(board.run.machine.rooms.ledger.newestSeq, 0, "without an epoch it takes no money and keeps no record");
  assert.is(board.run.machine.view.selling, false);
  await board.until(() => board.isUp, "it did not come in");
  assert.equal([board.restarts, board.run.machine.rooms.identity.epoch], [1, 1]);
  assert.ok(board.said.includes("restart: claimed"));
  sells(board);
  await board.until(() => board.acked >= board.run.machine.rooms.ledger.newestSeq, "not all was acknowledged");
  assert.equal(await known(context, "SELF-1"), { epoch: 1, certificates: 1, sales: 1 });
  const answer = await present(fleet, newBoard("SELF-1"), claim.code);
  assert.equal([answer.statusCode, answer.json().detail], [403, "used"]);
  assertSecret(board, claim);
  board.powerCut();
  board.powerUp();
  await board.until(() => board.isUp, "after a power cut it did not come in");
  assert.equal([board.restarts, board.openedWith.length], [1, 1], "and it claims no more");
  board.powerCut();
});

test("power gone between answer and flash, in the write and behind it: claimed once, all the same", async (context) => {
  const places: readonly CutPlace[] = ["before", "torn", "after"];
  for (const [i, place] of places.entries()) {
    for (const write of [0, 1]) {
      const serial = `SELF-CUT-${i}${write}`;
      const { code } = await newClaim(context.fleet, context.cookie, [serial]);
      const board = unclaimed(context, serial, { code });
      board.storage.cut(write, place);
      board.powerUp();
      await board.until(() => board.isUp, `${place} ${write}: it did not come in`);
      assert.ok(board.storage.writes > write, "power was never cut");
      assert.equal(await known(context, serial), { epoch: 1, certificates: 1, sales: 0 }, `${place} ${write}`);
      board.powerCut();
    }
  }
});

test("the answer is lost and power goes, until after the code is over: claimed once", async (context) => {
  const { fleet, cookie, door } = context;
  const { code, id } = await newClaim(fleet, cookie, ["SELF-2"]);
  const board = unclaimed(context, "SELF-2", { code });
  for (let lost = 1; lost <= 2; lost++) {
    door.losesAnswers = 1;
    board.powerUp();
    await board.until(() => door.losesAnswers === 0, "it did not ask");
    board.powerCut();
  }
  await fleet.databases.migrate`UPDATE machine_claims SET expires_at = now() - interval '9 days' WHERE id = ${id}`;
  board.powerUp();
  await board.until(() => board.isUp, "it did not come in");
  assert.equal(await known(context, "SELF-2"), { epoch: 1, certificates: 1, sales: 0 });
  board.powerCut();
});

test("a technician types it on ten keys at a board fresh from the factory", async (context) => {
  const claim = await newClaim(context.fleet, context.cookie, ["SELF-3"]);
  const board = unclaimed(context, "SELF-3", { isFresh: true });
  board.powerUp();
  const { kit } = board;
  kit.setDoor(true);
  kit.run(1_000);
  kit.press("#0#");
  assert.is(board.run.machine.view.menu?.lines[0], "No claim code yet");
  kit.press(`${claim.digits.replaceAll(" ", "")}#`);
  await board.until(() => board.isUp, "it did not come in");
  assert.equal(await known(context, "SELF-3"), { epoch: 1, certificates: 1, sales: 0 });
  assertSecret(board, claim);
  const kept = [...board.kit.keyValue.entries.values()].map((bytes) => Buffer.from(bytes).toString("latin1"));
  assert.not(
    kept.some((text) => text.includes(claim.digits.replaceAll(" ", ""))),
    "and it is not kept either",
  );
  board.powerCut();
});

test("a machine with an identity sells until it is claimed, and that comes into the books", async (context) => {
  const { fleet, cookie } = context;
  await fleet.addMachine("SELF-4");
  const keys = machineKeys(await masterKey(fleet.config), "SELF-4", 1);
  const board = unclaimed(context, "SELF-4", { identity: identitySecrets({ serial: "SELF-4", epoch: 1, keys }) });
  board.powerUp();
  sells(board);
  assert.is(board.kit.carrier.cabinet.spirals.turns, 1);
  board.run.machine.ports.claim?.use((await newClaim(fleet, cookie, ["SELF-4"])).code);
  await board.until(() => board.isUp && board.acked >= board.run.machine.rooms.ledger.newestSeq, "it did not come in");
  assert.equal(await known(context, "SELF-4"), { epoch: 1, certificates: 1, sales: 1 });
  board.powerCut();
});

test("what the claim brought is flashed over: the same code brings it once more", async (context) => {
  const { fleet, cookie } = context;
  const board = unclaimed(context, "SELF-10", { code: (await newClaim(fleet, cookie, ["SELF-10"])).code });
  board.powerUp();
  await board.until(() => board.isUp, "it did not come in");
  sells(board);
  board.powerCut();
  board.kit.keyValue.entries.delete(`${CLAIM_DOMAIN}/${GIVEN_ENTRY}`);
  board.powerUp();
  await board.until(() => board.isUp, "it did not come in again");
  await board.until(() => board.acked >= board.run.machine.rooms.ledger.newestSeq, "not all was acknowledged");
  assert.equal(await known(context, "SELF-10"), { epoch: 1, certificates: 1, sales: 1 });
  board.powerCut();
});

test("a board in place of another gets the next epoch", async (context) => {
  const { fleet, cookie } = context;
  assert.is((await claimed(fleet, cookie, newBoard("SELF-5"))).epoch, 1);
  const board = unclaimed(context, "SELF-5", { code: (await newClaim(fleet, cookie, ["SELF-5"])).code });
  board.powerUp();
  await board.until(() => board.isUp, "it did not come in");
  assert.is(board.run.machine.rooms.identity.epoch, 2);
  board.powerCut();
});

/** Lets the board go on until its claim has come to `state`; it has changed nothing on flash. */
async function comesTo(board: TlsBoard, state: ClaimState): Promise<void> {
  board.powerUp();
  const { writes } = board.storage;
  await board.until(() => board.run.machine.ports.claim?.state === state, `it is not ${state}`);
  assert.equal([board.storage.writes, board.restarts, board.isUp], [writes, 0, false]);
  board.powerCut();
}

test("what the fleet says of a code is what the board says; another code then does", async (context) => {
  const { fleet, cookie } = context;
  const { migrate } = fleet.databases;
  const over = await newClaim(fleet, cookie, ["SELF-6"]);
  await migrate`UPDATE machine_claims SET expires_at = now() WHERE id = ${over.id}`;
  const revoked = await newClaim(fleet, cookie, ["SELF-6"]);
  await migrate`UPDATE machine_claims SET revoked_at = now() WHERE id = ${revoked.id}`;
  const used = await newClaim(fleet, cookie, ["SELF-6", "SELF-7"]);
  assert.is((await present(fleet, newBoard("SELF-7"), used.code)).statusCode, 200);
  const others = await newClaim(fleet, cookie, ["SELF-7"]);
  const words: readonly (readonly [string, ClaimState])[] = [
    [newClaimCode(), "unknown"],
    [over.code, "expired"],
    [revoked.code, "revoked"],
    [used.code, "used"],
    [others.code, "otherMachine"],
  ];
  for (const [code, state] of words) await comesTo(unclaimed(context, "SELF-6", { code }), state);
  const board = unclaimed(context, "SELF-6", { code: over.code });
  board.powerUp();
  await board.until(() => board.run.machine.ports.claim?.state === "expired", "it was not refused");
  board.run.machine.ports.claim?.use((await newClaim(fleet, cookie, ["SELF-6"])).code);
  await board.until(() => board.isUp, "another code did not do");
  board.powerCut();
});

test("the code is given to nobody else: not without a clock, not to a door of another authority", async (context) => {
  const { fleet, cookie, door } = context;
  const { code } = await newClaim(fleet, cookie, ["SELF-8"]);
  const before = door.statuses.length;
  const timeless = unclaimed(context, "SELF-8", { code });
  timeless.isTimeless = true;
  await comesTo(timeless, "clockUnknown");
  const [authority = ""] = (await makeAuthority(1, Date.now())).split("-----BEGIN PRIVATE");
  await comesTo(unclaimed(context, "SELF-8", { code, authority }), "noAnswer");
  assert.is(door.statuses.length, before);
});

// last: nobody comes in from this address for a minute
test("too many tries from its place: it says so and waits", async (context) => {
  const { fleet, cookie, door } = context;
  const { code } = await newClaim(fleet, cookie, ["SELF-9"]);
  const board = newBoard("SELF-9");
  for (let i = 0; i <= DOOR_TRIES.max; i++) await present(fleet, board, "none", "127.0.0.1");
  await comesTo(unclaimed(context, "SELF-9", { code }), "rateLimited");
  await until(async () => door.statuses.at(-1) === 429, "it was not refused");
});

test.run();
