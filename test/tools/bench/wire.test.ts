/** Words with time on two lines, faults on the way, and the link's reference run on them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { LinkResult } from "../../../firmware/ports/inputs.js";
import { CoinChanger } from "../../../tools/bench/changer.js";
import { LinkRim } from "../../../tools/bench/link-rim.js";
import { Truth } from "../../../tools/bench/truth.js";
import { type TappedTransmission, Wire } from "../../../tools/bench/wire.js";
import { atWord, flipBits, loseVmcAcks, silence, startsWith } from "../../../tools/bench/wire-faults.js";
import { World } from "../../../tools/bench/world.js";

const test = suite("bench: wire and link");

function bus() {
  const world = new World(3);
  const wire = new Wire(world);
  const truth = new Truth(world);
  const changer = new CoinChanger(world, wire, truth);
  const results: { readonly result: LinkResult; readonly atUs: number }[] = [];
  const link = new LinkRim(world, wire, (result) => results.push({ result, atUs: world.nowUs }));
  const taps: TappedTransmission[] = [];
  wire.tap((transmission) => taps.push(transmission));
  changer.setPower(true);
  world.runFor(1_000_000);
  const send = (...bytes: number[]): LinkResult | undefined => {
    results.length = 0;
    link.send(Uint8Array.from(bytes), { ackFirst: false });
    world.runFor(200_000);
    return results[0]?.result;
  };
  return { world, wire, changer, link, results, taps, send };
}

test("a word takes 1,146 us, a block its words", () => {
  const world = new World();
  const wire = new Wire(world);
  const heard: [number, number][] = [];
  wire.attach("peripheral", { word: (word, atUs) => heard.push([word, atUs]) });
  wire.attach("vmc", { word: () => assert.unreachable("not its own words") });
  wire.send("vmc", [0x10b, 0x0b]);
  world.runFor(10_000);
  assert.equal(heard, [
    [0x10b, 1_146],
    [0x0b, 2_292],
  ]);
});

test("the link trades whole blocks with a device, a held reply waits for its release", () => {
  const { world, changer, link, results, taps, send } = bus();
  assert.equal(send(0x0b), { kind: "data", bytes: Uint8Array.of(0x0b), held: false });
  assert.equal(send(0x0c, 0, 15, 0, 0), { kind: "ack" });
  changer.insertCoin(25);
  world.runFor(500_000);
  results.length = 0;
  taps.length = 0;
  link.send(Uint8Array.of(0x0b), { ackFirst: false });
  while (results.length === 0) world.runFor(100);
  assert.equal(results[0]?.result, { kind: "data", bytes: Uint8Array.of(0x52, 0x2e), held: true });
  world.runFor(3_000);
  link.release();
  assert.is(results[1]?.result.kind, "ackSent");
  world.runFor(10_000);
  assert.equal(
    taps.map(({ from, words }) => `${from} ${words.map((word) => word.toString(16)).join(" ")}`),
    ["vmc 10b b", "peripheral 52 2e 180", "vmc 0"],
  );
  assert.equal(send(0x0b), { kind: "ack" });
});

test("released too late the ACK is withheld and the device says it again", () => {
  const { world, changer, results, send } = bus();
  send(0x0b);
  send(0x0c, 0, 15, 0, 0);
  changer.insertCoin(25);
  world.runFor(500_000);
  const first = send(0x0b);
  assert.equal(first, { kind: "data", bytes: Uint8Array.of(0x52, 0x2e), held: true });
  assert.is(results[1]?.result.kind, "ackWithheld");
  assert.equal(send(0x0b), first);
});

test("nobody there: silent; everything the device says lost: silent", () => {
  const { wire, send } = bus();
  assert.equal(send(0x33), { kind: "silent" });
  const fault = silence(wire, 0x08);
  assert.equal(send(0x09), { kind: "silent" });
  fault.remove();
  assert.is(send(0x09)?.kind, "data");
});

test("a bent word is asked for again by RET", () => {
  const { wire, taps, send } = bus();
  wire.inject({ from: "peripheral", matches: startsWith(0x03), act: flipBits(3, 0x10) });
  assert.is(send(0x09)?.kind, "data");
  assert.ok(taps.some(({ words }) => words.length === 1 && words[0] === 0xaa));
  const bent = taps.find(({ received, words }) => received.some((word, i) => word !== words[i]));
  assert.is(bent?.received[3], (bent?.words[3] ?? 0) ^ 0x10);
});

test("the n-th word is lost wherever it is", () => {
  const { wire, taps, send } = bus();
  send(0x0b);
  taps.length = 0;
  atWord(wire, "vmc", 3, "lose");
  send(0x0b);
  send(0x0b);
  const lost = taps.filter(({ received }) => received.includes(undefined));
  assert.is(lost.length, 1);
  assert.equal(lost[0]?.received, [0x10b, undefined]);
});

test("skip and times choose which transmissions a fault hits", () => {
  const { wire, taps, send } = bus();
  send(0x0b);
  const fault = wire.inject({ from: "peripheral", skip: 1, times: 2, act: (words) => words.map(() => undefined) });
  const kinds = [1, 2, 3, 4].map(() => send(0x0b)?.kind);
  assert.equal(kinds, ["ack", "silent", "silent", "ack"]);
  assert.is(fault.hits, 2);
  assert.ok(taps.length > 0);
});

test("two devices speaking at once garble each other", () => {
  const world = new World();
  const wire = new Wire(world);
  const heard: number[] = [];
  wire.attach("vmc", { word: (word) => heard.push(word) });
  wire.send("peripheral", [0x100], 0x08);
  world.runFor(300);
  wire.send("peripheral", [0x1ff], 0x30);
  world.runFor(10_000);
  assert.equal(heard, [0x1ff, 0x1ff]);
});

test("stray words reach the link and do no harm", () => {
  const { world, wire, link, send } = bus();
  send(0x0b);
  wire.stray("peripheral", 0x1aa);
  world.runFor(10_000);
  assert.ok(link.counters.strays >= 1);
  assert.equal(send(0x0b), { kind: "ack" });
});

test("each send has one result, whatever noise does to the words", () => {
  const { wire, send } = bus();
  wire.noisePerMillion = 30_000;
  const seen = new Map<string, number>();
  for (let i = 0; i < 300; i++) {
    const kind = send(0x0b)?.kind ?? "none";
    seen.set(kind, (seen.get(kind) ?? 0) + 1);
  }
  assert.ok(!seen.has("none"), "each send has its result");
  assert.ok((seen.get("silent") ?? 0) > 0);
});

test("bus reset: break, quiet, then the device says JUST RESET", () => {
  const { world, link, results, send } = bus();
  send(0x0b);
  results.length = 0;
  link.busReset();
  world.runFor(1_000_000);
  assert.equal(
    results.map(({ result }) => result.kind),
    ["busReset"],
  );
  assert.equal(send(0x0b), { kind: "data", bytes: Uint8Array.of(0x0b), held: false });
});

test("without power the link breaks off and reports nothing", () => {
  const { world, link, results, taps } = bus();
  results.length = 0;
  link.send(Uint8Array.of(0x09), { ackFirst: false });
  world.runFor(1_500);
  link.powerOff();
  world.runFor(100_000);
  assert.is(results.length, 0);
  assert.is(taps[taps.length - 1]?.received.length, 1);
});

test("a lost VMC ACK is seen as lost by the tap", () => {
  const { wire, taps, send } = bus();
  loseVmcAcks(wire, 0x08);
  send(0x0b);
  const acks = taps.filter(({ from, words }) => from === "vmc" && words.length === 1);
  assert.equal(acks[0]?.received, [undefined]);
});

test.run();
