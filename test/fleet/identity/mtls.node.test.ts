/** Machines by certificate at the embedded broker: who is let in, what cuts a connection that lives, how one renews. */
import { createPublicKey } from "node:crypto";
import { rm } from "node:fs/promises";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Identity, Renewed } from "../../../fleet/api/machine-door/schema.js";
import { startBroker } from "../../../fleet/broker/embedded.js";
import { addAuthority, openAuthorities } from "../../../fleet/identity/authorities.js";
import { issueMachine } from "../../../fleet/identity/authority.js";
import { encodeStatus } from "../../../shared/wire/messages.js";
import { topicOf } from "../../../shared/wire/topics.js";
import {
  failure,
  type Opened,
  OUR_PAGE,
  startTestFleet,
  statusOf,
  TestClient,
  type TestFleet,
  TestLedger,
  TestMachine,
  temporaryFolder,
  until,
  within,
} from "../support.js";
import { askRenewal, type Board, claimed, newBoard, openDoor, renewed, signedIn } from "./boards.js";

const BAD_LOGIN = 4;
const NOT_AUTHORISED = 5;
const DAY_MS = 86_400_000;
/** Sooner than the broker looks again by itself. */
const AT_ONCE_MS = 4_000;

interface Context {
  folder: string;
  fleet: TestFleet;
  cookie: string;
}
const test = suite<Context>("fleet/identity mTLS");

test.before(async (context) => {
  context.folder = await temporaryFolder();
  context.fleet = await startTestFleet({ door: openDoor(context.folder) });
  context.cookie = await signedIn(context.fleet, context.fleet.operatorId, "owner");
});
test.after(async ({ fleet, folder }) => {
  await fleet.close();
  await rm(folder, { recursive: true, force: true });
});

type Held = Pick<Identity | Renewed, "serial" | "certificate" | "authorities">;

/** How a machine with this certificate and the board's key fares. Rejects where the handshake fails. */
function dial(
  { fleet }: Pick<Context, "fleet">,
  board: Board,
  { serial, certificate, authorities }: Held,
  { clientId = serial, username = "", from = "127.0.0.1" } = {},
): Promise<Opened> {
  const port = fleet.app.broker?.tlsPort ?? 0;
  const socket = connectTls({
    socket: connect({ host: "127.0.0.1", port, localAddress: from }),
    host: "127.0.0.1",
    ca: [...authorities],
    cert: certificate,
    key: board.keyPem,
  });
  const failed = new Promise<never>((_, reject) => socket.once("error", reject));
  return Promise.race([TestClient.over(socket, { clientId, username, password: "" }), failed]);
}

async function codeOf(context: Context, board: Board, held: Held, more = {}): Promise<number> {
  const { client, code } = await dial(context, board, held, more);
  await client.cut();
  return code;
}

async function machine(context: Context, serial: string): Promise<{ board: Board; held: Identity; live: TestMachine }> {
  const board = newBoard(serial);
  const held = await claimed(context.fleet, context.cookie, board);
  return { board, held, live: await TestMachine.on(serial, await dial(context, board, held)) };
}

function api({ fleet, cookie }: Context, method: "GET" | "POST" | "DELETE", url: string) {
  return fleet.app.inject({ method, url: `/api/v1/machines/${url}`, headers: { ...OUR_PAGE, cookie } });
}

test("with its certificate a machine is itself and nobody else, and its batches are booked", async (context) => {
  const { board, held, live } = await machine(context, "TLS-1");
  const ledger = new TestLedger().boot().sellCoke(1);
  assert.is((await live.send(ledger.batch())).mark, ledger.newest);
  assert.is(await live.client.subscribe("fleet/TLS-2/acks"), 128);
  await live.client.disconnect();
  assert.is(await codeOf(context, board, held, { username: "TLS-1" }), 0);
  assert.is(await codeOf(context, board, held, { clientId: "TLS-2" }), BAD_LOGIN);
  assert.is(await codeOf(context, board, held, { username: "TLS-2" }), BAD_LOGIN);
  assert.is(await codeOf(context, board, held, { username: "spiral-fleet" }), BAD_LOGIN);
});

