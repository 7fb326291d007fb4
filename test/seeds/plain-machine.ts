/** A machine of the simulator as ordinary as can be: demo planogram, US money, no quirks and no troubles. */
import * as assert from "uvu/assert";
import { READER_QUIRKS } from "../../tools/bench/card-reader-options.js";
import { CHANGER_QUIRKS, US_CHANGER } from "../../tools/bench/changer-options.js";
import { DEMO_PLANOGRAM, DEMO_SETTINGS } from "../../tools/bench/demo.js";
import { HOPPER_QUIRKS } from "../../tools/bench/hopper-options.js";
import { US_VALIDATOR, VALIDATOR_QUIRKS } from "../../tools/bench/validator-options.js";
import type { Person, SimPlan } from "../../tools/sim/plan.js";
import type { RandomMachine } from "../../tools/sim/random-machine.js";
import { SimCabinet } from "../../tools/sim/sim-cabinet.js";

export function plainMachine(options: Partial<RandomMachine["options"]> = {}): RandomMachine {
  return {
    options: {
      seed: 1,
      planogram: DEMO_PLANOGRAM,
      settings: DEMO_SETTINGS,
      changer: US_CHANGER,
      validator: US_VALIDATOR,
      ...options,
    },
    changerQuirks: CHANGER_QUIRKS,
    validatorQuirks: VALIDATOR_QUIRKS,
    readerQuirks: [READER_QUIRKS, READER_QUIRKS],
    hopperQuirks: [HOPPER_QUIRKS, HOPPER_QUIRKS],
    coinsMinor: [5, 10, 25, 100],
    billsMinor: [100, 500],
    about: "an ordinary one",
  };
}

/** It has started, sells, and the fleet has what there is. */
export function cabinetAtRest(machine: RandomMachine = plainMachine()): SimCabinet {
  const cabinet = new SimCabinet(machine);
  cabinet.powerOn();
  comeToRest(cabinet);
  return cabinet;
}

export function comeToRest(cabinet: SimCabinet): void {
  assert.ok(cabinet.waitFor(() => cabinet.settled && cabinet.synced && cabinet.counted, 90_000));
}

/** Somebody chooses and puts coins in, one a second. */
export function pay(cabinet: SimCabinet, slot: string, coinsMinor: readonly number[]): void {
  cabinet.select(slot);
  cabinet.runFor(500);
  for (const valueMinor of coinsMinor) {
    cabinet.insertCoin(valueMinor);
    cabinet.runFor(1_000);
  }
}

/** A run on this machine in which these come, ten seconds apart. */
export function planWith(machine: RandomMachine, ...kinds: readonly Person["kind"][]): SimPlan {
  const people = kinds.map((kind, index) => ({ index, kind, seed: index + 1, gapMs: 10_000 }));
  return { seed: 1, days: 0, machine, people, troubles: [], visited: false };
}
