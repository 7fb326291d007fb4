/** Fall-over between Ethernet and Wi-Fi, both ways: the session sees closed sockets, the machine a message late. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { QUIET_FIRST_MS } from "../../../../firmware/io/net/ways.js";
import { TwoWayBoard } from "../../../support/io/two-way-board.js";
import { readAll } from "./line.js";

const test = suite("fall-over between Ethernet and Wi-Fi");

test("the cable is pulled: Wi-Fi takes over with what was not acknowledged; plugged, it comes back", () => {
  const board = new TwoWayBoard();
  const { bench } = board;
  bench.runMs(5_000);
  board.wifi.last.becomes(500);
  assert.equal(board.ups, [true], "Ethernet is in use");
  assert.is(board.wifiSockets.opened.length, 0);
  bench.model.plug(false);
  board.publish(1);
  bench.runMs(30_000);
  assert.equal(board.ups, [true, false]);
  assert.is(board.wifiSockets.opened.length, 1);
  board.connectByWifi();
  assert.equal(board.ups, [true, false, true]);
  const events = readAll(board.wifiSockets.last.written).filter(({ topic }) => topic === "fleet/M-1/events");
  assert.equal(
    events.map(({ payload }) => payload[0]),
    [1],
  );
  assert.is(board.done, 1);
  bench.model.plug(true);
  bench.runMs(5_000);
  assert.is(board.broker.peers.length, 1, "not before its quiet time");
  bench.runMs(2 * QUIET_FIRST_MS + 30_000);
  assert.ok(board.wifiSockets.last.closed);
  assert.is(board.broker.peers.length, 2);
  assert.equal(board.ups, [true, false, true, false, true]);
  board.publish(2);
  bench.runMs(100);
  assert.equal(board.tags, [2]);
});

test("a board whose Wi-Fi is configured and whose cable was never plugged uses Wi-Fi", () => {
  const board = new TwoWayBoard();
  board.bench.model.plug(false);
  board.wifi.last.becomes(500);
  board.connectByWifi();
  assert.equal(board.ups, [true]);
  board.bench.runMs(10_000);
  assert.is(board.wifiSockets.opened.length, 1);
});

test.run();
