/** What the front panel's page makes of what the machine tells. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { LedgerLine, TrafficLine } from "../../fleet/web/panel/contract.js";
import { FEED_START, feedAfter, MAX_LEDGER_LINES, MAX_TRAFFIC_LINES } from "../../fleet/web/panel/feed.js";
import { faceText, moneyText } from "../../fleet/web/panel/money-text.js";

const test = suite("panel view");

const traffic = (first: number, count: number): TrafficLine[] =>
  Array.from({ length: count }, (_, i) => ({ n: first + i, atMs: i, from: "VMC", words: "10b 00b", meaning: "poll" }));
const ledger = (first: number, count: number): LedgerLine[] =>
  Array.from({ length: count }, (_, i) => ({ seq: first + i, kind: "coinIn", text: "" }));

test("money is written as on the display and as it is stamped", () => {
  assert.equal([moneyText(25, "USD"), moneyText(175, "USD"), moneyText(175, "XTS")], ["$0.25", "$1.75", "175 XTS"]);
  assert.equal(
    [faceText(5, "USD"), faceText(25, "USD"), faceText(100, "USD"), faceText(2_000, "USD"), faceText(50, "EUR")],
    ["5¢", "25¢", "$1", "$20", "€0.50"],
  );
});

test("lines that were sent already are not shown twice, and logs have an end", () => {
  let feed = feedAfter(FEED_START, { news: "traffic", lines: traffic(1, 3) });
  feed = feedAfter(feed, { news: "traffic", lines: traffic(2, 4) });
  assert.equal(
    feed.traffic.map(({ n }) => n),
    [1, 2, 3, 4, 5],
  );
  feed = feedAfter(feed, { news: "traffic", lines: traffic(6, MAX_TRAFFIC_LINES) });
  assert.is(feed.traffic.length, MAX_TRAFFIC_LINES);
  assert.is(feed.traffic.at(-1)?.n, MAX_TRAFFIC_LINES + 5);
  feed = feedAfter(feed, { news: "ledger", lines: ledger(1, MAX_LEDGER_LINES + 1) });
  assert.equal([feed.ledger.length, feed.ledger[0]?.seq], [MAX_LEDGER_LINES, 2]);
  assert.equal(feedAfter(feed, { news: "clearTraffic" }).traffic, []);
});

test("after a restart of the server, numbers that begin anew are shown", () => {
  let feed = feedAfter(FEED_START, { news: "opened" });
  feed = feedAfter(feed, { news: "traffic", lines: traffic(1, 50) });
  feed = feedAfter(feed, { news: "lost" });
  assert.is(feed.link, "lost");
  assert.is(feed.traffic.length, 50);
  feed = feedAfter(feed, { news: "opened" });
  feed = feedAfter(feed, { news: "traffic", lines: traffic(1, 2) });
  assert.equal([feed.link, feed.traffic.length], ["open", 2]);
});

test.run();
