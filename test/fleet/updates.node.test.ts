/** A firmware image ordered of one machine: what is refused, what it is sent, and what its ledger says of it. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KEY_VERSION, masterKey } from "../../fleet/store/master-key.js";
import { orderKey, verifyOrder } from "../../shared/orders.js";
import { ORDER_KINDS, ORDER_RESULTS } from "../../shared/records/kinds.js";
import { type ImageManifest, MAX_IMAGE_BYTES, manifestBody, signedManifest } from "../../shared/wire/image-manifest.js";
import { decodeOrder, encodeStatus } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import { decodeUpdateFirmware, MAX_MANIFEST_BYTES, MAX_VERSION_CHARACTERS } from "../../shared/wire/update-order.js";
import { type SignedIn, signedIn } from "./signed-in.js";
import { startTestFleet, statusOf, type TestFleet, TestLedger, TestMachine, until } from "./support.js";

interface Context {
  fleet: TestFleet;
  api: SignedIn;
}
const test = suite<Context>("fleet/updates");

test.before(async (context) => {
  context.fleet = await startTestFleet();
  context.api = await signedIn(context.fleet);
});
test.after(async ({ fleet }) => fleet.close());

const UPDATE = ORDER_KINDS.indexOf("updateFirmware");
const IMAGE: ImageManifest = {
  board: "devkit",
  version: "1.2.0",
  sizeBytes: 1_500_000,
  sha256: new Uint8Array(32).fill(0xab),
  host: "images.example",
  port: 8_443,
  path: "/spiral/1.2.0.bin",
};

/** No board would believe it: whether it is signed is the board's to judge. */
function manifestOf(change: Partial<ImageManifest> = {}): Uint8Array {
  return signedManifest(manifestBody({ ...IMAGE, ...change }), new Uint8Array(384));
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

test("it goes out signed, says what it brings, is on record, and the machine's own record ends it", async ({
  fleet,
  api,
}) => {
  const machine = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine("UPD-1"));
  const topic = topicOf("UPD-1", "commands");
  await machine.client.subscribe(topic);
  const status = encodeStatus(statusOf(1, 1, { orderCounter: 4, nonce: 77 }));
  await machine.client.published(topicOf("UPD-1", "status"), status, true);
  await until(async () => (await api.ask("GET", "/machines/UPD-1")).json().online, "the birth is not stored");
  const manifest = manifestOf();
  const answer = await api.ask("POST", "/machines/UPD-1/updates", { manifest: base64(manifest) });
  assert.is(answer.status, 202);
  const { order, image } = answer.json();
  assert.equal(image, {
    board: "devkit",
    version: "1.2.0",
    sizeBytes: 1_500_000,
    sha256: "ab".repeat(32),
    url: "https://images.example:8443/spiral/1.2.0.bin",
  });
  assert.equal([order.kind, order.counter], ["updateFirmware", 5]);
  const packet = await machine.client.next((other) => other.cmd === "publish" && other.topic === topic);
  const sent = decodeOrder(Buffer.from(packet.cmd === "publish" ? packet.payload : ""));
  assert.ok(sent.ok && sent.message.id === order.id && sent.message.kind === UPDATE);
  assert.ok(verifyOrder(orderKey(await masterKey(fleet.config), "UPD-1", 1, KEY_VERSION), "UPD-1", 1, sent.message));
  const update = decodeUpdateFirmware(sent.message.args);
  assert.equal([update?.version, base64(update?.manifest ?? new Uint8Array())], ["1.2.0", base64(manifest)]);
  const [noted] = await fleet.databases.migrate`
    SELECT action, subject, after FROM audit_log WHERE subject = 'firmware' AND subject_id = 'UPD-1'`;
  assert.equal([noted?.action, noted?.after.image.url], ["update", image.url]);
  const again = await api.ask("POST", "/machines/UPD-1/updates", { manifest: base64(manifest) });
  assert.equal([again.status, again.json().type.endsWith("update-waits")], [409, true]);
  const ledger = new TestLedger().boot();
  ledger.append({ kind: "commandStarted", counter: 5, order: UPDATE, version: "1.2.0" }, ledger.wallS);
  ledger.append(
    { kind: "commandApplied", counter: 5, order: UPDATE, result: ORDER_RESULTS.indexOf("done") },
    ledger.wallS,
  );
  await machine.sync(ledger);
  const done = (await api.ask("GET", `/orders/${order.id}`)).json();
  assert.equal([done.state, done.result], ["SUCCEEDED", "done"]);
  assert.is((await api.ask("POST", "/machines/UPD-1/updates", { manifest: base64(manifest) })).status, 202);
});

test("what no machine could run is refused with what is wrong, and nothing is queued", async ({ fleet, api }) => {
  await fleet.addMachine("UPD-2");
  const said = async (manifest: Uint8Array): Promise<string> => {
    const answer = await api.ask("POST", "/machines/UPD-2/updates", { manifest: base64(manifest) });
    assert.is(answer.status, 422);
    return answer.json().detail;
  };
  assert.match(await said(Uint8Array.of(0xa0)), /it is none/);
  assert.match(await said(new Uint8Array(MAX_MANIFEST_BYTES + 1)), /it is none/);
  assert.match(await said(signedManifest(Uint8Array.of(0xa0), new Uint8Array(384))), /malformed/);
  assert.match(await said(manifestOf({ path: "no/slash" })), /malformed/);
  assert.match(await said(manifestOf({ sha256: new Uint8Array(31) })), /malformed/);
  assert.match(await said(manifestOf({ sizeBytes: MAX_IMAGE_BYTES + 1 })), /badSize/);
  assert.match(await said(manifestOf({ version: "" })), /1 to 20 characters/);
  assert.match(await said(manifestOf({ version: "1".repeat(MAX_VERSION_CHARACTERS + 1) })), /1 to 20 characters/);
  const long = await api.ask("POST", "/machines/UPD-2/updates", {
    manifest: base64(new Uint8Array(MAX_MANIFEST_BYTES + 4)),
  });
  assert.is(long.status, 400);
  assert.is((await api.ask("POST", "/machines/UPD-2/updates", { manifest: "no base64!" })).status, 400);
  assert.equal((await api.ask("GET", "/orders?machine=UPD-2")).json().orders, []);
});

test.run();
