/** When telemetry is sent and how much of it, and that a fleet at the end of a bad line never reads a wrong state. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  TELEMETRY_ON_CHANGE_MS,
  type TelemetryState,
  telemetryAsked,
  telemetryAtBoot,
  telemetryChanged,
  telemetryDueMs,
  telemetryLink,
  telemetryPassed,
  telemetryPhaseMs,
  telemetryReport,
  telemetrySent,
  WHOLE_EVERY_MS,
} from "../../../firmware/uplink/telemetry.js";
import { FAULTS } from "../../../shared/faults.js";
import { encodeTelemetry, type TelemetryMessage } from "../../../shared/wire/messages.js";
import { changeReport, encodeReport, type HeldBase, readReport, wholeReport } from "../../../shared/wire/telemetry.js";
import { Rng } from "../../../tools/bench/rng.js";

const test = suite("uplink: telemetry");
const PERIOD_MS = 300_000;

const AT_REST: TelemetryMessage = {
  epoch: 1,
  seq: 40,
  boot: 3,
  uptimeS: 0,
  planogramVersion: 2,
  inventory: Uint8Array.of(8, 8, 6),
  revenueMinor: 1_750,
  vends: 10,
  faults: [],
  state: "IDLE",
  creditMinor: 0,
  tempMilliC: 4_500,
  tubes: Uint8Array.of(20, 30, 40),
  stackerBills: 4,
  cashBoxMinor: 25,
  freeMemoryBytes: 65_536,
  wallS: 1_767_225_600,
  clockQuality: 2,
  unackedRecords: 0,
};

/** One machine that reports whenever it is due. */
class Reporter {
  state: TelemetryState = telemetryLink(telemetryAtBoot("M-1234", PERIOD_MS, 0), true);
  nowMs = 0;
  now: TelemetryMessage = AT_REST;
  taken = true;

  /** The bytes that are due now; undefined if none are. */
  report(): { readonly bytes: Uint8Array; readonly qos: 0 | 1 } | undefined {
    if (telemetryDueMs(this.state) > this.nowMs) return undefined;
    const uptimeS = Math.floor(this.nowMs / 1_000);
    this.now = { ...this.now, uptimeS };
    const report = telemetryReport(this.state, this.now, this.nowMs);
    if (report === undefined) {
      this.state = telemetryPassed(this.state, this.now, this.nowMs);
      return undefined;
    }
    const { nowMs, taken } = this;
    this.state = telemetrySent(this.state, report, this.now, { nowMs, periodMs: PERIOD_MS, taken });
    return report;
  }

  /** A record is written, `change` with it. */
  record(change: Partial<TelemetryMessage>): this {
    this.now = { ...this.now, ...change, seq: this.now.seq + 1 };
    this.state = telemetryChanged(this.state);
    return this;
  }

  pass(ms: number): this {
    this.nowMs += ms;
    return this;
  }

  nextPeriod(): this {
    this.nowMs = this.state.periodicAtMs;
    return this;
  }
}

test("at its own phase, on change at most every 10 s, periods slept through are not repeated", () => {
  assert.is.not(telemetryPhaseMs("M-1234", PERIOD_MS), telemetryPhaseMs("M-1235", PERIOD_MS));
  const machine = new Reporter();
  assert.ok(telemetryDueMs(machine.state) <= 0, "once at boot");
  machine.pass(1_000).report();
  const phaseMs = telemetryDueMs(machine.state);
  assert.is(phaseMs % PERIOD_MS, telemetryPhaseMs("M-1234", PERIOD_MS));
  assert.is(telemetryDueMs({ ...machine.state, changed: true }), Math.min(phaseMs, 1_000 + TELEMETRY_ON_CHANGE_MS));
  machine.nowMs = phaseMs + 7 * PERIOD_MS + 5;
  assert.ok(machine.report());
  assert.is(telemetryDueMs(machine.state), phaseMs + 8 * PERIOD_MS);
  assert.is(telemetryDueMs({ ...machine.state, connected: false }), Infinity);
});

test("a new connection reports, but a link that flaps does not report more often", () => {
  const machine = new Reporter();
  machine.report();
  machine.state = telemetryLink(telemetryLink(machine.state, false), true);
  assert.is(telemetryDueMs(machine.state), TELEMETRY_ON_CHANGE_MS);
  const [first, again] = [machine.pass(TELEMETRY_ON_CHANGE_MS).report(), machine.nextPeriod().report()];
  assert.equal([first?.qos, again?.qos], [1, 0], "whole once, with QoS 1");
});

