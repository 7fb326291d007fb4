/** Which board goes on: every way in which the cabinet's folder and the database's can have been lost or put back. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Cabinet } from "../../../tools/bench/cabinet.js";
import { demoIdentity } from "../../../tools/bench/demo.js";
import { boardOf, decideBoard } from "../../../tools/start/board.js";
import { captureCabinet } from "../../../tools/start/cabinet-state.js";

const test = suite("tools/start/board");
const whole = { epoch: 1, oldestSeq: 1, newestSeq: 50 };

test("a first start begins epoch 1, a later one keeps it", () => {
  assert.equal(decideBoard(undefined, undefined), { epoch: 1, dropped: undefined });
  for (const mark of [0, 30, 50]) {
    assert.equal(decideBoard(whole, { epoch: 1, mark }), { epoch: 1, dropped: undefined }, `mark ${mark}`);
  }
});

test("without its folder the cabinet gets a board of the next epoch", () => {
  assert.equal(decideBoard(undefined, { epoch: 1, mark: 50 }), { epoch: 2, dropped: undefined });
  assert.equal(decideBoard(undefined, { epoch: 7, mark: 0 }), { epoch: 8, dropped: undefined });
});

test("without its database the fleet issues the board's epoch and gets the whole ledger again", () => {
  assert.equal(decideBoard(whole, undefined), { epoch: 1, dropped: undefined });
  assert.equal(decideBoard({ ...whole, epoch: 3 }, undefined), { epoch: 3, dropped: undefined });
  assert.equal(decideBoard({ ...whole, epoch: 3 }, { epoch: 1, mark: 20 }), { epoch: 3, dropped: undefined });
});

test("a ledger that has lost its beginning cannot fill a new database", () => {
  const turned = { epoch: 2, oldestSeq: 400, newestSeq: 4_000 };
  assert.equal(decideBoard(turned, undefined).epoch, 3);
  assert.match(decideBoard(turned, undefined).dropped ?? "", "lacks its records 1 to 399");
  assert.equal(decideBoard(turned, { epoch: 2, mark: 399 }), { epoch: 2, dropped: undefined });
  assert.is(decideBoard(turned, { epoch: 2, mark: 398 }).epoch, 3);
});

test("a cabinet put back from a copy is not taken for the one the fleet knows", () => {
  assert.match(decideBoard(whole, { epoch: 1, mark: 51 }).dropped ?? "", "up to 51, it only up to 50");
  assert.is(decideBoard(whole, { epoch: 1, mark: 51 }).epoch, 2);
  assert.match(decideBoard(whole, { epoch: 2, mark: 0 }).dropped ?? "", "it is of epoch 1, the fleet has issued 2");
  assert.is(decideBoard(whole, { epoch: 2, mark: 0 }).epoch, 3);
});

test("what the board holds is read from its flash", () => {
  const cabinet = new Cabinet({ identity: demoIdentity(undefined, 4) });
  cabinet.untilSelling();
  const board = boardOf(captureCabinet(cabinet, 1_700_000_000));
  const newestSeq = cabinet.machine?.rooms.ledger.newestSeq;
  assert.equal(board, { epoch: 4, madeS: 1_700_000_000, oldestSeq: 1, newestSeq });
});

test.run();
