/** Each rule by a table: facts that must say nothing, facts that must, the sentence. Then what time does to alerts. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  evaluate,
  LOOK_AGAIN_MS,
  MAX_OPENED_AN_HOUR,
  type RuleSetting,
  type Situation,
} from "../../../fleet/alerts/evaluate.js";
import type { MachineFacts } from "../../../fleet/alerts/facts.js";
import { memoryOf, NOTHING } from "../../../fleet/alerts/memory.js";
import { RULE_CODES, RULES, type RuleCode } from "../../../fleet/alerts/rules.js";
import type { TelemetryMessage } from "../../../shared/wire/messages.js";
import { DAY, facts, fault, HOUR, Life, MINUTE, type SomeFacts, situation, T0, telemetry } from "./life.js";

const test = suite("fleet/alerts/evaluate");

/** What opens when `about` has been so for as long as any rule may want. */
function says(about: MachineFacts, more: Partial<Situation> = {}): readonly string[] {
  const keys = RULE_CODES.flatMap((code) => [code, `${code}/B4`]);
  const pending = Object.fromEntries(keys.map((key) => [key, T0 - 100 * HOUR]));
  const memory = { ...NOTHING, pending, link: { boot: 1, connection: 1 } };
  return evaluate(situation(about, { memory, ...more })).opens.map(({ rule, sentence }) => `${rule}: ${sentence}`);
}

const told = (more: Partial<TelemetryMessage>): SomeFacts => ({ telemetry: telemetry(more) });
const tubes = (...coins: number[]): SomeFacts => told({ tubes: new Uint8Array(coins) });
const left = (quantity: number, capacity = 8): SomeFacts => ({ slots: [{ slot: "B4", quantity, capacity }] });
const has = (...faults: ReturnType<typeof fault>[]): SomeFacts => ({ faults });
const away = (minutes: number): SomeFacts => ({
  online: false,
  offlineSinceMs: T0 - minutes * MINUTE,
  lastHeardMs: T0 - (minutes + 1) * MINUTE,
});
/** Twelve temperatures, five minutes apart. */
const measured = (milliC: (at: number) => number, samples = 12): SomeFacts => ({
  temps: Array.from({ length: samples }, (_, at) => ({
    atMs: T0 - (samples - 1 - at) * 5 * MINUTE,
    milliC: milliC(at),
  })),
});
const seenTubes = { memory: { ...NOTHING, tubes: [0, 20, 30, 45], link: { boot: 1, connection: 1 } } };
const profile = { hours: new Array<number>(168).fill(1), spread: 1e6 };
const sold = (hoursAgo: number): SomeFacts => ({ sales: { lastSaleMs: T0 - hoursAgo * HOUR, profile } });
const aside = (more: Partial<MachineFacts["aside"]>): SomeFacts => ({ aside: { ...facts().aside, ...more } });
const signal = (name: "gap" | "clonedIdentity", detail: string): SomeFacts => ({
  signals: [{ signal: name, detail, raisedMs: T0 }],
});
const certificate = (days: number): SomeFacts => ({ certificateEndMs: T0 + days * DAY });
const powerUps = (...hoursAgo: number[]): SomeFacts => ({ powerUpsMs: hoursAgo.map((hours) => T0 - hours * HOUR) });

type Case = readonly [rule: RuleCode | "", about: SomeFacts, sentence: string, more?: Partial<Situation>];

