/** Wall time from answers of every kind: only an honest one in time is told. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  ASK_AGAIN_FIRST_MS,
  ASK_AGAIN_MAX_MS,
  MAX_AHEAD_S,
  MAX_ROUND_TRIP_MS,
  NTP_BYTES,
  RESYNC_MS,
  TimeClient,
  type TimeClientOptions,
} from "../../../../firmware/io/net/time-client.js";
import { SimClockwork, SimDatagramSockets } from "../../../../tools/bench/sockets.js";

const test = suite("time client");

const FLOOR_S = 1_750_000_000;
const NTP_TO_UNIX_S = 2_208_988_800;

class Asking {
  readonly clock = new SimClockwork();
  readonly sockets = new SimDatagramSockets();
  readonly told: number[] = [];
  address: string | undefined = "10.0.0.2";
  seed = 1;
  readonly client: TimeClient;

  constructor(change: Partial<TimeClientOptions> = {}) {
    this.client = new TimeClient({
      io: this.sockets.io,
      host: "time.example",
      resolve: (_host, answer) => answer(this.address),
      clockwork: this.clock,
      random: (bound) => {
        this.seed = (this.seed * 5 + 3) % 256;
        return this.seed % bound;
      },
      floorS: FLOOR_S,
      onTime: (wallS) => this.told.push(wallS),
      ...change,
    });
  }

  /** An answer to the newest question; `spoil` makes it a bad one. */
  answer(unixS: number, spoil: (packet: Uint8Array) => void = () => {}, fraction = 0): void {
    const socket = this.sockets.opened.at(-1);
    const question = socket?.sent.at(-1)?.bytes;
    if (socket === undefined || question === undefined) throw new Error("nothing was asked");
    const packet = new Uint8Array(NTP_BYTES);
    packet[0] = (4 << 3) | 4;
    packet[1] = 2;
    packet.set(question.subarray(40, 48), 24);
    const view = new DataView(packet.buffer);
    view.setUint32(40, (unixS + NTP_TO_UNIX_S) % 2 ** 32);
    view.setUint32(44, fraction);
    spoil(packet);
    socket.arrive(packet);
  }
}

test("asks when the network is there, with 64 random bits, and tells what comes back", () => {
  const asking = new Asking();
  assert.is(asking.sockets.opened.length, 0);
  asking.client.link(true);
  const [question] = asking.sockets.opened[0]?.sent ?? [];
  assert.equal([question?.address, question?.port, question?.bytes.length], ["10.0.0.2", 123, NTP_BYTES]);
  assert.is(question?.bytes[0], 0x23);
  asking.clock.pass(400);
  asking.answer(FLOOR_S + 1_000, undefined, 2 ** 31);
  assert.equal(asking.told, [FLOOR_S + 1_000]);
  assert.ok(asking.sockets.opened[0]?.closed);
  asking.clock.pass(RESYNC_MS);
  assert.not.equal(asking.sockets.opened[1]?.sent[0]?.bytes.slice(40), question?.bytes.slice(40));
  asking.clock.pass(1_200);
  asking.answer(FLOOR_S + 90_000, undefined, 2 ** 31);
  assert.is(asking.told[1], FLOOR_S + 90_001, "half a second and half a round trip make one");
});

test("believes no answer that is late, foreign, unset, refused, mutilated, too old or from far ahead", () => {
  const spoilt: readonly ((packet: Uint8Array) => void)[] = [
    (packet) => packet.fill(0, 24, 25),
    (packet) => packet.fill(0xff, 31, 32),
    (packet) => packet.fill(0xe4, 0, 1),
    (packet) => packet.fill(0x23, 0, 1),
    (packet) => packet.fill(0, 1, 2),
    (packet) => packet.fill(16, 1, 2),
    (packet) => packet.fill(0, 40, 44),
  ];
  for (const spoil of spoilt) {
    const asking = new Asking();
    asking.client.link(true);
    asking.answer(FLOOR_S + 10, spoil);
    assert.equal([asking.told.length, asking.client.refused], [0, 1]);
    asking.answer(FLOOR_S + 10);
    assert.is(asking.told.length, 1, "the honest one that follows is still believed");
  }
  const asking = new Asking();
  asking.client.link(true);
  asking.answer(FLOOR_S - 1);
  asking.answer(FLOOR_S + MAX_AHEAD_S + 1);
  asking.sockets.opened[0]?.arrive(new Uint8Array(NTP_BYTES - 1));
  asking.sockets.opened[0]?.arrive(new Uint8Array(0));
  asking.clock.pass(MAX_ROUND_TRIP_MS + 1);
  asking.answer(FLOOR_S);
  assert.equal(asking.told, []);
  assert.is(asking.client.refused, 5);
});

test("lives beyond 2036, where the count of seconds runs over", () => {
  const floorS = 2 ** 32 - NTP_TO_UNIX_S - 100;
  const asking = new Asking({ floorS });
  asking.client.link(true);
  asking.answer(floorS + 500);
  assert.equal(asking.told, [floorS + 500]);
});

test("asks again ever later, and stops while there is no network", () => {
  const asking = new Asking();
  asking.address = undefined;
  asking.client.link(true);
  const waits: number[] = [];
  for (let i = 0; i < 12; i++) {
    waits.push(asking.clock.ringAtMs - asking.clock.nowMs());
    asking.clock.pass(asking.clock.ringAtMs - asking.clock.nowMs());
  }
  assert.equal(waits.slice(0, 2), [ASK_AGAIN_FIRST_MS, 2 * ASK_AGAIN_FIRST_MS]);
  assert.is(waits.at(-1), ASK_AGAIN_MAX_MS);
  asking.client.link(false);
  assert.is(asking.clock.ringAtMs, Infinity);
  asking.address = "10.0.0.2";
  asking.client.link(true);
  assert.is(asking.clock.ringAtMs - asking.clock.nowMs(), ASK_AGAIN_FIRST_MS);
});

test("refuses bad options, and use after close", () => {
  assert.throws(() => new Asking({ host: "" }), RangeError);
  assert.throws(() => new Asking({ floorS: -1 }), RangeError);
  const asking = new Asking();
  asking.client.link(true);
  asking.client.close();
  asking.client.close();
  assert.throws(() => asking.client.link(false), "closed");
  asking.sockets.opened[0]?.arrive(new Uint8Array(NTP_BYTES));
  assert.equal(asking.told, []);
});

test.run();