test("a sale is no report of its own: its records tell it; the next one is whole", () => {
  const machine = new Reporter();
  machine.report();
  machine.nextPeriod().report();
  machine.pass(60_000).record({ state: "ACCEPTING_PAYMENT", creditMinor: 200 });
  assert.is(machine.report(), undefined);
  machine.pass(TELEMETRY_ON_CHANGE_MS).record({ state: "IDLE", creditMinor: 0, vends: 11, revenueMinor: 1_925 });
  assert.is(machine.report(), undefined);
  assert.is(telemetryDueMs(machine.state), machine.state.periodicAtMs, "nothing is left to be told");
  assert.is(machine.nextPeriod().report()?.qos, 1);
  assert.is(machine.nextPeriod().report()?.qos, 0);
});

test("a customer who was reported is reported to have gone; faults are told whoever stands in front", () => {
  const machine = new Reporter();
  machine.report();
  machine.record({ state: "ACCEPTING_PAYMENT", creditMinor: 100 }).nextPeriod();
  assert.ok(machine.report(), "the period's");
  machine.pass(TELEMETRY_ON_CHANGE_MS).record({ state: "DISPENSING" });
  assert.is(machine.report(), undefined);
  machine.now = { ...machine.now, state: "IDLE", creditMinor: 0 };
  assert.ok(machine.pass(TELEMETRY_ON_CHANGE_MS).report(), "without another record");
  machine.pass(TELEMETRY_ON_CHANGE_MS).record({ state: "ACCEPTING_PAYMENT", faults: [FAULTS.exactChangeOnly.code] });
  assert.ok(machine.report());
});

test("whole: once an hour, when asked, and after one the platform did not take", () => {
  const machine = new Reporter();
  machine.report();
  let wholes = 0;
  for (let period = 0; period <= 24; period++) wholes += machine.nextPeriod().report()?.qos ?? 0;
  assert.is(wholes, (24 * PERIOD_MS) / WHOLE_EVERY_MS);
  machine.state = telemetryAsked(machine.state);
  assert.is(machine.pass(TELEMETRY_ON_CHANGE_MS).report()?.qos, 1);
  machine.record({ vends: 11 }).taken = false;
  assert.is(machine.nextPeriod().report()?.qos, 1);
  assert.is(machine.nextPeriod().report()?.qos, 1);
  machine.taken = true;
  assert.is(machine.nextPeriod().report()?.qos, 1);
  assert.is(machine.nextPeriod().report()?.qos, 0);
});

test("a change bears what differs and nothing else, what is gone by its key; the clock runs on by itself", () => {
  const base = wholeReport({ ...AT_REST, base: 1 });
  const held: HeldBase = { bytes: encodeReport(base), epoch: 1, boot: 3, base: 1, ageS: 0 };
  const quiet = changeReport(base, { ...AT_REST, uptimeS: 300, wallS: AT_REST.wallS ?? 0 });
  assert.ok(quiet !== undefined && encodeReport(quiet).length < 24, "the clock stood still: told");
  const { tempMilliC: _, wallS: __, ...rest } = AT_REST;
  const now: TelemetryMessage = { ...rest, uptimeS: 600, faults: [3, 4], state: "OUT_OF_SERVICE", unackedRecords: 2 };
  const change = changeReport(base, now);
  assert.ok(change !== undefined);
  const reading = readReport(held, encodeReport(change));
  assert.equal(reading.is === "read" ? reading.message : reading, now);
  assert.is(changeReport(base, { ...now, seq: 41 }), undefined);
  assert.is(changeReport(base, { ...now, boot: 4 }), undefined);
});

test("firmware that knows no changes is read as ever, and takes no base away", () => {
  const held: HeldBase = { bytes: new Uint8Array(0), epoch: 1, boot: 3, base: 7, ageS: 60 };
  const reading = readReport(held, encodeTelemetry(AT_REST));
  assert.is(reading.is === "read" && reading.held, held);
});

test("what is no report, or none of ours, is refused by name", () => {
  const base = wholeReport({ ...AT_REST, base: 1 });
  const held: HeldBase = { bytes: encodeReport(base), epoch: 1, boot: 3, base: 1, ageS: 0 };
  const bad: readonly Uint8Array[] = [
    new Uint8Array(0),
    Uint8Array.of(0xa1, 0, 2),
    Uint8Array.of(0xa1, 0, 3),
    Uint8Array.of(0xa1, 0, 2, 9),
    encodeReport({ 0: 2, 1: 1, 3: 3, 10: 5, 20: 1, 21: 300 }),
    encodeReport({ 0: 2, 1: 1, 3: 3, 20: 1, 21: 300, 22: [10] }),
  ];
  assert.equal(
    bad.map((bytes) => readReport(held, bytes).is),
    bad.map(() => "refused"),
  );
});