/** An empty rule: nothing is to be said. Sentences without the serial that begins them. */
const CASES: readonly Case[] = [
  ["", {}, ""],
  ["offline", away(11), "has been offline for 12 min"],
  ["", away(8), ""],
  // Silence is not believed while our own link is down; a machine that was never seen is being installed.
  ["", away(60), "", { hearing: false }],
  ["", { online: false, offlineSinceMs: null, lastHeardMs: null }, ""],
  ["", certificate(21.5), ""],
  ["", { certificateEndMs: null }, ""],
  ["certificateEnding", certificate(21), ": its certificate ends in 21 d and was not renewed"],
  ["certificateEnding", certificate(-1), ": its certificate has ended, it can only ask for another one"],
  ["slotEmpty", left(0), "slot B4 is empty"],
  ["", left(0, 0), ""],
  ["slotLow", left(2), "slot B4 is low: 2 left"],
  ["", left(3), ""],
  ["", left(2, 2), ""],
  ["tubeLow", tubes(0, 4, 30, 45), "is low on change: tube 1 (4 coins)", seenTubes],
  ["tubeLow", tubes(0, 20, 1), "is low on change: tube 2 (1 coin) and tube 3 (0 coins)", seenTubes],
  ["", tubes(0, 5, 30, 45), "", seenTubes],
  ["cashBoxFull", told({ cashBoxMinor: 21_350 }), "cash box is nearly full: 213.50 USD in coins"],
  ["", told({ cashBoxMinor: 19_999, stackerBills: 399 }), ""],
  ["cashBoxFull", told({ stackerBills: 400 }), "cash box is nearly full: 400 bills"],
  ["cashBoxFull", has(fault("stackerFull")), ": bill stacker full"],
  ["exactChange", has(fault("exactChangeOnly", T0 - 130 * MINUTE)), "has taken exact change only for 2 h 10 min"],
  ["", has(fault("exactChangeOnly", T0 - 110 * MINUTE)), ""],
  ["tooWarm", told({ tempMilliC: 7_300 }), "is too warm: 45.1 °F (limit 45.0 °F)"],
  ["tooWarm", told({ tempMilliC: 7_300 }), "is too warm: 7.3 °C (limit 7.2 °C)", { units: { temperature: "C" } }],
  ["", told({ tempMilliC: 7_222 }), ""],
  ["tooWarm", has(fault("tooWarm")), "is too warm (limit 45.0 °F)"],
  ["warming", measured((at) => 3_000 + at * 250), "is getting warm: 42.4 °F, 45.0 °F in about 29 min"],
  ["", measured((at) => 2_000 + at * 50), ""],
  ["", measured((at) => 3_000 + at * 250, 5), ""],
  // A compressor that does its work.
  ["", measured((at) => 3_000 + 900 * Math.min(at % 6, 6 - (at % 6))), ""],
  ["doorOpen", { doorOpen: true, ...has(fault("doorOpen", T0 - 35 * MINUTE)) }, ": the door has been open for 35 min"],
  ["", { doorOpen: true, ...has(fault("doorOpen", T0 - 25 * MINUTE)) }, ""],
  ["jam", has(fault("jam", T0, "B4")), "slot B4: no product fell"],
  ["jam", has(fault("motorStuck", T0, "B4")), "slot B4: motor did not turn"],
  ["peripheralOffline", has(fault("changerOffline")), ": coin changer does not answer"],
  ["", has(fault("changerOffline", T0 - MINUTE)), ""],
  [
    "peripheralOffline",
    has(fault("changerOffline"), fault("validatorOffline")),
    ": coin changer does not answer, and 1 more fault",
  ],
  ["fault", has(fault("thermometer"), fault("beamBlind")), ": drop sensor is blind, and 1 more fault"],
  ["fault", { faults: [{ fault: 999, slot: null, raisedMs: T0 - HOUR }] }, ": fault 999"],
  ["clockWrong", has(fault("clockUnknown")), ": the clock is not set"],
  ["noSales", sold(20), "has sold nothing for 20 h, which is unusual for it"],
  ["", sold(8), ""],
  ["", { ...sold(20), online: false, offlineSinceMs: T0, lastHeardMs: T0 }, ""],
  ["", { ...sold(20), doorOpen: true, ...has(fault("doorOpen", T0)) }, ""],
  ["ledgerFilling", told({ unackedRecords: 2_000 }), ": 2000 records wait to be handed over; its ledger is filling"],
  ["", told({ unackedRecords: 1_999 }), ""],
  ["ledgerFilling", has(fault("ledgerFull")), ": ledger full, sales not yet reported"],
  ["clockWrong", told({ clockQuality: 0 }), ": the clock is not set"],
  ["clockWrong", told({ wallS: T0 / 1_000 + 600 }), ": the clock is 10 min fast"],
  ["clockWrong", told({ wallS: T0 / 1_000 - 7_200 }), ": the clock is 2 h slow"],
  ["", told({ wallS: T0 / 1_000 - 299 }), ""],
  [
    "unknownOutcome",
    { claims: [{ epoch: 1, seq: 9, bookedMs: T0, amountMinor: 175 }] },
    "has 1 claim of 1.75 USD from the last day to be looked at",
  ],
  ["unknownOutcome", has(fault("outcomeUnknown", T0, "B4")), "slot B4: outcome of a sale unknown"],
  [
    "notBooked",
    aside({ forked: true, batches: 2, newest: "fork/2/" }),
    ": its ledger has forked (a cloned or damaged board) and 2 batches set aside",
  ],
  ["notBooked", aside({ lost: 3 }), ": 3 records lost for good, with the fleet's database and by the machine since"],
  ["notBooked", aside({ records: 1 }), ": 1 record that could not be booked"],
  ["notBooked", signal("gap", "our books end at 7"), ": records are missing (our books end at 7)"],
  [
    "clonedIdentity",
    signal("clonedIdentity", "A and B"),
    ": two boards use its identity, both are suspended (A and B)",
  ],
  ["brownOuts", powerUps(1, 2, 3, 4), ": its power failed 4 times within 24 h"],
  ["", powerUps(1, 2, 3, 25), ""],
  ["unsteadyLink", { connection: 7 }, "has connected 6 times within an hour: its connection is unsteady"],
  ["", { connection: 6 }, ""],
];