test("no certificate, one of another authority, one of ours that was never given out: no", async (context) => {
  const { fleet, folder } = context;
  const board = newBoard("TLS-3");
  const held = await claimed(fleet, context.cookie, board);
  const publicKey = createPublicKey(board.key).export({ type: "spki", format: "der" });
  const strangers = await temporaryFolder();
  const theirs = await issueMachine(
    (await openAuthorities(strangers, Date.now())).machines,
    "TLS-3",
    publicKey,
    Date.now(),
  );
  assert.match(await failure(codeOf(context, board, { ...held, certificate: theirs.pem })), /alert|ECONNRESET|ended/);
  const { machines } = await openAuthorities(`${folder}/authority`, Date.now());
  const ours = await issueMachine(machines, "TLS-3", publicKey, Date.now());
  assert.is(await codeOf(context, board, { ...held, certificate: ours.pem }), BAD_LOGIN);
  const port = fleet.app.broker?.tlsPort ?? 0;
  const bare = connectTls({ host: "127.0.0.1", port, ca: held.authorities });
  const login = { clientId: "TLS-3", username: "TLS-3", password: "" };
  const failed = new Promise<never>((_, reject) => bare.once("error", reject));
  assert.match(await failure(Promise.race([TestClient.over(bare, login), failed])), /alert|ECONNRESET|ended/);
  // The port without TLS does not take it either.
  const plain = await TestClient.open(fleet.mqttPort, login);
  assert.is(plain.code, BAD_LOGIN);
  await plain.client.cut();
  await rm(strangers, { recursive: true });
});

test("revoking cuts the live connection at once; neither certificate nor password opens again", async (context) => {
  const { board, held, live } = await machine(context, "TLS-4");
  const answer = await api(context, "POST", "TLS-4/revocations");
  assert.equal([answer.statusCode, answer.json()], [200, { certificates: 1 }]);
  await within(live.client.closed, "the connection lives on");
  assert.is(await codeOf(context, board, held), NOT_AUTHORISED);
  const refused = await askRenewal(context.fleet, board, held.certificate);
  assert.equal([refused.statusCode, refused.json().code], [403, "renewal-refused"]);
  assert.is((await api(context, "POST", "NO-SUCH/revocations")).statusCode, 404);
});

test("what another process revokes, or time ends, is cut too; who is good stays", async (context) => {
  const { migrate } = context.fleet.databases;
  const [one, other, good] = [
    await machine(context, "TLS-5"),
    await machine(context, "TLS-6"),
    await machine(context, "TLS-16"),
  ];
  const of = (serial: string) => migrate`(SELECT id FROM machines WHERE serial_number = ${serial})`;
  await migrate`
    UPDATE machine_certificates SET revoked_at = now(), revoked_why = 'revoked' WHERE machine_id = ${of("TLS-5")}`;
  await migrate`UPDATE machine_certificates SET not_after = now() WHERE machine_id = ${of("TLS-6")}`;
  await within(Promise.all([one.live.client.closed, other.live.client.closed]), "a connection lives on");
  assert.is(await codeOf(context, other.board, other.held), NOT_AUTHORISED);
  const ledger = new TestLedger().boot();
  assert.is((await good.live.send(ledger.batch())).mark, ledger.newest);
  await good.live.client.disconnect();
});

test("a new board throws the old one out, which stays out", async (context) => {
  const old = await machine(context, "TLS-7");
  const board = newBoard("TLS-7");
  const held = await claimed(context.fleet, context.cookie, board);
  await within(old.live.client.closed, "the old board is still there");
  assert.is(await codeOf(context, old.board, old.held), NOT_AUTHORISED);
  assert.is(await codeOf(context, board, held), 0);
});

test("taken out of service, a machine is cut off at once and stays out, until it is back", async (context) => {
  const { board, held, live } = await machine(context, "TLS-17");
  const patch = (payload: object) => {
    const { app } = context.fleet;
    const headers = { ...OUR_PAGE, cookie: context.cookie };
    return app.inject({ method: "PATCH", url: "/api/v1/machines/TLS-17/profile", headers, payload });
  };
  // What changes nothing of that cuts nobody.
  assert.is((await patch({ model: "SP-60" })).statusCode, 200);
  const ledger = new TestLedger().boot();
  assert.is((await live.send(ledger.batch())).mark, ledger.newest);
  assert.is((await patch({ decommissioned: true })).statusCode, 200);
  await within(live.client.closed, "the connection lives on", AT_ONCE_MS);
  assert.is(await codeOf(context, board, held), NOT_AUTHORISED);
  assert.is((await patch({ decommissioned: false })).statusCode, 200);
  assert.is(await codeOf(context, board, held), 0);
});

