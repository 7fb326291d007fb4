/** A claim code, from the operator who makes it to the board that becomes a machine by it, once. */
import { X509Certificate } from "node:crypto";
import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { certificateRequest } from "../../../firmware/io/certificate-request.js";
import type { Claim } from "../../../fleet/api/claims/schema.js";
import { DOOR_TRIES } from "../../../fleet/api/machine-door/routes.js";
import { claimDigits, hashClaimCode, newClaimCode, plainClaimCode } from "../../../fleet/identity/claim-code.js";
import { book } from "../../../fleet/ingest/book.js";
import { startFleet } from "../../../fleet/server.js";
import { addOperator } from "../../../fleet/store/provision.js";
import type { ClaimRefusal } from "../../../shared/wire/claim.js";
import {
  neighbourOf,
  OUR_PAGE,
  startTestFleet,
  type TestFleet,
  TestLedger,
  temporaryFolder,
  until,
} from "../support.js";
import { boardKey, claimed, newBoard, newClaim, openDoor, present, signedIn } from "./boards.js";

interface Context {
  folder: string;
  fleet: TestFleet;
  /** Of an owner of ours, and of another operator. */
  cookie: string;
  stranger: string;
}
const test = suite<Context>("fleet/identity claims");

test.before(async (context) => {
  context.folder = await temporaryFolder();
  context.fleet = await startTestFleet({ door: openDoor(context.folder) });
  context.cookie = await signedIn(context.fleet, context.fleet.operatorId, "owner");
  const other = await addOperator(context.fleet.databases, "Somebody Else");
  context.stranger = await signedIn(context.fleet, other, "owner");
});
test.after(async ({ fleet, folder }) => {
  await fleet.close();
  await rm(folder, { recursive: true, force: true });
});

async function listed(
  { fleet }: Context,
  cookie: string,
  query = "",
): Promise<{ claims: Claim[]; nextCursor: string }> {
  return (await fleet.app.inject({ url: `/api/v1/claims${query}`, headers: { cookie } })).json();
}

function drop({ fleet }: Context, cookie: string, id: string) {
  return fleet.app.inject({ method: "DELETE", url: `/api/v1/claims/${id}`, headers: { ...OUR_PAGE, cookie } });
}