test("each rule finds what it is for, says it, and nothing else", () => {
  for (const [rule, about, sentence, more] of CASES) {
    const whole = `${rule}: M-1234${sentence.startsWith(":") ? "" : " "}${sentence}`;
    assert.equal(says(facts(about), more), rule === "" ? [] : [whole], JSON.stringify(about));
  }
  // These are found elsewhere: over an operator's machines and webhooks, and by the budget.
  const tried = new Set([...CASES.map(([rule]) => rule), "outage", "webhookStopped", "storm", ""]);
  assert.equal([...tried].sort(), ["", ...RULE_CODES].sort());
  assert.throws(() => Object.assign(RULES, { more: 1 }));
  for (const code of RULE_CODES) {
    for (const { preset, least, most } of Object.values(RULES[code].thresholds)) {
      assert.ok(preset >= least && preset <= most, code);
    }
  }
  // Who cannot wait does not say that it can be told to.
  const without = (hold: string) => RULE_CODES.filter((code) => !Object.hasOwn(RULES[code].thresholds, hold));
  assert.equal(without("openAfterMinutes"), ["outage", "storm"]);
  assert.equal(without("closeAfterMinutes"), ["outage", "webhookStopped"]);
});

test("numbers are an operator's, and a rule can be off or graver", () => {
  const set = (rule: RuleCode, setting: Partial<RuleSetting>): Partial<Situation> => ({
    settings: new Map([[rule, { enabled: true, severity: null, thresholds: {}, ...setting }]]),
  });
  assert.equal(says(facts(left(4))), []);
  assert.equal(says(facts(left(4)), set("slotLow", { thresholds: { left: 4 } })), [
    "slotLow: M-1234 slot B4 is low: 4 left",
  ]);
  assert.equal(says(facts(left(0)), set("slotEmpty", { enabled: false })), []);
  const [graver] = evaluate(situation(facts(left(0)), set("slotEmpty", { severity: "critical" }))).opens;
  assert.is(graver?.severity, "critical");
  const life = new Life();
  life.look(T0, facts(left(0)));
  life.look(T0 + MINUTE, facts(left(0)), set("slotEmpty", { enabled: false }));
  assert.equal(life.log, ["0 +slotEmpty", "1 -slotEmpty"]);
});

