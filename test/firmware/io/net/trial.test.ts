/** An image on trial: confirmed by bus and fleet, rolled back in time, never while somebody is served. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { stepTrial, TRIAL_MS, type TrialInput, trialAtBoot, trialDueMs } from "../../../../firmware/io/net/trial.js";

const test = suite("image on trial");

function run(inputs: readonly (readonly [TrialInput, number])[], onTrial = true): string[] {
  let state = trialAtBoot(onTrial, 0);
  const effects: string[] = [];
  for (const [input, nowMs] of inputs) {
    const step = stepTrial(state, input, nowMs);
    state = step.state;
    if (step.effect !== undefined) effects.push(step.effect.do);
  }
  return effects;
}

const busUp = { on: "busUp" } as const;
const acked = { on: "acked" } as const;
const tick = { on: "tick" } as const;
const idle = (is: boolean): TrialInput => ({ on: "idle", idle: is });

test("bus and fleet confirm it, in whatever order, once", () => {
  assert.equal(
    run([
      [busUp, 1],
      [acked, 2],
      [acked, 3],
      [tick, TRIAL_MS],
    ]),
    ["confirm"],
  );
  assert.equal(
    run([
      [acked, 1],
      [busUp, 2],
    ]),
    ["confirm"],
  );
});

test("one of them alone does not, and in time it goes back, once nobody is served", () => {
  assert.equal(
    run([
      [idle(true), 1],
      [busUp, 2],
      [tick, TRIAL_MS - 1],
    ]),
    [],
  );
  assert.equal(
    run([
      [idle(true), 1],
      [busUp, 2],
      [tick, TRIAL_MS],
    ]),
    ["rollBack"],
  );
  assert.equal(
    run([
      [acked, 1],
      [tick, TRIAL_MS],
      [tick, TRIAL_MS + 1],
      [idle(true), TRIAL_MS + 2],
    ]),
    ["rollBack"],
  );
  assert.equal(
    run([
      [idle(true), 1],
      [tick, TRIAL_MS],
      [busUp, TRIAL_MS + 1],
      [acked, TRIAL_MS + 2],
    ]),
    ["rollBack"],
  );
});

test("an image that is not on trial is left alone", () => {
  assert.equal(
    run(
      [
        [idle(true), 1],
        [tick, TRIAL_MS],
      ],
      false,
    ),
    [],
  );
  assert.is(trialDueMs(trialAtBoot(false, 0)), Infinity);
  assert.is(trialDueMs(trialAtBoot(true, 5)), TRIAL_MS + 5);
});

test.run();
