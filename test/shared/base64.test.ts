/** Base64 as RFC 4648 has it, and nothing else. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fromBase64, toBase64 } from "../../shared/base64.js";
import { utf8Encode } from "../../shared/bytes.js";

const test = suite("base64");

/** RFC 4648 §10. */
const VECTORS: readonly (readonly [string, string])[] = [
  ["", ""],
  ["f", "Zg=="],
  ["fo", "Zm8="],
  ["foo", "Zm9v"],
  ["foob", "Zm9vYg=="],
  ["fooba", "Zm9vYmE="],
  ["foobar", "Zm9vYmFy"],
];

test("the vectors of the RFC, both ways", () => {
  for (const [text, base64] of VECTORS) {
    assert.is(toBase64(utf8Encode(text)), base64);
    assert.equal(fromBase64(base64), utf8Encode(text));
  }
});

test("every byte at every place", () => {
  for (let length = 253; length <= 256; length++) {
    const bytes = new Uint8Array(length).map((_, at) => at * 7);
    assert.equal(fromBase64(toBase64(bytes)), bytes);
  }
});

test("what is no base64 is none: length, letters, padding, bits that are left over", () => {
  for (const text of [
    "Z",
    "Zg",
    "Zg=",
    "Zg=a",
    "Z===",
    "====",
    "Zm9 ",
    "Zm9-",
    "Zm=v",
    "Zh==",
    "Zm9=",
    "Zg==Zg==",
    "Zm9vé",
  ]) {
    assert.is(fromBase64(text), undefined, text);
  }
});

test.run();
