/**
 * A machine renews its certificate: in time, late, with power cuts, and with servers that lie, refuse or are silent.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  CERTIFICATE_DOMAIN,
  CertificateStore,
  MAX_CREDENTIALS_BYTES,
} from "../../../../firmware/io/net/certificate-store.js";
import { heldOf, renewAtS } from "../../../../firmware/io/net/credentials.js";
import { MAX_ANSWER_BYTES } from "../../../../firmware/io/net/door.js";
import { SILENCE_MS } from "../../../../firmware/io/net/http-exchange.js";
import { MAX_AUTHORITIES } from "../../../../firmware/io/net/issued-answer.js";
import { ASK_AGAIN_FIRST_MS, ASK_AGAIN_MAX_MS, NEXT_REST_MS, NEXT_TRIES } from "../../../../firmware/io/net/renewal.js";
import { fromBase64 } from "../../../../shared/base64.js";
import { concatBytes, utf8Encode } from "../../../../shared/bytes.js";
import { sha256 } from "../../../../shared/sha256.js";
import { renewalText } from "../../../../shared/wire/renewal.js";
import type { CutPlace } from "../../../support/io/cuttable-storage.js";
import { answerOf, httpAnswer, pem, RenewalBoard } from "./renewal-board.js";
import {
  AUTHORITY,
  DAY_S,
  MACHINE_ID,
  NEXT,
  NEXT_AUTHORITY,
  OWN,
  OWN_DAYS,
  OWN_FROM_S,
} from "./renewal-certificates.js";

const test = suite("renewer");

/** Days into the life of its own certificate by which every machine asks: two thirds and a twelfth. */
const DUE_DAYS = (OWN_DAYS * 9) / 12;

function dueBoard(): RenewalBoard {
  const board = new RenewalBoard().online();
  board.connect();
  board.passDays(DUE_DAYS);
  return board;
}

test("asks when it is time and not before, at its own moment of the last third", () => {
  const held = heldOf({ certificate: OWN, authorities: AUTHORITY });
  if (held === undefined) throw new Error("no certificate");
  const moments = ["M-1", "M-2", "M-3"].map((id) => renewAtS(held, id) - OWN_FROM_S);
  for (const moment of moments) assert.ok(moment >= (OWN_DAYS * DAY_S * 2) / 3 && moment < DUE_DAYS * DAY_S);
  assert.is(new Set(moments).size, 3);
  const board = new RenewalBoard().online();
  board.wallS = renewAtS(held, MACHINE_ID) - 3_601;
  board.pass(3_600_000);
  assert.is(board.asked, 0);
  board.pass(3_600_000);
  assert.is(board.asked, 1);
  board.pass(SILENCE_MS / 2);
  assert.is(board.asked, 1, "one request at a time");
});

test("a clock that is only a floor proves that it is time", () => {
  const board = new RenewalBoard();
  board.synced = false;
  board.wallS = OWN_FROM_S + DUE_DAYS * DAY_S;
  board.online();
  assert.is(board.asked, 1);
});

test("the request: PKCS #10 of its name and key, the certificate it has, and the proof over both", () => {
  const board = dueBoard();
  board.sockets.last.roomBytes = 700;
  for (let more = 0; more < 10; more++) board.sockets.last.offer();
  const text = String.fromCharCode(...board.sockets.last.written);
  assert.match(text, /^POST \/machine\/v1\/renewals HTTP\/1\.1\r\nHost: door\.example:8443\r\n/);
  const body = JSON.parse(text.slice(text.indexOf("\r\n\r\n")));
  const request = fromBase64(body.request) ?? new Uint8Array(0);
  assert.equal(fromBase64(body.certificate), OWN);
  assert.is(board.signed.length, 2);
  assert.equal(board.signed[1], sha256(renewalText(OWN, request)));
  assert.equal(fromBase64(body.proof), new Uint8Array(256).fill(board.signed[1]?.[0] ?? 0));
});

