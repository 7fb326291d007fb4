/**
 * A whole service in a process of its own, at its most talkative: what it counts is what was sent, and none of the
 * secrets that went through it are in what it said.
 */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ensureFirstUser } from "../../fleet/api/session/first-user.js";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { KEY_VERSION, masterKey } from "../../fleet/store/master-key.js";
import { addOperator, type MachineCredentials } from "../../fleet/store/provision.js";
import { voucherCode, voucherKey } from "../../shared/voucher.js";
import { encodeStatus, encodeTelemetry } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import { HttpMachine } from "./http-machine.js";
import { newBoard } from "./identity/boards.js";
import { environmentOf, type ServiceProcess, startProcess } from "./processes.js";
import { openProvider, type ProviderServer, sendSecretsThrough } from "./secret-traffic.js";
import {
  addTestMachine,
  addTestProducts,
  statusOf,
  TestClient,
  TestLedger,
  TestMachine,
  telemetryOf,
  temporaryFolder,
  testConfig,
  until,
} from "./support.js";

const SERIAL = "METER-1";
const TOKEN = "a-token-for-this-test-only";
const GUESSED = "a-guessed-password";

interface Context {
  dataDir: string;
  databases: Databases;
  operatorId: string;
  service: ServiceProcess;
  provider: ProviderServer;
  credentials: MachineCredentials;
  master: Uint8Array;
}
const test = suite<Context>("fleet/metrics");

test.before(async (context) => {
  context.dataDir = await temporaryFolder();
  const config = testConfig(context.dataDir);
  const env = { SPIRAL_LOG_LEVEL: "debug", SPIRAL_METRICS_TOKEN: TOKEN, SPIRAL_MQTT_TLS_PORT: "0" };
  context.provider = await openProvider();
  context.service = await startProcess(environmentOf(config, { ...env, ...context.provider.env }));
  context.databases = await openDatabases(config, { join: true });
  context.operatorId = await addOperator(context.databases, "Test Vending");
  await addTestProducts(context, context.operatorId);
  context.credentials = await addTestMachine(context, context.operatorId, SERIAL);
  context.master = await masterKey(config);
});
test.after(async ({ dataDir, databases, service, provider }) => {
  await databases.close();
  await provider.close();
  await service.end("SIGKILL");
  // The database lives on after kill -9: whoever joins it last ends it.
  await (await openDatabases(testConfig(dataDir))).close();
  await rm(dataDir, { recursive: true, force: true });
});

function ask({ service }: Context, authorization?: string): Promise<Response> {
  return fetch(`${service.url}/metrics`, authorization === undefined ? {} : { headers: { authorization } });
}

