/**
 * The native rim of the delivery side: turns that end at home, at a stall, at their limit; bouncing switches; soft
 * start; edges of the beam; foreign light. A simulated receiver follows the emitter as the rim switches it.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nativeProgram } from "./native/program.js";

const test = suite("firmware/io native rim");
const native = nativeProgram("rim-main.c", "rim.c", "rim-note.c");

const STEP_US = 250;
const BLINK_EVERY_US = 10_000;
const RECEIVER_US = 200;
const MAX_EVENTS = 64;

interface Told {
  readonly atUs: number;
  readonly duty: number;
  readonly emitter: boolean;
  readonly alarmUs: number;
  readonly events: readonly string[];
}

/** What happens at the pins, by its time; the rim's timer is looked at every `STEP_US` besides. */
type Script = readonly (readonly [atUs: number, call: string])[];

/**
 * Plays a script up to `untilUs`. The program answers only at its end, so a receiver that follows the emitter is found
 * by playing again with what the last play switched, until nothing changes.
 */
function play(script: Script, untilUs: number, glare?: readonly [fromUs: number, toUs: number]): Told[] {
  let receiver: [number, string][] = [];
  for (let plays = 0; plays < 50; plays += 1) {
    const told = once([...script, ...receiver], untilUs);
    const next = follow(told, glare);
    if (JSON.stringify(next) === JSON.stringify(receiver)) return told;
    receiver = next;
  }
  throw new Error("the receiver does not come to rest");
}

function once(script: Script, untilUs: number): Told[] {
  const calls: [number, string][] = [];
  for (let atUs = STEP_US; atUs <= untilUs; atUs += STEP_US) calls.push([atUs, "timer"]);
  calls.push(...script.map(([atUs, call]): [number, string] => [atUs, call]));
  calls.sort((left, right) => left[0] - right[0]);
  return native(calls.map(([atUs, call]) => `${call} ${atUs}`)).map((line, index) => {
    const [duty, emitter, alarm = "", ...events] = line.split(" ");
    const alarmUs = alarm === "-" ? Infinity : Number(alarm);
    return { atUs: calls[index]?.[0] ?? 0, duty: Number(duty), emitter: emitter === "1", alarmUs, events };
  });
}

/** Edges of a receiver that sees the emitter, and foreign light in `glare`. */
function follow(told: readonly Told[], glare: readonly [number, number] | undefined): [number, string][] {
  const edges: [number, string][] = [];
  let dark = false;
  for (const { atUs, emitter } of told) {
    const seesAtUs = atUs + RECEIVER_US;
    const lit = emitter || (glare !== undefined && seesAtUs >= glare[0] && seesAtUs < glare[1]);
    if (lit === !dark) continue;
    dark = !lit;
    edges.push([seesAtUs, `beam ${dark ? 1 : 0}`]);
  }
  return edges;
}

function events(told: readonly Told[]): string[] {
  return told.flatMap((line) => line.events);
}

/** Levels of a contact that bounces for `ms` before it rests at `closed`. */
function bounce(closed: boolean, atUs: number, ms: number): Script {
  const edges: [number, string][] = [];
  for (let us = 0; us < ms * 1_000; us += 700) {
    const level = (us / 700) % 2 === 0 ? closed : !closed;
    edges.push([atUs + us, `home ${level ? 1 : 0}`]);
  }
  edges.push([atUs + ms * 1_000, `home ${closed ? 1 : 0}`]);
  return edges;
}

test("one turn: soft start, left home, home again, motor off; bounces change nothing", () => {
  const told = play([[1_000, "turn 7 4500 1"], ...bounce(false, 90_000, 2), ...bounce(true, 2_400_000, 5)], 2_500_000);
  assert.equal(events(told), ["leftHome@91400:7", "stopped@2405000:7:home"]);
  const duties = told.filter(({ atUs }) => atUs > 1_000 && atUs <= 2_405_000).map(({ duty }) => duty);
  assert.ok(duties[0] !== undefined && duties[0] > 0 && duties[0] < 100, "it starts softly");
  assert.is(told.find(({ duty }) => duty === 1_023)?.atUs, 191_000);
  assert.ok(
    duties.every((duty, index) => index === 0 || duty >= (duties[index - 1] ?? 0)),
    "and only ever stronger",
  );
  assert.is(told.at(-1)?.duty, 0);
});

test("every change comes at the time the alarm was set for, not before and not much later", () => {
  const told = play([[1_000, "turn 7 4500 1"], ...bounce(false, 90_000, 2)], 4_600_000);
  for (const [index, { atUs, duty, events: happened }] of told.entries()) {
    const before = told[index - 1];
    if (before === undefined || (before.duty === duty && happened.length === 0)) continue;
    if (atUs === 1_000) continue;
    assert.ok(before.alarmUs <= atUs && before.alarmUs > atUs - STEP_US - 1, `${atUs}: alarm at ${before.alarmUs}`);
  }
});

test("a turn that never leaves home ends at 600 ms; one that does not come back, at its limit", () => {
  assert.equal(events(play([[1_000, "turn 3 4500 1"]], 4_600_000)), ["stopped@601000:3:stall"]);
  const away: Script = [[1_000, "turn 3 4500 1"], ...bounce(false, 590_000, 1)];
  assert.equal(events(play(away, 4_600_000)), ["leftHome@591000:3", "stopped@4501000:3:timeout"]);
});