test("a link that flaps is one alert, not fifty", () => {
  const gone = (sinceMs: number, connection: number) =>
    facts({ online: false, offlineSinceMs: sinceMs, lastHeardMs: sinceMs, connection });
  const life = new Life();
  let at = T0;
  // Twelve minutes away, three back, for a day.
  for (let turn = 0; turn < 96; turn++) {
    life.look(at, gone(at, 1 + turn));
    life.look(at + 11 * MINUTE, gone(at, 1 + turn));
    life.look(at + 12 * MINUTE, facts({ connection: 2 + turn }));
    at += 15 * MINUTE;
  }
  assert.equal(life.log, ["11 +offline"]);
  life.look(at + 2 * MINUTE, facts({ connection: 98 }));
  assert.is(life.log.at(-1), "1442 -offline");
  // Half a minute away, half back: never offline, but unsteady, once.
  const nervous = new Life();
  for (let turn = 0; turn < 240; turn++) {
    const now = T0 + turn * MINUTE;
    nervous.look(now, gone(now, 1 + turn));
    nervous.look(now + MINUTE / 2, facts({ connection: 2 + turn }));
  }
  assert.equal(nervous.log, ["5 +unsteadyLink"]);
  for (let minute = 240; minute < 400; minute += 10) nervous.look(T0 + minute * MINUTE, facts({ connection: 241 }));
  assert.match(nervous.log.join(), /^5 \+unsteadyLink,3[0-9]+ -unsteadyLink$/);
});

test("what sways about a limit opens once: the limit to leave is another than that to enter", () => {
  const sways: readonly (readonly [RuleCode, SomeFacts, SomeFacts, SomeFacts])[] = [
    ["slotLow", left(2), left(3), left(4)],
    ["tubeLow", tubes(0, 4, 30, 45), tubes(0, 7, 30, 45), tubes(0, 8, 30, 45)],
    ["tooWarm", told({ tempMilliC: 7_300 }), told({ tempMilliC: 6_200 }), told({ tempMilliC: 6_000 })],
    ["cashBoxFull", told({ cashBoxMinor: 20_000 }), told({ cashBoxMinor: 16_000 }), told({ cashBoxMinor: 15_999 })],
    ["ledgerFilling", told({ unackedRecords: 2_000 }), told({ unackedRecords: 1_000 }), told({ unackedRecords: 999 })],
  ];
  for (const [rule, beyond, between, back] of sways) {
    const life = new Life();
    life.look(T0 - HOUR, facts());
    // Beyond for as long as the rule wants, then to and fro.
    life.look(T0, facts(beyond));
    let at = T0 + 20 * MINUTE;
    for (let turn = 0; turn < 20; turn++) {
      life.look(at, facts(turn % 2 === 0 ? beyond : between));
      at += 20 * MINUTE;
    }
    assert.is(life.log.length, 1, `${rule}: ${life.log.join()}`);
    life.look(at, facts(back));
    life.look(at + 20 * MINUTE, facts(back));
    assert.match(life.log.join(), new RegExp(`^[0-9]+ \\+${rule},[0-9]+ -${rule}$`));
  }
});

test("what waits is looked at when its time has come, and not before something can happen", () => {
  const life = new Life();
  const door = facts({ doorOpen: true });
  life.look(T0, door);
  assert.is(life.dueMs, T0 + 30 * MINUTE);
  life.look(T0 + 15 * MINUTE, door);
  assert.is(life.dueMs, T0 + 30 * MINUTE);
  life.look(life.dueMs, door);
  assert.is(life.dueMs, T0 + 30 * MINUTE + LOOK_AGAIN_MS);
  assert.equal(life.log, ["30 +doorOpen"]);
  // Shut for a moment in between, the time begins anew.
  const other = new Life();
  other.look(T0, door);
  other.look(T0 + 20 * MINUTE, facts());
  other.look(T0 + 21 * MINUTE, door);
  other.look(T0 + 40 * MINUTE, door);
  assert.equal(other.log, []);
});

