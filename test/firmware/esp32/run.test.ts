/**
 * A board as it is started, on a simulated devkit: the network with a key that is still being made, the clock's floor
 * from the ledger, an image on trial that stays or goes, an update that waits for the customer.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { TRIAL_MS } from "../../../firmware/io/net/trial.js";
import { signOrder } from "../../../shared/orders.js";
import { ORDER_KINDS } from "../../../shared/records/kinds.js";
import { encodeOrder } from "../../../shared/wire/messages.js";
import { topicOf } from "../../../shared/wire/topics.js";
import { encodeUpdateFirmware } from "../../../shared/wire/update-order.js";
import { Board, BUILD_S } from "./started-board.js";

const test = suite("firmware/esp32 run");

test("without a key the machine sells without network, which opens when the key is there; then all is told", () => {
  const board = new Board();
  board.key.state = "making";
  board.start();
  board.kit.run(10_000);
  assert.ok(board.lines.includes("network: keyMaking"));
  board.pay();
  board.kit.press("A5");
  board.kit.run(15_000);
  assert.is(board.kit.carrier.cabinet.spirals.turns, 1);
  assert.equal(board.worker.heard, []);
  board.key.state = "ready";
  board.run?.network.keyIsMade();
  board.kit.run(60_000);
  const records = board.worker.fleet.records(board.identity.machineId);
  assert.ok(records.some(({ kind }) => kind === "saleSettled"));
});

test("the clock's floor is the build, or the newest time in the ledger", () => {
  const board = new Board().start();
  board.kit.run(5_000);
  assert.is(board.floorS, BUILD_S);
  const wallS = BUILD_S + 1_000_000;
  board.worker.say({ frame: "wall", wallS });
  board.kit.run(1_000);
  const known = board.run?.machine.snapshot().durable.lastWallS ?? 0;
  assert.ok(known >= wallS);
  const again = new Board();
  const flash = board.kit.flash.partitions.get("ledger");
  if (flash === undefined) throw new Error("no ledger");
  again.kit.flash.partitions.set("ledger", flash);
  again.start();
  again.kit.run(5_000);
  assert.is(again.floorS, known);
});

test("the worker is told when the machine is idle, and when money is inside", () => {
  const board = new Board().start();
  board.kit.run(30_000);
  assert.is(board.told.at(-1), "idle");
  board.pay();
  assert.is(board.told.at(-1), "busy");
  board.kit.press("A5");
  board.kit.run(30_000);
  assert.is(board.told.at(-1), "idle");
});

test("an image on trial with bus, ledger and fleet is confirmed", () => {
  const board = new Board();
  board.onTrial = true;
  board.start();
  board.kit.run(60_000);
  assert.equal(board.image, ["confirm"]);
});

test("with nothing fitted the bus is no condition", () => {
  const board = new Board(0);
  board.onTrial = true;
  board.start();
  board.kit.run(60_000);
  assert.equal(board.image, ["confirm"]);
});

test("without the fleet's ack, or without the bus, the image before comes back in its time", () => {
  const noFleet = new Board();
  noFleet.worker.fleet.up = false;
  const noBus = new Board();
  noBus.kit.changer.setPower(false);
  for (const board of [noFleet, noBus]) {
    board.onTrial = true;
    board.start();
    board.kit.run(TRIAL_MS - 10_000);
    assert.equal(board.image, []);
    board.kit.run(20_000);
    assert.equal(board.image, ["rollBack"]);
  }
});

test("on a board where no machine runs, an image on trial goes back at once, another stays", () => {
  const noLedger = new Board();
  noLedger.kit.flash.partitions.delete("ledger");
  const nobody = new Board();
  nobody.identified = false;
  for (const board of [noLedger, nobody]) {
    assert.is(board.start().run, undefined);
    assert.equal(board.image, []);
    assert.match(board.lines[0] ?? "", /^no machine: /);
    board.onTrial = true;
    assert.is(board.start().run, undefined);
    assert.equal(board.image, ["rollBack"]);
  }
});

test("an update that is ready starts when the customer has gone, by a restart", () => {
  const board = new Board().start();
  board.kit.run(30_000);
  board.pay();
  board.worker.say({ frame: "updateNews", news: "downloading", detail: 4_096 });
  board.worker.say({ frame: "updateNews", news: "switched", detail: 1_000_000 });
  board.kit.run(5_000);
  assert.is(board.kit.restarts, 0, "money is inside");
  board.kit.press("A5");
  board.kit.run(30_000);
  assert.is(board.kit.restarts, 1);
});

test("an update by order of the fleet: on record, handed to the worker, on record again before the restart", () => {
  const board = new Board().start();
  board.kit.run(30_000);
  const { machineId, epoch, orderKey } = board.identity;
  const manifest = Uint8Array.of(7, 7);
  const order = {
    ...{ id: "u-1", kind: ORDER_KINDS.indexOf("updateFirmware"), counter: 1, expiresS: 4_000_000_000 },
    ...{ args: encodeUpdateFirmware({ manifest, version: "9.9.9" }), nonce: board.worker.nonce },
  };
  const payload = encodeOrder(signOrder(orderKey, machineId, epoch, order));
  board.worker.say({ frame: "message", topic: topicOf(machineId, "commands"), payload });
  board.kit.run(1_000);
  const durable = () => board.run?.machine.rooms.ledger.durable;
  assert.equal(durable()?.command, { counter: 1, order: order.kind, version: "9.9.9" });
  assert.ok(board.worker.heard.some((frame) => frame.frame === "update" && frame.manifest[0] === 7));
  board.worker.say({ frame: "updateNews", news: "switched", detail: 1_000_000 });
  board.kit.run(1_000);
  assert.equal([durable()?.command?.switched, board.kit.restarts], [true, 1]);
});

test.run();
