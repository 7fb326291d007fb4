/** Broker certificates good and bad, made with Node's own cryptography; what ours says against what Node says. */
import { sign, X509Certificate } from "node:crypto";
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseCertificate } from "../../../../firmware/io/net/certificate.js";
import { judgeChain, MAX_CHAIN, type Trust } from "../../../../firmware/io/net/chain.js";
import { isSignedBy, MIN_MODULUS_BYTES } from "../../../../firmware/io/net/rsa-signature.js";
import { type CertificateOptions, type Issued, issue, newKey } from "../../../../tools/measure/certificates.js";

const test = suite("certificates of a broker");

const NOW_S = 1_800_000_000;
const HOST = "broker.example";
const root = issue({ name: "root", authority: true });
const middle = issue({ name: "middle", authority: true, issuer: root });
const serverKey = newKey();
const server = (change: Partial<CertificateOptions> = {}): Issued =>
  issue({ name: "server", issuer: root, dns: [HOST], usage: "server", key: serverKey, ...change });

function verdict(chain: readonly Issued[], change: Partial<Trust> = {}): string {
  const trust = { authorities: [root.der], host: HOST, now: { wallS: NOW_S, synced: true }, ...change };
  const judged = judgeChain(
    chain.map(({ der }) => der),
    trust,
  );
  return judged.ok ? `ok ${judged.server.modulus.length}` : judged.why;
}

test("believes a server alone, with its authority, and below an intermediate one", () => {
  assert.is(verdict([server()]), "ok 256");
  assert.is(verdict([server(), root]), "ok 256");
  assert.is(verdict([server({ issuer: middle }), middle]), "ok 256");
  assert.is(verdict([server({ issuer: middle }), middle, root]), "ok 256");
});

test("reads what Node reads", () => {
  const made = server({ addresses: ["10.1.2.3"], fromS: 1_700_000_007, toS: 2_600_000_000 });
  const theirs = new X509Certificate(made.pem);
  assert.ok(theirs.verify(new X509Certificate(root.pem).publicKey));
  const ours = parseCertificate(made.der);
  if (!ours.ok) throw new Error(ours.why);
  const { fromS, toS, dnsNames, addresses, authority, serves } = ours.certificate;
  assert.equal([fromS, toS], [Date.parse(theirs.validFrom) / 1_000, Date.parse(theirs.validTo) / 1_000]);
  assert.equal([dnsNames, addresses, authority, serves], [[HOST], ["10.1.2.3"], false, true]);
});

test("the two chains the SDK's own check would believe are not believed", () => {
  // anybody's certificate with our name, followed by one that our authority has really issued
  const stranger = issue({ name: "stranger", dns: [HOST] });
  assert.is(verdict([stranger, server({ dns: ["other.example"] })]), "notIssuedByTheNext");
  assert.is(
    verdict([issue({ name: "stranger", issuer: { ...server(), key: newKey() }, dns: [HOST] }), server()]),
    "notAnAuthority",
  );
  // a machine's key issues a certificate for the broker's name
  const machine = issue({ name: "M-1", issuer: root, usage: "client" });
  assert.is(verdict([issue({ name: "false", issuer: machine, dns: [HOST] }), machine]), "notAnAuthority");
});

test("each way of being wrong has its name", () => {
  const other = issue({ name: "root", authority: true });
  const plain = issue({ name: "plain", issuer: root, key: newKey() });
  const cases: readonly (readonly [readonly Issued[], Partial<Trust>, string])[] = [
    [[], {}, "noChain"],
    [[root], {}, "noChain"],
    [Array.from({ length: MAX_CHAIN + 1 }, () => server()), {}, "tooLong"],
    [[server()], { authorities: [new Uint8Array([1])] }, "badAuthority"],
    [[server()], { authorities: [plain.der] }, "badAuthority"],
    [[server()], { authorities: [other.der] }, "badSignature"],
    [[server({ issuer: middle })], {}, "unknownAuthority"],
    [[server({ issuer: other })], {}, "badSignature"],
    [[server({ issuer: plain }), plain], {}, "notAnAuthority"],
    [[server()], { host: "other.example" }, "wrongName"],
    [[server({ dns: [] })], {}, "wrongName"],
    [[server({ usage: "client" })], {}, "notForServers"],
    [[server({ toS: NOW_S - 1 })], {}, "expired"],
    [[server({ fromS: NOW_S + 1 })], {}, "notYetValid"],
    [[server({ strangeCritical: true })], {}, "critical"],
    [[server({ key: newKey(1_024) })], {}, "algorithm"],
    [[server({ key: newKey(2_048, 3) })], {}, "algorithm"],
  ];
  for (const [chain, change, expected] of cases) assert.is(verdict(chain, change), expected, expected);
});

