/**
 * A real service process is killed (-9) when its change is committed and nobody has read its answer: asked again after
 * the restart it gives that answer, and nothing is there twice.
 */
import { X509Certificate } from "node:crypto";
import { rm } from "node:fs/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ensureFirstUser } from "../../fleet/api/session/first-user.js";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { addOperator } from "../../fleet/store/provision.js";
import { newBoard } from "./identity/boards.js";
import { environmentOf, type ServiceProcess, startProcess } from "./processes.js";
import { begunFolder, testConfig, until } from "./support.js";

interface Context {
  dataDir: string;
  databases: Databases;
  operatorId: string;
  service: ServiceProcess;
  cookie: string;
}
const test = suite<Context>("fleet/killed answers");

function start({ dataDir }: Pick<Context, "dataDir">): Promise<ServiceProcess> {
  return startProcess(environmentOf(testConfig(dataDir), { SPIRAL_MQTT_TLS_PORT: "0" }));
}

test.before(async (context) => {
  context.dataDir = await begunFolder();
  context.service = await start(context);
  context.databases = await openDatabases(testConfig(context.dataDir), { join: true });
  context.operatorId = await addOperator(context.databases, "Test Vending");
  const { name, password } = await ensureFirstUser(context.databases, context.operatorId, context.dataDir);
  const session = await post(context, "/api/v1/session", { name, password });
  context.cookie = String(session.headers.get("set-cookie")).split(";")[0] ?? "";
});
test.after(async ({ dataDir, databases, service }) => {
  await databases.close();
  await service.end("SIGKILL");
  // The database lives on after kill -9: whoever joins it last ends it.
  await (await openDatabases(testConfig(dataDir))).close();
  await rm(dataDir, { recursive: true, force: true });
});

function post(
  { service, cookie }: Pick<Context, "service"> & Partial<Context>,
  path: string,
  body: object,
  more: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const headers = { "content-type": "application/json", origin: service.url, cookie: cookie ?? "", ...more };
  return fetch(`${service.url}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
}

/** Asks, kills the service once `isCommitted`, and starts it again; nobody reads what it may still have said. */
async function killedBehindCommit(
  context: Context,
  ask: () => Promise<Response>,
  isCommitted: () => Promise<boolean>,
): Promise<void> {
  const lost = ask().then(
    () => undefined,
    () => undefined,
  );
  await until(isCommitted, "nothing is committed");
  assert.is(await context.service.end("SIGKILL"), "SIGKILL");
  await lost;
  context.service = await start(context);
}

test("a claim is used, the answer is lost: the same board gets the same identity, once", async (context) => {
  const { migrate } = context.databases;
  const made = await post(context, "/api/v1/claims", { serials: ["KILL-1"] });
  assert.is(made.status, 201);
  const { code, id }: { code: string; id: string } = JSON.parse(await made.text());
  const board = newBoard("KILL-1");
  const body = { code, serial: board.serial, request: base64Of(board.request) };
  const ask = () => post(context, "/machine/v1/claims", body);
  await killedBehindCommit(context, ask, async () => {
    return (await migrate`SELECT 1 FROM machine_claims WHERE id = ${id} AND used_at IS NOT NULL`).length === 1;
  });
  const again = await ask();
  assert.is(again.status, 200);
  const identity: { certificate: string; epoch: number } = JSON.parse(await again.text());
  const certificates = await migrate<{ der: Buffer; epoch: number }[]>`
    SELECT c.der, c.epoch::int AS epoch FROM machine_certificates c JOIN machines m ON m.id = c.machine_id
    WHERE m.serial_number = 'KILL-1'`;
  assert.is(certificates.length, 1);
  assert.ok(certificates[0]?.der.equals(new X509Certificate(identity.certificate).raw), "the one that was committed");
  assert.equal([identity.epoch, certificates[0]?.epoch], [1, 1]);
  const machines = await migrate`SELECT 1 FROM machines WHERE serial_number = 'KILL-1'`;
  assert.is(machines.length, 1);
  const claimed = await migrate`SELECT 1 FROM audit_log WHERE subject_id = 'KILL-1' AND action = 'claimed'`;
  assert.is(claimed.length, 1);
  const { code: refusal } = JSON.parse(
    await (
      await post(context, "/machine/v1/claims", { ...body, request: base64Of(newBoard("KILL-1").request) })
    ).text(),
  );
  assert.is(refusal, "claim-refused", "another board gets nothing by it");
});

test("a POST with a key is committed, its answer is lost: made once, answered as the first time", async (context) => {
  const { migrate } = context.databases;
  const product = { number: 77, name: "Kill Cola", sku: "KILL-77", category: "beverage", defaultPrice: "1.50" };
  const key = { "idempotency-key": "one-and-the-same" };
  const ask = () => post(context, "/api/v1/products", { ...product, currency: "USD" }, key);
  const rows = () => migrate<{ id: string }[]>`SELECT id FROM products WHERE sku = 'KILL-77'`;
  await killedBehindCommit(context, ask, async () => (await rows()).length === 1);
  const [kept] = await migrate<{ status: number; body: string }[]>`
    SELECT status, body FROM idempotency_keys WHERE key = 'one-and-the-same'`;
  const again = await ask();
  assert.equal([again.status, JSON.parse(await again.text())], [kept?.status, JSON.parse(kept?.body ?? "")]);
  assert.is(again.status, 201);
  assert.is((await rows()).length, 1);
  const made = await migrate`SELECT 1 FROM audit_log WHERE subject = 'product' AND action = 'created'`;
  assert.is(made.length, 1, "and on record once");
  // Without the key it is another request: it finds the first one's product.
  assert.is((await post(context, "/api/v1/products", { ...product, currency: "USD" })).status, 409);
});

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

test.run();