test("an expired certificate opens nothing but its own renewal", async (context) => {
  const { fleet, folder, cookie } = context;
  const board = newBoard("TLS-8");
  const held = await claimed(fleet, cookie, board);
  const { machines } = await openAuthorities(`${folder}/authority`, Date.now());
  const publicKey = createPublicKey(board.key).export({ type: "spki", format: "der" });
  const expired = await issueMachine(machines, "TLS-8", publicKey, Date.now() - 400 * DAY_MS);
  const [fingerprint, der] = [Buffer.from(expired.fingerprint), Buffer.from(expired.der)];
  await fleet.databases.migrate`
    UPDATE machine_certificates c SET fingerprint = ${fingerprint}, der = ${der},
      not_before = ${expired.notBefore}, not_after = ${expired.notAfter}
    FROM machines m WHERE m.id = c.machine_id AND m.serial_number = 'TLS-8'`;
  const over = { ...held, certificate: expired.pem };
  assert.match(await failure(codeOf(context, board, over)), /alert|ECONNRESET|ended/);
  const next = await renewed(fleet, board, expired.pem);
  assert.equal([next.serial, next.epoch, "keys" in next], ["TLS-8", 1, false]);
  assert.ok(Date.parse(next.renewAfter) > Date.now() + 200 * DAY_MS);
  assert.is(await codeOf(context, board, next), 0);
});

test("renewal: the same request gets the same, a third ends the second, proof and request count", async (context) => {
  const { fleet } = context;
  const { board, held, live } = await machine(context, "TLS-9");
  const first = await renewed(fleet, board, held.certificate);
  assert.equal(await renewed(fleet, board, held.certificate), first);
  assert.is.not(first.certificate, held.certificate);
  // With a key of its own: the request is the new key's, the proof the old one's.
  const newKey = newBoard("TLS-9");
  const answer = await askRenewal(fleet, board, held.certificate, newKey.request);
  assert.is(answer.statusCode, 200, answer.body);
  const second: Renewed = answer.json();
  await live.client.disconnect();
  assert.is(await codeOf(context, board, held), 0);
  assert.is(await codeOf(context, newKey, second), 0);
  assert.is(await codeOf(context, board, first), NOT_AUTHORISED);
  const thief = newBoard("TLS-9");
  const other = newBoard("TLS-10");
  for (const asked of [
    askRenewal(fleet, thief, held.certificate),
    askRenewal(fleet, board, held.certificate, other.request),
    askRenewal(fleet, board, first.certificate),
    askRenewal(fleet, board, first.authorities[0] ?? ""),
  ]) {
    const refused = await asked;
    assert.equal([refused.statusCode, refused.json().code], [403, "renewal-refused"]);
  }
});

test("two boards that throw each other out are both suspended, until an operator lifts it", async (context) => {
  const { board, held, live } = await machine(context, "TLS-11");
  await live.client.disconnect();
  const codes: number[] = [];
  for (let turn = 0; turn < 12 && codes.at(-1) !== NOT_AUTHORISED; turn++) {
    const { code } = await dial(context, board, held, { from: turn % 2 === 0 ? "127.0.0.3" : "127.0.0.4" });
    codes.push(code);
  }
  assert.is(codes.at(-1), NOT_AUTHORISED, codes.join());
  const identity = (await api(context, "GET", "TLS-11/identity")).json();
  assert.is(identity.suspension.reason, "clonedIdentity");
  assert.match(identity.suspension.evidence, /taken over to and fro, last from 127\.0\.0\.[34]/);
  assert.is((await askRenewal(context.fleet, board, held.certificate)).statusCode, 403);
  assert.is((await api(context, "DELETE", "TLS-11/suspension")).statusCode, 204);
  assert.is(await codeOf(context, board, held), 0);
  const twice = await api(context, "DELETE", "TLS-11/suspension");
  assert.equal([twice.statusCode, twice.json().code], [409, "not-suspended"]);
});

