/** The guard in front of the SDK's handshake: the one course that passes, and each that must not. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { HandshakeGuard } from "../../../../firmware/io/net/tls-guard.js";
import { concatBytes } from "../../../../shared/bytes.js";

const test = suite("TLS guard");

const record = (type: number, ...bodies: readonly Uint8Array[]): Uint8Array => {
  const body = concatBytes(...bodies);
  return concatBytes(Uint8Array.of(type, 3, 3, body.length >> 8, body.length & 255), body);
};
const message = (type: number, body: Uint8Array): Uint8Array =>
  concatBytes(Uint8Array.of(type, 0, body.length >> 8, body.length & 255), body);

function hello(change: (body: Uint8Array) => void = () => {}): Uint8Array {
  const body = new Uint8Array(38);
  body.set([3, 3], 0);
  body.set([0xc0, 0x2f, 0], 35);
  change(body);
  return message(2, body);
}

function keyExchange(change: (body: Uint8Array) => void = () => {}, signatureBytes = 256): Uint8Array {
  const body = new Uint8Array(4 + 65 + 4 + signatureBytes);
  body.set([3, 0, 23, 65, 4], 0);
  body.set([4, 1, signatureBytes >> 8, signatureBytes & 255], 69);
  change(body);
  return message(12, body);
}

const CERTIFICATE = message(11, new Uint8Array(10));
const REQUEST = message(13, new Uint8Array(4));
const DONE = message(14, new Uint8Array(0));
const CHANGE = record(20, Uint8Array.of(1));
const FINISHED = record(22, new Uint8Array(40));
const DATA = record(23, new Uint8Array(30));

/** What the guard says of the last of `records`; those before must pass. */
function verdict(...records: readonly Uint8Array[]): string | undefined {
  const guard = new HandshakeGuard();
  records.forEach((one, at) => {
    if (at < records.length - 1) assert.is(guard.see(one), undefined, `record ${at}`);
  });
  const last = records.at(-1);
  return last === undefined ? undefined : guard.see(last);
}

test("lets an honest server pass, its messages in one record or in several, with a request or without", () => {
  for (const request of [[REQUEST], []]) {
    const flight = [hello(), CERTIFICATE, keyExchange(), ...request, DONE];
    assert.is(verdict(record(22, ...flight), CHANGE, FINISHED, DATA, DATA), undefined);
    const apart = flight.map((one) => record(22, one));
    assert.is(verdict(...apart, CHANGE, FINISHED, DATA), undefined);
  }
  assert.is(verdict(record(21, Uint8Array.of(2, 40))), undefined, "alerts are the SDK's to read");
});

test("an unsigned key exchange, as the SDK would take it, does not pass", () => {
  const before = [record(22, hello()), record(22, CERTIFICATE)];
  for (const [hash, algorithm] of [
    [0, 1],
    [4, 0],
    [0, 0],
    [2, 1],
    [4, 3],
  ]) {
    const exchange = keyExchange((body) => body.set([hash ?? 0, algorithm ?? 0], 69));
    assert.is(verdict(...before, record(22, exchange)), "unsigned");
  }
  assert.is(verdict(...before, record(22, keyExchange(undefined, 0))), "unsigned");
  assert.is(verdict(...before, record(22, keyExchange(undefined, 128))), "unsigned");
  assert.is(
    verdict(
      ...before,
      record(
        22,
        keyExchange((body) => body.set([24], 2)),
      ),
    ),
    "curve",
  );
  assert.is(
    verdict(
      ...before,
      record(
        22,
        keyExchange((body) => body.set([1], 0)),
      ),
    ),
    "curve",
  );
});

test("another suite, version or compression does not pass", () => {
  assert.is(
    verdict(
      record(
        22,
        hello((body) => body.set([0x00, 0x2f], 35)),
      ),
    ),
    "suite",
  );
  assert.is(
    verdict(
      record(
        22,
        hello((body) => body.set([0xc0, 0x2b], 35)),
      ),
    ),
    "suite",
  );
  assert.is(
    verdict(
      record(
        22,
        hello((body) => body.set([3, 2], 0)),
      ),
    ),
    "version",
  );
  assert.is(
    verdict(
      record(
        22,
        hello((body) => body.set([1], 37)),
      ),
    ),
    "compression",
  );
});

test("nothing out of turn passes: no missing certificate, no early change, no renegotiation", () => {
  assert.is(verdict(record(22, CERTIFICATE)), "outOfTurn");
  assert.is(verdict(record(22, hello(), keyExchange())), "outOfTurn");
  assert.is(verdict(record(22, hello(), CERTIFICATE, DONE)), "outOfTurn");
  assert.is(verdict(record(22, hello()), CHANGE), "outOfTurn", "a resumption we never offered");
  assert.is(verdict(CHANGE), "outOfTurn");
  assert.is(verdict(DATA), "outOfTurn");
  assert.is(verdict(record(22, hello(), hello())), "outOfTurn");
  const whole = record(22, hello(), CERTIFICATE, keyExchange(), DONE);
  assert.is(verdict(whole, FINISHED), "outOfTurn");
  assert.is(verdict(whole, record(20, Uint8Array.of(2))), "outOfTurn");
  assert.is(verdict(whole, CHANGE, DATA), "outOfTurn");
  assert.is(verdict(whole, CHANGE, CHANGE), "outOfTurn");
  assert.is(verdict(whole, CHANGE, FINISHED, FINISHED), "outOfTurn");
});

test("what is cut short anywhere does not pass and is not thrown at", () => {
  const flight = [hello(), CERTIFICATE, keyExchange(), DONE];
  const whole = record(22, ...flight);
  for (let length = 0; length < whole.length; length++) {
    new HandshakeGuard().see(whole.subarray(0, length));
  }
  assert.is(verdict(record(22)), "cutShort");
  assert.is(verdict(record(22, hello().subarray(0, 20))), "cutShort");
  assert.is(verdict(record(22, message(2, new Uint8Array(30)))), "cutShort");
});

test.run();
