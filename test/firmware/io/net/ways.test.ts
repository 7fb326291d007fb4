/** Which way is used: the choice as a table, its quiet times, and what whoever uses the network sees of a change. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Resolve } from "../../../../firmware/io/net/sockets.js";
import {
  type ChoiceState,
  choiceDueMs,
  choiceOf,
  InterfaceWay,
  MAX_OPEN,
  QUIET_FIRST_MS,
  QUIET_MAX_MS,
  STEADY_MS,
  stepChoice,
  WayChoice,
} from "../../../../firmware/io/net/ways.js";
import { SimInterfaces } from "../../../../tools/bench/net-interface.js";
import { SimClockwork, SimDatagramSockets, SimSockets } from "../../../../tools/bench/sockets.js";

const test = suite("ways to the network");
const [ETHERNET, WIFI] = [0, 1];

function run(steps: readonly (readonly [atMs: number, way: number | "tick", up?: boolean])[]): ChoiceState {
  let state = choiceOf(2);
  for (const [atMs, way, up = false] of steps) {
    state = stepChoice(state, way === "tick" ? { on: "tick" } : { on: "way", way, up }, atMs);
  }
  return state;
}

test("the first way there is, the better one after its quiet time, whatever is left at once", () => {
  assert.is(run([]).chosen, undefined);
  assert.is(run([[5, WIFI, true]]).chosen, WIFI);
  const both = [
    [5, WIFI, true],
    [1_000, ETHERNET, true],
  ] as const;
  assert.is(run(both).chosen, WIFI);
  assert.is(choiceDueMs(run(both)), 1_000 + QUIET_FIRST_MS);
  assert.is(run([...both, [999 + QUIET_FIRST_MS, "tick"]]).chosen, WIFI);
  assert.is(run([...both, [1_000 + QUIET_FIRST_MS, "tick"]]).chosen, ETHERNET);
  const lost = [...both, [1_000 + QUIET_FIRST_MS, "tick"], [20_000, ETHERNET, false]] as const;
  assert.is(run(lost).chosen, WIFI);
  assert.is(choiceDueMs(run(lost)), Infinity);
  assert.is(run([...lost, [20_001, WIFI, false]]).chosen, undefined);
  assert.is(run([...lost, [20_001, WIFI, false], [20_002, ETHERNET, true]]).chosen, ETHERNET, "better than nothing");
  assert.is(run([...both, [2_000, WIFI, false]]).chosen, ETHERNET, "no quiet time where there is nothing else");
});

test("a better way that comes and goes within its quiet time is never used", () => {
  const steps: [number, number, boolean][] = [[0, WIFI, true]];
  for (let i = 1; i < 100; i++) steps.push([i * 9_000, ETHERNET, i % 2 === 1]);
  assert.is(run(steps).chosen, WIFI);
});

test("a better way that fails soon each time is waited for ever longer, to a limit, and trusted again in time", () => {
  let state = run([[0, WIFI, true]]);
  let nowMs = 0;
  const quiets: number[] = [];
  for (let i = 0; i < 9; i++) {
    state = stepChoice(state, { on: "way", way: ETHERNET, up: true }, nowMs);
    quiets.push(choiceDueMs(state) - nowMs);
    nowMs = choiceDueMs(state);
    state = stepChoice(state, { on: "tick" }, nowMs);
    assert.is(state.chosen, ETHERNET);
    nowMs += 1_000;
    state = stepChoice(state, { on: "way", way: ETHERNET, up: false }, nowMs);
    assert.is(state.chosen, WIFI);
  }
  assert.equal(
    quiets,
    [10, 20, 40, 80, 160, 320, 640, 640, 640].map((s) => s * 1_000),
  );
  assert.is(quiets.at(-1), QUIET_MAX_MS);
  state = stepChoice(state, { on: "way", way: ETHERNET, up: true }, nowMs);
  nowMs = choiceDueMs(state);
  state = stepChoice(state, { on: "tick" }, nowMs);
  nowMs += STEADY_MS;
  state = stepChoice(state, { on: "way", way: ETHERNET, up: false }, nowMs);
  assert.is(state.quietMs, QUIET_FIRST_MS);
});

/** Two ways of simulated interfaces and sockets. */
function world(ways = 2) {
  const clocks = Array.from({ length: 3 }, () => new SimClockwork());
  const [clock = new SimClockwork(), ...others] = clocks;
  const interfaces = [new SimInterfaces(), new SimInterfaces()];
  const sockets = [new SimSockets(), new SimSockets()];
  const datagrams = [new SimDatagramSockets(), new SimDatagramSockets()];
  const asked: ((address: string | undefined) => void)[] = [];
  const resolve: Resolve = (_host, answer) => asked.push(answer);
  const ups: boolean[] = [];
  const choice = new WayChoice({
    ways: [0, 1].slice(0, ways).map((i) => {
      const parts = { tcp: sockets[i]?.io, datagrams: datagrams[i]?.io, io: interfaces[i]?.io };
      const { tcp, io } = parts;
      if (tcp === undefined || io === undefined || parts.datagrams === undefined) throw new Error("no way");
      return new InterfaceWay(
        { name: i === 0 ? "ethernet" : "wifi", tcp, datagrams: parts.datagrams, resolve },
        { io, ssid: i === 0 ? undefined : "cellar", clockwork: others[i] ?? clock, random: (bound) => bound - 1 },
      );
    }),
    clockwork: clock,
    onUp: (up) => ups.push(up),
  });
  return { clock, clocks, interfaces, sockets, datagrams, asked, ups, choice };
}