test("away from home it has left already, and only has to arrive", () => {
  const rest: Script = [[1_000, "turn 3 4500 0"], ...bounce(true, 700_000, 1)];
  assert.equal(events(play(rest, 800_000)), ["leftHome@1000:3", "stopped@701000:3:home"]);
});

test("a home switch that chatters at the edge is not home before it has rested", () => {
  const told = play([[1_000, "turn 3 500 1"], ...bounce(false, 50_000, 1), ...bounce(true, 200_000, 400)], 600_000);
  assert.equal(events(told), ["leftHome@51000:3", "stopped@501000:3:timeout"]);
});

test("stall current for 600 ms stops it; a peak at the start does not", () => {
  const peak: Script = [
    [1_000, "turn 3 4500 1"],
    [2_000, "current 1"],
    [90_000, "home 0"],
    [300_000, "current 0"],
    [1_000_000, "current 1"],
  ];
  assert.equal(events(play(peak, 1_700_000)), ["leftHome@90000:3", "stopped@1600000:3:stall"]);
});

test("stop, and a turn ordered while another runs: the first is told as ended by order", () => {
  const script: Script = [
    [1_000, "turn 3 4500 1"],
    [50_000, "turn 4 4500 1"],
    [90_000, "stop"],
    [95_000, "stop"],
  ];
  assert.equal(events(play(script, 100_000)), ["stopped@50000:3:ordered", "stopped@90000:4:ordered"]);
});

test("the mains fail: the motor stands at once, the beam is watched on", () => {
  const script: Script = [
    [1_000, "turn 3 4500 1"],
    [61_300, "fail"],
    [62_800, "beam 1"],
    [91_800, "beam 0"],
  ];
  // The receiver here does not follow the blinks: that it seems to see foreign light is another matter.
  const told = events(once(script, 100_000)).filter((event) => !event.startsWith("glare"));
  assert.equal(told, ["stopped@61300:3:ordered", "powerFail@61300", "beam@62800:1", "beam@91800:0"]);
});

test("blinks come every 10 ms, last about 1 ms and are nobody's drop", () => {
  const told = play([], 200_000);
  assert.equal(events(told), []);
  const offs = told.filter(({ emitter }, index) => !emitter && told[index - 1]?.emitter === true);
  assert.ok(offs.length >= 19, `${offs.length} blinks`);
  const darkUs = told.filter(({ emitter }) => !emitter).length * STEP_US;
  assert.ok(darkUs / offs.length <= 1_250, `${darkUs / offs.length} µs a blink`);
});

test("foreign light as long as the shortest fall is always told; and its end", () => {
  for (let fromUs = 30_000; fromUs < 40_000; fromUs += 1_000) {
    const told = play([], 100_000, [fromUs, fromUs + 20_000]);
    const [came = "", went = "", ...more] = events(told);
    assert.equal(more, []);
    assert.match(came, /^glare@\d+:1$/);
    assert.match(went, /^glare@\d+:0$/);
    const cameUs = Number(/@(\d+)/.exec(came)?.[1]);
    assert.ok(cameUs >= fromUs && cameUs <= fromUs + BLINK_EVERY_US + 2_000, `light at ${fromUs} told at ${cameUs}`);
  }
});

test("a shadow that begins or ends inside a blink is told, late by no more than the blink", () => {
  const dull = once([], 40_000);
  const blinkUs = dull.find(({ emitter }) => !emitter)?.atUs ?? 0;
  for (const beginsUs of [blinkUs - 100, blinkUs + 400, blinkUs + 1_200]) {
    const told = once(
      [
        [beginsUs, "beam 1"],
        [beginsUs + 30_050, "beam 0"],
      ],
      100_000,
    ).filter(({ events: happened }) => happened.some((event) => event.startsWith("beam")));
    assert.is(told.length, 2);
    for (const [index, atUs] of [beginsUs, beginsUs + 30_050].entries()) {
      const toldUs = Number(/@(\d+)/.exec(told[index]?.events[0] ?? "")?.[1]);
      assert.ok(toldUs >= atUs - 1_600 && toldUs <= atUs + 1_800, `edge at ${atUs} told at ${toldUs}`);
    }
  }
});

test("the emitter off for a self-test: no blinks, the dark is told", () => {
  const told = play(
    [
      [15_000, "emitter 0"],
      [45_000, "emitter 1"],
    ],
    60_000,
  );
  assert.equal(events(told), ["beam@15200:1", "beam@45200:0"]);
});

test("events that JavaScript does not take: the first 64 are kept, the rest counted", () => {
  const edges = Array.from({ length: MAX_EVENTS + 6 }, (_none, index) => `beam ${(index + 1) % 2} ${1_000 + index}`);
  const told = native(["d", ...edges, "l", "d", "timer 5000"]);
  assert.is(told.at(-2), "lost 6");
  assert.is(told.at(-1)?.split("beam@").length, MAX_EVENTS + 1);
});

test.run();