/** A line that loses, doubles and disorders, and a fleet that forgets, or remembers an older base, at the end of it. */
class BadLine {
  readonly rng: Rng;
  readonly machine = new Reporter();
  held: HeldBase | undefined;
  kept: HeldBase | undefined;
  /** What each report said, by epoch, boot and uptime. */
  readonly said = new Map<string, TelemetryMessage>();
  readonly counts = { read: 0, changes: 0, missing: 0, stale: 0, lost: 0 };
  private underWay: Uint8Array[] = [];

  constructor(seed: number) {
    this.rng = new Rng(seed);
  }

  step(): void {
    const { rng, machine } = this;
    machine.pass(1_000 * (1 + rng.below(120)));
    if (rng.chance(120_000)) this.happens();
    const report = machine.report();
    if (report !== undefined) this.send(report.bytes);
    while (this.underWay.length > (rng.chance(300_000) ? 1 : 0)) this.arrive();
    if (rng.chance(20_000)) this.kept = this.held;
    if (rng.chance(10_000)) this.held = rng.chance(500_000) ? undefined : this.kept;
  }

  private happens(): void {
    const { rng, machine } = this;
    const { now } = machine;
    const { faults } = now;
    switch (rng.below(7)) {
      case 0:
        return void machine.record({ vends: now.vends + 1, inventory: Uint8Array.of(rng.below(9), 8, 6) });
      case 1:
        return void machine.record({ faults: faults.length > 0 ? [] : [1 + rng.below(9)] });
      case 2:
        machine.now = { ...now, tempMilliC: 3_000 + rng.below(2_000), unackedRecords: rng.below(3) };
        return;
      case 3: {
        const { tempMilliC: _, stackerBills: __, ...rest } = now;
        machine.now = { ...rest, state: rng.chance(500_000) ? "IDLE" : "OUT_OF_SERVICE" };
        return;
      }
      case 4:
        machine.now = { ...now, wallS: 1_767_225_600 + rng.below(1_000_000), clockQuality: rng.below(3) };
        return;
      case 5:
        machine.state = telemetryLink(telemetryLink(machine.state, false), true);
        return;
      default:
        machine.state = telemetryLink(telemetryAtBoot("M-1234", PERIOD_MS, 0), true);
        machine.nowMs = 0;
        machine.now = { ...now, boot: now.boot + 1, seq: now.seq + 1 };
    }
  }

  private send(bytes: Uint8Array): void {
    const { now } = this.machine;
    this.said.set(`${now.epoch} ${now.boot} ${now.uptimeS}`, now);
    if (this.rng.chance(150_000)) {
      this.counts.lost += 1;
      return;
    }
    this.underWay.push(bytes);
    if (this.rng.chance(100_000)) this.underWay.push(bytes);
  }

  private arrive(): void {
    const { rng, counts, machine } = this;
    const [bytes] = this.underWay.splice(rng.below(this.underWay.length), 1);
    if (bytes === undefined) return;
    const reading = readReport(this.held, bytes);
    assert.is.not(reading.is, "refused");
    if (reading.is === "stale") counts.stale += 1;
    if (reading.is === "baseMissing") {
      counts.missing += 1;
      machine.state = telemetryAsked(machine.state);
    }
    if (reading.is !== "read") return;
    counts.read += 1;
    if (bytes[2] === 2) counts.changes += 1;
    this.held = reading.held;
    const { base: _, version: __, ...message } = { version: 0, ...reading.message };
    assert.equal(message, this.said.get(`${message.epoch} ${message.boot} ${message.uptimeS}`), "what was said");
  }
}

test("whatever is lost, doubled, overtaken or forgotten: what is read is what was said", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const line = new BadLine(seed);
    for (let step = 0; step < 1_500; step++) line.step();
    const { read, changes, missing, stale, lost } = line.counts;
    assert.ok(changes > read / 4, `seed ${seed}: ${changes} changes of ${read}`);
    assert.ok(missing > 0 && stale > 0 && lost > 0, `seed ${seed}: ${JSON.stringify(line.counts)}`);
  }
});

test.run();