const socketOptions = (events: string[]) => ({
  address: "10.0.0.1",
  host: "h",
  port: 1,
  onReadable: (bytes: number) => events.push(`readable ${bytes}`),
  onWritable: (bytes: number) => events.push(`writable ${bytes}`),
  onError: () => events.push("error"),
});

test("sockets go over the way in use; a change closes them, and is no loss of the network", () => {
  const { clock, interfaces, sockets, datagrams, ups, choice } = world();
  assert.throws(() => new choice.tcp(socketOptions([])), /no network/);
  choice.start();
  interfaces[WIFI]?.last.becomes(500);
  assert.equal(ups, [true]);
  const events: string[] = [];
  const tcp = new choice.tcp(socketOptions(events));
  const udp = new choice.datagrams({ onReadable: () => {}, onError: () => events.push("udp error") });
  const own = sockets[WIFI]?.last;
  own?.offer();
  tcp.write(Uint8Array.of(1, 2));
  own?.arrive(Uint8Array.of(3));
  assert.equal(new Uint8Array(Object(tcp.read(1))), Uint8Array.of(3));
  udp.write(Uint8Array.of(9), "10.0.0.1", 123);
  datagrams[WIFI]?.opened[0]?.arrive(Uint8Array.of(8));
  assert.is(udp.read()?.byteLength, 1);
  interfaces[ETHERNET]?.last.becomes(500);
  clock.pass(QUIET_FIRST_MS);
  assert.is(choice.inUse?.name, "ethernet");
  assert.equal(events, ["writable 8192", "readable 1", "error", "udp error"]);
  assert.ok(own?.closed && datagrams[WIFI]?.opened[0]?.closed);
  assert.throws(() => tcp.write(Uint8Array.of(1)), /closed/);
  assert.throws(() => udp.read(), /closed/);
  assert.equal(ups, [true]);
  new choice.tcp(socketOptions(events));
  assert.is(sockets[ETHERNET]?.opened.length, 1);
  interfaces[ETHERNET]?.last.becomes(200);
  assert.is(choice.inUse?.name, "wifi");
  assert.is(events.at(-1), "error");
  interfaces[WIFI]?.last.becomes(200);
  assert.equal(ups, [true, false]);
  assert.is(choice.changes, 2);
});

test("so many sockets at once; closed ones make room; one that cannot be made holds none", () => {
  const { interfaces, sockets, choice } = world(1);
  choice.start();
  interfaces[ETHERNET]?.last.becomes(500);
  const open = () => new choice.tcp(socketOptions([]));
  const opened = Array.from({ length: MAX_OPEN }, open);
  assert.throws(open, /no socket/);
  opened[0]?.close();
  opened[0]?.close();
  Object.assign(sockets[ETHERNET] ?? {}, { refuses: true });
  for (let i = 0; i < MAX_OPEN; i++) assert.throws(open, /no socket/);
  Object.assign(sockets[ETHERNET] ?? {}, { refuses: false });
  open();
});

test("a name that is answered when the way has changed is none; without a way there is no answer to wait for", () => {
  const { clock, interfaces, asked, choice } = world();
  const answers: (string | undefined)[] = [];
  choice.resolve("h", (address) => answers.push(address));
  assert.equal(answers, [undefined]);
  choice.start();
  interfaces[WIFI]?.last.becomes(500);
  choice.resolve("h", (address) => answers.push(address));
  asked[0]?.("10.0.0.1");
  choice.resolve("h", (address) => answers.push(address));
  interfaces[ETHERNET]?.last.becomes(500);
  clock.pass(QUIET_FIRST_MS);
  asked[1]?.("10.0.0.1");
  assert.equal(answers, [undefined, "10.0.0.1", undefined]);
});

test("no ways, a way whose configuration is none; close: twice is once, nothing after it", () => {
  const none = world(0);
  none.choice.start();
  assert.equal(none.ups, []);
  const { clock, interfaces, ups, choice } = world();
  const bad = new InterfaceWay(
    { name: "wifi", tcp: choice.tcp, datagrams: choice.datagrams, resolve: choice.resolve },
    { io: interfaces[0]?.io ?? Object, ssid: "", clockwork: clock, random: () => 0 } as never,
  );
  const other = new WayChoice({ ways: [bad], clockwork: clock, onUp: (up) => ups.push(up) });
  other.start();
  choice.start();
  choice.close();
  choice.close();
  assert.ok(interfaces.every(({ last }) => last.closed));
  interfaces[ETHERNET]?.last.becomes(500);
  assert.equal(ups, []);
  assert.throws(() => new choice.tcp(socketOptions([])), /no network/);
});

test.run();