test("the next one is on flash before it is used, and its own only once a connection has stood", () => {
  const board = dueBoard();
  const before = board.storage.writes;
  board.answer(answerOf(), 100);
  assert.is(board.storage.writes, before + 2);
  assert.is(board.reconnects, 1);
  assert.equal(board.openedWith?.certificate, NEXT);
  assert.equal(board.openedWith?.authorities, concatBytes(AUTHORITY, NEXT_AUTHORITY));
  assert.equal(board.renewer.own.certificate, NEXT);
  board.restart();
  board.online();
  assert.equal(board.renewer.own.certificate, NEXT);
  assert.is(board.asked, 1, "and nothing more is asked for now");
});

test("whoever is being served is served first: a session that stands is not broken off meanwhile", () => {
  const board = dueBoard();
  board.renewer.idle(false);
  board.answer();
  assert.equal([board.reconnects, board.openedWith?.certificate], [0, OWN]);
  board.renewer.idle(true);
  assert.equal([board.reconnects, board.openedWith?.certificate], [1, NEXT]);
});

test("power goes at every write: one certificate is always good, and it ends with the next one", () => {
  const places: readonly CutPlace[] = ["before", "after", "torn"];
  let cuts = 0;
  for (const place of places) {
    for (let at = 0; ; at++) {
      const board = dueBoard();
      board.storage.cut(at, place);
      board.answer();
      if (!board.storage.isOff) {
        assert.is(at, 2, "each write was cut once");
        break;
      }
      cuts += 1;
      const asked = board.asked;
      board.restart();
      board.online();
      assert.ok(board.connect(), `${place} ${at}: it connects`);
      if (board.asked > asked) board.answer();
      assert.equal(board.renewer.own.certificate, NEXT, `${place} ${at}`);
      board.restart();
      assert.equal(board.renewer.own.certificate, NEXT, `${place} ${at}, durable`);
    }
  }
  assert.is(cuts, 6);
});

test("flash that takes nothing: its own stays in use, it asks again later", () => {
  const board = dueBoard();
  board.storage.fails = true;
  board.answer();
  assert.equal([board.reconnects, board.openedWith?.certificate], [0, OWN]);
  board.pass(ASK_AGAIN_FIRST_MS);
  assert.is(board.asked, 2);
  board.storage.fails = false;
  board.answer();
  assert.equal(board.renewer.own.certificate, NEXT);
});

test("a broker that does not know the next one yet: after some tries its own is used again, and later the next", () => {
  const board = dueBoard();
  board.taken = [OWN];
  board.answer();
  assert.is(board.openedWith, undefined);
  for (let tries = 1; tries < NEXT_TRIES; tries++) assert.not(board.connect());
  assert.ok(board.connect());
  assert.equal(board.openedWith, board.renewer.own);
  assert.equal(board.renewer.own.certificate, OWN);
  board.pass(NEXT_REST_MS / 2);
  assert.is(board.reconnects, 1);
  board.taken = [OWN, NEXT];
  board.pass(NEXT_REST_MS / 2);
  assert.equal([board.reconnects, board.renewer.own.certificate], [2, NEXT]);
});

test("a certificate that is over is renewed likewise, and the next one is tried at once", () => {
  const board = new RenewalBoard();
  board.taken = [NEXT];
  board.wallS = OWN_FROM_S + (OWN_DAYS + 100) * DAY_S;
  board.online();
  assert.not(board.connect());
  assert.is(board.asked, 1);
  board.answer();
  assert.equal([board.reconnects, board.renewer.own.certificate], [1, NEXT]);
});

test("what is over is tried no more, however often the next one fails", () => {
  const board = new RenewalBoard();
  board.taken = [];
  board.wallS = OWN_FROM_S + (OWN_DAYS + 1) * DAY_S;
  board.online();
  board.answer();
  for (let tries = 0; tries < 3 * NEXT_TRIES; tries++) {
    assert.not(board.connect());
    assert.is(board.renewer.state.openedWith, "next");
  }
});

