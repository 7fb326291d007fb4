/** A board claims itself: in one go, with power cuts, without clock or network, refused, and lied to. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  CLAIM_DOMAIN,
  ClaimStore,
  CODE_ENTRY,
  GIVEN_ENTRY,
  MAX_GIVEN_BYTES,
} from "../../../../firmware/io/claim-store.js";
import { modulusOfKey } from "../../../../firmware/io/net/certificate.js";
import { CLAIM_AGAIN_FIRST_MS, CLAIM_AGAIN_MAX_MS, CLAIM_REFUSED_MS } from "../../../../firmware/io/net/claiming.js";
import { MAX_ANSWER_BYTES } from "../../../../firmware/io/net/door.js";
import { SILENCE_MS } from "../../../../firmware/io/net/http-exchange.js";
import { MAX_AUTHORITIES } from "../../../../firmware/io/net/issued-answer.js";
import { fromBase64 } from "../../../../shared/base64.js";
import { concatBytes, utf8Encode } from "../../../../shared/bytes.js";
import type { ClaimState } from "../../../../shared/claim-states.js";
import { CLAIM_REFUSALS } from "../../../../shared/wire/claim.js";
import type { CutPlace } from "../../../support/io/cuttable-storage.js";
import { ClaimBoard, CODE, grantOf, KEY, ORDER_KEY, problem, VOUCHER_KEY } from "./claim-board.js";
import { httpAnswer, pem } from "./renewal-board.js";
import { AUTHORITY, MACHINE_ID, NEXT, NEXT_AUTHORITY, OWN } from "./renewal-certificates.js";

const test = suite("claimer");
const GIVEN = {
  machineId: MACHINE_ID,
  epoch: 3,
  voucherKey: VOUCHER_KEY,
  orderKey: ORDER_KEY,
  certificate: OWN,
  authorities: concatBytes(AUTHORITY, NEXT_AUTHORITY),
  brokerHost: "broker.example",
  brokerPort: 8_883,
};

function givenOn(board: ClaimBoard) {
  return new ClaimStore({ io: board.storage }).given(MACHINE_ID);
}

test("asks with its code, name and key; what it is given is on flash as a whole before it says so", () => {
  const board = new ClaimBoard().online();
  assert.equal(board.states, ["noNetwork", "asking"]);
  const sent = board.answer(grantOf(), 100);
  assert.match(sent, /^POST \/machine\/v1\/claims HTTP\/1\.1\r\nHost: door\.example:8443\r\n/);
  const body = JSON.parse(sent.slice(sent.indexOf("\r\n\r\n")));
  assert.equal([body.code, body.serial], [CODE, MACHINE_ID]);
  assert.is(fromBase64(body.request)?.[0], 0x30);
  assert.equal(givenOn(board), GIVEN);
  assert.equal(board.states, ["noNetwork", "asking", "claimed"]);
  board.claimer.use("another");
  board.pass(CLAIM_REFUSED_MS);
  assert.is(board.asked, 1, "and asks no more");
});

test("power cut before, behind and in each write: it is claimed in the end, by the same request", () => {
  const places: readonly CutPlace[] = ["before", "torn", "after"];
  let cuts = 0;
  for (const place of places) {
    for (let at = 0; ; at++) {
      const board = new ClaimBoard("");
      board.storage.cut(at, place);
      board.online().claimer.use(CODE);
      if (!board.storage.isOff) board.answer();
      if (!board.storage.isOff) break;
      cuts++;
      board.restart();
      const before = givenOn(board);
      assert.ok(before === undefined || before.epoch === 3, `${place} ${at}: whole or not at all`);
      // what is given stands: the next power-up finds a machine. Else it asks again, by the code that was kept
      if (before === undefined) {
        board.online();
        // the cut was in the typing itself: nothing of the code, or half of it
        if (at === 0 && place !== "after") board.claimer.use(CODE);
        if (at === 0 && place === "torn") board.answer(problem("403 Forbidden", "claim-refused", "unknown"));
        assert.match(board.answer(), CODE);
      }
      assert.equal(givenOn(board), GIVEN, `${place} ${at}`);
      assert.equal(givenOn(board.restart()), GIVEN, `${place} ${at}, durable`);
    }
  }
  // the code as typed, what was given, and that the code has done its work
  assert.is(cuts, 9);
});

test("the same request each time, so that the fleet knows it again", () => {
  const board = new ClaimBoard().online();
  const first = board.answer(problem("503 Service Unavailable", "no-machine-broker"));
  board.restart().online();
  assert.is(board.answer(), first);
});

test("flash that takes nothing: it says so, and asks again until it can keep what it is given", () => {
  const board = new ClaimBoard().online();
  board.storage.fails = true;
  board.answer();
  assert.is(board.state, "flash");
  board.pass(CLAIM_AGAIN_FIRST_MS);
  board.storage.fails = false;
  board.answer();
  assert.equal([board.state, board.asked], ["claimed", 2]);
  assert.equal(givenOn(board), GIVEN);
});

test("a code is given to nobody before the clock is set and there is a network", () => {
  const board = new ClaimBoard();
  board.synced = false;
  assert.is(board.state, "noNetwork");
  board.online();
  board.pass(CLAIM_REFUSED_MS);
  assert.equal([board.state, board.asked], ["clockUnknown", 0]);
  board.synced = true;
  board.claimer.timeIsSet();
  assert.equal([board.state, board.asked], ["asking", 1]);
  board.answer(problem("503 Service Unavailable", "internal"));
  board.claimer.link(false);
  assert.is(board.state, "noNetwork");
  board.pass(CLAIM_REFUSED_MS);
  assert.is(board.asked, 1);
  board.online();
  assert.is(board.asked, 2);
});

test("no code: it waits for one; the one typed last counts, also while another is asked with", () => {
  const board = new ClaimBoard("").online();
  board.claimer.use("");
  assert.equal([board.state, board.asked], ["noCode", 0]);
  board.claimer.use("FIRST");
  board.claimer.use("SECOND");
  assert.is(board.asked, 1);
  assert.match(board.answer(problem("403 Forbidden", "claim-refused", "expired")), "FIRST");
  assert.equal([board.state, board.asked], ["asking", 2], "the word on the first is no word on the second");
  board.restart().online();
  assert.match(board.answer(), "SECOND");
  assert.is(new ClaimStore({ io: board.storage }).code(), undefined, "dead codes are not kept");
});

test("the fleet's word on a code is said, and asked for again only when somebody wants it, or much later", () => {
  const words: readonly (readonly [Uint8Array, ClaimState])[] = [
    ...CLAIM_REFUSALS.map((why) => [problem("403 Forbidden", "claim-refused", why), why] as const),
    [problem("403 Forbidden", "claim-refused", "a word of tomorrow"), "refused"],
    [problem("403 Forbidden", "another"), "refused"],
    [problem("400 Bad Request", "certificate-request", "weakKey"), "refused"],
    [grantOf({ serial: "M-2" }), "unsound"],
  ];
  for (const [answer, state] of words) {
    const board = new ClaimBoard().online();
    board.answer(answer);
    assert.is(board.state, state);
    board.pass(CLAIM_REFUSED_MS / 2 - 1_000);
    assert.is(board.asked, 1, state);
    board.claimer.use("");
    assert.is(board.asked, 2, state);
    board.answer(answer);
    board.pass(CLAIM_REFUSED_MS);
    assert.is(board.asked, 3, state);
    board.answer(answer);
    board.claimer.use("ANOTHER");
    assert.is(board.asked, 4, state);
    board.answer();
    assert.is(board.state, "claimed");
  }
});

test("no answer, or too many tries: asked again by itself, each time later, up to a limit", () => {
  const board = new ClaimBoard().online();
  for (let waitMs = CLAIM_AGAIN_FIRST_MS; waitMs < 4 * CLAIM_AGAIN_MAX_MS; waitMs *= 2) {
    const { asked } = board;
    board.pass(SILENCE_MS);
    assert.ok(board.sockets.last.closed);
    assert.is(board.state, "noAnswer");
    const limitMs = Math.min(waitMs, CLAIM_AGAIN_MAX_MS);
    // some of it has passed with the silence
    board.pass(limitMs / 2 - 1);
    assert.is(board.asked, asked, "not in the first half");
    board.pass(limitMs / 2 + 1);
    assert.is(board.asked, asked + 1);
  }
  board.answer(problem("429 Too Many Requests", "too-many-requests"));
  assert.is(board.state, "rateLimited");
  board.pass(CLAIM_AGAIN_MAX_MS);
  board.answer(problem("502 Bad Gateway", "x").slice(0, -1));
  board.sockets.last.break();
  assert.is(board.state, "noAnswer");
});

test("what is no sound answer changes nothing", () => {
  const keys = { version: 1, order: "0a".repeat(32), voucher: "0b".repeat(32) };
  const lies: readonly Uint8Array[] = [
    grantOf({ certificate: pem(AUTHORITY) }),
    grantOf({ certificate: pem(OWN).replace("BEGIN CERTIFICATE", "BEGIN X") }),
    // of a later time: not valid yet
    grantOf({ certificate: pem(NEXT) }),
    grantOf({ authorities: [pem(NEXT_AUTHORITY)] }),
    grantOf({ authorities: [pem(OWN)] }),
    grantOf({ authorities: [] }),
    grantOf({ authorities: Array.from({ length: MAX_AUTHORITIES + 1 }, () => pem(AUTHORITY)) }),
    ...[0, -1, 1.5, 2 ** 32, "3", null].map((epoch) => grantOf({ epoch })),
    grantOf({ broker: null }),
    grantOf({ broker: { host: "", port: 8_883 } }),
    grantOf({ broker: { host: "broker.example", port: 70_000 } }),
    grantOf({ broker: { host: "broker.example" } }),
    grantOf({ keys: undefined }),
    grantOf({ keys: { ...keys, order: "0a" } }),
    grantOf({ keys: { ...keys, voucher: "x".repeat(64) } }),
    httpAnswer("200 OK", utf8Encode("[]")),
    httpAnswer("200 OK", utf8Encode("{")),
    httpAnswer("200 OK", new Uint8Array(0)),
    httpAnswer("200 OK", new Uint8Array(MAX_ANSWER_BYTES + 1).fill(0x20)),
  ];
  for (const [index, lie] of lies.entries()) {
    const board = new ClaimBoard().online();
    board.answer(lie);
    assert.equal([board.state, board.storage.writes], ["unsound", 0], `lie ${index}`);
    assert.ok(board.sockets.last.closed, `lie ${index}`);
  }
  for (const noAnswer of [grantOf({}, "201 Created"), utf8Encode("SSH-2.0-x\r\n\r\n")]) {
    const board = new ClaimBoard().online();
    board.answer(noAnswer);
    assert.equal([board.state, board.storage.writes], ["noAnswer", 0]);
  }
});

test("a certificate for another key is none of this board's", () => {
  const board = new ClaimBoard();
  const key = KEY.slice();
  // the last byte of the modulus, before the exponent
  const at = key.length - 6;
  key[at] = (key[at] ?? 0) ^ 2;
  board.key = key;
  board.restart().online();
  board.answer();
  assert.equal([board.state, board.storage.writes], ["unsound", 0]);
});

test("a key that is none asks nobody", () => {
  assert.is(modulusOfKey(Uint8Array.of(1)), undefined);
  assert.is(modulusOfKey(AUTHORITY), undefined);
  const board = new ClaimBoard();
  board.key = Uint8Array.of(1);
  board.restart().online();
  assert.equal([board.state, board.asked], ["refused", 0]);
});

test("what is on flash for another machine, torn or too long is none", () => {
  const board = new ClaimBoard().online();
  board.answer();
  const store = new ClaimStore({ io: board.storage });
  assert.is(store.given("M-2"), undefined);
  const { entries, mismatched } = board.storage.inner;
  const name = `${CLAIM_DOMAIN}/${GIVEN_ENTRY}`;
  const whole = entries.get(name) ?? new Uint8Array(0);
  for (const bytes of [whole.slice(0, -1), Uint8Array.of(0xa0), new Uint8Array(MAX_GIVEN_BYTES + 1)]) {
    entries.set(name, bytes);
    assert.is(store.given(MACHINE_ID), undefined);
  }
  entries.set(name, whole);
  mismatched.push(GIVEN_ENTRY, CODE_ENTRY);
  assert.equal([store.given(MACHINE_ID), store.code()], [undefined, undefined]);
  const { certificate } = GIVEN;
  assert.not(store.keep({ ...GIVEN, certificate: concatBytes(certificate, new Uint8Array(MAX_GIVEN_BYTES)) }));
});

test("after close nothing happens any more", () => {
  const board = new ClaimBoard().online();
  board.answer(problem("503 Service Unavailable", "internal"));
  board.claimer.close();
  board.claimer.close();
  board.claimer.use(CODE);
  board.pass(CLAIM_REFUSED_MS);
  assert.is(board.asked, 1);
});

test.run();