test("maintenance and snoozes keep still, end by themselves, and let alerts close", () => {
  const broken = facts({ ...left(0), ...has(fault("jam", T0, "B4")) });
  for (const [rule, expected] of [
    ["all", []],
    ["jam", ["slotEmpty"]],
  ] as const) {
    const life = new Life();
    const mutes = [{ rule, untilMs: T0 + 5 * MINUTE }];
    const open = () => life.open.map((alert) => alert.rule);
    life.look(T0, broken, { mutes });
    assert.equal(open(), expected);
    assert.is(life.dueMs, T0 + 5 * MINUTE);
    life.look(life.dueMs, broken, { mutes });
    assert.is(open().length, 2);
    life.look(life.dueMs, facts(), { mutes: [{ rule: "all", untilMs: T0 + HOUR }] });
    assert.equal(open(), []);
  }
});

test("what a person dismissed stays away until its cause is gone, or another one comes", () => {
  const claim = (seq: number) => facts({ claims: [{ epoch: 1, seq, bookedMs: T0, amountMinor: 100 }] });
  const life = new Life();
  life.look(T0, claim(1));
  life.dismiss("unknownOutcome");
  life.look(T0 + MINUTE, claim(1));
  life.look(T0 + HOUR, claim(1));
  assert.equal(life.log, ["0 +unknownOutcome"]);
  life.look(T0 + 2 * HOUR, claim(2));
  assert.is(life.log.at(-1), "120 +unknownOutcome");
  life.dismiss("unknownOutcome");
  life.look(T0 + 3 * HOUR, facts());
  life.look(T0 + 4 * HOUR, claim(2));
  assert.is(life.log.at(-1), "240 +unknownOutcome");
  // While open, another instance says it anew.
  life.look(T0 + 5 * HOUR, claim(3));
  assert.is(life.log.at(-1), "300 ~unknownOutcome");
});

test("a machine has a budget of alerts an hour; what is grave passes it; one alert tells", () => {
  const jams = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) => fault("jam", T0, `S${from + at}`));
  const life = new Life();
  const many = facts(has(...jams(0, MAX_OPENED_AN_HOUR + 40), fault("tooWarm")));
  life.look(T0, many);
  assert.equal([life.opened("jam") <= MAX_OPENED_AN_HOUR, life.opened("storm"), life.opened("tooWarm")], [true, 1, 1]);
  const before = life.open.length;
  life.look(T0 + MINUTE, many);
  assert.is(life.open.length, before);
  // Over and over, all new ones: still no more within the hour.
  for (let turn = 1; turn < 50; turn++) life.look(T0 + turn * MINUTE, facts(has(...jams(turn * 100, 60))));
  const openedSoFar = life.log.filter((line) => line.endsWith("+jam")).length;
  assert.ok(openedSoFar <= MAX_OPENED_AN_HOUR, `${openedSoFar}`);
  life.look(T0 + 2 * HOUR, facts(has(...jams(1, 1))));
  life.look(T0 + 3 * HOUR, facts(has(...jams(1, 1))));
  assert.equal(
    life.open.map((alert) => alert.rule),
    ["jam"],
  );
});

test("machines lost together open no alert of their own; alone they do", () => {
  const life = new Life();
  life.look(T0, facts(away(11)), { operator: { machines: 100, lost: 10, outage: null } });
  assert.equal([life.outages, life.open.length], [1, 0]);
  const outage = { id: "1", openedMs: T0, isDismissed: false };
  const operator = { machines: 100, lost: 12, outage };
  life.look(T0 + MINUTE, facts(away(11)), { operator });
  assert.equal([life.outages, life.open.length], [1, 0]);
  // One that was away long before is not part of it.
  const alone = new Life();
  alone.look(T0, facts(away(300)), { operator });
  assert.equal(alone.log, ["0 +offline"]);
  const few = new Life();
  few.look(T0, facts(away(11)), { operator: { machines: 100, lost: 9, outage: null } });
  assert.equal([few.outages, few.log], [0, ["0 +offline"]]);
});

test("what the store kept of another version is no memory, and harmless", () => {
  for (const kept of [undefined, null, {}, { pending: 3 }, "x", { ...NOTHING, tubes: ["a"] }]) {
    assert.equal(memoryOf(kept), NOTHING);
  }
  const crowded = Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`jam/${at}`, at]));
  assert.equal(memoryOf({ ...NOTHING, pending: crowded }).pending, {});
});

test.run();
