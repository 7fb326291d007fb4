/** Every phase of both peripherals met by every outcome: where it leads, and what is told. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { changerBlock, nextChangerCommand, takeChangerOutcome } from "../../../firmware/mdb/changer.js";
import { CHANGER_AT_BOOT, type ChangerState, type ChangerStep } from "../../../firmware/mdb/changer-state.js";
import { FIRST_CONTACT, type Outcome, type Phase } from "../../../firmware/mdb/peripheral.js";
import { nextValidatorCommand, takeValidatorOutcome, validatorBlock } from "../../../firmware/mdb/validator.js";
import { VALIDATOR_AT_BOOT, type ValidatorState, type ValidatorStep } from "../../../firmware/mdb/validator-state.js";
import { bytesOf } from "../../vectors/mdb.js";
import { RIG_FACTS } from "./rig.js";

const test = suite("firmware/mdb table");

const FACTS = RIG_FACTS;
const NOW_MS = 10_000;

function data(hex: string, held = false): Outcome {
  return { is: "data", bytes: bytesOf(hex), held };
}

const OUTCOMES: { readonly [name: string]: Outcome } = {
  ack: { is: "ack" },
  none: { is: "noAnswer", garbled: false },
  changerSetup: data(`03184005020007${"01020514".padEnd(32, "0")}`),
  billSetup: data(`01184000640201F40000FF${"01050A14".padEnd(32, "0")}`),
  three: data("000314"),
  reset: data("0B"),
  billReset: data("06"),
  coin: data("521E", true),
  bill: data("80", true),
  both: data("520D0B", true),
  lever: data("01"),
  junk: data("1F1E"),
};

/** By phase: the command sent there, and `phase tells…` for each outcome. `.` = the phase stays, nothing is told. */
type Row = { readonly sent: string; readonly [outcome: string]: string };

const CHANGER: { readonly [phase in Phase]: Row } = {
  reset: {
    sent: "reset",
    ack: "awaitJustReset",
    none: ".",
    reset: "awaitJustReset",
    coin: "awaitJustReset",
    junk: "awaitJustReset",
  },
  absent: {
    sent: "reset",
    ack: "awaitJustReset",
    none: ".",
    reset: "awaitJustReset",
    coin: "awaitJustReset",
    junk: "awaitJustReset",
  },
  awaitJustReset: {
    sent: "poll",
    ack: ".",
    none: ".",
    reset: "setup",
    coin: ". coinIn release",
    both: "setup coinIn release",
    lever: ". lever",
    junk: ".",
  },
  setup: { sent: "setup", ack: ".", none: ".", changerSetup: "identify", three: ".", reset: ".", coin: ".", junk: "." },
  identify: { sent: "identification", ack: "count", none: ".", three: "count", junk: "count" },
  count: { sent: "tubeStatus", ack: ".", none: ".", three: ". reads", reset: ".", coin: ".", junk: "." },
  types: {
    sent: "coinType",
    ack: "ready changerReady",
    none: ".",
    reset: "ready changerReady",
    junk: "ready changerReady",
  },
  ready: {
    sent: "poll",
    ack: ".",
    none: ".",
    reset: "setup",
    coin: ". coinIn release",
    both: "setup coinIn release",
    lever: ". lever",
    junk: ".",
  },
};

const VALIDATOR: { readonly [phase in Phase]: Row } = {
  reset: { sent: "reset", ack: "awaitJustReset", none: ".", billReset: "awaitJustReset", junk: "awaitJustReset" },
  absent: { sent: "reset", ack: "awaitJustReset", none: ".", billReset: "awaitJustReset", junk: "awaitJustReset" },
  awaitJustReset: { sent: "poll", ack: ".", none: ".", billReset: "setup", bill: ". billStacked release", junk: "." },
  setup: { sent: "setup", ack: ".", none: ".", billSetup: "identify", three: ".", billReset: ".", junk: "." },
  identify: { sent: "identification", ack: "count", none: ".", three: "count", junk: "count" },
  count: { sent: "stacker", ack: ".", none: ".", three: ". reads", billReset: ".", junk: ". reads" },
  types: { sent: "billType", ack: "ready validatorReady", none: ".", junk: "ready validatorReady" },
  ready: { sent: "poll", ack: ".", none: ".", billReset: "setup", bill: ". billStacked release", junk: "." },
};

