/** The fleet's authority: what it signs is what the machine's own judge of certificates believes, and nothing else. */
import { createPublicKey, generateKeyPairSync, type KeyObject, sign, X509Certificate } from "node:crypto";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { certificateRequest } from "../../../firmware/io/certificate-request.js";
import { judgeChain } from "../../../firmware/io/net/chain.js";
import { addAuthority, openAuthorities, retireAuthority } from "../../../fleet/identity/authorities.js";
import {
  AUTHORITY_DAYS,
  issueMachine,
  issueServer,
  renewAfter,
  revocationList,
} from "../../../fleet/identity/authority.js";
import { judgeRequest, MAX_REQUEST_BYTES, provesRenewal } from "../../../fleet/identity/request.js";
import { renewalText } from "../../../shared/wire/renewal.js";
import { failure, temporaryFolder } from "../support.js";
import { boardKey } from "./boards.js";

const NOW_MS = Date.UTC(2026, 5, 1);
const DAY_MS = 86_400_000;
const test = suite<{ folder: string }>("fleet/identity authority");

test.before(async (context) => {
  context.folder = await temporaryFolder();
});
test.after(({ folder }) => rm(folder, { recursive: true, force: true }));

function spki(key: KeyObject): Uint8Array {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}

const KEY = generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey;

test("its key is one 0600 file, two first starts at once agree on it, and a later start finds it", async ({
  folder,
}) => {
  const [one, other] = await Promise.all([openAuthorities(folder, NOW_MS), openAuthorities(folder, NOW_MS)]);
  assert.equal(one.bundle, other.bundle);
  const file = join(folder, "authority-1.pem");
  assert.is((await stat(file)).mode & 0o777, 0o600);
  assert.match(await readFile(file, "utf8"), /BEGIN PRIVATE KEY/);
  assert.equal((await openAuthorities(folder, NOW_MS)).bundle, one.bundle);
  assert.not.match(one.bundle.join(), /PRIVATE/);
});

test("a machine believes the broker's certificate, for its name and address and its time only", async ({ folder }) => {
  const { brokers } = await openAuthorities(folder, NOW_MS);
  const { der } = await issueServer(brokers, ["broker.example", "10.1.2.3"], spki(KEY), NOW_MS);
  const authority = new Uint8Array(brokers.certificate.rawData);
  const judge = (host: string, wallMs: number) => {
    const verdict = judgeChain([der], { authorities: [authority], host, now: { wallS: wallMs / 1_000, synced: true } });
    return verdict.ok ? "ok" : verdict.why;
  };
  assert.is(judge("broker.example", NOW_MS), "ok");
  assert.is(judge("10.1.2.3", NOW_MS), "ok");
  assert.is(judge("other.example", NOW_MS), "wrongName");
  assert.is(judge("broker.example", NOW_MS + 91 * DAY_MS), "expired");
  const machine = await issueMachine(brokers, "M-1", spki(KEY), NOW_MS);
  const posing = judgeChain([machine.der], {
    authorities: [authority],
    host: "M-1",
    now: { wallS: NOW_MS / 1_000, synced: true },
  });
  assert.is(posing.ok, false);
});

test("a machine's certificate names it, is for clients, and says when to renew", async ({ folder }) => {
  const { machines } = await openAuthorities(folder, NOW_MS);
  const issued = await issueMachine(machines, "M-1234", spki(KEY), NOW_MS);
  const read = new X509Certificate(issued.pem);
  assert.is(read.subject, "CN=M-1234");
  assert.equal(read.keyUsage, ["1.3.6.1.5.5.7.3.2"]);
  assert.is(read.ca, false);
  assert.ok(read.verify(createPublicKey(machines.pem)));
  assert.is(read.serialNumber.toLowerCase(), issued.serialNumber);
  assert.is(read.fingerprint256.replaceAll(":", "").toLowerCase(), Buffer.from(issued.fingerprint).toString("hex"));
  const renewMs = renewAfter(issued).getTime();
  assert.ok(renewMs > NOW_MS + 200 * DAY_MS && renewMs < issued.notAfter.getTime() - 100 * DAY_MS);
});

