/** The food-safety lock: 45 °F, half an hour, hysteresis, a silent thermometer. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  CLIMATE_AT_BOOT,
  type ClimateState,
  COOL_FROM_BELOW_MILLI_C,
  COOL_TO_BELOW_MILLI_C,
  climateAtBoot,
  climateDueMs,
  HYSTERESIS_MILLI_C,
  stepClimate,
  WARM_ALLOWED_MS,
} from "../../firmware/climate.js";
import { TOO_WARM_MILLI_C } from "../../shared/wire/documents.js";

const test = suite("climate");
const warm = TOO_WARM_MILLI_C + 1;

function read(state: ClimateState, milliC: number | undefined, nowMs: number) {
  return stepClimate(state, { on: "temperature", milliC }, TOO_WARM_MILLI_C, nowMs);
}

test("too warm for half an hour locks, not sooner, and by time alone", () => {
  const { state } = read(CLIMATE_AT_BOOT, warm, 1_000);
  assert.not.ok(state.locked);
  const dueMs = climateDueMs(state);
  assert.is(dueMs, 1_000 + WARM_ALLOWED_MS);
  const locked = stepClimate(state, { on: "tick" }, TOO_WARM_MILLI_C, dueMs);
  assert.ok(locked.state.locked);
  assert.equal(locked.effects, [{ do: "fault", fault: "tooWarm", present: true }]);
});

test("the lock opens only below the hysteresis", () => {
  let { state } = read(CLIMATE_AT_BOOT, warm, 0);
  state = read(state, warm, WARM_ALLOWED_MS).state;
  assert.ok(state.locked);
  state = read(state, TOO_WARM_MILLI_C - HYSTERESIS_MILLI_C + 1, WARM_ALLOWED_MS + 1).state;
  assert.ok(state.locked);
  const open = read(state, TOO_WARM_MILLI_C - HYSTERESIS_MILLI_C, WARM_ALLOWED_MS + 2);
  assert.not.ok(open.state.locked);
  assert.ok(open.effects.some((effect) => effect.do === "fault" && effect.fault === "tooWarm" && !effect.present));
});

test("cooling begins and ends at its marks, is told when it changes, and nobody knows without a thermometer", () => {
  const from = TOO_WARM_MILLI_C - COOL_FROM_BELOW_MILLI_C;
  const to = TOO_WARM_MILLI_C - COOL_TO_BELOW_MILLI_C;
  const told: (boolean | undefined)[] = [];
  let state = CLIMATE_AT_BOOT;
  for (const milliC of [from - 1, from, from - 1, to + 1, to, from - 1, undefined, undefined, to + 1, to]) {
    const step = read(state, milliC, 0);
    state = step.state;
    for (const effect of step.effects) if (effect.do === "compressor") told.push(effect.on);
  }
  assert.equal(told, [true, false, undefined, true, false]);
});

test("a silent thermometer is a fault and does not stop the clock of the lock", () => {
  const { state } = read(CLIMATE_AT_BOOT, warm, 0);
  const silent = read(state, undefined, 10);
  assert.ok(silent.effects.some((effect) => effect.do === "fault" && effect.fault === "thermometer" && effect.present));
  assert.is(climateDueMs(silent.state), WARM_ALLOWED_MS);
});

test("a lock from before a restart holds until a cold reading, with or without a thermometer", () => {
  const state = climateAtBoot(true, 5_000);
  assert.is(climateDueMs(state), Infinity);
  const silent = read(state, undefined, 6_000);
  assert.ok(silent.state.locked);
  const limit = read(silent.state, TOO_WARM_MILLI_C - HYSTERESIS_MILLI_C + 1, 7_000);
  assert.ok(limit.state.locked, "just below the limit is not cold");
  const cold = read(limit.state, TOO_WARM_MILLI_C - HYSTERESIS_MILLI_C, 8_000);
  assert.not.ok(cold.state.locked);
  assert.equal(cold.effects.at(-1), { do: "fault", fault: "tooWarm", present: false });
  assert.is(climateAtBoot(false, 5_000), CLIMATE_AT_BOOT);
});

test.run();
