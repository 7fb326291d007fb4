/**
 * `npm run provision` as a whole, beside a running service: a list of boards becomes machines of that service, which
 * knows each by its code and its certificate when it comes to the door by HTTP.
 */
import { sign, X509Certificate } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renewalText } from "../../shared/wire/renewal.js";
import { requestWith } from "../../tools/provision/keys.js";
import { openDoor } from "../fleet/identity/boards.js";
import { startTestFleet, type TestFleet, temporaryFolder } from "../fleet/support.js";
import { runNode } from "../support/process.js";

interface Context {
  fleet: TestFleet;
  folder: string;
}
const test = suite<Context>("provisioning");
const SETUP = fileURLToPath(new URL("../../tools/setup.js", import.meta.url));
const LIMIT_MS = 60_000;
const CSV = "serial,model\nPROV-1,SP-60\n\nno serial,\nPROV-2,\nPROV-1,\n";

test.before(async (context) => {
  context.folder = await temporaryFolder();
  const broker = { host: "broker.example", port: 8_883 };
  context.fleet = await startTestFleet({ door: openDoor(context.folder, { broker }) });
  process.env.SPIRAL_DATA_DIR = context.fleet.config.dataDir;
  process.env.SPIRAL_AUTHORITY_DIR = context.fleet.config.door.authorityDir;
  process.env.SPIRAL_MACHINE_BROKER = "broker.example:8883";
  await writeFile(join(context.folder, "boards.csv"), CSV);
});
test.after(async ({ fleet, folder }) => {
  await fleet.close();
  await rm(folder, { recursive: true, force: true });
});

const provision = (...args: readonly string[]) => runNode([SETUP, "provision", ...args], LIMIT_MS);

/** Asks at the service's door as a board does. */
async function atDoor({ fleet }: Context, path: string, payload: object): Promise<{ status: number; body: string }> {
  const answer = await fetch(`${fleet.url}/machine/v1/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(payload),
  });
  return { status: answer.status, body: await answer.text() };
}

test("a list becomes machines once; what is wrong in it is told by its row, and stops no other", async (context) => {
  const into = join(context.folder, "out");
  const list = join(context.folder, "boards.csv");
  const { code, output } = await provision("Test Vending", into, list);
  assert.is(code, 1, output);
  for (const line of [
    "row 2, no serial: no serial number",
    "row 4, PROV-1: is there twice",
    "2 made, 0 there before, 2",
  ])
    assert.match(output, line);
  const again = await provision("Test Vending", into, list);
  assert.match(again.output, "0 made, 2 there before, 2 wrong");
  const machines = await context.fleet.databases.migrate<{ serial: string; model: string; epoch: number }[]>`
    SELECT serial_number AS serial, model, epoch FROM machines WHERE serial_number LIKE 'PROV-%' ORDER BY 1`;
  assert.equal(
    machines.map(({ serial, epoch }) => [serial, epoch]),
    [
      ["PROV-1", 1],
      ["PROV-2", 1],
    ],
  );
});

test("the service knows such a board at its door: by its code, and by its certificate", async (context) => {
  const file = (name: string) => readFile(join(context.folder, "out", name));
  const keyPem = (await file("PROV-1.key.pem")).toString();
  const certificate = new X509Certificate(await file("PROV-1.der"));
  const request = Buffer.from(requestWith(keyPem, "PROV-1"));
  const asked = { serial: "PROV-1", request: request.toString("base64") };
  const claimed = await atDoor(context, "claims", { ...asked, code: (await file("PROV-1.code")).toString() });
  assert.is(claimed.status, 200, claimed.body);
  assert.equal(new X509Certificate(JSON.parse(claimed.body).certificate).raw, certificate.raw);
  const otherCode = (await file("PROV-2.code")).toString();
  assert.is((await atDoor(context, "claims", { ...asked, code: otherCode })).status, 403);
  const proof = sign("sha256", renewalText(certificate.raw, request), keyPem).toString("base64");
  const renewal = { certificate: certificate.raw.toString("base64"), request: asked.request, proof };
  const renewed = await atDoor(context, "renewals", renewal);
  assert.is(renewed.status, 200, renewed.body);
});

test("what it made is what a board is flashed with", async ({ folder }) => {
  const out = join(folder, "out");
  const secrets = JSON.parse(await readFile(join(out, "PROV-2.json"), "utf8"));
  await writeFile(join(out, "images.bin"), "key of images");
  const network = { ...secrets.network, timeHost: "time.example", imageKey: "images.bin" };
  await writeFile(join(out, "PROV-2.json"), JSON.stringify({ ...secrets, network }));
  const { code, output } = await provision("table", join(out, "PROV-2.json"));
  assert.is(code, 0, output);
  assert.match(output, /^key,type,encoding,value\n/);
});

test("it tells how to use it, and what is missing before it touches anything", async ({ folder }) => {
  const empty = join(folder, "mistyped");
  await mkdir(empty);
  const [help, nothing, unknown] = [
    await provision("--help"),
    await provision(),
    await provision("Nobody", join(folder, "none"), "PROV-9"),
  ];
  assert.equal([help.code, nothing.code, unknown.code], [0, 2, 1]);
  for (const { output } of [help, nothing]) assert.match(output, "npm run provision -- OPERATOR INTO BOARDS.csv");
  assert.match(unknown.output, "there is no operator Nobody");
  process.env.SPIRAL_DATA_DIR = empty;
  assert.match((await provision("Nobody", join(folder, "none"), "PROV-9")).output, `there is no database in ${empty}`);
});

test.run();
