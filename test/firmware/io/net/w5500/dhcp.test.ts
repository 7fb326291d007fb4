/** The DHCP client: every (phase, input) pair, the times of a lease, and packets that are none. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  DHCP_OFF,
  type DhcpEffect,
  type DhcpInput,
  type DhcpState,
  LEAST_LEASE_S,
  MAX_DISCOVERS,
  MAX_REQUESTS,
  REFUSED_MS,
  RENEW_LEAST_MS,
  REST_MS,
  SPREAD_MS,
  stepDhcp,
} from "../../../../../firmware/io/net/w5500/dhcp.js";
import {
  type DhcpAnswer,
  decodeDhcp,
  encodeDhcp,
  FOR_EVER_S,
  LEAST_PACKET_BYTES,
  MAX_HOST_NAME_BYTES,
} from "../../../../../firmware/io/net/w5500/dhcp-codec.js";
import { Rng } from "../../../../../tools/bench/rng.js";

const test = suite("firmware/io DHCP");
const SERVER = Uint8Array.of(10, 0, 0, 1);
const OTHER = Uint8Array.of(10, 0, 0, 2);
const OURS = Uint8Array.of(10, 0, 0, 77);
const MAC = Uint8Array.of(0x24, 0x6f, 0x28, 1, 2, 6);
const LEASE_S = 3_600;

/** The client, and a server played by hand. */
class Client {
  state: DhcpState = DHCP_OFF;
  nowMs = 0;
  effects: readonly DhcpEffect[] = [];
  /** The middle: nothing is spread. */
  readonly random = (bound: number): number => (bound > 10_000_000 ? 7 + this.nowMs : Math.floor(bound / 2));

  give(input: DhcpInput): this {
    const { state, effects } = stepDhcp(this.state, input, this.random, this.nowMs);
    this.state = state;
    this.effects = effects;
    return this;
  }

  answer(change: Partial<DhcpAnswer> = {}): this {
    return this.give({
      on: "answer",
      answer: {
        kind: "offer",
        xid: this.state.xid,
        address: OURS,
        server: SERVER,
        mask: Uint8Array.of(255, 255, 255, 0),
        router: SERVER,
        nameServers: [SERVER],
        leaseS: LEASE_S,
        renewS: undefined,
        rebindS: undefined,
        ...change,
      },
    });
  }

  /** To the next thing that is due. */
  due(): this {
    this.nowMs = this.state.dueMs;
    return this.give({ on: "tick" });
  }

  get told(): readonly string[] {
    return this.effects.map((effect) => {
      if (effect.do === "use") return effect.lease === undefined ? "use none" : `use ${effect.lease.address.join(".")}`;
      const { kind, ours, wanted, server } = effect.request;
      const parts = [kind, ours && "ours", wanted && "wanted", server && "server", effect.to && "to it"];
      return parts.filter((part) => part !== undefined).join(" ");
    });
  }

  to(phase: DhcpState["phase"]): this {
    if (phase === "off") return this;
    this.give({ on: "link", up: true });
    if (phase === "resting") return this;
    this.due();
    if (phase === "selecting") return this;
    this.answer();
    if (phase === "requesting") return this;
    this.answer({ kind: "ack" });
    if (phase === "bound") return this;
    this.due();
    if (phase === "renewing") return this;
    while (this.state.phase === "renewing") this.due();
    return this;
  }
}

const PHASES = ["off", "resting", "selecting", "requesting", "bound", "renewing", "rebinding"] as const;
/** Of each phase, what each input makes of it: phase and effects. */
const TABLE: { readonly [input: string]: readonly (readonly [string, ...string[]])[] } = {
  "link up": PHASES.map((phase) => [phase === "off" ? "resting" : phase]),
  "link down": PHASES.map((phase) => (hasLease(phase) ? ["off", "use none"] : ["off"])),
  conflict: PHASES.map((phase) => (hasLease(phase) ? ["resting", "use none", "decline wanted server"] : [phase])),
  offer: PHASES.map((phase) => (phase === "selecting" ? ["requesting", "request wanted server"] : [phase])),
  ack: PHASES.map((phase) =>
    phase === "requesting" || phase === "renewing" || phase === "rebinding" ? ["bound", "use 10.0.0.77"] : [phase],
  ),
  nak: PHASES.map((phase) => {
    if (phase === "requesting") return ["resting"];
    return phase === "renewing" || phase === "rebinding" ? ["resting", "use none"] : [phase];
  }),
  "early tick": PHASES.map((phase) => [phase]),
  "another's answer": PHASES.map((phase) => [phase]),
};

function hasLease(phase: string): boolean {
  return phase === "bound" || phase === "renewing" || phase === "rebinding";
}