test("a floor of the time proves that a certificate is over, not that it has not begun", () => {
  const unsynced = { now: { wallS: NOW_S, synced: false } };
  assert.is(verdict([server({ fromS: NOW_S + 1_000 })], unsynced), "ok 256");
  assert.is(verdict([server({ toS: NOW_S - 1 })], unsynced), "expired");
});

test("names: whole, with a star for one label, addresses as addresses only", () => {
  const bears = (dns: readonly string[], addresses: readonly string[], host: string): boolean =>
    verdict([server({ dns, addresses })], { host }).startsWith("ok");
  assert.ok(bears(["BROKER.example"], [], "broker.EXAMPLE"));
  assert.ok(bears(["*.fleet.example"], [], "broker.fleet.example"));
  assert.not(bears(["*.fleet.example"], [], "a.broker.fleet.example"));
  assert.not(bears(["*.fleet.example"], [], "fleet.example"));
  assert.not(bears(["*.example"], [], ".example"));
  assert.not(bears(["*"], [], "broker"));
  assert.not(bears(["*.com"], [], "example.com"), "a star for a whole domain");
  assert.ok(bears([], ["10.0.0.9"], "10.0.0.9"));
  assert.not(bears(["10.0.0.9"], [], "10.0.0.9"));
  assert.not(bears(["*.0.0.9"], [], "10.0.0.9"));
  assert.is(verdict([server({ dns: [`${HOST}\0.evil.example`] })]), "malformed");
});

test("any byte that is changed, and any that is missing, is refused and never thrown at", () => {
  const { der } = server();
  for (let at = 0; at < der.length; at++) {
    const changed = der.slice();
    changed[at] = (changed[at] ?? 0) ^ 0x41;
    const trust = { authorities: [root.der], host: HOST, now: { wallS: NOW_S, synced: true } };
    // only every seventh goes through the signature, which takes its time
    if (at % 7 === 0) assert.not(judgeChain([changed], trust).ok, `byte ${at}`);
    else parseCertificate(changed);
    assert.not(parseCertificate(der.subarray(0, at)).ok);
  }
  assert.equal(parseCertificate(new Uint8Array(4_097)), { ok: false, why: "tooLong" });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      parseCertificate(bytes);
    }),
  );
});

test("signatures: Node's are believed, changed ones, padded ones and short keys are not", () => {
  const key = newKey();
  const modulus = (pair: ReturnType<typeof newKey>): Uint8Array =>
    new Uint8Array(Buffer.from(pair.export({ format: "jwk" }).n ?? "", "base64url"));
  const message = new Uint8Array([1, 2, 3]);
  const signature = new Uint8Array(sign("sha256", message, key));
  assert.ok(isSignedBy(modulus(key), message, signature));
  assert.not(isSignedBy(modulus(key), new Uint8Array([1, 2, 4]), signature));
  assert.not(isSignedBy(modulus(newKey()), message, signature));
  assert.not(isSignedBy(modulus(key), message, new Uint8Array(sign("sha1", message, key))));
  assert.not(isSignedBy(modulus(key), message, signature.subarray(1)));
  assert.not(isSignedBy(modulus(key), message, new Uint8Array(256).fill(0xff)));
  assert.not(isSignedBy(modulus(key), message, new Uint8Array(256)));
  const short = newKey(1_024);
  assert.ok(modulus(short).length < MIN_MODULUS_BYTES);
  assert.not(isSignedBy(modulus(short), message, new Uint8Array(sign("sha256", message, short))));
});

test.run();