test("a code has 100 random bits, is typed with mistakes and read", () => {
  const codes = new Set(Array.from({ length: 1_000 }, newClaimCode));
  assert.is(codes.size, 1_000);
  const letters = new Set([...codes].join("").replaceAll("-", ""));
  assert.is(letters.size, 32);
  for (const code of codes) assert.match(code, /^([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}$/);
  const plain = "01ABCDEFGHJKMNPQRSTV";
  assert.is(plainClaimCode("oiabc-defgh jkmnp qrstv"), plain);
  for (const wrong of ["", "0", plain.slice(1), `${plain}0`, plain.replace("A", "U"), plain.replace("A", "é")]) {
    assert.is(plainClaimCode(wrong), undefined, wrong);
  }
});

test("where a board has ten keys the code is typed as digits, and a slip is told from a code", () => {
  for (const code of ["00000-00000-00000-00000", "ZZZZZ-ZZZZZ-ZZZZZ-ZZZZZ", newClaimCode(), newClaimCode()]) {
    const digits = claimDigits(code);
    assert.match(digits, /^([0-9]{3} ){10}[0-9]{3}$/);
    assert.is(plainClaimCode(digits), plainClaimCode(code));
    const typed = digits.replaceAll(" ", "");
    for (let at = 0; at < typed.length; at++) {
      const other = (Number(typed[at]) + 1) % 10;
      assert.is(plainClaimCode(`${typed.slice(0, at)}${other}${typed.slice(at + 1)}`), undefined);
    }
  }
  // beyond 100 bits, with check digits that fit
  assert.is(plainClaimCode(claimDigits("1000000000000000000000")), undefined);
});

test("a board becomes a machine by it: certificate, authorities, epoch, keys, broker; only the hash is kept", async ({
  fleet,
  cookie,
}) => {
  const board = newBoard("CLAIM-1");
  const claim = await newClaim(fleet, cookie, ["CLAIM-1"]);
  assert.is(claim.path, `/#/claims/${claim.id}/${claim.digits.replaceAll(" ", "")}`);
  assert.equal([claim.link, claim.qrSvg], [null, null], "without SPIRAL_PUBLIC_URL nobody knows where phones find us");
  const answer = await present(fleet, board, claim.code.toLowerCase());
  assert.is(answer.statusCode, 200, answer.body);
  assert.is(answer.headers["cache-control"], "no-store");
  const identity = answer.json();
  const certificate = new X509Certificate(identity.certificate);
  assert.equal([certificate.subject, identity.epoch], ["CN=CLAIM-1", 1]);
  assert.ok(certificate.verify(new X509Certificate(identity.authorities[0]).publicKey));
  assert.ok(certificate.checkPrivateKey(board.key));
  assert.equal(identity.broker, { host: "127.0.0.1", port: fleet.app.broker?.tlsPort });
  assert.match(identity.keys.order, /^[0-9a-f]{64}$/);
  assert.is.not(identity.keys.order, identity.keys.voucher);
  const [kept] = await fleet.databases.migrate<{ row: string }[]>`
    SELECT c::text AS row FROM machine_claims c WHERE c.id = ${claim.id}`;
  assert.not.match(kept?.row ?? "", plainClaimCode(claim.code) ?? "");
  const log = await fleet.databases.migrate<{ action: string; after: unknown }[]>`
    SELECT action, after FROM audit_log WHERE subject_id IN (${claim.id}, 'CLAIM-1') ORDER BY id`;
  assert.equal(
    log.map(({ action }) => action),
    ["created", "claimed"],
  );
});

test("the QR leads a phone to the digits, and how far a claim is can be asked", async (context) => {
  const { fleet, folder, cookie, stranger } = context;
  const publicUrl = "https://fleet.example/spiral";
  const other = await startFleet(await neighbourOf(fleet, { door: openDoor(folder), publicUrl }));
  try {
    const { id, path, link, qrSvg, digits } = await newClaim({ ...fleet, ...other }, cookie, ["CLAIM-14"]);
    assert.is(link, publicUrl + path);
    assert.match(qrSvg ?? "", /^<svg .*<\/svg>$/s);
    const ask = (who: string, claimId: string) =>
      fleet.app.inject({ url: `/api/v1/claims/${claimId}`, headers: { cookie: who } });
    assert.equal([(await ask(cookie, id)).json().state, (await ask(cookie, id)).json().usedBy], ["open", null]);
    assert.not.match((await ask(cookie, id)).body, digits);
    assert.is((await present(fleet, newBoard("CLAIM-14"), digits)).statusCode, 200);
    const { state, usedBy, serials } = (await ask(cookie, id)).json();
    assert.equal([state, usedBy, serials], ["used", "CLAIM-14", ["CLAIM-14"]]);
    assert.equal([(await ask(stranger, id)).statusCode, (await ask(stranger, id)).json().code], [404, "no-such-claim"]);
    assert.is((await ask(cookie, crypto.randomUUID())).statusCode, 404);
  } finally {
    await other.close();
  }
});

test("the claim is dead after use, but the same key of the same board gets the same again", async (context) => {
  const { fleet, cookie } = context;
  const board = newBoard("CLAIM-2");
  const { code, digits, id } = await newClaim(fleet, cookie, ["CLAIM-2", "CLAIM-3"]);
  const first = await present(fleet, board, code);
  assert.equal((await present(fleet, board, digits)).json(), first.json());
  // also when the power was gone until long after the code was over
  await fleet.databases.migrate`UPDATE machine_claims SET expires_at = now() - interval '9 days' WHERE id = ${id}`;
  assert.equal((await present(fleet, board, code)).json(), first.json());
  const elsewhere = { ...board, request: certificateRequest("CLAIM-3", boardKey(board.key)), serial: "CLAIM-3" };
  for (const other of [newBoard("CLAIM-2"), newBoard("CLAIM-3"), elsewhere]) {
    const answer = await present(fleet, other, code);
    assert.equal([answer.statusCode, answer.json().code, answer.json().detail], [403, "claim-refused", "used"]);
  }
  const { claims } = await listed(context, cookie);
  const [row] = claims.filter((claim) => claim.id === id);
  assert.equal([row?.state, row?.usedBy, row?.serials], ["used", "CLAIM-2", ["CLAIM-2", "CLAIM-3"]]);
  const dropped = await drop(context, cookie, id);
  assert.equal([dropped.statusCode, dropped.json().code], [409, "claim-over"]);
});

test("a board that was replaced gets nothing by its old code, not even with its own key", async ({ fleet, cookie }) => {
  const board = newBoard("CLAIM-13");
  const { code } = await newClaim(fleet, cookie, ["CLAIM-13"]);
  assert.is((await present(fleet, board, code)).statusCode, 200);
  assert.is((await claimed(fleet, cookie, newBoard("CLAIM-13"))).epoch, 2);
  const answer = await present(fleet, board, code);
  assert.equal([answer.statusCode, answer.json().detail], [403, "used"]);
});

test("two boards with one code at once: one wins", async ({ fleet, cookie }) => {
  const boards = Array.from({ length: 4 }, () => newBoard("CLAIM-4"));
  const { code } = await newClaim(fleet, cookie, ["CLAIM-4"]);
  const answers = await Promise.all(boards.map((board) => present(fleet, board, code)));
  assert.equal(answers.map(({ statusCode }) => statusCode).sort(), [200, 403, 403, 403]);
  const [kept] = await fleet.databases.migrate<{ count: number }[]>`
    SELECT count(*)::int AS count FROM machine_certificates c JOIN machines m ON m.id = c.machine_id
    WHERE m.serial_number = 'CLAIM-4'`;
  assert.is(kept?.count, 1);
});

test("who holds a code is told why it is not good; who holds none learns nothing but that", async (context) => {
  const { fleet, cookie, stranger } = context;
  const board = newBoard("CLAIM-5");
  await fleet.addMachine("CLAIM-6");
  const revoked = await newClaim(fleet, cookie, ["CLAIM-5"]);
  assert.is((await drop(context, cookie, revoked.id)).statusCode, 204);
  const over = await newClaim(fleet, cookie, ["CLAIM-5"]);
  await fleet.databases.migrate`UPDATE machine_claims SET expires_at = now() WHERE id = ${over.id}`;
  const theirs = await newClaim(fleet, stranger, ["CLAIM-6"]);
  const cases: readonly (readonly [string, string, ClaimRefusal])[] = [
    [newClaimCode(), "CLAIM-5", "unknown"],
    ["no code", "CLAIM-5", "unknown"],
    [revoked.code, "CLAIM-5", "revoked"],
    [over.code, "CLAIM-5", "expired"],
    // Our machine, claimed by somebody else's code: he learns no more than of a cabinet that is not on his list.
    [theirs.code, "CLAIM-6", "otherMachine"],
    [(await newClaim(fleet, cookie, ["CLAIM-7"])).code, "CLAIM-5", "otherMachine"],
  ];
  const bodies = new Map<string, string>();
  for (const [code, serial, why] of cases) {
    const answer = await present(fleet, serial === "CLAIM-5" ? board : newBoard(serial), code);
    assert.equal([answer.statusCode, answer.json().detail], [403, why], `${code} ${serial}`);
    assert.is(answer.body, bodies.get(why) ?? answer.body);
    bodies.set(why, answer.body);
  }
  const rows = await fleet.databases.migrate`SELECT 1 FROM machines WHERE serial_number = 'CLAIM-5'`;
  assert.is(rows.length, 0);
});

test("a request that cannot be signed is named before the code is looked at, and costs no claim", async (context) => {
  const { fleet, cookie } = context;
  const board = newBoard("CLAIM-8");
  const { code } = await newClaim(fleet, cookie, ["CLAIM-8", "CLAIM-9"]);
  const answer = await present(fleet, { ...board, serial: "CLAIM-9" }, code);
  assert.equal(
    [answer.statusCode, answer.json().code, answer.json().detail],
    [400, "certificate-request", "otherName"],
  );
  assert.is((await present(fleet, board, code)).statusCode, 200);
});

test("a new claim for a machine with a board: next epoch, the old one revoked, late records are facts", async ({
  fleet,
  cookie,
}) => {
  const first = await claimed(fleet, cookie, newBoard("CLAIM-10"));
  const ledger = new TestLedger(1).boot().sellCoke(1);
  await book(fleet.databases.ingest, [{ serial: "CLAIM-10", batch: ledger.batch(1, 4) }], Date.now());
  const second = await claimed(fleet, cookie, newBoard("CLAIM-10"));
  assert.equal([first.epoch, second.epoch], [1, 2]);
  assert.is.not(first.keys.order, second.keys.order);
  const identity = (await fleet.app.inject({ url: "/api/v1/machines/CLAIM-10/identity", headers: { cookie } })).json();
  assert.is(identity.epoch, 2);
  assert.equal(
    identity.certificates.map((one: { epoch: number; revokedWhy: string | null }) => [one.epoch, one.revokedWhy]),
    [
      [2, null],
      [1, "replaced"],
    ],
  );
  const late = await book(fleet.databases.ingest, [{ serial: "CLAIM-10", batch: ledger.batch(5) }], Date.now());
  assert.equal([late.outcomes[0]?.ending, late.outcomes[0]?.mark], ["booked", ledger.newest]);
  const sales = await fleet.databases.migrate<{ epoch: number }[]>`
    SELECT t.epoch FROM transactions t JOIN machines m ON m.id = t.machine_id WHERE m.serial_number = 'CLAIM-10'`;
  assert.equal(
    sales.map(({ epoch }) => epoch),
    [1],
  );
});

test("a machine registered before and never heard of keeps its epoch, and its password ends", async ({
  fleet,
  cookie,
}) => {
  const { password } = await fleet.addMachine("CLAIM-11");
  assert.is((await claimed(fleet, cookie, newBoard("CLAIM-11"))).epoch, 1);
  const [row] = await fleet.databases.migrate<{ same: boolean }[]>`
    SELECT secret_hash = sha256(${Buffer.from(password)}) AS same FROM machines WHERE serial_number = 'CLAIM-11'`;
  assert.is(row?.same, false);
});

test("a board whose answer is lost asks again and gets what was committed", async ({ fleet, cookie }) => {
  const board = newBoard("CLAIM-12");
  const { code } = await newClaim(fleet, cookie, ["CLAIM-12"]);
  const lost = present(fleet, board, code);
  await until(async () => {
    const hash = hashClaimCode(plainClaimCode(code) ?? "");
    const rows = await fleet.databases.migrate`
      SELECT 1 FROM machine_claims WHERE code_hash = ${hash} AND used_at IS NOT NULL`;
    return rows.length === 1;
  }, "the claim was not used");
  const again = await present(fleet, board, code);
  assert.equal((await lost).json().certificate, again.json().certificate);
});

test("another operator sees and revokes nothing of ours", async (context) => {
  const { fleet, cookie, stranger } = context;
  const { id } = await newClaim(fleet, cookie, ["CLAIM-20"]);
  const theirs = await listed(context, stranger);
  assert.not.ok(theirs.claims.some((claim) => claim.id === id));
  assert.is((await drop(context, stranger, id)).statusCode, 404);
  assert.is((await drop(context, cookie, id)).statusCode, 204);
});

test("the list comes in pages, newest first", async (context) => {
  const whole = await listed(context, context.cookie, "?limit=200");
  const ids: string[] = [];
  let cursor = "";
  do {
    const page = await listed(context, context.cookie, `?limit=3${cursor === "" ? "" : `&cursor=${cursor}`}`);
    ids.push(...page.claims.map(({ id }) => id));
    cursor = page.nextCursor ?? "";
  } while (cursor !== "");
  assert.equal(
    ids,
    whole.claims.map(({ id }) => id),
  );
  assert.ok(ids.length > 6);
});

test("tries from one address are limited", async ({ fleet }) => {
  const board = newBoard("CLAIM-30");
  const codes: number[] = [];
  for (let i = 0; i <= DOOR_TRIES.max; i++) {
    codes.push((await present(fleet, board, "none", "127.9.9.9")).statusCode);
  }
  assert.equal([codes[0], codes.at(-1)], [403, 429]);
  assert.is((await present(fleet, board, "none", "127.9.9.8")).statusCode, 403);
});

test.run();
