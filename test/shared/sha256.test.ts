/** SHA-256, HMAC and HKDF on the vectors of FIPS 180-4, RFC 4231 and RFC 5869. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromHex, toHex, utf8Encode } from "../../shared/bytes.js";
import { equalSecrets, hkdfSha256, hmacSha256, sha256 } from "../../shared/sha256.js";

const test = suite("sha256");

function hexBytes(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  if (bytes === undefined) throw new Error(`bad hex ${hex}`);
  return bytes;
}

test("FIPS 180-4 examples", () => {
  for (const [text, digest] of [
    ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ],
    [
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn" +
        "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
    ],
  ] as const) {
    assert.is(toHex(sha256(utf8Encode(text))), digest);
  }
});

test("RFC 4231 HMAC cases 1 to 4, 6 and 7", () => {
  const longKey = "aa".repeat(131);
  const cases: readonly (readonly [string, string, string])[] = [
    [
      "0b".repeat(20),
      toHex(utf8Encode("Hi There")),
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ],
    [
      toHex(utf8Encode("Jefe")),
      toHex(utf8Encode("what do ya want for nothing?")),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ],
    ["aa".repeat(20), "dd".repeat(50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"],
    [
      "0102030405060708090a0b0c0d0e0f10111213141516171819",
      "cd".repeat(50),
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ],
    [
      longKey,
      toHex(utf8Encode("Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ],
    [
      longKey,
      toHex(
        utf8Encode(
          "This is a test using a larger than block-size key and a larger than block-size data. " +
            "The key needs to be hashed before being used by the HMAC algorithm.",
        ),
      ),
      "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ],
  ];
  for (const [key, message, mac] of cases) assert.is(toHex(hmacSha256(hexBytes(key), hexBytes(message))), mac);
});

test("RFC 5869 cases 1 to 3", () => {
  const counting = (from: number, count: number) => Uint8Array.from({ length: count }, (_, i) => from + i);
  const secret = hexBytes("0b".repeat(22));
  assert.is(
    toHex(hkdfSha256(secret, counting(0, 13), counting(0xf0, 10), 42)),
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
  );
  assert.is(
    toHex(hkdfSha256(counting(0, 80), counting(0x60, 80), counting(0xb0, 80), 82)),
    "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c" +
      "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
  );
  assert.is(
    toHex(hkdfSha256(secret, new Uint8Array(0), new Uint8Array(0), 42)),
    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
  );
});

test("HKDF refuses more than 255 blocks", () => {
  const empty = new Uint8Array(0);
  assert.is(hkdfSha256(empty, empty, empty, 8160).length, 8160);
  assert.throws(() => hkdfSha256(empty, empty, empty, 8161), RangeError);
});

test("equalSecrets", () => {
  assert.ok(equalSecrets(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
  assert.not(equalSecrets(Uint8Array.of(1, 2), Uint8Array.of(1, 3)));
  assert.not(equalSecrets(Uint8Array.of(1, 2), Uint8Array.of(1)));
});

test.run();
