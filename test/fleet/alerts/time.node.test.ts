/**
 * Time that passes: whoever looks at what is marked, and at what is due when it is due, opens and closes the same
 * alerts at the same minute as whoever looks at the whole machine every minute.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RuleSetting } from "../../../fleet/alerts/evaluate.js";
import type { MachineFacts, SalesProfile, TempFact } from "../../../fleet/alerts/facts.js";
import { RULE_CODES, type RuleCode } from "../../../fleet/alerts/rules.js";
import { merged, REPORT, rulesNamed, type Subject, scopeOf, slotsNamed } from "../../../fleet/alerts/subject.js";
import { localHourOf, silenceOf, unusualFrom, WEEK_HOURS } from "../../../fleet/alerts/unusual.js";
import { telemetryOf } from "../support.js";
import { DAY, facts, fault, HOUR, Life, MINUTE, partOf, T0 } from "./life.js";

const test = suite("fleet/alerts/time");
const RUNS = 25;
const QUARTER = 15 * MINUTE;

/** What happens to a machine at a minute. */
type Event =
  | { readonly is: "sells" | "claims" | "setAside" | "renews" }
  | { readonly is: "connects" | "boots"; readonly times: number }
  | { readonly is: "online" | "door" | "warm" | "empty" | "gap"; readonly so: boolean }
  | { readonly is: "fault"; readonly slot: string | null; readonly so: boolean }
  | { readonly is: "muted"; readonly rule: RuleCode | "all"; readonly minutes: number }
  | { readonly is: "dismissed"; readonly rule: RuleCode };

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ is: fc.constantFrom("sells", "claims", "setAside", "renews") }),
  fc.record({ is: fc.constantFrom("connects", "boots"), times: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ is: fc.constantFrom("online", "door", "warm", "empty", "gap"), so: fc.boolean() }),
  fc.record({ is: fc.constant("fault"), slot: fc.constantFrom(null, "B4"), so: fc.boolean() }),
  fc.record({
    is: fc.constant("muted"),
    rule: fc.constantFrom("all", "offline", "unsteadyLink", "slotEmpty", "noSales"),
    minutes: fc.integer({ min: 1, max: 90 }),
  }),
  fc.record({ is: fc.constant("dismissed"), rule: fc.constantFrom(...RULE_CODES) }),
) as fc.Arbitrary<Event>;

/** A machine as the store knows it: what its windows hold is asked for an instant. */
class World {
  mutes: { readonly rule: RuleCode | "all"; readonly untilMs: number }[] = [];
  private about: MachineFacts;
  private powerUps: readonly number[] = [];
  private claims: readonly number[] = [];
  private aside: readonly number[] = [T0 - 7 * DAY + 90 * MINUTE];
  private gapMs: number | undefined;
  private lastSaleMs = T0;
  private readonly profile: SalesProfile;

  constructor(certificateEndMs: number, profile: SalesProfile) {
    this.profile = profile;
    this.about = facts({ certificateEndMs });
  }

  /** As the store reads it. */
  factsAt(nowMs: number): MachineFacts {
    const within = (ms: number) => (at: number) => at > nowMs - ms;
    const claims = this.claims.filter(within(DAY)).map((bookedMs) => ({ bookedMs, epoch: 1, seq: bookedMs / MINUTE }));
    const aside = this.aside.filter(within(7 * DAY));
    const newest = aside.at(-1);
    return {
      ...this.about,
      powerUpsMs: this.powerUps.filter(within(DAY)),
      claims: claims.map((claim) => ({ ...claim, amountMinor: 100 })),
      aside: {
        ...{ forked: false, batches: 0, records: aside.length, lost: 0, newest: `//${newest ?? ""}/` },
        endsMs: newest === undefined ? null : newest + 7 * DAY,
      },
      signals: this.gapMs === undefined ? [] : [{ signal: "gap", detail: "at 7", raisedMs: this.gapMs }],
      sales: { lastSaleMs: Math.min(this.lastSaleMs, nowMs), profile: this.profile },
    };
  }

