/**
 * The native rim against the simulated spirals (tools/bench), whose rim the whole machine is tested with: the same
 * turns, the same switches, the same ends, at the same times. What the simulated home switch does is played to the C.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Beam } from "../../../tools/bench/beam.js";
import { type SpiralEvent, Spirals } from "../../../tools/bench/spirals.js";
import { Truth } from "../../../tools/bench/truth.js";
import { World } from "../../../tools/bench/world.js";
import { nativeProgram } from "./native/program.js";

const test = suite("firmware/io native rim against the simulated one");
const native = nativeProgram("rim-main.c", "rim.c", "rim-note.c");

const COLUMN = 5;
const STEP_US = 250;
/** The simulated switch is closed below this part of a turn, in millionths, and at a whole one. */
const HOME_END = 30_000;
const TURN = 1_000_000;
/** Switch and timer are looked at every step; a full stop is told when its switch has settled, for when it closed. */
const APART_US = 2 * STEP_US;

type Switch = "works" | "stuckClosed" | "stuckOpen";

interface Scenario {
  readonly name: string;
  readonly turnMs: number;
  readonly home?: Switch;
  readonly sensesStall?: boolean;
  /** What is done when, ms. */
  readonly acts: readonly (readonly [atMs: number, act: "turn" | "stop" | "stick", maxMs?: number])[];
  readonly untilMs: number;
}

const SCENARIOS: readonly Scenario[] = [
  { name: "a quick spiral", turnMs: 900, acts: [[1, "turn", 4_500]], untilMs: 1_500 },
  { name: "a usual one", turnMs: 2_400, acts: [[1, "turn", 4_500]], untilMs: 3_000 },
  { name: "a slow one, within its limit", turnMs: 4_400, acts: [[1, "turn", 4_500]], untilMs: 5_000 },
  { name: "too slow for its limit", turnMs: 3_000, acts: [[1, "turn", 1_000]], untilMs: 1_500 },
  { name: "leaves home just in time", turnMs: 24_500, acts: [[1, "turn", 30_000]], untilMs: 26_000 },
  { name: "leaves home just too late", turnMs: 25_600, acts: [[1, "turn", 30_000]], untilMs: 1_500 },
  { name: "switch stuck closed", turnMs: 2_400, home: "stuckClosed", acts: [[1, "turn", 4_500]], untilMs: 2_000 },
  { name: "switch stuck open", turnMs: 2_400, home: "stuckOpen", acts: [[1, "turn", 4_500]], untilMs: 5_000 },
  {
    name: "the motor sticks on the way, and its current tells",
    turnMs: 2_400,
    acts: [
      [1, "turn", 4_500],
      [1_000, "stick"],
    ],
    untilMs: 3_000,
  },
  {
    name: "the motor sticks on the way, and nothing tells",
    turnMs: 2_400,
    sensesStall: false,
    acts: [
      [1, "turn", 4_500],
      [1_000, "stick"],
    ],
    untilMs: 5_000,
  },
  {
    name: "the motor was stuck before",
    turnMs: 2_400,
    acts: [
      [0, "stick"],
      [1, "turn", 4_500],
    ],
    untilMs: 1_500,
  },
  {
    name: "stopped on the way, finished by a second turn",
    turnMs: 2_400,
    acts: [
      [1, "turn", 4_500],
      [800, "stop"],
      [1_200, "turn", 4_500],
    ],
    untilMs: 4_000,
  },
  {
    name: "ordered again while it turns",
    turnMs: 2_400,
    acts: [
      [1, "turn", 4_500],
      [700, "turn", 4_500],
    ],
    untilMs: 4_000,
  },
];

/** What the simulated rim tells, and the calls that show the native one the same. */
function simulate({ turnMs, home = "works", sensesStall = true, acts, untilMs }: Scenario): {
  readonly told: readonly SpiralEvent[];
  readonly calls: readonly string[];
} {
  const world = new World(3);
  const truth = new Truth(world);
  const told: SpiralEvent[] = [];
  const spirals = new Spirals(
    world,
    truth,
    new Beam(world, truth, () => {}),
    [{ column: COLUMN, products: 3, turnMs }],
    (event) => told.push(event),
  );
  spirals.sensesStall = sensesStall;
  spirals.setPower(true);
  spirals.setHomeSwitch(COLUMN, home);
  const isClosed = (): boolean => {
    const angle = spirals.angleOf(COLUMN);
    return home === "stuckClosed" || (home === "works" && (angle < HOME_END || angle >= TURN));
  };
  const calls: string[] = [];
  const waiting = [...acts];
  let closed = isClosed();
  let stuck = false;
  let drawn = false;
  for (let us = STEP_US; us <= untilMs * 1_000; us += STEP_US) {
    world.runUntil(us);
    if (isClosed() !== closed) {
      closed = !closed;
      calls.push(`home ${closed ? 1 : 0} ${us}`);
    }
    while (waiting[0] !== undefined && waiting[0][0] * 1_000 <= us) {
      const [, act, maxMs = 0] = waiting.shift() ?? [0, "stop"];
      if (act === "turn") {
        calls.push(`turn ${COLUMN} ${maxMs} ${isClosed() ? 1 : 0} ${us}`);
        spirals.turn(COLUMN, maxMs);
      } else if (act === "stop") {
        calls.push(`stop ${us}`);
        spirals.stop();
      } else {
        stuck = true;
        spirals.setMotorStuck(COLUMN, true);
      }
    }
    // A motor that the simulation has just switched off has drawn its current until now.
    calls.push(`timer ${us}`);
    const draws = sensesStall && stuck && spirals.turning === COLUMN;
    if (draws !== drawn) {
      drawn = draws;
      calls.push(`current ${drawn ? 1 : 0} ${us}`);
    }
  }
  return { told, calls };
}

interface Told {
  readonly what: string;
  readonly atUs: number;
}

/** Events of the turns as the native program prints them, `kind:column[:why]`, in order. */
function nativeEvents(lines: readonly string[]): Told[] {
  return lines.flatMap((line) =>
    [...line.matchAll(/(leftHome|stopped)@(\d+):(\S+)/g)].map(([, kind = "", at, rest = ""]) => ({
      what: `${kind}:${rest}`,
      atUs: Number(at),
    })),
  );
}

function simulatedEvent(event: SpiralEvent): Told {
  const why = event.event === "stopped" ? `:${event.why}` : "";
  return { what: `${event.event}:${event.column}${why}`, atUs: event.atUs };
}

for (const scenario of SCENARIOS) {
  test(scenario.name, () => {
    const { told, calls } = simulate(scenario);
    const wanted = told.map(simulatedEvent);
    const found = nativeEvents(native(calls));
    assert.ok(wanted.length > 0);
    assert.equal(
      found.map(({ what }) => what),
      wanted.map(({ what }) => what),
    );
    for (const [index, { what, atUs }] of found.entries()) {
      const apartUs = Math.abs(atUs - (wanted[index]?.atUs ?? 0));
      assert.ok(apartUs <= APART_US, `${what} told ${apartUs} µs apart`);
    }
  });
}

test.run();
