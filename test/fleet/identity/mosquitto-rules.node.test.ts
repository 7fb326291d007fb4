/**
 * The settings we ship for mosquitto against a real one: every publication and every delivery, of machine and fleet, on
 * every channel, compared with fleet/broker/permissions.ts; and a machine that is revoked there while it is connected.
 */
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FLEET_SUBSCRIPTIONS, type Identity, mayPublish, maySubscribe } from "../../../fleet/broker/permissions.js";
import { recentlyShutOut } from "../../../fleet/store/certificates.js";
import { encodeStatus } from "../../../shared/wire/messages.js";
import { FLEET_CHANNELS, MACHINE_CHANNELS } from "../../../shared/wire/topics.js";
import { needBinary } from "../../support/need.js";
import { BROKER_USER } from "../servers.js";
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
  type TestWill,
  until,
  within,
} from "../support.js";
import { type Board, claimed, newBoard, openDoor, signedIn } from "./boards.js";
import { type CertifiedBroker, certifiedMosquitto, FLEET_PASSWORD, OBSERVER } from "./certified-mosquitto.js";

const path = needBinary("mosquitto");

interface Member {
  readonly board: Board;
  readonly certificate: string;
  readonly authorities: readonly string[];
}
interface Context {
  broker: CertifiedBroker;
  fleet: TestFleet;
  cookie: string;
  one: Member;
  other: Member;
}
const test = suite<Context>("mosquitto with our settings");

const SERIALS = ["MR-1", "MR-2"] as const;
const CHANNELS = [...MACHINE_CHANNELS, ...FLEET_CHANNELS, "other"];
const TOPICS = [
  ...SERIALS.flatMap((serial) => CHANNELS.map((channel) => `fleet/${serial}/${channel}`)),
  "fleet/MR-1/events/more",
  "fleet/events",
  "elsewhere",
];
const FILTERS = [...TOPICS, "#", "fleet/#", "fleet/+/+", "+/MR-2/#", "fleet/MR-2/#", "$share/group/fleet/+/events"];

test.before(async (context) => {
  const broker = await certifiedMosquitto(path);
  await broker.start();
  context.broker = broker;
  const { authorityDir, revocationFile, pidFile: revocationPidFile } = broker;
  const machineBroker = { host: "127.0.0.1", port: broker.tlsPort };
  context.fleet = await startTestFleet({
    mqttUrl: `mqtt://${BROKER_USER}:${FLEET_PASSWORD}@127.0.0.1:${broker.port}`,
    door: openDoor("", { authorityDir, revocationFile, revocationPidFile, broker: machineBroker, tlsPort: undefined }),
  });
  context.cookie = await signedIn(context.fleet, context.fleet.operatorId, "owner");
  context.one = await member(context, "MR-1");
  context.other = await member(context, "MR-2");
});
test.after(async ({ broker, fleet }) => {
  await fleet.close();
  await broker.close();
});

async function member({ fleet, cookie }: Context, serial: string): Promise<Member> {
  const board = newBoard(serial);
  return { board, ...(await claimed(fleet, cookie, board)) };
}

function dial({ broker }: Context, { board, certificate, authorities }: Member, will?: TestWill, clientId?: string) {
  const socket = connectTls({
    socket: connect({ host: "127.0.0.1", port: broker.tlsPort }),
    host: "127.0.0.1",
    ca: [...authorities],
    cert: certificate,
    key: board.keyPem,
  });
  const failed = new Promise<never>((_, reject) => socket.once("error", reject));
  const login = { clientId: clientId ?? board.serial, username: "", password: "" };
  return Promise.race([TestClient.over(socket, login, will), failed]);
}

function inside({ broker }: Context, username: string, clientId: string): Promise<Opened> {
  return TestClient.open(broker.port, { clientId, username, password: FLEET_PASSWORD });
}

/** Topics that came to `client` before `last` did. */
async function heardUntil(client: TestClient, last: string): Promise<ReadonlySet<string>> {
  const topics = new Set<string>();
  for (;;) {
    const packet = await client.next((one) => one.cmd === "publish");
    if (packet.cmd !== "publish") continue;
    const text = `${packet.topic} ${packet.payload.toString()}`;
    if (text === last) return topics;
    topics.add(text);
  }
}