/** Every series by its name with labels. */
async function read(context: Context): Promise<ReadonlyMap<string, number>> {
  const text = await (await ask(context, `Bearer ${TOKEN}`)).text();
  const series = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^([^#\s]\S*(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    if (name !== undefined) series.set(name, Number(value));
  }
  return series;
}

test("with a token set, only whoever has it reads them", async (context) => {
  const codes = await Promise.all(
    [undefined, "Bearer guessed", `Basic ${TOKEN}`, `Bearer ${TOKEN}`].map(
      async (auth) => (await ask(context, auth)).status,
    ),
  );
  assert.equal(codes, [401, 401, 401, 200]);
});

test("what is counted is what was sent", async (context) => {
  const { service, credentials, databases } = context;
  const machine = await TestMachine.connect(service.mqttPort, credentials);
  const ledger = new TestLedger().boot();
  // Of a kind that nobody knows: stored and flagged.
  ledger.appendRaw(250, new Uint8Array([0x80]));
  for (let saleNo = 1; saleNo <= 10; saleNo++) ledger.sellCoke(saleNo);
  // Booked, known, booked, a gap, a fork, an epoch of nobody, no batch at all.
  await machine.send(ledger.batch(1, 20));
  assert.is((await read(context)).get("spiral_broker_connections"), 1);
  await machine.send(ledger.batch(1, 20));
  await machine.send(ledger.batch(21, 29));
  await machine.send(ledger.batch(60, 62));
  await machine.sendBytes(new Uint8Array([0xff, 1, 2]));
  await machine.client.published(topicOf(SERIAL, "status"), encodeStatus(statusOf(1, 1)), true);
  await machine.client.published(topicOf(SERIAL, "telemetry"), encodeTelemetry(telemetryOf()));
  await machine.client.published(topicOf(SERIAL, "telemetry"), new Uint8Array([1, 2, 3]));
  await machine.send(new TestLedger(7).boot().batch());
  await machine.send({ ...ledger.batch(30, 33), chain: 1 });
  const series = async (name: string): Promise<number | undefined> => (await read(context)).get(name);
  await until(async () => (await series("spiral_ingest_telemetry_rows_total")) === 1, "no telemetry was counted");
  await until(async () => (await series('spiral_ingest_presence_total{event="birth"}')) === 1, "no birth was counted");

  const now = await read(context);
  const stored = await databases.migrate<{ n: number }[]>`SELECT count(*)::int AS n FROM ledger_records`;
  const wanted: Readonly<Record<string, number>> = {
    'spiral_ingest_batches_total{ending="booked",way="mqtt"}': 2,
    'spiral_ingest_batches_total{ending="known",way="mqtt"}': 1,
    'spiral_ingest_batches_total{ending="gap",way="mqtt"}': 1,
    'spiral_ingest_batches_total{ending="fork",way="mqtt"}': 1,
    'spiral_ingest_batches_total{ending="unknownEpoch",way="mqtt"}': 1,
    spiral_ingest_records_total: stored[0]?.n ?? -1,
    spiral_ingest_records_flagged_total: 1,
    'spiral_ingest_set_aside_total{reason="fork"}': 1,
    'spiral_ingest_set_aside_total{reason="unknownEpoch"}': 1,
    'spiral_ingest_set_aside_total{reason="undecodable"}': 1,
    'spiral_ingest_batch_records_count{way="mqtt"}': 6,
    spiral_ingest_commit_batches_sum: 6,
    spiral_ingest_commit_seconds_count: 6,
    'spiral_ingest_arrival_to_commit_seconds_count{way="mqtt"}': 6,
    spiral_ingest_booking_failures_total: 0,
    spiral_ingest_refused_total: 1,
    spiral_ingest_queue_batches: 0,
    spiral_ingest_queue_share: 0,
    'spiral_ingest_lag_seconds{way="mqtt"}': 0,
    spiral_ingest_batches_dropped_total: 0,
    spiral_ingest_telemetry_shed_total: 0,
    spiral_ingest_presence_dropped_total: 0,
    spiral_broker_connected: 1,
    spiral_presence_watch: 1,
    spiral_database_up: 1,
    spiral_live_ready: 1,
    spiral_draining: 0,
    'spiral_job_runs_total{name="partitions",outcome="done"}': 1,
    'spiral_job_runs_total{name="partitions",outcome="failed"}': 0,
    'spiral_http_request_seconds_count{method="GET",route="/metrics",status="401"}': 3,
  };
  assert.is(stored[0]?.n, 29);
  assert.equal(Object.fromEntries(Object.keys(wanted).map((name) => [name, now.get(name)])), wanted);
  assert.ok((now.get("process_resident_memory_bytes") ?? 0) > 1e6);
  await machine.client.cut();
  await until(async () => (await series("spiral_broker_connections")) === 0, "its end was not counted");
});

test("what comes by HTTP is counted apart: batches, their way to the commit, who waits for orders", async (context) => {
  const { serial, password } = await addTestMachine(context, context.operatorId, "METER-HTTP");
  const machine = new HttpMachine(context.service.url, serial, { password });
  const ledger = new TestLedger().boot();
  for (let saleNo = 1; saleNo <= 10; saleNo++) ledger.sellCoke(saleNo);
  assert.is((await machine.sync({ status: encodeStatus(statusOf(1, 1)) })).status, 200);
  const before = await read(context);
  for (const batch of [ledger.batch(1, 20), ledger.batch(1, 20), ledger.batch(21, 29), ledger.batch(60, 62)]) {
    await machine.batch(batch);
  }
  const poll = machine.orders(30);
  await until(async () => (await read(context)).get("spiral_machine_polls") === 1, "nobody waits");
  // Whoever asks anew ends the wait before.
  const again = machine.orders(1);
  assert.equal([(await poll).status, (await again).status], [200, 200]);
  const now = await read(context);
  const wanted: Readonly<Record<string, number>> = {
    'spiral_ingest_batches_total{ending="booked",way="http"}': 2,
    'spiral_ingest_batches_total{ending="known",way="http"}': 1,
    'spiral_ingest_batches_total{ending="gap",way="http"}': 1,
    'spiral_ingest_batches_total{ending="booked",way="mqtt"}':
      before.get('spiral_ingest_batches_total{ending="booked",way="mqtt"}') ?? -1,
    'spiral_ingest_batch_records_count{way="http"}': 4,
    'spiral_ingest_arrival_to_commit_seconds_count{way="http"}': 4,
    'spiral_ingest_lag_seconds{way="http"}': 0,
    spiral_machine_polls: 0,
    spiral_machine_posts: 0,
    spiral_machine_posts_busy_total: 0,
  };
  const told = Object.fromEntries(Object.keys(wanted).map((name) => [name, now.get(name)]));
  assert.equal(told, wanted);
});

/** What a board is given to check orders and sign vouchers by, hex. */
interface MachineKeys {
  readonly order: string;
  readonly voucher: string;
}

/** A board becomes a machine by a claim code, and others try; the code as letters and as digits. */
async function claimsBoard({ service, databases }: Context, cookie: string) {
  const { url } = service;
  const post = (path: string, body: object): Promise<Response> => {
    const headers = { "content-type": "application/json", origin: url, cookie };
    return fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  };
  const made = await post("/api/v1/claims", { serials: ["METER-CLAIM"] });
  assert.is(made.status, 201);
  const { code: claimCode = "", digits = "" } = (await made.json()) as { code?: string; digits?: string };
  const board = newBoard("METER-CLAIM");
  const keys: string[] = [];
  for (const code of [claimCode, digits, claimCode.replaceAll("-", "")]) {
    // by its own key, by another, and in a body that is refused
    for (const { serial, request } of [board, newBoard("METER-CLAIM"), { ...board, serial: "no serial" }]) {
      const body = { code, serial, request: Buffer.from(request).toString("base64") };
      const { keys: given } = (await (await post("/machine/v1/claims", body)).json()) as { keys?: MachineKeys };
      if (given !== undefined) keys.push(given.order, given.voucher);
    }
  }
  const [used] = await databases.migrate<{ used: boolean }[]>`
    SELECT used_at IS NOT NULL AS used FROM machine_claims WHERE 'METER-CLAIM' = ANY (serials)`;
  assert.is(used?.used, true);
  assert.ok(keys.length > 0, "the board was given no keys");
  return { claimCode, digits, keys };
}

test("no secret is in what it said, whatever went through it", async (context) => {
  const { service, databases, operatorId, dataDir, credentials, master } = context;
  const { url, mqttPort } = service;
  const { name, password = "" } = await ensureFirstUser(databases, operatorId, dataDir);
  const headers = { "content-type": "application/json", origin: url };
  const post = (path: string, body: object, more: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(`${url}/api/v1${path}`, { method: "POST", headers: { ...headers, ...more }, body: JSON.stringify(body) });
  assert.is((await post("/session", { name, password: GUESSED })).status, 401);
  const signedIn = await post("/session", { name, password });
  const cookie = String(signedIn.headers.get("set-cookie")).split(";")[0] ?? "";
  const session = cookie.split("=")[1] ?? "";
  const claim = { machineId: SERIAL, epoch: 1, number: 1, amountMinor: 35, currency: "USD" };
  const code = voucherCode(voucherKey(master, SERIAL, 1, KEY_VERSION), claim);
  const key = "an-idempotency-key-of-this-test";
  const redeemed = await post(
    `/vouchers/${code}/redemptions`,
    { serial: SERIAL, amount: "0.35" },
    { cookie, "idempotency-key": key },
  );
  assert.is(redeemed.status, 202, await redeemed.text());
  const made = await post("/keys", { name: "till", scopes: ["sales:read"] }, { cookie });
  const { key: apiKey = "" } = (await made.json()) as { readonly key?: string };
  assert.is(made.status, 201);
  const sales = await fetch(`${url}/api/v1/transactions?limit=1`, { headers: { authorization: `Bearer ${apiKey}` } });
  assert.is(sales.status, 200);
  assert.is((await fetch(`${url}/api/v1/transactions?cursor=${code}`, { headers: { cookie } })).status, 400);
  const { claimCode, digits, keys } = await claimsBoard(context, cookie);
  const others = await sendSecretsThrough(url, cookie, SERIAL);
  const login = { clientId: SERIAL, username: SERIAL, password: GUESSED };
  await (await TestClient.open(mqttPort, login)).client.cut();

  const roles = Object.values(JSON.parse(await readFile(join(dataDir, "database.json"), "utf8")) as object);
  const secrets = [
    password,
    GUESSED,
    session,
    code,
    claimCode,
    claimCode.replaceAll("-", ""),
    digits,
    digits.replaceAll(" ", ""),
    apiKey,
    TOKEN,
    credentials.password,
    Buffer.from(master).toString("hex"),
    ...keys,
    ...others,
  ];
  for (const secret of [...secrets, ...roles.map(String)]) {
    assert.ok(secret.length >= 10, "a secret is missing");
    assert.not(service.output().includes(secret), `the log tells ${secret}`);
  }
  const lines = service
    .output()
    .split("\n")
    .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line)] : []));
  const fork = lines.find(({ reason }) => reason === "fork");
  assert.equal([fork?.serial, fork?.msg], [SERIAL, "batch set aside"]);
  const request = lines.find(({ req }) => req?.route === "/api/v1/vouchers/:code/redemptions");
  assert.match(request?.reqId ?? "", /^req-/);
});

test.run();
