/**
 * Looks at a part of a machine: what marks name, and that whoever looks at no more than that opens and closes the same
 * alerts at the same times as whoever looks at the whole machine whenever something changes.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluate, MAX_OPENED_AN_HOUR, type RuleSetting } from "../../../fleet/alerts/evaluate.js";
import type { MachineFacts } from "../../../fleet/alerts/facts.js";
import { limitsOf } from "../../../fleet/alerts/limits.js";
import { type BatchEnd, type Commit, Marks } from "../../../fleet/alerts/marks.js";
import { NOTHING } from "../../../fleet/alerts/memory.js";
import { RULE_CODES, RULES, type RuleCode } from "../../../fleet/alerts/rules.js";
import {
  casesOf,
  MAX_SLOTS_NAMED,
  merged,
  REPORT,
  rulesNamed,
  type Subject,
  scopeOf,
  slotsNamed,
  TEMPERATURE,
  WHOLE,
} from "../../../fleet/alerts/subject.js";
import { RECORDS } from "../../../shared/records/kinds.js";
import { telemetryOf } from "../support.js";
import { facts, fault, HOUR, Life, MINUTE, partOf, situation, T0 } from "./life.js";

const test = suite("fleet/alerts/subject");
const RUNS = 300;

test("a part's rules can be judged by it: those of slots know slots alone, those of a report no slot", () => {
  for (const code of RULE_CODES) {
    const { per, reads } = RULES[code];
    if (reads.includes("slots")) assert.equal([per, [...reads]], ["slot", ["slots"]], code);
    if (reads.includes("telemetry") || reads.includes("temps")) assert.is(per, "machine", code);
  }
  assert.equal(scopeOf(slotsNamed("B4")).rules, ["slotEmpty", "slotLow"]);
  assert.equal(casesOf(scopeOf(slotsNamed("B4", "B5"))).length, 4);
  const { rules, reads } = scopeOf(REPORT);
  assert.equal([...rules].sort(), ["cashBoxFull", "clockWrong", "ledgerFilling", "tooWarm", "tubeLow"]);
  assert.equal([...reads].sort(), ["faults", "telemetry"]);
  assert.equal(
    scopeOf(TEMPERATURE).rules.filter((code) => !rules.includes(code)),
    ["warming"],
  );
  assert.is(scopeOf("whole"), WHOLE);
  assert.equal(WHOLE.rules, RULE_CODES);
});

test("two marks on a machine name both; too much, and what nobody knows, is the whole machine", () => {
  const many = Array.from({ length: MAX_SLOTS_NAMED + 1 }, (_, at) => `S${at}`);
  const both = merged(merged(slotsNamed("B4"), TEMPERATURE), slotsNamed("B5", "B4"));
  assert.equal(both, { slots: new Set(["B4", "B5"]), telemetry: true, temps: true, rules: new Set() });
  assert.equal(merged(REPORT, REPORT), REPORT);
  for (const whole of [
    merged("whole", REPORT),
    merged(REPORT, "whole"),
    slotsNamed(...many),
    merged(slotsNamed(...many.slice(1)), slotsNamed("S0")),
  ]) {
    assert.is(whole, "whole");
  }
  assert.is.not(slotsNamed(...many.slice(1)), "whole");
});

const NOBODY: Commit = { slots: [], faults: [], touched: [], machines: [] };
const COOL = { tempMilliC: 3_000, tubes: new Uint8Array([0, 20, 30, 45]) };
const touched = [{ machineId: "1", serial: "M", operatorId: "o" }];
/** Counts that were set. */
const counts = (...quantities: readonly (readonly [slotCode: string, quantity: number])[]): Commit => ({
  ...NOBODY,
  touched,
  slots: quantities.map(([slotCode, quantity]) => ({ machineId: "1", slotCode, quantity, capacity: 10, before: null })),
});

/** Marks of a machine of which everything has been seen, and what they name after `then`. */
function named(then: (marks: Marks) => void): Subject | undefined {
  const marks = new Marks();
  marks.telemetry("M", "o", telemetryOf(COOL), T0);
  marks.committed(counts(["B4", 9], ["B5", 2]));
  assert.equal(marks.take(10).get("M"), merged(TEMPERATURE, slotsNamed("B4", "B5")), "what is seen first, and set");
  then(marks);
  return marks.take(10).get("M");
}