/** Publishes one after the other; mosquitto ends the connection of whoever publishes what he may not, as ours does. */
async function speaker(open: () => Promise<Opened>) {
  let { client } = await open();
  return {
    say: async (topic: string, text: string, retain = false): Promise<void> => {
      for (let tries = 0; tries < 2; tries++) {
        if ((await failure(client.published(topic, Buffer.from(text), retain))) === "") return;
        ({ client } = await open());
      }
    },
    close: () => client.cut(),
  };
}

test("what machine and fleet may publish is what our own broker lets them, on every channel", async (context) => {
  const observer = (await inside(context, OBSERVER, "observer")).client;
  await observer.subscribe("#");
  const machine = await speaker(() => dial(context, context.one));
  const fleet = await speaker(() => inside(context, BROKER_USER, "another-process"));
  const members = [
    [{ is: "machine", serial: "MR-1" }, machine, "fleet/MR-1/events"],
    [{ is: "fleet" }, fleet, "fleet/MR-1/acks"],
  ] as const;
  for (const [who, { say, close }, allowed] of members) {
    const expected = new Set<string>();
    for (const topic of TOPICS) {
      for (const retain of [false, true]) {
        await say(topic, `${who.is} ${retain}`, retain);
        // mosquitto's rules know no retained messages: what may be sent may be kept.
        if (mayPublish(who, { topic, retain: false, payloadBytes: 10 })) expected.add(`${topic} ${who.is} ${retain}`);
      }
    }
    await say(allowed, `end of ${who.is}`);
    const heard = await heardUntil(observer, `${allowed} end of ${who.is}`);
    // What the service answers to such messages goes over the same broker.
    const said = [...heard].filter((text) => / (machine|fleet) (true|false)$/.test(text));
    assert.equal(said.sort(), [...expected].sort(), who.is);
    assert.is(expected.size, 2 * (who.is === "fleet" ? 2 * FLEET_CHANNELS.length : MACHINE_CHANNELS.length));
    await close();
  }
  for (const topic of TOPICS) await observer.published(topic, new Uint8Array(0), true);
  await observer.disconnect();
});

