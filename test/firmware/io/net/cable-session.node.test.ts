/** A machine's whole session over its W5500, for hours, and with everything that breaks on the way. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeToWorker } from "../../../../firmware/io/net/frames.js";
import { encodePublish } from "../../../../firmware/io/net/mqtt-codec.js";
import { TwoWayBoard } from "../../../support/io/two-way-board.js";
import { readAll } from "./line.js";

const test = suite("session over a cable");

test("a whole session over the W5500: birth, a batch and its acknowledgement, an order, the time, two hours", () => {
  const board = new TwoWayBoard({ wifi: false });
  const { bench, broker } = board;
  bench.lan.serveDatagrams("10.0.0.6", 123, ({ bytes }, reply) => {
    const answer = new Uint8Array(48);
    answer[0] = (4 << 3) | 4;
    answer[1] = 2;
    answer.set(bytes.subarray(40, 48), 24);
    new DataView(answer.buffer).setUint32(40, 1_790_000_000 + 2_208_988_800);
    reply(answer);
  });
  bench.runMs(5_000);
  assert.equal(board.ups, [true]);
  assert.equal(
    broker.published.map(({ topic, payload }) => [topic, ...payload]),
    [["fleet/M-1/status", 1, 1]],
  );
  assert.ok(board.told.some((told) => told.frame === "wall" && told.wallS === 1_790_000_000));
  board.publish(7);
  bench.runMs(100);
  assert.equal(board.tags, [7]);
  assert.is(board.done, 1);
  const order = { topic: "fleet/M-1/commands", payload: Uint8Array.of(5), qos: 1, retain: false, dup: false } as const;
  broker.peer.say(encodePublish({ ...order, id: 99 }));
  bench.runMs(100);
  assert.ok(board.told.some((told) => told.frame === "message" && told.payload[0] === 5));
  const puback99 = (): boolean => readAll(Uint8Array.from(broker.peer.heard)).some((p) => p.type === 4 && p.id === 99);
  assert.not.ok(puback99(), "not before the machine has taken it");
  board.worker.heard(encodeToWorker({ frame: "taken" }));
  bench.runMs(100);
  assert.ok(puback99());
  for (let i = 0; i < 24; i++) {
    board.publish(i);
    bench.runMs(300_000);
  }
  assert.is(board.done, 25);
  assert.equal(board.ups, [true], "through the renewals of its address");
  assert.is(broker.peers.length, 1);
  assert.ok(board.router.dhcp.heard.length >= 5);
  board.worker.close();
});

test("a chip that dies and comes back, a broker that restarts: nothing given is lost, over whichever way", () => {
  const board = new TwoWayBoard({ wifi: false });
  const { bench, broker } = board;
  bench.runMs(5_000);
  for (let tag = 1; tag <= 12; tag++) {
    board.publish(tag);
    if (tag % 3 === 0) bench.model.dipsAfterBytes = 1 + tag * 41;
    if (tag % 4 === 0) broker.peer.reset();
    bench.runMs(90_000);
  }
  bench.runMs(300_000);
  assert.is(board.done, 12);
  assert.equal(
    [...new Set(board.tags)],
    Array.from({ length: 12 }, (_, i) => i + 1),
  );
  assert.ok(bench.model.resets > 5);
});

test.run();
