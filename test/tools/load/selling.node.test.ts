/** What simulated machines sell is what the real core records, and a day has its shape. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeBody } from "../../../shared/records/codec.js";
import { MAX_BATCH_RECORDS } from "../../../shared/wire/messages.js";
import { Rng } from "../../../tools/bench/rng.js";
import { askedFor } from "../../../tools/load/arguments.js";
import { HOURLY, nextSaleMs, salesPerMs } from "../../../tools/load/day.js";
import { passwordOf, ZONES, zoneOf } from "../../../tools/load/roster.js";
import { type SaleForm, SellingLedger } from "../../../tools/load/selling-ledger.js";
import { STORY as BILLS } from "../../stories/a-coke-for-two-dollars.js";
import { STORY as CARD } from "../../stories/card-pays.js";
import { kindsOf, type Story, tellStory } from "../../stories/story.js";

const test = suite("tools/load: selling");
const BOOT_MS = Date.UTC(2026, 0, 1);

function kindsSold(ledger: SellingLedger, from: number): readonly string[] {
  const batch = ledger.batchFrom(from);
  return (batch?.records ?? []).map(({ code, body }, i) => {
    const result = decodeBody(code, from + i, body);
    return result.ok ? result.record.kind : result.error;
  });
}

test("a sale has the very records that the machine itself makes of it, in their order", () => {
  const pairs: readonly (readonly [Story, SaleForm, number])[] = [
    [CARD, "card", 175],
    [BILLS, "bills", 175],
  ];
  for (const [story, form, priceMinor] of pairs) {
    const wanted = kindsOf(tellStory(story));
    // The product is drawn: sell until it is the story's.
    const ledger = new SellingLedger(7, BOOT_MS);
    for (let tries = 0; ; tries++) {
      ledger.acknowledge(ledger.newestSeq);
      const before = ledger.truth.revenueMinor;
      ledger.sell(BOOT_MS + 60_000, form);
      if (ledger.truth.revenueMinor - before === priceMinor) break;
      assert.ok(tries < 200, "that product is never sold");
    }
    const sold = kindsSold(ledger, ledger.oldestSeq);
    assert.equal(sold.slice(-wanted.length), wanted, form);
  }
});

test("a ledger chains, keeps what is not acknowledged, and refills empty slots by a visit", () => {
  const ledger = new SellingLedger(3, BOOT_MS);
  for (let i = 0; i < 200; i++) ledger.sell(BOOT_MS + 60_000 * i);
  const first = ledger.batchFrom(1);
  assert.is(first?.records.length, MAX_BATCH_RECORDS);
  assert.is(ledger.batchFrom(ledger.newestSeq + 1), undefined);
  const second = ledger.batchFrom(65);
  ledger.acknowledge(64);
  assert.equal(ledger.batchFrom(65), second);
  assert.is(ledger.batchFrom(64), undefined);
  ledger.acknowledge(ledger.newestSeq + 1);
  assert.is(ledger.mark, 64);
  const kinds: string[] = [];
  while (ledger.unacked > 0) {
    const batch = kindsSold(ledger, ledger.oldestSeq);
    kinds.push(...batch);
    ledger.acknowledge(ledger.mark + batch.length);
  }
  assert.ok(kinds.includes("doorOpened") && kinds.includes("stockSet") && kinds.includes("doorClosed"));
  assert.is(ledger.truth.sales, 200);
});

test("sales follow the day of the machine's own zone, as many as were asked for, the same for the same seed", () => {
  const [phoenix] = ZONES;
  const noonUtc = Date.UTC(2026, 0, 1, 12);
  assert.ok(salesPerMs(40, 0, noonUtc) > 5 * salesPerMs(40, phoenix.eastMin, noonUtc), "it is 5 in the morning there");
  assert.is(HOURLY.length, 24);
  const times = (seed: number): number[] => {
    const rng = new Rng(seed);
    const all: number[] = [];
    for (let at = BOOT_MS; all.length < 2_000; all.push(at)) at = nextSaleMs(rng, 40, 0, at);
    return all;
  };
  assert.equal(times(5), times(5));
  const days = ((times(5).at(-1) ?? 0) - BOOT_MS) / 86_400_000;
  assert.ok(days > 45 && days < 55, `2,000 sales at 40 a day took ${days} days`);
  assert.is(nextSaleMs(new Rng(1), 0, 0, BOOT_MS), Number.POSITIVE_INFINITY);
});

test("machines are the same in every process, and apart from each other", () => {
  assert.is(passwordOf(1, 5), passwordOf(1, 5));
  assert.is(new Set([passwordOf(1, 5), passwordOf(1, 6), passwordOf(2, 5)]).size, 3);
  const zones = new Set(Array.from({ length: 16 }, (_, i) => zoneOf(i).timeZone));
  assert.is(zones.size, ZONES.length);
});

test("what makes no sense is refused by name", () => {
  const refusals: readonly (readonly [readonly string[], RegExp])[] = [
    [["--machines", "0"], /--machines is 0; it takes a whole number 1 to/],
    [["--machines", "40000", "--processes", "1"], /--processes is 1; it takes a whole number 3 to/],
    [["--minutes", ""], /--minutes is/],
    [["--speed"], /--speed/],
  ];
  for (const [args, why] of refusals) {
    const asked = askedFor(args);
    assert.match("refused" in asked ? asked.refused : "", why);
  }
  const asked = askedFor(["--machines", "100000"]);
  const request = "request" in asked ? asked.request : undefined;
  assert.equal([request?.processes, request?.leaves], [6, 6]);
  assert.equal(askedFor(["-h"]), { help: true });
});

test.run();