const PHASES = ["reset", "absent", "awaitJustReset", "setup", "identify", "count", "types", "ready"] as const;
const VALUES = [5, 10, 25, 100];

function contactIn(phase: Phase) {
  const told = phase === "absent" ? "lost" : "ready";
  return {
    ...FIRST_CONTACT,
    phase,
    told,
    setUpSinceMs: NOW_MS - 600,
    resetAtMs: NOW_MS - 600,
    sweepAtMs: NOW_MS + 1,
  } as const;
}

function changerIn(phase: Phase): ChangerState {
  const appliedMask = phase === "ready" ? 0 : undefined;
  return { ...CHANGER_AT_BOOT, contact: contactIn(phase), valuesMinor: VALUES, appliedMask, tubesAtMs: NOW_MS + 1 };
}

function validatorIn(phase: Phase): ValidatorState {
  const appliedMask = phase === "ready" ? 0 : undefined;
  const contact = contactIn(phase);
  return { ...VALIDATOR_AT_BOOT, contact, level: 1, valuesMinor: VALUES, appliedMask, stackerAtMs: NOW_MS + 1 };
}

function summary(before: Phase, step: ChangerStep | ValidatorStep): string {
  const words = [step.state.contact.phase === before ? "." : step.state.contact.phase];
  if (step.state.reading !== undefined) words.push("reads");
  for (const effect of step.effects) {
    if (effect.do === "append") words.push(effect.record.kind);
    else if (effect.do === "release") words.push("release");
    else if (effect.event.event !== "trouble") words.push(effect.event.event);
  }
  return words.join(" ");
}

for (const phase of PHASES) {
  test(`changer ${phase}`, () => {
    const state = changerIn(phase);
    const command = nextChangerCommand(state, NOW_MS);
    const { sent, ...row } = CHANGER[phase];
    assert.is(command, sent);
    const block = changerBlock(state, command);
    for (const [name, expected] of Object.entries(row)) {
      const outcome = OUTCOMES[name];
      if (outcome === undefined) throw new Error(name);
      const step = takeChangerOutcome(state, command, block, outcome, FACTS, NOW_MS);
      assert.is(summary(phase, step), expected, `${phase} ${name}`);
      assert.ok(step.state.contact.dueMs >= NOW_MS);
    }
  });

  test(`validator ${phase}`, () => {
    const state = validatorIn(phase);
    const command = nextValidatorCommand(state, NOW_MS);
    const { sent, ...row } = VALIDATOR[phase];
    assert.is(command, sent);
    const block = validatorBlock(state, command);
    for (const [name, expected] of Object.entries(row)) {
      const outcome = OUTCOMES[name];
      if (outcome === undefined) throw new Error(name);
      const step = takeValidatorOutcome(state, command, block, outcome, FACTS, NOW_MS);
      assert.is(summary(phase, step), expected, `${phase} ${name}`);
      assert.ok(step.state.contact.dueMs >= NOW_MS);
    }
  });
}

test("a command that fails alternates with POLL, in every phase but the search", () => {
  for (const phase of PHASES) {
    const changer = changerIn(phase);
    const command = nextChangerCommand({ ...changer, appliedMask: undefined }, NOW_MS);
    const next = takeChangerOutcome(
      changer,
      command,
      changerBlock(changer, command),
      { is: "noAnswer", garbled: true },
      FACTS,
      NOW_MS,
    );
    const searching = phase === "reset" || phase === "absent";
    assert.is(nextChangerCommand(next.state, NOW_MS + 50), searching ? "reset" : "poll", phase);
  }
});

test.run();
