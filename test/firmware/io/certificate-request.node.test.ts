/** Requests for certificates against Node's own RSA and against openssl, which reads and verifies them. */
import { spawnSync } from "node:child_process";
import { createPublicKey, generateKeyPairSync, privateEncrypt, verify } from "node:crypto";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { certificateRequest, MAX_NAME_CHARS, type RequestKey } from "../../../firmware/io/certificate-request.js";
import { findBinary } from "../../support/need.js";

const test = suite("firmware/io certificate request");
/** DigestInfo of SHA-256 (RFC 8017 §9.2, note 1): what a key store puts before the digest it is given. */
const DIGEST_INFO = Buffer.from("3031300d060960864801650304020105000420", "hex");

function keyOf(modulusLength: number): RequestKey {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength });
  const toBuffer = (bytes: Buffer): ArrayBuffer => Uint8Array.from(bytes).buffer;
  return {
    publicKey: () => toBuffer(publicKey.export({ type: "pkcs1", format: "der" })),
    sign: (digest) => toBuffer(privateEncrypt(privateKey, Buffer.concat([DIGEST_INFO, digest]))),
  };
}

const KEY = keyOf(2_048);

/** Content and end of the element at `at`. */
function element(bytes: Uint8Array, at: number): { readonly tag: number; readonly from: number; readonly to: number } {
  const first = bytes[at + 1] ?? 0;
  const more = first < 0x80 ? 0 : first & 0x7f;
  let length = more === 0 ? first : 0;
  for (let i = 0; i < more; i += 1) length = (length << 8) | (bytes[at + 2 + i] ?? 0);
  const from = at + 2 + more;
  return { tag: bytes[at] ?? 0, from, to: from + length };
}

test("the key in the request verifies its signature, and the name is the machine's", () => {
  const request = certificateRequest("SPIRAL-0001", KEY);
  const info = element(request, element(request, 0).from);
  const version = element(request, info.from);
  const name = element(request, version.to);
  const key = element(request, name.to);
  const attributes = element(request, key.to);
  assert.equal([version.tag, name.tag, key.tag, attributes.tag], [0x02, 0x30, 0x30, 0xa0]);
  assert.is(attributes.to, info.to);
  assert.ok(Buffer.from(request.subarray(name.from, name.to)).toString("latin1").endsWith("SPIRAL-0001"));
  const publicKey = createPublicKey({
    key: Buffer.from(request.subarray(name.to, key.to)),
    format: "der",
    type: "spki",
  });
  const signature = element(request, element(request, info.to).to);
  const signed = request.subarray(element(request, 0).from, info.to);
  assert.ok(verify("sha256", signed, publicKey, request.subarray(signature.from + 1, signature.to)));
});

// openssl is on every machine with a web server or TLS of its own; the test before needs nothing.
test("openssl, where there is one, reads the request, finds the name and verifies the signature", () => {
  const openssl = findBinary("openssl");
  if (openssl === undefined) return;
  for (const machineId of ["SPIRAL-0001", "A", "Z".repeat(MAX_NAME_CHARS)]) {
    const input = certificateRequest(machineId, KEY);
    const { status, stdout, stderr } = spawnSync(
      openssl,
      ["req", "-inform", "DER", "-verify", "-noout", "-subject", "-text"],
      { input, encoding: "utf8" },
    );
    assert.is(status, 0, stderr);
    assert.match(`${stdout}${stderr}`, /verify OK/i);
    assert.match(stdout, new RegExp(`CN ?= ?${machineId}\\b`));
    assert.match(stdout, /Signature Algorithm: sha256WithRSAEncryption/);
    assert.match(stdout, /\(2048 bit\)/);
  }
});

test("lengths of every size are in their shortest form, and the parts follow each other to the end", () => {
  for (const bits of [512, 1_024, 2_048]) {
    const request = certificateRequest("SPIRAL-0001", keyOf(bits));
    const whole = element(request, 0);
    assert.is(whole.tag, 0x30);
    assert.is(whole.to, request.length);
    const info = element(request, whole.from);
    const algorithm = element(request, info.to);
    const signature = element(request, algorithm.to);
    assert.equal([info.tag, algorithm.tag, signature.tag], [0x30, 0x30, 0x03]);
    assert.is(signature.to, request.length);
    assert.is(signature.to - signature.from, bits / 8 + 1);
  }
});

test("names that are no serial numbers are refused", () => {
  for (const name of ["", "a", "SPIRAL 1", "A".repeat(MAX_NAME_CHARS + 1), "É", "A/B"]) {
    assert.throws(() => certificateRequest(name, KEY), RangeError);
  }
});

test.run();
