/** Motors, home switches, falling products and the beam, with and without power. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Beam } from "../../../tools/bench/beam.js";
import { Rng } from "../../../tools/bench/rng.js";
import { type SpiralEvent, Spirals } from "../../../tools/bench/spirals.js";
import { Truth } from "../../../tools/bench/truth.js";
import { World } from "../../../tools/bench/world.js";

const test = suite("bench: spirals and beam");

interface Edge {
  readonly dark: boolean;
  readonly atUs: number;
}

function hardware(seed = 1) {
  const world = new World(seed);
  const truth = new Truth(world);
  const edges: Edge[] = [];
  const glares: boolean[] = [];
  const events: SpiralEvent[] = [];
  const beam = new Beam(world, truth, ({ on, yes, atUs }) => {
    if (on === "beam") edges.push({ dark: yes, atUs });
    else glares.push(yes);
  });
  const columns = [
    { column: 0, products: 5, turnMs: 2_500 },
    { column: 1, products: 3 },
  ];
  const spirals = new Spirals(world, truth, beam, columns, (event) => events.push(event));
  spirals.setPower(true);
  beam.setPower(true);
  return { world, truth, edges, glares, events, beam, spirals };
}

function names(events: readonly SpiralEvent[]): string[] {
  return events.map((event) => (event.event === "stopped" ? event.why : event.event));
}

test("a turn leaves home, drops one product, ends at home by itself", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const { world, truth, edges, events, spirals } = hardware(seed);
    spirals.turn(0, 5_000);
    world.runFor(4_000_000);
    assert.equal(names(events), ["leftHome", "home"], `seed ${seed}`);
    const stopUs = events[1]?.atUs ?? 0;
    assert.ok(stopUs > 2_300_000 && stopUs < 2_700_000);
    assert.equal(
      edges.map(({ dark }) => dark),
      [true, false],
    );
    const darkUs = (edges[1]?.atUs ?? 0) - (edges[0]?.atUs ?? 0);
    assert.ok(darkUs >= 20_000 && darkUs <= 80_000, `${darkUs} us`);
    const fellUs = edges[0]?.atUs ?? 0;
    assert.ok(fellUs > 2_500_000 * 0.8 && fellUs < 2_500_000 * 0.95 + 700_000);
    assert.is(truth.productsAt("tray", 0), 1);
    assert.is(truth.beamPulses, 1);
    assert.equal(spirals.awayFromHome, []);
  }
});

test("an empty column turns and drops nothing", () => {
  const { world, truth, events, spirals } = hardware();
  for (let turn = 0; turn < 4; turn++) {
    spirals.turn(1, 5_000);
    world.runFor(4_000_000);
  }
  assert.is(names(events).filter((name) => name === "home").length, 4);
  assert.is(truth.productsAt("tray", 1), 3);
  assert.is(spirals.productsIn(1), 0);
});

test("the rim stops a turn at its time limit, a later turn brings it home", () => {
  const { world, truth, events, spirals } = hardware();
  spirals.turn(0, 1_000);
  world.runFor(3_000_000);
  assert.equal(names(events), ["leftHome", "timeout"]);
  assert.equal(spirals.awayFromHome, [0]);
  assert.is(truth.productsAt("tray"), 0);
  spirals.turn(0, 5_000);
  world.runFor(4_000_000);
  assert.equal(names(events), ["leftHome", "timeout", "leftHome", "home"]);
  assert.is(truth.productsAt("tray"), 1);
});

test("power cut in a turn: the spiral stays away, the product falls on unseen", () => {
  const { world, truth, edges, events, beam, spirals } = hardware();
  spirals.turn(0, 5_000);
  while (truth.productsAt("falling") === 0) world.runFor(1_000);
  spirals.setPower(false);
  beam.setPower(false);
  world.runFor(2_000_000);
  assert.equal(names(events), ["leftHome"]);
  assert.equal(edges, []);
  assert.is(truth.productsAt("tray"), 1);
  assert.is(truth.unseenDrops, 1);
  assert.equal(spirals.awayFromHome, [0]);
  spirals.setPower(true);
  beam.setPower(true);
  spirals.turn(0, 5_000);
  world.runFor(2_000_000);
  assert.equal(names(events), ["leftHome", "leftHome", "home"], "away already: it has left home at once");
  assert.is(truth.productsAt("tray"), 1);
});

test("a product that hangs falls when kicked, one that hangs late falls late, two fall at once", () => {
  const { world, truth, spirals } = hardware();
  spirals.nextTurn(0, "hang");
  spirals.nextTurn(0, 6_000);
  spirals.nextTurn(0, "double");
  spirals.turn(0, 5_000);
  world.runFor(10_000_000);
  assert.is(truth.productsAt("hanging"), 1);
  assert.is(spirals.kick(), 1);
  world.runFor(1_000_000);
  assert.is(truth.productsAt("tray"), 1);
  spirals.turn(0, 5_000);
  world.runFor(5_000_000);
  assert.is(truth.productsAt("tray"), 1);
  world.runFor(5_000_000);
  assert.is(truth.productsAt("tray"), 2);
  spirals.turn(0, 5_000);
  world.runFor(5_000_000);
  assert.is(truth.productsAt("tray"), 4);
});

test("short by one: the turn after drops it", () => {
  const { world, truth, spirals } = hardware();
  spirals.nextTurn(0, "short");
  spirals.turn(0, 5_000);
  world.runFor(5_000_000);
  assert.is(truth.productsAt("tray"), 0);
  spirals.turn(0, 5_000);
  world.runFor(5_000_000);
  assert.is(truth.productsAt("tray"), 1);
  spirals.setJammed(0, true);
  spirals.turn(0, 5_000);
  world.runFor(5_000_000);
  assert.is(truth.productsAt("tray"), 1);
});

test("a stuck motor stalls; away from home it runs into its limit where nobody senses it", () => {
  const { world, events, spirals } = hardware();
  spirals.setMotorStuck(0, true);
  spirals.turn(0, 5_000);
  world.runFor(6_000_000);
  spirals.sensesStall = false;
  spirals.turn(0, 5_000);
  world.runFor(6_000_000);
  assert.equal(names(events.splice(0)), ["stall", "stall"]);
  assert.equal(spirals.awayFromHome, []);
  spirals.setMotorStuck(0, false);
  spirals.turn(0, 1_000);
  world.runFor(2_000_000);
  spirals.setMotorStuck(0, true);
  spirals.turn(0, 5_000);
  world.runFor(6_000_000);
  assert.equal(names(events), ["leftHome", "timeout", "leftHome", "timeout"]);
});

test("a motor that sticks in the middle of a turn stalls there, and goes on when it is freed in time", () => {
  const { world, events, spirals } = hardware();
  spirals.turn(0, 5_000);
  world.runFor(1_000_000);
  spirals.setMotorStuck(0, true);
  world.runFor(500_000);
  spirals.setMotorStuck(0, false);
  world.runFor(500_000);
  assert.ok(spirals.angleOf(0) > 550_000 && spirals.angleOf(0) < 650_000);
  spirals.setMotorStuck(0, true);
  world.runFor(1_000_000);
  assert.equal(names(events), ["leftHome", "stall"]);
  assert.equal(spirals.awayFromHome, [0]);
});

test("a home switch stuck closed ends the turn before anything falls; stuck open, at its limit", () => {
  const { world, truth, events, spirals } = hardware();
  spirals.setHomeSwitch(0, "stuckClosed");
  spirals.turn(0, 5_000);
  world.runFor(6_000_000);
  assert.equal(names(events.splice(0)), ["stall"]);
  assert.is(truth.productsAt("tray"), 0);
  assert.equal(spirals.awayFromHome, []);
  spirals.setHomeSwitch(0, "stuckOpen");
  assert.equal(spirals.awayFromHome, [0]);
  spirals.turn(0, 5_000);
  world.runFor(6_000_000);
  assert.equal(names(events), ["leftHome", "timeout"]);
});

test("a home switch that sticks in the middle of a turn: closed it stops the motor, open it has left", () => {
  const { world, events, spirals } = hardware();
  spirals.turn(0, 5_000);
  spirals.setHomeSwitch(0, "stuckOpen");
  spirals.setHomeSwitch(0, "works");
  world.runFor(1_000_000);
  spirals.setHomeSwitch(0, "stuckClosed");
  assert.equal(names(events), ["leftHome", "home"]);
  assert.ok(spirals.angleOf(0) > 300_000 && spirals.angleOf(0) < 500_000);
});

test("another turn or an order stops the motor", () => {
  const { world, events, spirals } = hardware();
  spirals.turn(0, 5_000);
  world.runFor(500_000);
  spirals.turn(1, 5_000);
  world.runFor(500_000);
  spirals.stop();
  assert.equal(names(events), ["leftHome", "ordered", "leftHome", "ordered"]);
  assert.equal(spirals.awayFromHome, [0, 1]);
});

test("the beam follows its emitter; blocked it is dark, sunlit it is lit whatever happens", () => {
  const { world, truth, edges, beam, spirals } = hardware();
  const darks = (): boolean[] => edges.splice(0).map(({ dark }) => dark);
  beam.emitter(false);
  world.runFor(1_000);
  beam.emitter(true);
  world.runFor(1_000);
  assert.equal(darks(), [true, false]);
  beam.setBlocked(true);
  beam.emitter(false);
  world.runFor(1_000);
  beam.emitter(true);
  world.runFor(1_000);
  assert.equal(darks(), [true]);
  spirals.knockDown(0);
  world.runFor(1_000_000);
  beam.setBlocked(false);
  assert.equal(darks(), [false]);
  beam.setSunlit(true);
  beam.emitter(false);
  world.runFor(1_000);
  spirals.knockDown(0);
  world.runFor(1_000_000);
  assert.equal(darks(), []);
  assert.is(truth.unseenDrops, 2);
  assert.is(truth.beamPulses, 0);
});

test("foreign light is told within 10 ms, but not while the emitter is off", () => {
  const { world, glares, beam } = hardware();
  const told = (): boolean[] => glares.splice(0);
  world.runFor(1_234);
  beam.setSunlit(true);
  assert.equal(told(), []);
  world.runFor(10_000);
  assert.equal(told(), [true]);
  beam.emitter(false);
  world.runFor(1_000);
  beam.setSunlit(false);
  world.runFor(20_000);
  assert.equal(told(), []);
  beam.emitter(true);
  world.runFor(20_000);
  assert.equal(told(), [false]);
  beam.setSunlit(true);
  beam.setBlocked(true);
  world.runFor(20_000);
  assert.equal(told(), []);
});

test("light that goes in the middle of a fall leaves the rest of its shadow: a pulse nobody can be sure of", () => {
  const { world, truth, edges, beam } = hardware();
  beam.setSunlit(true);
  beam.cross(50_000);
  world.runFor(40_000);
  beam.setSunlit(false);
  world.runFor(100_000);
  assert.equal(
    edges.map(({ dark }) => dark),
    [true, false],
  );
  assert.equal([truth.beamPulses, truth.beamPulsesUncertain, truth.unseenDrops], [1, 1, 1]);
});

test("falls that overlap make one pulse", () => {
  const { world, truth, edges, beam } = hardware();
  beam.cross(50_000);
  world.runFor(30_000);
  beam.cross(50_000);
  world.runFor(100_000);
  assert.is(edges.length, 2);
  assert.is(truth.beamPulses, 1);
  beam.cross(50_000);
  world.runFor(10_000);
  beam.setPower(false);
  assert.is(truth.beamPulses, 2);
  assert.is(truth.beamPulsesUncertain, 1);
});

test("products are conserved whatever turns, hangs or loses power", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { world, truth, beam, spirals } = hardware(seed);
    const rng = new Rng(seed);
    for (let step = 0; step < 60; step++) {
      const act = rng.below(8);
      const column = rng.below(2);
      if (act < 3) spirals.turn(column, rng.between(500, 5_000));
      else if (act === 3)
        spirals.nextTurn(column, (["short", "hang", "double", 3_000] as const)[rng.below(4)] ?? "hang");
      else if (act === 4) spirals.kick();
      else if (act === 5) spirals.knockDown(column);
      else if (act === 6) spirals.fill(column, 1);
      else {
        const on = rng.below(2) === 0;
        spirals.setPower(on);
        beam.setPower(on);
      }
      world.runFor(rng.below(2_000_000));
    }
    world.runFor(10_000_000);
    const left = spirals.productsIn(0) + spirals.productsIn(1);
    const { products } = truth;
    assert.is(left + truth.productsAt("hanging") + truth.productsAt("tray"), products.length, `seed ${seed}`);
    assert.is(left, truth.productsAt("column"));
    assert.ok(truth.beamPulses + truth.unseenDrops <= truth.productsAt("tray"), `seed ${seed}`);
  }
});

test.run();
