/** The in-process network and the fleet's cursor rule at its other end. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { WorldInput } from "../../../firmware/ports/inputs.js";
import { chainNext, chainStart, codeOf, encodeBody } from "../../../shared/records/codec.js";
import type { NewRecord } from "../../../shared/records/kinds.js";
import { type BatchMessage, decodeAck, encodeBatch, encodeStatus } from "../../../shared/wire/messages.js";
import { FleetSink } from "../../../tools/bench/fleet-sink.js";
import { SimNetwork } from "../../../tools/bench/network.js";
import { World } from "../../../tools/bench/world.js";

const test = suite("bench: network and fleet");
const ID = "M-1";
const EPOCH = 1;

function online() {
  const world = new World(5);
  const fleet = new FleetSink(world);
  const inputs: WorldInput[] = [];
  const network = new SimNetwork(world, ID, fleet, (input) => inputs.push(input));
  const status = (on: boolean) => (connection: number) =>
    encodeStatus({
      online: on,
      epoch: EPOCH,
      boot: 1,
      connection,
      firmware: "1",
      model: "m",
      oldestSeq: 1,
      newestSeq: 1,
      orderCounter: 0,
      nonce: 0,
    });
  network.setPower(true);
  network.announce({ birth: status(true), will: status(false) });
  world.runFor(1_000_000);
  return { world, fleet, network, inputs };
}

const RECORD: NewRecord = { kind: "coinIn", type: 2, valueMinor: 25, path: 1, tubeCount: 46 };

/** `count` records from `firstSeq` on, with the chain a ledger would have. */
function batch(firstSeq: number, count: number, epoch = EPOCH): BatchMessage {
  const code = codeOf(RECORD.kind);
  let chain = chainStart(epoch);
  let before = chain;
  const records: { code: number; body: Uint8Array }[] = [];
  for (let seq = 1; seq < firstSeq + count; seq++) {
    const body = encodeBody(RECORD, { atMs: seq });
    if (seq === firstSeq) before = chain;
    if (seq >= firstSeq) records.push({ code, body });
    chain = chainNext(chain, code, seq, body);
  }
  return { epoch, firstSeq, chain: before, records };
}

function acks(inputs: readonly WorldInput[]) {
  return inputs.flatMap((input) => {
    const ack = input.on === "message" ? decodeAck(input.payload) : undefined;
    return ack?.ok === true ? [ack.message] : [];
  });
}

test("connects, is born, dies by its will, comes back with a higher connection", () => {
  const { world, fleet, network, inputs } = online();
  assert.is(network.connected, true);
  network.setAvailable(false);
  assert.is(network.publish("fleet/M-1/events", encodeBatch(batch(1, 1)), 1), false);
  network.setAvailable(true);
  world.runFor(2_000_000);
  assert.equal(
    fleet.machine(ID).statuses.map(({ online: up, connection }) => [up, connection]),
    [
      [true, 1],
      [false, 1],
      [true, 2],
    ],
  );
  assert.equal(
    inputs.map((input) => (input.on === "network" ? input.up : input.on)),
    [true, false, true],
  );
});

test("the cursor: follows, skips what it has, answers its mark on a gap", () => {
  const { world, fleet, network, inputs } = online();
  const publish = (message: BatchMessage): void => {
    assert.is(network.publish("fleet/M-1/events", encodeBatch(message), 1), true);
    world.runFor(500_000);
  };
  publish(batch(1, 3));
  publish(batch(5, 2));
  publish(batch(2, 4));
  assert.equal(
    acks(inputs).map(({ mark }) => mark),
    [3, 3, 5],
  );
  const machine = fleet.machine(ID);
  assert.is(machine.gaps, 1);
  assert.is(machine.repeats, 2);
  assert.equal(
    fleet.records(ID).map(({ seq, atMs }) => [seq, atMs]),
    [1, 2, 3, 4, 5].map((seq) => [seq, seq]),
  );
});

test("another chain is a fork: set aside, not acked, nothing stored", () => {
  const { world, fleet, network, inputs } = online();
  network.publish("fleet/M-1/events", encodeBatch(batch(1, 3)), 1);
  world.runFor(500_000);
  network.publish("fleet/M-1/events", encodeBatch({ ...batch(4, 1), chain: 7 }), 1);
  const other = batch(2, 3);
  const first = other.records[0] ?? assert.unreachable("a record");
  const body = encodeBody({ ...RECORD, valueMinor: 100 }, { atMs: 2 });
  const forked = { ...other, records: [{ code: first?.code ?? 0, body }, ...other.records.slice(1)] };
  network.publish("fleet/M-1/events", encodeBatch(forked), 1);
  world.runFor(500_000);
  assert.is(fleet.machine(ID).forks.length, 2);
  assert.is(fleet.mark(ID), 3);
  assert.is(acks(inputs).length, 1);
});

test("a restore raises the incarnation and lowers the mark; a new epoch starts at 1", () => {
  const { world, fleet, network, inputs } = online();
  network.publish("fleet/M-1/events", encodeBatch(batch(1, 5)), 1);
  world.runFor(500_000);
  fleet.restore(ID, 2);
  network.publish("fleet/M-1/events", encodeBatch(batch(6, 1)), 1);
  world.runFor(500_000);
  assert.equal(acks(inputs), [
    { version: 1, epoch: 1, mark: 5, incarnation: 1 },
    { version: 1, epoch: 1, mark: 2, incarnation: 2 },
  ]);
  network.publish("fleet/M-1/events", encodeBatch(batch(1, 1, 2)), 1);
  world.runFor(500_000);
  assert.is(fleet.machine(ID).epoch, 2);
  assert.is(fleet.mark(ID), 1);
});

test("a service that is down stores and acks nothing", () => {
  const { world, fleet, network, inputs } = online();
  network.publish("fleet/M-1/events", encodeBatch(batch(1, 1)), 1);
  world.runFor(50_000);
  fleet.up = false;
  world.runFor(500_000);
  assert.is(fleet.mark(ID), 0);
  assert.equal(acks(inputs), []);
});

test("messages lost, doubled, overtaking: the fleet still holds each record once, in order", () => {
  const { world, fleet, network } = online();
  Object.assign(network.quality, { jitterMs: 400, losePerMillion: 200_000, doublePerMillion: 300_000 });
  for (let round = 0; round < 400 && fleet.mark(ID) < 40; round++) {
    network.publish("fleet/M-1/events", encodeBatch(batch(fleet.mark(ID) + 1, 2)), 1);
    world.runFor(100_000);
  }
  assert.ok(fleet.mark(ID) >= 40);
  assert.is(fleet.machine(ID).forks.length, 0);
  for (const { seq, atMs } of fleet.records(ID)) assert.is(atMs, seq);
});

test("too much under way is refused", () => {
  const { network } = online();
  let taken = 0;
  while (network.publish("fleet/M-1/telemetry", Uint8Array.of(0), 0)) taken += 1;
  assert.is(taken, 32);
});

test("what the machine sends as garbage is counted, not thrown", () => {
  const { world, fleet, network } = online();
  network.publish("fleet/M-1/events", Uint8Array.of(1, 2, 3), 1);
  network.publish("fleet/M-2/events", encodeBatch(batch(1, 1)), 1);
  world.runFor(500_000);
  assert.is(fleet.machine(ID).garbage, 2);
  assert.is(fleet.mark("M-2"), 0);
});

test.run();
