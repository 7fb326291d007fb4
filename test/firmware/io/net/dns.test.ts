/** Names over the W5500: believed is only who was asked, with what was asked. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  ANSWER_MS,
  DnsResolver,
  MAX_ALIASES,
  MAX_NAMES,
  MAX_RECORDS,
  MAX_TRIES,
} from "../../../../firmware/io/net/dns.js";
import { udpClassOn } from "../../../../firmware/io/net/w5500/udp.js";
import { EthernetBench } from "../../../support/io/ethernet.js";
import { WorldClockwork } from "../../../support/io/lan.js";
import { SimNameServer } from "../../../support/io/lan-servers.js";

const test = suite("firmware/io DNS");
const BROKER = "broker.example";

class Names {
  readonly bench = new EthernetBench();
  readonly first = new SimNameServer(this.bench.lan, "10.0.0.53");
  readonly second = new SimNameServer(this.bench.lan, "10.0.0.54");
  servers = ["10.0.0.53", "10.0.0.54"];
  readonly answers: (string | undefined)[] = [];
  readonly resolver = new DnsResolver({
    io: udpClassOn(this.bench.station()),
    servers: () => this.servers,
    clockwork: new WorldClockwork(this.bench.world),
    random: this.bench.random,
  });

  constructor() {
    for (const server of [this.first, this.second]) server.names.set(BROKER, [{ name: BROKER, address: "10.9.9.9" }]);
  }

  ask(host = BROKER): this {
    this.resolver.resolve(host, (address) => this.answers.push(address));
    return this;
  }
}

test("a name, in whatever letters; an address is its own answer", () => {
  const names = new Names().ask("Broker.EXAMPLE").ask("10.1.2.3");
  assert.equal(names.answers, ["10.1.2.3"]);
  names.bench.runMs(20);
  assert.equal(names.answers, ["10.1.2.3", "10.9.9.9"]);
  names.bench.runMs(11_000);
  assert.is(names.first.asked.length, 1);
});

test("aliases are followed, so many; none that leads round", () => {
  const names = new Names();
  names.first.names.set(BROKER, [
    { name: BROKER, alias: "a.example" },
    { name: "a.example", alias: "b.example" },
    { name: "b.example", address: "10.8.8.8" },
    { name: "c.example", address: "10.7.7.7" },
  ]);
  names.first.names.set("round.example", [
    { name: "round.example", alias: "x.example" },
    { name: "x.example", alias: "round.example" },
  ]);
  names.first.names.set("foreign.example", [{ name: "other.example", address: "10.7.7.7" }]);
  const chain = (aliases: number) => [
    ...Array.from({ length: aliases }, (_, i) => ({ name: i === 0 ? "long.example" : `n${i}`, alias: `n${i + 1}` })),
    { name: `n${aliases}`, address: "10.6.6.6" },
  ];
  names.ask().bench.runMs(20);
  names.ask("round.example").bench.runMs(20);
  names.ask("foreign.example").bench.runMs(20);
  names.first.names.set("long.example", chain(MAX_ALIASES));
  names.ask("long.example").bench.runMs(20);
  names.first.names.set("long.example", chain(MAX_ALIASES + 1));
  names.ask("long.example").bench.runMs(20);
  assert.equal(names.answers, ["10.8.8.8", undefined, undefined, "10.6.6.6", undefined]);
});

test("records beyond the number read are not there", () => {
  const names = new Names();
  for (const [others, address] of [
    [MAX_RECORDS - 1, "10.5.5.5"],
    [MAX_RECORDS, undefined],
  ] as const) {
    const other = Array.from({ length: others }, () => ({ name: "o", address: "10.1.1.1" }));
    names.first.names.set(BROKER, [...other, { name: BROKER, address: "10.5.5.5" }]);
    names.ask().bench.runMs(100);
    assert.is(names.answers.at(-1), address);
  }
});

test("no such name: at once; a server that fails or says nothing: the other one; nobody: after all tries", () => {
  const names = new Names();
  names.ask("nobody.example").bench.runMs(20);
  assert.equal(names.answers, [undefined]);
  names.first.result = 2;
  names.ask().bench.runMs(30);
  assert.equal(names.answers, [undefined, "10.9.9.9"]);
  names.first.silent = true;
  names.ask().bench.runMs(ANSWER_MS + 30);
  assert.equal(names.answers, [undefined, "10.9.9.9", "10.9.9.9"]);
  names.second.silent = true;
  names.first.asked.length = 0;
  names.ask().bench.runMs(22_000);
  assert.equal(names.answers.slice(3), [undefined]);
  assert.is(names.first.asked.length, MAX_TRIES);
  assert.ok(new Set(names.first.ports).size > MAX_TRIES, "a port of its own for each try");
  names.servers = [];
  names.ask();
  assert.equal(names.answers.slice(4), [undefined], "no server: no answer");
});

test("an answer with another number, to another question, or from another sender is not heard", () => {
  const spoils: readonly ((answer: Uint8Array) => Uint8Array)[] = [
    (answer) => answer.fill((answer[0] ?? 0) ^ 1, 0, 1),
    (answer) => answer.fill(0, 2, 3),
    (answer) => answer.fill(0, 5, 6),
    (answer) => answer.fill(0x78, 13, 14),
    (answer) => answer.subarray(0, 11),
    (answer) => answer.fill(28, 12 + BROKER.length + 3, 12 + BROKER.length + 4),
  ];
  for (const spoil of spoils) {
    const names = new Names();
    names.servers = ["10.0.0.53"];
    names.first.spoil = spoil;
    names.ask().bench.runMs(11_000);
    assert.equal(names.answers, [undefined], String(spoil));
    assert.is(names.first.asked.length, MAX_TRIES);
  }
  const names = new Names();
  names.servers = ["10.0.0.53"];
  names.first.spoil = (bytes) => {
    const to = names.first.ports.at(-1) ?? 0;
    for (const [from, fromPort] of [
      ["10.0.0.66", 53],
      ["10.0.0.53", 5_353],
    ] as const) {
      names.bench.lan.send({ from, fromPort, to: "10.0.0.9", toPort: to, bytes });
    }
    return new Uint8Array(12);
  };
  names.ask().bench.runMs(11_000);
  assert.equal(names.answers, [undefined]);
});

test("answers cut off or spoilt anywhere never throw, and never make an address of nothing", () => {
  const names = new Names();
  names.servers = ["10.0.0.53"];
  let round = 0;
  const rng = names.bench.world.forkRng();
  names.first.spoil = (answer) => {
    const spoilt = answer.slice(0, 12 + rng.below(answer.length - 11));
    for (let i = rng.below(3); i > 0; i--) spoilt[12 + BROKER.length + rng.below(30)] = rng.below(256);
    return spoilt;
  };
  for (; round < 60; round++) names.ask().bench.runMs(11_000);
  assert.is(names.answers.length, 60);
});

test("names wait for each other, so many; an answer may ask again; drop and close answer who waits", () => {
  const names = new Names();
  for (let i = 0; i < MAX_NAMES; i++) names.ask();
  names.ask();
  assert.equal(names.answers, [undefined], "one too many");
  names.bench.runMs(100);
  assert.is(names.answers.filter((address) => address === "10.9.9.9").length, MAX_NAMES);
  names.answers.length = 0;
  names.resolver.resolve(BROKER, () => names.ask());
  names.bench.runMs(100);
  assert.equal(names.answers, ["10.9.9.9"]);
  names.ask().ask().resolver.drop();
  assert.equal(names.answers, ["10.9.9.9", undefined, undefined]);
  names.ask();
  names.resolver.close();
  names.resolver.close();
  assert.equal(names.answers.slice(3), [undefined]);
  assert.throws(() => names.ask(), /closed/);
});

test("names that are none are not asked for", () => {
  const names = new Names();
  for (const host of ["", ".", "a..b", "a b", `${"a".repeat(64)}.example`, "a.".repeat(130), "ü.example"])
    names.ask(host);
  assert.equal(
    names.answers,
    Array.from({ length: 7 }, () => undefined),
  );
  assert.equal(names.first.asked, []);
});

test.run();