  /** What ingest marks, or what is asked for by whoever does it; undefined: nothing. */
  happens(event: Event, nowMs: number): Subject | undefined {
    const { about } = this;
    switch (event.is) {
      case "connects":
        this.about = { ...about, connection: about.connection + event.times };
        return rulesNamed("unsteadyLink");
      case "boots":
        this.about = { ...about, boot: about.boot + event.times, connection: 1 };
        this.powerUps = [...new Array<number>(event.times).fill(nowMs), ...this.powerUps];
        return merged(rulesNamed("unsteadyLink"), rulesNamed("brownOuts"));
      case "sells":
        this.lastSaleMs = (Math.floor(nowMs / QUARTER) + 1) * QUARTER;
        return undefined;
      case "claims":
        this.claims = [...this.claims, nowMs];
        return rulesNamed("unknownOutcome");
      case "setAside":
        this.aside = [...this.aside, nowMs];
        return rulesNamed("notBooked");
      case "renews":
        this.about = { ...about, certificateEndMs: nowMs + 30 * HOUR };
        return "whole";
      case "online": {
        const offlineSinceMs = event.so ? null : (about.offlineSinceMs ?? nowMs);
        this.about = { ...about, online: event.so, offlineSinceMs, lastHeardMs: offlineSinceMs ?? nowMs };
        return "whole";
      }
      case "door":
        this.about = { ...about, doorOpen: event.so };
        return "whole";
      case "warm": {
        const message = telemetryOf({ ...about.telemetry?.message, tempMilliC: event.so ? 9_000 : 3_000 });
        this.about = { ...about, telemetry: { receivedMs: nowMs, message } };
        return REPORT;
      }
      case "empty":
        this.about = { ...about, slots: [{ slot: "B4", quantity: event.so ? 0 : 6, capacity: 8 }] };
        return slotsNamed("B4");
      case "gap":
        this.gapMs = event.so ? (this.gapMs ?? nowMs) : undefined;
        return "whole";
      case "fault": {
        const others = about.faults.filter(({ slot }) => slot !== event.slot);
        const name = event.slot === null ? "exactChangeOnly" : "jam";
        this.about = { ...about, faults: event.so ? [...others, fault(name, nowMs, event.slot)] : others };
        return "whole";
      }
      case "muted":
        this.mutes.push({ rule: event.rule, untilMs: nowMs + event.minutes * MINUTE });
        return "whole";
      case "dismissed":
        return "whole";
    }
  }
}

/** Limits that are met within a day or two, and holds of all lengths. */
function settingsOf(holds: readonly number[]): ReadonlyMap<RuleCode, RuleSetting> {
  return new Map(
    RULE_CODES.map((code, at): [RuleCode, RuleSetting] => {
      const hold = { openAfterMinutes: holds[at % holds.length] ?? 0, closeAfterMinutes: holds.at(-1 - at) ?? 0 };
      const own = {
        certificateEnding: { daysLeft: 1 },
        unsteadyLink: { connectsAnHour: 4 },
        brownOuts: { timesADay: 3 },
      };
      const limits = Object.entries(own).find(([rule]) => rule === code)?.[1] ?? {};
      return [code, { enabled: true, severity: null, thresholds: { ...hold, ...limits } }];
    }),
  );
}

const steps = fc.array(
  fc.record({
    afterMin: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 400 })),
    events: fc.array(event, { minLength: 1, maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 25 },
);
const lives = fc.record({
  steps,
  holds: fc.array(fc.constantFrom(0, 2, 7, 25, 90), { minLength: 6, maxLength: 6 }),
  certificateMin: fc.integer({ min: 0, max: 3_000 }),
  salesAnHour: fc.constantFrom(0.3, 3, 30),
});