test("a mark names what ingest saw change, and the whole machine where it cannot say", () => {
  const hear = (more: Parameters<typeof telemetryOf>[0]) =>
    named((marks) => marks.telemetry("M", "o", telemetryOf({ ...COOL, ...more }), T0));
  assert.is(hear({}), undefined);
  assert.equal(hear({ tubes: new Uint8Array([0, 2, 30, 45]) }), REPORT);
  assert.equal(hear({ tempMilliC: 6_000 }), TEMPERATURE);
  assert.equal(hear({ tempMilliC: 6_000, stackerBills: 400 }), TEMPERATURE);
  assert.equal(
    named((marks) => marks.committed(counts(["B4", 2]))),
    slotsNamed("B4"),
  );
  assert.equal(
    named((marks) => marks.committed(counts(["B5", 10], ["B6", 10]))),
    slotsNamed("B5", "B6"),
  );
  assert.equal(
    named((marks) => {
      marks.committed(counts(["B4", 1]));
      marks.telemetry("M", "o", telemetryOf({ ...COOL, cashBoxMinor: 20_000 }), T0);
    }),
    merged(REPORT, slotsNamed("B4")),
  );
  const state = { machineId: "1", serial: "M", operatorId: "o", status: "error", online: true, changed: true };
  const end: BatchEnd = { serial: "M", ending: "booked", mark: 5, flagged: 0, lost: 0 };
  const wholes: readonly ((marks: Marks) => void)[] = [
    (marks) => marks.committed({ ...NOBODY, touched, faults: [{ machineId: "1" }] }),
    (marks) => marks.committed({ ...counts(["B4", 1]), machines: [{ ...state, lastHeartbeat: new Date(T0) }] }),
    (marks) => marks.states([{ ...state, lastHeartbeat: new Date(T0) }]),
    (marks) => marks.presence([{ ...state, lastHeartbeat: new Date(T0) }]),
    (marks) => marks.mark("M"),
    (marks) => {
      marks.mark("M", REPORT);
      marks.mark("M");
    },
  ];
  for (const [at, then] of wholes.entries()) assert.is(named(then), "whole", String(at));
  const rules: readonly (readonly [RuleCode, (marks: Marks) => void])[] = [
    ["notBooked", (marks) => marks.ended([{ ...end, ending: "fork" }])],
    ["notBooked", (marks) => marks.ended([{ ...end, flagged: 1 }])],
    ["notBooked", (marks) => marks.ended([{ ...end, lost: 7 }])],
    ["brownOuts", (marks) => marks.booked("M", [RECORDS.saleSettled.code, RECORDS.boot.code])],
    ["unknownOutcome", (marks) => marks.booked("M", [RECORDS.claimOpened.code])],
    ["unknownOutcome", (marks) => marks.booked("M", [RECORDS.outcomeUnknown.code])],
    ["unsteadyLink", (marks) => marks.presence([{ ...state, lastHeartbeat: new Date(T0), changed: false }])],
  ];
  for (const [rule, then] of rules) assert.equal(named(then), rulesNamed(rule), rule);
});

