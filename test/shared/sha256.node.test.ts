/** SHA-256, HMAC and HKDF against node:crypto over random inputs and every length around the block borders. */
import { createHash, createHmac, hkdfSync } from "node:crypto";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../shared/bytes.js";
import { hkdfSha256, hmacSha256, sha256 } from "../../shared/sha256.js";

const test = suite("sha256 against node:crypto");

test("every length over three blocks", () => {
  for (let length = 0; length <= 192; length++) {
    const message = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 0xff);
    assert.is(toHex(sha256(message)), createHash("sha256").update(message).digest("hex"), `length ${length}`);
  }
});

test("HMAC of random keys and messages", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 150 }), fc.uint8Array({ maxLength: 300 }), (key, message) => {
      assert.is(toHex(hmacSha256(key, message)), createHmac("sha256", key).update(message).digest("hex"));
    }),
    { numRuns: 200 },
  );
});

test("HKDF of random secrets, salts, infos and lengths", () => {
  const bytes = fc.uint8Array({ maxLength: 80 });
  fc.assert(
    fc.property(bytes, bytes, bytes, fc.nat(200), (secret, salt, info, length) => {
      const expected = new Uint8Array(hkdfSync("sha256", secret, salt, info, length));
      assert.equal(hkdfSha256(secret, salt, info, length), expected);
    }),
    { numRuns: 100 },
  );
});

test.run();