test("births of two boards suspend; one board on a bad line, or set back once, does not", async (context) => {
  const { live } = await machine(context, "TLS-12");
  const topic = topicOf("TLS-12", "status");
  const birth = (boot: number, connection: number, nonce = 7) =>
    live.client.published(topic, encodeStatus(statusOf(boot, connection, { nonce })), true);
  const suspended = async (): Promise<boolean> =>
    (await api(context, "GET", "TLS-12/identity")).json().suspension !== null;
  const noted = (boot: number, connection: number) =>
    until(async () => {
      const rows = await context.fleet.databases.migrate`
        SELECT 1 FROM machine_births b JOIN machines m ON m.id = b.machine_id
        WHERE m.serial_number = 'TLS-12' AND b.boot = ${boot} AND b.connection = ${connection}`;
      return rows.length === 1;
    }, "the birth was not noted");
  for (let connection = 1; connection < 30; connection++) await birth(5, connection);
  // Told again, as a broker does with what it keeps; then a board that was set back to an older state.
  await birth(5, 29);
  await birth(3, 1);
  await birth(3, 2);
  await noted(3, 2);
  assert.is(await suspended(), false);
  await birth(5, 30);
  await birth(3, 3);
  await within(live.client.closed, "two series of births went unnoticed");
  assert.is(await suspended(), true);
});

test("two boards with one identity: both are suspended, and the operator has an open alert of it", async (context) => {
  const { board, held, live } = await machine(context, "TLS-18");
  const { migrate } = context.fleet.databases;
  // Their clone has the same key and certificate, and its own boots; both are behind one address.
  const births: readonly (readonly [number, number])[] = [
    [40, 1],
    [7, 1],
    [40, 2],
    [7, 2],
  ];
  let { client } = live;
  for (const [at, [boot, connection]] of births.entries()) {
    if (at > 0) {
      const opened = await dial(context, board, held);
      assert.is(opened.code, 0, `birth ${at}: it is kept out too early`);
      ({ client } = opened);
    }
    const payload = encodeStatus(statusOf(boot, connection, { nonce: boot + connection }));
    await client.published(topicOf("TLS-18", "status"), payload, true);
  }
  await within(client.closed, "two series of births went unnoticed");
  const { suspension } = (await api(context, "GET", "TLS-18/identity")).json();
  assert.is(suspension.reason, "clonedIdentity");
  assert.match(suspension.evidence, /^births of two boards/);
  for (const from of ["127.0.0.1", "127.0.0.5"]) {
    assert.is(await codeOf(context, board, held, { from }), NOT_AUTHORISED, from);
  }
  const told = () => migrate<{ state: string; open: boolean }[]>`
    SELECT a.state, a.resolved_at IS NULL AS open FROM alerts a JOIN machines m ON m.id = a.machine_id
    WHERE m.serial_number = 'TLS-18' AND a.rule = 'clonedIdentity'`;
  await until(async () => (await told()).length > 0, "no alert was raised");
  const states = (await told()).map(({ state, open }) => [state, open]);
  assert.equal(states, [["open", true]]);
  assert.is((await api(context, "DELETE", "TLS-18/suspension")).statusCode, 204);
  await until(async () => (await told())[0]?.open === false, "the alert outlives the suspension");
});

test("a board claimed after the suspension is the one: its claim lifts it", async (context) => {
  const { fleet, cookie } = context;
  await claimed(fleet, cookie, newBoard("TLS-13"));
  fleet.app.door.suspend("TLS-13", "seen twice");
  await until(async () => (await api(context, "GET", "TLS-13/identity")).json().suspension !== null, "not suspended");
  const board = newBoard("TLS-13");
  const held = await claimed(fleet, cookie, board);
  assert.is(await codeOf(context, board, held), 0);
});

test("authorities overlap at the broker; machines of a new one come in at once", async (context) => {
  const { fleet, folder } = context;
  const old = await machine(context, "TLS-14");
  await old.live.client.disconnect();
  await addAuthority(`${folder}/authority`, Date.now());
  const board = newBoard("TLS-15");
  const held = await claimed(fleet, context.cookie, board);
  assert.is(held.authorities.length, 2);
  assert.is(held.authorities[0], old.held.authorities[0]);
  assert.is(await codeOf(context, board, held), 0);
  assert.is(await codeOf(context, old.board, old.held), 0);
});

test("certificates only: no machine comes in by password, the fleet does", async () => {
  const broker = await startBroker({ host: "127.0.0.1", port: 0, fleetPassword: "fleet" });
  const code = async (username: string, password: string) => {
    const { client, code: answer } = await TestClient.open(broker.port, { clientId: username, username, password });
    await client.cut();
    return answer;
  };
  assert.equal([await code("TLS-1", "any"), await code("spiral-fleet", "fleet")], [BAD_LOGIN, 0]);
  assert.is(broker.tlsPort, undefined);
  await broker.close();
});

test.run();