test("a look at a part leaves the rest as it is: what waits, what stands, and when the machine is due", () => {
  const due = { whole: T0 + HOUR, "slotLow/B4": T0 + MINUTE, tooWarm: T0 + 7 * MINUTE };
  const pending = { tooWarm: T0 - 5 * MINUTE, "slotLow/B5": T0 - HOUR, "slotLow/B4": T0 - HOUR, doorOpen: T0 };
  const memory = {
    ...NOTHING,
    due,
    pending,
    clearing: { unsteadyLink: T0 - MINUTE },
    link: { boot: 1, connection: 1 },
  };
  const scope = scopeOf(slotsNamed("B4"));
  const look = (about: Partial<MachineFacts>, nowMs: number, settings = new Map<RuleCode, RuleSetting>()) =>
    evaluate(situation(facts({ telemetry: null, ...about }), { scope, nowMs, memory, settings }));
  const left = { slots: [{ slot: "B4", quantity: 6, capacity: 8 }] };
  const verdict = look(left, T0);
  assert.equal([verdict.opens, verdict.closes], [[], []]);
  const { "slotLow/B4": _, ...waits } = pending;
  const { "slotLow/B4": __, ...others } = due;
  assert.equal(verdict.memory, { ...memory, due: others, pending: waits });
  // Overdue it stays; what waits for less than that is due before.
  assert.equal(look(left, T0 + 8 * MINUTE).memory.due, others);
  const held = { enabled: true, severity: null, thresholds: { openAfterMinutes: 3 } };
  const empty = { slots: [{ slot: "B4", quantity: 0, capacity: 8 }] };
  const { due: waiting, pending: first } = look(empty, T0, new Map([["slotEmpty", held]])).memory;
  assert.equal([waiting["slotEmpty/B4"], first["slotEmpty/B4"]], [T0 + 3 * MINUTE, T0]);
  // Alerts of an hour are counted, whichever look opens them.
  const full = { ...NOTHING, opened: { sinceMs: T0 - MINUTE, count: MAX_OPENED_AN_HOUR } };
  const stopped = evaluate(situation(facts(empty), { scope, memory: full }));
  assert.equal(
    stopped.opens.map(({ rule }) => rule),
    ["storm"],
  );
});

/** What happens to a machine, with what ingest can name of it. */
type Event =
  | { readonly is: "count"; readonly slot: string; readonly quantity: number }
  | { readonly is: "report"; readonly coins: number; readonly bills: number; readonly records: number }
  | { readonly is: "temp"; readonly milliC: number }
  | { readonly is: "jam"; readonly slot: string; readonly there: boolean }
  | { readonly is: "door"; readonly open: boolean };

const SLOTS = ["B4", "B5", "B6"] as const;
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ is: fc.constant("count" as const), slot: fc.constantFrom(...SLOTS), quantity: fc.nat(6) }),
  fc.record({
    is: fc.constant("report" as const),
    coins: fc.integer({ min: 2, max: 10 }),
    bills: fc.integer({ min: 300, max: 420 }),
    records: fc.integer({ min: 900, max: 2_100 }),
  }),
  fc.record({ is: fc.constant("temp" as const), milliC: fc.integer({ min: 5_800, max: 7_600 }) }),
  fc.record({ is: fc.constant("jam" as const), slot: fc.constantFrom(...SLOTS), there: fc.boolean() }),
  fc.record({ is: fc.constant("door" as const), open: fc.boolean() }),
);

function after(about: MachineFacts, happened: Event, nowMs: number): MachineFacts {
  const message = about.telemetry?.message ?? telemetryOf();
  const tell = (more: Partial<typeof message>) => ({
    telemetry: { receivedMs: nowMs, message: { ...message, ...more } },
  });
  const others = about.faults.filter(({ slot }) => happened.is !== "jam" || slot !== happened.slot);
  switch (happened.is) {
    case "count": {
      const { slot, quantity } = happened;
      return { ...about, slots: about.slots.map((one) => (one.slot === slot ? { ...one, quantity } : one)) };
    }
    case "report": {
      const { coins, bills: stackerBills, records: unackedRecords } = happened;
      return { ...about, ...tell({ tubes: new Uint8Array([0, coins, 30]), stackerBills, unackedRecords }) };
    }
    case "temp":
      return { ...about, ...tell({ tempMilliC: happened.milliC }) };
    case "jam":
      return { ...about, faults: happened.there ? [...others, fault("jam", nowMs, happened.slot)] : others };
    case "door":
      return { ...about, doorOpen: happened.open };
  }
}

/** As ingest would mark it. */
function subjectOf(happened: Event): Subject {
  switch (happened.is) {
    case "count":
      return slotsNamed(happened.slot);
    case "report":
      return REPORT;
    case "temp":
      return TEMPERATURE;
    default:
      return "whole";
  }
}

/** Holds of all lengths, so that much waits to open and to close. */
const HOLDS = fc.array(fc.constantFrom(0, 2, 7, 25, 90), { minLength: 6, maxLength: 6 });

