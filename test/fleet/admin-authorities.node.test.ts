/** `npm run admin` for the authorities: what an installer sees and gets, and what is refused with the cure. */
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { tellToReread } from "../../fleet/broker/reread.js";
import { openAuthorities } from "../../fleet/identity/authorities.js";
import { openDatabases } from "../../fleet/store/databases.js";
import { authorityAct, writeRevocations } from "../../tools/authorities.js";
import { runNode } from "../support/process.js";
import { openDoor } from "./identity/boards.js";
import { failure, temporaryFolder, testConfig } from "./support.js";

const test = suite<{ folder: string }>("fleet/admin authorities");
const PROGRAM = fileURLToPath(new URL("../../tools/admin.ts", import.meta.url));
const LIMIT_MS = 30_000;

test.before(async (context) => {
  context.folder = await temporaryFolder();
});
test.after(({ folder }) => rm(folder, { recursive: true, force: true }));

/** What the command says, in lines. */
async function run(folder: string, ...args: readonly string[]): Promise<readonly string[]> {
  const lines: string[] = [];
  const act = authorityAct(args, (line) => lines.push(line));
  if (act === undefined) throw new Error("not understood");
  await act({ door: openDoor(folder) });
  return lines;
}

test("in a folder without an authority nothing is made, and the cure is told", async ({ folder }) => {
  const mistyped = join(folder, "mistyped");
  for (const args of [
    ["authorities"],
    ["add-authority"],
    ["retire-authority", "1"],
    ["broker-certificate", join(mistyped, "out"), "broker.example"],
  ]) {
    assert.match(await failure(run(mistyped, ...args)), /SPIRAL_AUTHORITY_DIR .*where no authority is.*first start/);
  }
  assert.not.ok(await stat(mistyped).catch(() => undefined));
});

test("authorities are listed, the next one added, the one before retired, each told as it is", async ({ folder }) => {
  await openAuthorities(join(folder, "authority"), Date.now());
  const [only = "", ...none] = await run(folder, "authorities");
  assert.match(only, /^1 {2}signs machines, signs brokers {2}until 20[0-9-]{8} {2}CN=Spiral fleet authority 1 /);
  assert.is(none.length, 0);
  assert.match(await failure(run(folder, "retire-authority", "1")), /add the next one first/);
  assert.match((await run(folder, "add-authority")).join("\n"), /^Authority 2 signs machines from now on/);
  const both = await run(folder, "authorities");
  assert.match(both.join("\n"), /^1 {2}signs brokers {2}.*\n2 {2}signs machines {2}/);
  assert.match((await run(folder, "retire-authority", "1")).join("\n"), /^Authority 1 is retired.* 2 signs brokers/);
  const after = await run(folder, "authorities");
  assert.match(after.join("\n"), /^1 {2}retired {2}.*\n2 {2}signs machines, signs brokers {2}/);
  assert.match(await failure(run(folder, "retire-authority", "1")), /no authority 1 to retire/);
  for (const wrong of [
    ["retire-authority"],
    ["retire-authority", "one"],
    ["authorities", "x"],
    ["add-authority", "x"],
  ]) {
    assert.is(
      authorityAct(wrong, () => undefined),
      undefined,
      wrong.join(" "),
    );
  }
});

test("a broker of others gets key, certificate and authorities, and again when it grows old", async ({ folder }) => {
  const out = join(folder, "broker");
  await run(folder, "broker-certificate", out, "broker.example", "10.1.2.3");
  const read = async () => ({
    key: await readFile(join(out, "server.key"), "utf8"),
    certificate: new X509Certificate(await readFile(join(out, "server.crt"), "utf8")),
  });
  const first = await read();
  assert.is((await stat(join(out, "server.key"))).mode & 0o777, 0o600);
  assert.is(first.certificate.subjectAltName, "DNS:broker.example, IP Address:10.1.2.3");
  const { brokers, bundle } = await openAuthorities(join(folder, "authority"), Date.now());
  assert.ok(first.certificate.verify(createPublicKey(brokers.pem)));
  assert.is(await readFile(join(out, "authorities.pem"), "utf8"), bundle.join(""));
  assert.not.match(bundle.join(""), /PRIVATE/);
  await run(folder, "broker-certificate", out, "broker.example");
  const second = await read();
  assert.is.not(second.key, first.key);
  assert.ok(second.certificate.checkPrivateKey(createPrivateKey(second.key)));
  assert.equal((await readdir(out)).sort(), ["authorities.pem", "server.crt", "server.key"]);
  assert.match(await failure(run(folder, "broker-certificate", out, "bro ker")), /"bro ker" is neither a host name/);
  assert.is(
    authorityAct(["broker-certificate", out], () => undefined),
    undefined,
  );
});

test("the revocation list is written when asked, and it is said who has to read it", async ({ folder }) => {
  const dataDir = await temporaryFolder();
  const databases = await openDatabases(testConfig(dataDir));
  const write = async (
    more: { readonly revocationFile?: string; readonly revocationPidFile?: string },
    file?: string,
  ) => {
    const lines: string[] = [];
    const code = await writeRevocations(databases.ingest, openDoor(folder, more), file, (line) => lines.push(line));
    return [code, lines.at(-1)];
  };
  const path = join(folder, "revoked.pem");
  const revocationPidFile = join(folder, "mosquitto.pid");
  assert.match(await failure(write({})), /SPIRAL_REVOCATION_FILE is not set. Set it, or name a file/);
  assert.equal(await write({}, path), [0, "A broker that runs has to be told to read it: SIGHUP for mosquitto."]);
  assert.match(await readFile(path, "utf8"), /^(-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----\n){2}$/);
  const told = { revocationFile: path, revocationPidFile };
  assert.equal(await write(told), [0, "No broker runs; it reads the list when it starts."]);
  await writeFile(revocationPidFile, "many\n");
  const [code, why] = await write(told);
  assert.is(code, 1);
  assert.match(String(why), /has not been told to read it: .*mosquitto.pid holds no process id/);
  await databases.close();
  await rm(dataDir, { recursive: true, force: true });
});

test("only a mosquitto gets the signal: a number that is another's by now, or nobody's, does no harm", async ({
  folder,
}) => {
  const file = join(folder, "other.pid");
  await writeFile(file, `${process.pid}\n`);
  const other = await tellToReread(file);
  assert.ok(other.is === "failed" && /is (node|MainThread).*no mosquitto/.test(other.why), JSON.stringify(other));
  // Above what Linux gives out.
  await writeFile(file, "4194305\n");
  assert.equal(await tellToReread(file), { is: "absent" });
  await rm(file);
  await mkdir(file);
  const folderThere = await tellToReread(file);
  assert.ok(folderThere.is === "failed" && /cannot be read \(EISDIR\)/.test(folderThere.why));
});

test("as a whole: the command finds the folder by its settings", async ({ folder }) => {
  process.env.SPIRAL_DATA_DIR = folder;
  const { code, output } = await runNode(["--import", "tsx", PROGRAM, "authorities"], LIMIT_MS);
  assert.equal([code, /^2 {2}signs machines/m.test(output)], [0, true], output);
});

test.run();
