/** Boards by CSV: each a machine once, whatever is wrong with others, and however often the run is started again. */
import { X509Certificate } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openAuthorities } from "../../fleet/identity/authorities.js";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { addOperator } from "../../fleet/store/provision.js";
import { type BoardRow, provisionBoards } from "../../tools/provision/boards.js";
import { readBoards } from "../../tools/provision/main.js";
import { newBoard } from "../fleet/identity/boards.js";
import { addTestMachine, addTestProducts, temporaryFolder, testConfig } from "../fleet/support.js";

interface Context {
  folder: string;
  databases: Databases;
  operatorId: string;
}
const test = suite<Context>("boards");

test.before(async (context) => {
  context.folder = await temporaryFolder();
  context.databases = await openDatabases(testConfig(context.folder));
  context.operatorId = await addOperator(context.databases, "Ours");
});
test.after(async ({ folder, databases }) => {
  await databases.close();
  await rm(folder, { recursive: true, force: true });
});

async function provisioned({ databases, operatorId, folder }: Context, into: string, rows: readonly BoardRow[]) {
  const told: string[] = [];
  const authorities = () => openAuthorities(join(folder, "authority"), Date.now());
  const broker = { host: "broker.example", port: 8_883 };
  const renewals = { host: "door.example", port: 8_443 };
  const ports = { databases, operatorId, authorities, master: new Uint8Array(32), broker, renewals, into };
  await provisionBoards(ports, rows, ({ serial }, outcome) => {
    told.push(`${serial} ${typeof outcome === "string" ? outcome : outcome.wrong}`);
  });
  return told.sort();
}

test("each row becomes a machine; what is wrong with one is told and stops no other", async (context) => {
  const { databases, folder } = context;
  const stranger = await addOperator(databases, "Theirs");
  await addTestProducts({ databases }, stranger);
  await addTestMachine({ databases }, stranger, "BOARD-X");
  const own = newBoard("BOARD-3");
  const csv = "serial,model,request\nBOARD-1,SP-60,\nboard 2,,\nBOARD-3,,three.csr\nBOARD-1,,\nBOARD-X,,\n";
  const rows = readBoards(csv, () => own.request);
  const into = await mkdtemp(join(folder, "out-"));
  const told = await provisioned(context, into, rows);
  assert.equal(told, [
    "BOARD-1 is there twice",
    "BOARD-1 made",
    "BOARD-3 made",
    "BOARD-X refused: another operator's, or out of service",
    "board 2 no serial number",
  ]);
  const secrets = JSON.parse(await readFile(join(into, "BOARD-1.json"), "utf8"));
  assert.equal([secrets.network.doorHost, secrets.network.doorPort], ["door.example", 8_443]);
  assert.equal([secrets.identity.machineId, secrets.identity.model, secrets.identity.epoch], ["BOARD-1", "SP-60", 1]);
  const certificate = new X509Certificate(await readFile(join(into, "BOARD-3.der")));
  assert.ok(certificate.checkPrivateKey(own.key));
  const files = await readdir(into);
  assert.not.ok(files.includes("BOARD-3.key.pem"));
  for (const file of files) assert.is((await stat(join(into, file))).mode & 0o777, 0o600, file);
});

test("started again it does nothing twice; broken off it goes on with the same key and epoch", async (context) => {
  const into = await mkdtemp(join(context.folder, "out-"));
  const rows = ["BOARD-5", "BOARD-6"].map((serial) => ({ serial, model: "Spiral" }));
  assert.equal(await provisioned(context, into, rows), ["BOARD-5 made", "BOARD-6 made"]);
  const before = await readFile(join(into, "BOARD-5.der"));
  // Killed after the claim was used, before the board's files were whole.
  await rm(join(into, "BOARD-5.json"));
  await rm(join(into, "BOARD-5.der"));
  assert.equal(await provisioned(context, into, rows), ["BOARD-5 made", "BOARD-6 there"]);
  assert.equal(await readFile(join(into, "BOARD-5.der")), before);
  const [machine] = await context.databases.migrate<{ epoch: number; certificates: number }[]>`
    SELECT m.epoch, (SELECT count(*)::int FROM machine_certificates c WHERE c.machine_id = m.id) AS certificates
    FROM machines m WHERE serial_number = 'BOARD-5'`;
  assert.equal([machine?.epoch, machine?.certificates], [1, 1]);
});

test("a CSV without serials is refused by name", () => {
  assert.throws(() => readBoards("name\nx\n", () => new Uint8Array(0)), /no column serial/);
});

test.run();