test("looks at what is marked and due open and close what a look at everything every minute does", () => {
  fc.assert(
    fc.property(lives, ({ steps, holds, certificateMin, salesAnHour }) => {
      const settings = settingsOf(holds);
      const hours = Array.from({ length: WEEK_HOURS }, (_, hour) => (hour % 24 < 6 ? 0 : salesAnHour));
      const world = new World(T0 + certificateMin * MINUTE, { hours, spread: 5 });
      const [named, all] = [new Life(), new Life()];
      const more = () => ({ settings, mutes: world.mutes });
      const standing = ({ open }: Life) =>
        open.flatMap(({ rule, slot, severity }) => (rule === "noSales" ? [] : [`${rule}/${slot}/${severity}`])).sort();
      let nowMs = T0;
      for (const life of [named, all]) life.look(nowMs, world.factsAt(nowMs), more());
      const goes = (untilMs: number, events: readonly Event[]): void => {
        for (; nowMs < untilMs; nowMs += MINUTE) {
          named.lookDue(nowMs, (ms) => world.factsAt(ms), more());
          all.look(nowMs, world.factsAt(nowMs), more());
          assert.equal(standing(named), standing(all), `minute ${(nowMs - T0) / MINUTE}`);
        }
        named.lookDue(nowMs - 1, (ms) => world.factsAt(ms), more());
        const subjects = events.flatMap((event) => world.happens(event, nowMs) ?? []);
        for (const one of events) if (one.is === "dismissed") for (const life of [named, all]) life.dismiss(one.rule);
        if (subjects.length === 0) return;
        const scope = scopeOf(subjects.reduce(merged));
        named.look(nowMs, partOf(world.factsAt(nowMs), scope), { ...more(), scope });
      };
      for (const { afterMin, events } of steps) goes(nowMs + afterMin * MINUTE, events);
      goes(nowMs + DAY + 2 * HOUR, []);
      // Silence gets unusual within a minute; the sale that ends it is looked for every five.
      const minutes = (life: Life, turn: string) =>
        life.log.filter((line) => line.endsWith(turn)).map((line) => Number.parseInt(line, 10));
      for (const [turn, least, most] of [
        ["+noSales", -1, 0],
        ["-noSales", 0, 5],
      ] as const) {
        const [found, expected] = [minutes(named, turn), minutes(all, turn)];
        const isLate = expected.map((minute, at) => (found[at] ?? (nowMs - T0) / MINUTE) - minute);
        assert.ok(
          isLate.every((late) => late >= least && late <= most),
          `${turn} ${found} not ${expected}`,
        );
        assert.ok(found.length <= expected.length + 1);
      }
    }),
    { numRuns: RUNS },
  );
});

test("silence is unusual from the millisecond on that is foretold", () => {
  const profiles = fc.record({
    hours: fc.array(fc.double({ min: 0.01, max: 20, noNaN: true }), { minLength: WEEK_HOURS, maxLength: WEEK_HOURS }),
    closed: fc.integer({ min: 0, max: 20 }),
    spread: fc.constantFrom(0.3, 2, 40, 1e6),
    lastMin: fc.integer({ min: 0, max: 365 * 24 * 60 }),
    timeZone: fc.constantFrom("UTC", "America/New_York", "Asia/Kathmandu"),
    aYear: fc.constantFrom(0.01, 0.1, 0.5),
  });
  fc.assert(
    fc.property(profiles, ({ hours: all, closed, spread, lastMin, timeZone, aYear }) => {
      const hours = all.map((sales, hour) => (hour % 24 < closed ? 0 : sales));
      const sales = { lastSaleMs: T0 + lastMin * MINUTE, profile: { hours, spread } };
      const toLocalHour = (ms: number) => localHourOf(ms, timeZone);
      const isUnusual = (ms: number): boolean => {
        const { chance, limit } = silenceOf(sales, ms, aYear, toLocalHour);
        return chance < limit;
      };
      const fromMs = unusualFrom(sales, aYear, toLocalHour);
      if (fromMs === null) return assert.is(isUnusual(sales.lastSaleMs + 27 * DAY), false);
      // Never too late; as early as a clock is set back meanwhile.
      assert.is(isUnusual(fromMs - 1_000 - 1), false, "too late");
      const setBack = Math.max(
        0,
        toLocalHour(sales.lastSaleMs) - toLocalHour(fromMs) + (fromMs - sales.lastSaleMs) / HOUR,
      );
      assert.is(isUnusual(fromMs + Math.round(setBack) * HOUR + 1_000), true, "too early");
    }),
    { numRuns: 500 },
  );
});

test("a temperature that rises is followed from report to report, until it is foretold or rises no more", () => {
  const rising = (degreesAnHour: number, minutes: number): TempFact[] =>
    Array.from({ length: minutes / 5 + 1 }, (_, at) => ({
      atMs: T0 - minutes * MINUTE + at * 5 * MINUTE,
      milliC: 3_000 + Math.round((degreesAnHour * 1_000 * at) / 12),
    }));
  const dueOf = (temps: readonly TempFact[]): number => {
    const life = new Life();
    life.look(T0, facts({ temps }));
    return life.dueMs - T0;
  };
  assert.is(dueOf(rising(2, 30)), 5 * MINUTE);
  assert.is(dueOf(rising(3, 50)), 5 * MINUTE, "told already: until it rises no more");
  assert.is(dueOf([...rising(2, 30).slice(0, -1), { atMs: T0, milliC: 3_000 }]), DAY);
  assert.is(dueOf([]), DAY);
});

test.run();
