/** Bus traffic in words a person can read: who, what, both sides; idle polls left out; never more than it may keep. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { TrafficLine } from "../../../fleet/web/panel/contract.js";
import { Cabinet } from "../../../tools/bench/cabinet.js";
import { US_READER } from "../../../tools/bench/card-reader-options.js";
import { DEMO_SETTINGS } from "../../../tools/bench/demo.js";
import { MAX_TRAFFIC_LINES, TrafficLog } from "../../../tools/start/traffic.js";

const test = suite("tools/start/traffic");

function listen(cabinet: Cabinet): { readonly log: TrafficLog; readonly fresh: TrafficLine[] } {
  const log = new TrafficLog();
  const fresh: TrafficLine[] = [];
  cabinet.wire.tap((transmission) => fresh.push(...log.take(transmission)));
  return { log, fresh };
}

test("the start of both devices is told, command by command", () => {
  const cabinet = new Cabinet();
  const { fresh } = listen(cabinet);
  cabinet.untilSelling();
  const meanings = fresh.map(({ from, meaning }) => `${from}: ${meaning}`);
  for (const wanted of ["VMC: changer reset", "VMC: changer setup", "VMC: validator reset", "VMC: validator setup"]) {
    assert.ok(
      meanings.some((line) => line.startsWith(wanted)),
      wanted,
    );
  }
  assert.ok(meanings.includes("changer: justReset"));
  assert.ok(meanings.some((line) => line.startsWith("changer: setup: ")));
  assert.ok(meanings.some((line) => line.startsWith("VMC: ACK")));
});

test("a coin shows as the poll that asked, the words of the answer, and what they mean", () => {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  const { fresh } = listen(cabinet);
  cabinet.insertCoin(25);
  cabinet.until("the coin is credit", () => cabinet.creditMinor === 25);
  const at = fresh.findIndex(({ meaning }) => meaning.startsWith("coinDeposited"));
  const answer = fresh[at];
  const asked = fresh[at - 1];
  assert.is(asked?.from, "VMC");
  assert.match(asked?.meaning ?? "", /^changer poll/);
  assert.is(asked?.words, "10b 00b");
  assert.is(answer?.from, "changer");
  assert.match(answer?.meaning ?? "", /^coinDeposited \(path tube, type 2, inTube 46\)$/);
  assert.match(answer?.words ?? "", /^0[0-9a-f]{2} 0[0-9a-f]{2} 1[0-9a-f]{2}$/);
});

test("a card sale is told in the reader's words", () => {
  const settings = { ...DEMO_SETTINGS, fitted: 0b111 };
  const cabinet = new Cabinet({ settings, readers: [US_READER] });
  const { fresh } = listen(cabinet);
  cabinet.untilSelling();
  cabinet.runFor(3_000);
  assert.ok(cabinet.tapCard());
  cabinet.runFor(1_500);
  cabinet.select("B4");
  cabinet.until("the product fell", () => cabinet.truth.productsAt("tray") === 1);
  cabinet.until("the reader is free again", () => cabinet.readers[0]?.state === "enabled");
  cabinet.runFor(200);
  const told = fresh.filter(({ from }) => from === "reader").map(({ meaning }) => meaning);
  for (const wanted of ["justReset", "beginSession (funds 5000)", "vendApproved (amount 175)", "endSession"]) {
    assert.ok(told.includes(wanted), wanted);
  }
  assert.ok(fresh.some(({ meaning }) => meaning.startsWith("reader vendSuccess")));
});

test("idle polls are left out, silence is news", () => {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  cabinet.runFor(5_000);
  const { fresh } = listen(cabinet);
  cabinet.runFor(2_000);
  assert.equal(fresh, []);
  cabinet.changer?.setPlugged(false);
  cabinet.runFor(10_000);
  assert.ok(fresh.some(({ from, meaning }) => from === "VMC" && meaning.startsWith("changer reset")));
  assert.not.ok(fresh.some(({ from }) => from === "changer"));
});

test("lines are numbered without a gap and the oldest leave", () => {
  const cabinet = new Cabinet();
  const { log, fresh } = listen(cabinet);
  cabinet.untilSelling();
  for (let i = 0; fresh.length <= MAX_TRAFFIC_LINES; i++) {
    if (i > 200) throw new Error(`only ${fresh.length} lines`);
    cabinet.pullLever();
    cabinet.runFor(500);
  }
  assert.equal(
    fresh.map(({ n }) => n),
    fresh.map((_, index) => index + 1),
  );
  assert.is(log.all().length, MAX_TRAFFIC_LINES);
  assert.equal(log.all(), fresh.slice(-MAX_TRAFFIC_LINES));
});

test.run();