test("looks at what marks name open and close what looks at everything do, at the same minute", () => {
  const step = fc.record({ afterMin: fc.nat(20), events: fc.array(event, { minLength: 1, maxLength: 4 }) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), HOLDS, (steps, holds) => {
      const rules: readonly RuleCode[] = ["slotLow", "slotEmpty", "tubeLow", "cashBoxFull", "tooWarm", "jam"];
      const settings = new Map(
        rules.map((rule, at): [RuleCode, RuleSetting] => {
          const thresholds = { openAfterMinutes: holds[at] ?? 0, closeAfterMinutes: holds[rules.length - 1 - at] ?? 0 };
          return [rule, { enabled: true, severity: null, thresholds }];
        }),
      );
      const [named, all] = [new Life(), new Life()];
      let about = facts({ slots: SLOTS.map((slot) => ({ slot, quantity: 6, capacity: 6 })) });
      let nowMs = T0;
      const lives = [named, all];
      for (const life of lives) life.look(nowMs, about, { settings });
      for (const { afterMin, events } of steps) {
        const untilMs = nowMs + afterMin * MINUTE;
        // What is due until then, each at its own time.
        for (const life of lives) life.lookDue(untilMs, () => about, { settings });
        nowMs = untilMs;
        for (const happened of events) about = after(about, happened, nowMs);
        const subject = events.map(subjectOf).reduce(merged);
        const scope = scopeOf(subject);
        named.look(nowMs, partOf(about, scope), { settings, scope });
        all.look(nowMs, about, { settings });
        const standing = (life: Life) => life.open.map(({ rule, slot }) => `${rule}/${slot}`).sort();
        assert.equal(standing(named), standing(all));
      }
      // What a tube's alert says is told anew at the look after, whatever that is for: others are low while it is open.
      const turns = (life: Life) => life.log.filter((line) => !line.includes("~")).sort();
      assert.equal(turns(named), turns(all));
    }),
    { numRuns: RUNS },
  );
});

test("no count that ingest takes for the same opens or closes anything", () => {
  const lives = fc.record({
    left: fc.array(fc.nat(5), { minLength: 1, maxLength: 60 }),
    capacity: fc.integer({ min: 1, max: 8 }),
    closeAfterMinutes: fc.constantFrom(0, 2, 3, 5),
    openAfterMinutes: fc.constantFrom(0, 0, 4),
  });
  fc.assert(
    fc.property(lives, ({ left, capacity, ...holds }) => {
      const settings = new Map<RuleCode, RuleSetting>([
        ["slotLow", { enabled: true, severity: null, thresholds: holds }],
      ]);
      const marks = new Marks();
      marks.setLimits("o", limitsOf(settings));
      const [named, all] = [new Life(), new Life()];
      let about = facts({ slots: [{ slot: "B4", quantity: capacity, capacity }] });
      let before = capacity;
      for (const life of [named, all]) life.look(T0, about, { settings });
      marks.committed(counts());
      for (const [at, most] of left.entries()) {
        const nowMs = T0 + (at + 1) * MINUTE;
        for (const life of [named, all]) life.lookDue(nowMs, () => about, { settings });
        const quantity = Math.min(most, capacity);
        // Sold down, filled up by a person.
        const count = { machineId: "1", slotCode: "B4", quantity, capacity, before: quantity > before ? null : before };
        marks.committed({ ...counts(), slots: [count] });
        about = facts({ slots: [{ slot: "B4", quantity, capacity }] });
        before = quantity;
        const subject = marks.take(1).get("M");
        if (subject !== undefined) {
          const scope = scopeOf(subject);
          named.look(nowMs, partOf(about, scope), { settings, scope });
        }
        all.look(nowMs, about, { settings });
        assert.equal(named.log, all.log);
      }
    }),
    // Low, filled, and between the limits before the alert has closed.
    { numRuns: RUNS, examples: [[{ left: [1, 4, 3, 0, 0], capacity: 4, closeAfterMinutes: 3, openAfterMinutes: 0 }]] },
  );
});

test.run();