for (const [name, row] of Object.entries(TABLE)) {
  test(`in every phase: ${name}`, () => {
    PHASES.forEach((phase, i) => {
      const client = new Client().to(phase);
      assert.is(client.state.phase, phase);
      if (name === "link up" || name === "link down") client.give({ on: "link", up: name === "link up" });
      else if (name === "conflict") client.give({ on: "conflict" });
      else if (name === "offer" || name === "ack" || name === "nak") client.answer({ kind: name });
      else if (name === "early tick") client.give({ on: "tick" });
      else client.answer({ xid: client.state.xid + 1, kind: "ack" });
      assert.equal([client.state.phase, ...client.told], row[i], phase);
    });
  });
}

test("nobody answers: five DISCOVERs, ever later, then a rest, and anew with another number, for ever", () => {
  const client = new Client().to("selecting");
  const first = client.state.xid;
  const waits: number[] = [];
  for (let i = 1; i < MAX_DISCOVERS; i++) {
    waits.push(client.state.dueMs - client.nowMs);
    assert.equal(client.due().told, ["discover"]);
  }
  assert.equal(waits, [4_000, 8_000, 16_000, 32_000]);
  client.due();
  assert.is(client.state.phase, "resting");
  assert.is(client.state.dueMs - client.nowMs, REST_MS);
  assert.equal(client.due().told, ["discover"]);
  assert.is.not(client.state.xid, first);
});

test("waits are spread by a second each way", () => {
  for (const [random, waitMs] of [
    [() => 0, 4_000 - SPREAD_MS],
    [(bound: number) => bound - 1, 4_000 + SPREAD_MS],
  ] as const) {
    const { state } = stepDhcp({ ...DHCP_OFF, phase: "resting", dueMs: 0 }, { on: "tick" }, random, 0);
    assert.is(state.dueMs, waitMs);
  }
});

test("an offer whose server is silent afterwards: four REQUESTs, then it begins anew", () => {
  const client = new Client().to("requesting");
  for (let i = 1; i < MAX_REQUESTS; i++) assert.equal(client.due().told, ["request wanted server"]);
  client.due();
  assert.is(client.state.phase, "resting");
});

test("another server's ACK and NAK while one was asked are not ours; a NAK has it begin anew after ten seconds", () => {
  const client = new Client().to("requesting");
  for (const kind of ["ack", "nak"] as const) {
    assert.is(client.answer({ kind, server: OTHER }).state.phase, "requesting");
    assert.is(client.answer({ kind, server: undefined }).state.phase, "requesting");
  }
  client.answer({ kind: "nak" });
  assert.is(client.state.dueMs - client.nowMs, REFUSED_MS);
  const renewing = new Client().to("renewing");
  assert.is(renewing.answer({ kind: "nak", server: OTHER }).state.phase, "renewing");
});

test("offers without a server, without a lease or with a short one are none", () => {
  const client = new Client().to("selecting");
  for (const change of [{ server: undefined }, { leaseS: undefined }, { leaseS: LEAST_LEASE_S - 1 }]) {
    assert.is(client.answer(change).state.phase, "selecting");
  }
  assert.is(client.answer({ leaseS: LEAST_LEASE_S }).state.phase, "requesting");
  assert.is(client.answer({ kind: "ack", leaseS: undefined }).state.phase, "requesting");
});

test("a lease: T1 at a half, T2 at seven eighths, counted from the asking; tries at half of what is left", () => {
  const client = new Client().to("requesting");
  const askedMs = client.nowMs;
  client.nowMs += 3_000;
  client.answer({ kind: "ack" });
  assert.is(client.state.dueMs, askedMs + 1_800_000);
  assert.equal(client.due().told, ["request ours to it"]);
  const tries: number[] = [];
  while (client.state.phase === "renewing") {
    tries.push(client.state.dueMs - askedMs);
    client.due();
  }
  assert.equal(tries, [2_475_000, 2_812_500, 2_981_250, 3_065_625, 3_125_625, 3_150_000]);
  assert.equal(client.told, ["request ours"], "to everybody now");
  assert.is(client.nowMs, askedMs + 3_150_000);
  while (client.state.phase === "rebinding") client.due();
  assert.is(client.nowMs, askedMs + 3_600_000);
  assert.equal(client.told, ["use none"]);
  assert.equal(client.due().told, ["discover wanted"], "the address it had is asked for again");
  assert.ok(tries.every((at, i) => i === 0 || at - (tries[i - 1] ?? 0) >= Math.min(RENEW_LEAST_MS, 24_375)));
});

test("renewed by anybody while it rebinds; T1 and T2 as the server says, if they make sense", () => {
  const client = new Client().to("rebinding");
  client.answer({ kind: "ack", server: OTHER, address: Uint8Array.of(10, 0, 0, 78) });
  assert.equal(client.told, ["use 10.0.0.78"]);
  assert.equal(client.state.lease?.server, OTHER);
  for (const [renewS, rebindS, dueS] of [
    [100, 200, 100],
    [200, 100, 1_800],
    [0, 200, 1_800],
    [100, 3_600, 1_800],
    [100, undefined, 1_800],
  ] as const) {
    const other = new Client().to("requesting");
    const askedMs = other.nowMs;
    other.answer({ kind: "ack", renewS, rebindS });
    assert.is(other.state.dueMs - askedMs, dueS * 1_000);
  }
  const endless = new Client().to("requesting").answer({ kind: "ack", leaseS: FOR_EVER_S });
  assert.is(endless.state.dueMs, Infinity);
});