test("authorities overlap: the next signs machines, the old one brokers until it retires, both are told", async () => {
  const folder = await temporaryFolder();
  const before = await openAuthorities(folder, NOW_MS);
  assert.match(await failure(retireAuthority(folder, 1, NOW_MS)), /add the next one first/);
  assert.is(await addAuthority(folder, NOW_MS), 2);
  const both = await openAuthorities(folder, NOW_MS);
  assert.equal([both.machines.generation, both.brokers.generation], [2, 1]);
  assert.equal(both.bundle[0], before.bundle[0]);
  await retireAuthority(folder, 1, NOW_MS);
  const after = await openAuthorities(folder, NOW_MS);
  assert.equal([after.machines.generation, after.brokers.generation], [2, 2]);
  assert.equal(after.bundle, [...both.bundle].reverse());
  assert.is((await stat(join(folder, "authority-1.retired.pem"))).mode & 0o777, 0o600);
  // What it signed can still be revoked.
  const [old] = after.all;
  assert.ok(old?.retired);
  const at = new Date(NOW_MS);
  const list = await revocationList(old, [{ serialNumber: "4a01", at, onHold: false }], NOW_MS);
  assert.match(list, /BEGIN X509 CRL/);
  await addAuthority(folder, NOW_MS);
  await addAuthority(folder, NOW_MS);
  assert.match(await failure(addAuthority(folder, NOW_MS)), /holds 4 authorities already/);
  await rm(folder, { recursive: true });
});

test("a file that is no authority, or is over, stops the start and is named with the cure", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "authority-1.pem"), "nothing");
  assert.match(
    await failure(openAuthorities(folder, NOW_MS)),
    /SPIRAL_AUTHORITY_DIR .*authority-1.pem.*Bring its files/,
  );
  await rm(join(folder, "authority-1.pem"));
  await openAuthorities(folder, NOW_MS);
  const over = openAuthorities(folder, NOW_MS + (AUTHORITY_DAYS + 1) * DAY_MS);
  assert.match(await failure(over), /no authority in force/);
  await rm(folder, { recursive: true });
});

test("the firmware's own request is taken; another name, a weak key, a broken signature, a tail are not", async () => {
  const der = certificateRequest("M-1234", boardKey(KEY));
  const verdict = await judgeRequest(der, "M-1234");
  assert.is(verdict.ok, true);
  if (verdict.ok) assert.equal(Buffer.from(verdict.request.publicKey), Buffer.from(spki(KEY)));
  const why = async (bytes: Uint8Array, serial = "M-1234") => {
    const judged = await judgeRequest(bytes, serial);
    return judged.ok ? "ok" : judged.why;
  };
  assert.is(await why(der, "M-1235"), "otherName");
  const broken = der.slice();
  broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
  assert.is(await why(broken), "badSignature");
  assert.is(await why(Buffer.concat([der, Buffer.from([0])])), "malformed");
  assert.is(await why(new Uint8Array(MAX_REQUEST_BYTES + 1)), "tooLong");
  assert.is(await why(new Uint8Array(0)), "malformed");
  const weak = generateKeyPairSync("rsa", { modulusLength: 1_024 }).privateKey;
  assert.is(await why(certificateRequest("M-1234", boardKey(weak))), "weakKey");
  // No bit of it can be turned without being noticed; none makes it throw.
  for (let at = 0; at < der.length; at += 7) {
    const turned = der.slice();
    turned[at] = (turned[at] ?? 0) ^ 0x10;
    assert.is.not(await why(turned), "ok", `byte ${at}`);
  }
});

test("a renewal is proved by the old key, for this certificate and this request only", async ({ folder }) => {
  const { machines } = await openAuthorities(folder, NOW_MS);
  const { der } = await issueMachine(machines, "M-1", spki(KEY), NOW_MS);
  const other = await issueMachine(machines, "M-1", spki(KEY), NOW_MS);
  const request = certificateRequest("M-1", boardKey(KEY));
  const proof = sign("sha256", renewalText(der, request), KEY);
  assert.is(provesRenewal(der, request, proof), true);
  assert.is(provesRenewal(other.der, request, proof), false);
  assert.is(provesRenewal(der, request.slice(1), proof), false);
  assert.is(provesRenewal(der, request, new Uint8Array(3)), false);
  assert.is(provesRenewal(new Uint8Array(3), request, proof), false);
  // The request's own signature proves nothing of the old key.
  assert.is(provesRenewal(der, request, request.slice(-256)), false);
});

test.run();