function mayReceive(who: Identity, topic: string): boolean {
  if (who.is === "machine") return maySubscribe(who, topic);
  return FLEET_SUBSCRIPTIONS.some((own) => own.topic === topic.replace(/^fleet\/MR-[12]\//, "fleet/+/"));
}

test("what machine and fleet get to read is what ours lets them, whatever they ask for", async (context) => {
  const observer = (await inside(context, OBSERVER, "observer")).client;
  const machine = (await dial(context, context.one)).client;
  const fleet = (await inside(context, BROKER_USER, "another-process")).client;
  const members: readonly (readonly [Identity, TestClient, string])[] = [
    [{ is: "machine", serial: "MR-1" }, machine, "fleet/MR-1/acks"],
    [{ is: "fleet" }, fleet, "fleet/MR-1/telemetry"],
  ];
  for (const [who, client, allowed] of members) {
    for (const filter of [...FILTERS, "$SYS/#"]) await client.subscribe(filter);
    for (const topic of TOPICS) await observer.published(topic, Buffer.from("read"));
    await observer.published(allowed, Buffer.from("end"));
    const heard = await heardUntil(client, `${allowed} end`);
    const expected = TOPICS.filter((topic) => mayReceive(who, topic)).map((topic) => `${topic} read`);
    for (const text of heard) assert.ok(mayReceive(who, text.split(" ")[0] ?? ""), `${who.is} reads ${text}`);
    const read = [...heard].filter((text) => text.endsWith(" read"));
    assert.equal(read.sort(), expected.sort(), who.is);
  }
  for (const client of [observer, machine, fleet]) await client.disconnect();
});

test("its name is its certificate's: no other client id, no other's will, nothing without one", async (context) => {
  const victim = await TestMachine.on("MR-2", await dial(context, context.other));
  const will = { topic: "fleet/MR-2/status", payload: Buffer.from("dead"), retain: true };
  const { client, code } = await dial(context, context.one, will, "MR-2");
  assert.is(code, 0);
  await client.cut();
  const ledger = new TestLedger().boot();
  assert.is((await victim.send(ledger.batch())).mark, ledger.newest);
  const late = (await inside(context, OBSERVER, "late")).client;
  await late.subscribe("fleet/MR-2/status");
  await late.published("fleet/MR-2/status", Buffer.from("now"));
  const first = await late.next((packet) => packet.cmd === "publish");
  assert.is(first.cmd === "publish" && first.payload.toString(), "now");
  await late.disconnect();
  await victim.client.disconnect();
  const bare = connectTls({ host: "127.0.0.1", port: context.broker.tlsPort, ca: [...context.one.authorities] });
  const login = { clientId: "MR-1", username: "MR-1", password: "" };
  const failed = new Promise<never>((_, reject) => bare.once("error", reject));
  assert.match(await failure(Promise.race([TestClient.over(bare, login), failed])), /alert|ECONNRESET|ended/);
});

/** Until mosquitto has read the new list it lets the machine in once more. */
function keptOut(context: Context, who: Member): Promise<void> {
  const untilRefused = async (): Promise<void> => {
    for (;;) {
      const again = await dial(context, who).catch(() => undefined);
      if (again === undefined) return;
      await again.client.cut();
    }
  };
  return within(untilRefused(), "the machine is let in for ever");
}

test("revoked: the live session is cut from the inside, and the list keeps it out", async (context) => {
  const { fleet, cookie, one } = context;
  const live = await TestMachine.on("MR-1", await dial(context, one));
  const url = "/api/v1/machines/MR-1/revocations";
  const answer = await fleet.app.inject({ method: "POST", url, headers: { ...OUR_PAGE, cookie } });
  assert.is(answer.statusCode, 200, answer.body);
  await within(live.client.closed, "the session lives on");
  await keptOut(context, one);
  const other = await TestMachine.on("MR-2", await dial(context, context.other));
  await other.client.disconnect();
});

test("two boards by their births: suspended, cut off, kept out until it is lifted", async (context) => {
  const { fleet, cookie } = context;
  const twin = await member(context, "MR-3");
  const live = await TestMachine.on("MR-3", await dial(context, twin));
  const births = [
    [5, 1],
    [3, 1],
    [5, 2],
    [3, 2],
  ] as const;
  for (const [boot, connection] of births) {
    live.client.publish("fleet/MR-3/status", encodeStatus(statusOf(boot, connection)), true);
  }
  await within(live.client.closed, "the session lives on");
  await keptOut(context, twin);
  const url = "/api/v1/machines/MR-3";
  const identity = (await fleet.app.inject({ url: `${url}/identity`, headers: { cookie } })).json();
  assert.is(identity.suspension.reason, "clonedIdentity");
  const headers = { ...OUR_PAGE, cookie };
  const lifted = await fleet.app.inject({ method: "DELETE", url: `${url}/suspension`, headers });
  assert.is(lifted.statusCode, 204);
  await until(async () => (await failure(dial(context, twin).then(({ client }) => client.cut()))) === "", "kept out");
});

test("another board: the old one is cut off and kept out, looked for until the new one is there", async (context) => {
  const { ingest } = context.fleet.databases;
  const old = context.other;
  const live = await TestMachine.on("MR-2", await dial(context, old));
  context.other = await member(context, "MR-2");
  await within(live.client.closed, "the old board's session lives on");
  await keptOut(context, old);
  const isLookedFor = async () => (await recentlyShutOut(ingest)).includes("MR-2");
  assert.is(await isLookedFor(), true);
  const young = await TestMachine.on("MR-2", await dial(context, context.other));
  await young.client.published("fleet/MR-2/status", encodeStatus(statusOf(1, 1, { epoch: 2 })), true);
  await until(async () => !(await isLookedFor()), "the new board would be cut off for the old one's sake");
  await young.client.disconnect();
});

test("out of service: cut off and kept out, until it is back", async (context) => {
  const { fleet, cookie, other } = context;
  const url = "/api/v1/machines/MR-2/profile";
  const patch = (decommissioned: boolean) =>
    fleet.app.inject({ method: "PATCH", url, headers: { ...OUR_PAGE, cookie }, payload: { decommissioned } });
  const live = await TestMachine.on("MR-2", await dial(context, other));
  assert.is((await patch(true)).statusCode, 200);
  await within(live.client.closed, "the session lives on");
  await keptOut(context, other);
  assert.is((await recentlyShutOut(fleet.databases.ingest)).includes("MR-2"), true);
  assert.is((await patch(false)).statusCode, 200);
  await until(async () => (await failure(dial(context, other).then(({ client }) => client.cut()))) === "", "kept out");
});

test.run();