test("packets: what a client says, read back by hand", () => {
  const station = { hardwareAddress: MAC, hostName: "M-1" };
  const none = { ours: undefined, wanted: undefined, server: undefined };
  const discover = encodeDhcp({ kind: "discover", xid: 0xdead_beef, secs: 3, ...none }, station);
  assert.is(discover.length, LEAST_PACKET_BYTES);
  assert.equal(discover.slice(0, 12), Uint8Array.of(1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef, 0, 3, 0x80, 0));
  assert.equal(discover.slice(28, 34), MAC);
  assert.equal(discover.slice(236, 243), Uint8Array.of(0x63, 0x82, 0x53, 0x63, 53, 1, 1));
  assert.equal(discover.slice(243, 252), Uint8Array.of(61, 7, 1, ...MAC));
  const renew = encodeDhcp({ kind: "request", xid: 1, secs: 70_000, ...none, ours: OURS }, station);
  assert.equal(renew.slice(8, 16), Uint8Array.of(0xff, 0xff, 0, 0, ...OURS), "an address of its own: no broadcast");
  const decline = encodeDhcp({ kind: "decline", xid: 1, secs: 0, ...none, wanted: OURS, server: SERVER }, station);
  assert.equal(decline.slice(252, 265), Uint8Array.of(50, 4, ...OURS, 54, 4, ...SERVER, 255));
  const long = encodeDhcp({ kind: "discover", xid: 1, secs: 0, ...none }, { ...station, hostName: "X".repeat(200) });
  assert.equal(long.slice(252, 254), Uint8Array.of(12, MAX_HOST_NAME_BYTES));
});

function packet(options: readonly number[], change: (bytes: Uint8Array) => void = () => {}): Uint8Array {
  const bytes = new Uint8Array(240 + options.length);
  bytes.set([2, 1, 6, 0, 0, 0, 0, 9]);
  bytes.set(OURS, 16);
  bytes.set(MAC, 28);
  bytes.set([0x63, 0x82, 0x53, 0x63], 236);
  bytes.set(options, 240);
  change(bytes);
  return bytes;
}

const ACK = [
  53,
  1,
  5,
  54,
  4,
  ...SERVER,
  51,
  4,
  0,
  0,
  14,
  16,
  1,
  4,
  255,
  255,
  0,
  0,
  6,
  12,
  8,
  8,
  8,
  8,
  1,
  1,
  1,
  1,
  9,
  9,
  9,
  9,
];

test("answers are read with all they say; options may also lie in the fields of name and file", () => {
  const answer = decodeDhcp(packet([0, 0, ...ACK, 255]), MAC);
  assert.is(answer?.kind, "ack");
  assert.is(answer?.xid, 9);
  assert.is(answer?.leaseS, 3_600);
  assert.equal(answer?.mask, Uint8Array.of(255, 255, 0, 0));
  assert.equal(answer?.nameServers, [Uint8Array.of(8, 8, 8, 8), Uint8Array.of(1, 1, 1, 1)], "two are kept");
  assert.is(answer?.router, undefined);
  const spread = packet([53, 1, 2, 52, 1, 3, 255], (bytes) => {
    bytes.set([54, 4, ...SERVER, 255], 108);
    bytes.set([51, 4, 0, 0, 0, 99, 255], 44);
  });
  assert.equal([decodeDhcp(spread, MAC)?.server, decodeDhcp(spread, MAC)?.leaseS], [SERVER, 99]);
});

test("whatever is no answer to this station is none, and nothing that comes throws", () => {
  const bad: readonly ((bytes: Uint8Array) => void)[] = [
    (bytes) => bytes.set([1], 0),
    (bytes) => bytes.set([7], 28),
    (bytes) => bytes.set([0], 236),
    (bytes) => bytes.set([0, 0, 0, 0], 16),
    (bytes) => bytes.set([224], 16),
    (bytes) => bytes.set([53, 1, 8], 240),
    (bytes) => bytes.set([53, 200], 240),
  ];
  for (const spoil of bad) assert.is(decodeDhcp(packet([...ACK, 255], spoil), MAC), undefined);
  const mask = packet([53, 1, 5, 1, 4, 255, 0, 255, 0, 255]);
  assert.is(decodeDhcp(mask, MAC), undefined);
  const whole = packet([...ACK, 255]);
  for (let length = 0; length < whole.length; length++) decodeDhcp(whole.slice(0, length), MAC);
  const rng = new Rng(5);
  for (let round = 0; round < 2_000; round++) {
    const bytes = packet(Array.from({ length: rng.below(80) }, () => rng.below(256)));
    for (let i = rng.below(4); i > 0; i--) bytes[rng.below(bytes.length)] = rng.below(256);
    decodeDhcp(bytes, MAC);
  }
});

test.run();