test("no answer: asked again, each time later, up to a limit; a refusal and a lie are asked again at the limit", () => {
  const board = dueBoard();
  for (let waitMs = ASK_AGAIN_FIRST_MS; waitMs < 2 * ASK_AGAIN_MAX_MS; waitMs *= 2) {
    const asked = board.asked;
    board.pass(SILENCE_MS);
    assert.ok(board.sockets.last.closed);
    const limitMs = Math.min(waitMs, ASK_AGAIN_MAX_MS);
    board.pass(limitMs / 2);
    assert.is(board.asked, asked, "not in the first half");
    board.pass(limitMs / 2);
    assert.is(board.asked, asked + 1);
  }
  for (const bytes of [answerOf({}, "403 Forbidden"), answerOf({ serial: "M-2" })]) {
    const again = dueBoard();
    again.answer(bytes);
    again.pass(ASK_AGAIN_MAX_MS / 2 - 1_000);
    assert.is(again.asked, 1);
    again.pass(ASK_AGAIN_MAX_MS / 2 + 1_000);
    assert.is(again.asked, 2);
  }
  const full = dueBoard();
  full.answer(answerOf({}, "503 Service Unavailable"));
  full.pass(ASK_AGAIN_FIRST_MS);
  assert.is(full.asked, 2);
});

test("what is no sound answer changes nothing", () => {
  const lies: readonly Uint8Array[] = [
    answerOf({ certificate: pem(OWN) }),
    answerOf({ certificate: pem(NEXT_AUTHORITY) }),
    answerOf({ certificate: pem(NEXT).replace("BEGIN CERTIFICATE", "BEGIN X") }),
    answerOf({ certificate: 7 }),
    answerOf({ authorities: [pem(AUTHORITY)] }),
    answerOf({ authorities: [pem(NEXT)] }),
    answerOf({ authorities: [] }),
    answerOf({ authorities: Array.from({ length: MAX_AUTHORITIES + 1 }, () => pem(NEXT_AUTHORITY)) }),
    answerOf({ authorities: "none" }),
    answerOf({ serial: "M-10" }),
    httpAnswer("200 OK", utf8Encode("[]")),
    httpAnswer("200 OK", utf8Encode("null")),
    httpAnswer("200 OK", utf8Encode("{")),
    httpAnswer("200 OK", new Uint8Array(0)),
    httpAnswer("200 OK", Uint8Array.of(0xff)),
    httpAnswer("200 OK", new Uint8Array(MAX_ANSWER_BYTES + 1).fill(0x20)),
    answerOf({}, "201 Created"),
    utf8Encode("SSH-2.0-x\r\n\r\n"),
    utf8Encode("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
  ];
  for (const [index, lie] of lies.entries()) {
    const board = dueBoard();
    board.answer(lie);
    assert.equal([board.storage.writes, board.reconnects, board.openedWith?.certificate], [0, 0, OWN], `lie ${index}`);
    assert.ok(board.sockets.last.closed, `lie ${index}`);
  }
  const cut = dueBoard();
  cut.answer(answerOf().slice(0, -1));
  cut.sockets.last.break();
  assert.is(cut.storage.writes, 0);
});

test("a turned bit anywhere in the certificate is noticed", () => {
  for (let at = 0; at < NEXT.length; at += 97) {
    const turned = NEXT.slice();
    turned[at] = (turned[at] ?? 0) ^ 1;
    const board = dueBoard();
    board.answer(answerOf({ certificate: pem(turned) }));
    assert.is(board.storage.writes, 0, `byte ${at}`);
  }
});

test("what is on flash of another provisioning, foreign or torn is none", () => {
  const board = new RenewalBoard();
  const other = new CertificateStore({ io: board.storage, certificate: AUTHORITY });
  assert.ok(other.write("own", { certificate: NEXT, authorities: AUTHORITY }));
  board.restart();
  assert.equal(board.renewer.own.certificate, OWN);
  const entries = board.storage.inner.entries;
  for (const bytes of [Uint8Array.of(0xa0), new Uint8Array(0), new Uint8Array(MAX_CREDENTIALS_BYTES + 1)]) {
    entries.set(`${CERTIFICATE_DOMAIN}/own`, bytes);
    board.restart();
    assert.equal(board.renewer.own.certificate, OWN);
  }
  board.storage.inner.mismatched.push("own");
  board.restart();
  assert.equal(board.renewer.own.certificate, OWN);
  const long = { certificate: NEXT, authorities: new Uint8Array(MAX_CREDENTIALS_BYTES) };
  assert.is(other.write("next", long), false);
});

test("after close nothing happens any more", () => {
  const board = dueBoard();
  board.renewer.close();
  board.renewer.close();
  board.renewer.link(true);
  board.pass(2 * ASK_AGAIN_MAX_MS);
  assert.is(board.asked, 1);
});

test.run();
