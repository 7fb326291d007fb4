/** What the operator's page makes of times, amounts, addresses and live changes. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Fault } from "../../fleet/api/faults/schema.js";
import type { MachineSummary } from "../../fleet/api/machines/schema.js";
import type { Slot } from "../../fleet/api/slots/schema.js";
import type { Transaction } from "../../fleet/api/transactions/schema.js";
import { filterOf, filterQuery, isWhole } from "../../fleet/web/operator/fleet-filter.js";
import {
  changesCounts,
  MAX_TRANSACTIONS,
  machineAfter,
  withFault,
  withOlder,
  withQuantities,
  withTransaction,
} from "../../fleet/web/operator/live-state.js";
import { everyDay } from "../../fleet/web/operator/revenue-days.js";
import { machineHref, routeOf } from "../../fleet/web/operator/route.js";
import { agoText, durationText, exactTime, shortTime } from "../../fleet/web/operator/times.js";
import { amountText } from "../../fleet/web/parts/amounts.js";
import { lookOf } from "../../fleet/web/parts/looks.js";

const test = suite("operator view");

test("the fleet's filter lives in the address, and what is no filter of ours is left out", () => {
  const filter = { status: "error", q: "gate 12", soldOut: 7 } as const;
  assert.is(filterQuery(filter), "?status=error&q=gate+12&soldOut=7");
  assert.equal(filterOf(filterQuery(filter)), filter);
  assert.equal(filterOf("?status=happy&q=&soldOut=x&other=1"), {});
  const where = { tag: "route 7", location: "01890a5d-ac96-774b-bcce-b302099a8057", region: "Süd & West" };
  assert.equal(filterOf(filterQuery({ ...filter, ...where })), { ...filter, ...where });
  assert.equal(filterOf("?tag=NO&location=7&region="), {});
  assert.equal([isWhole(filter), isWhole({ region: "South" }), isWhole({ q: " " })], [false, false, true]);
  assert.equal(routeOf(`#/${filterQuery(filter)}`), { page: "fleet", filter });
  assert.equal(["", "#", "#/"].map(routeOf), Array(3).fill({ page: "fleet", filter: {} }));
  assert.equal([isWhole({}), isWhole({ q: " " }), isWhole({ soldOut: 0 })], [true, true, false]);
});

test("each day of a chart is there, without a sale too; a tomorrow without one is not", () => {
  const sold = { currency: "USD", paymentMethod: null, sales: 2, amount: "3.50" };
  const series = [{ period: "2026-02-28", ...sold }];
  const days = (to: string) =>
    everyDay({ from: "2026-02-27", to, series }, series).map(({ day, sales }) => [day, sales]);
  assert.equal(days("2026-03-01"), [
    ["2026-02-27", 0],
    ["2026-02-28", 2],
  ]);
  assert.is(days("2026-02-28").length, 2);
});

test("amounts keep every digit and get the currency's sign and decimals", () => {
  assert.is(amountText("1.75", "USD"), "$1.75");
  assert.is(amountText("2", "USD"), "$2.00");
  assert.is(amountText("-0.05", "USD"), "-$0.05");
  assert.is(amountText("1.750", "USD"), "$1.75");
  assert.is(amountText("1.755", "USD"), "$1.755");
  assert.is(amountText("120", "JPY"), "¥120");
  assert.is(amountText("0.125", "KWD"), "KWD 0.125");
  assert.is(amountText("1.5", "XTS"), "XTS 1.5");
  assert.is(amountText("90071992547409930.10", "USD"), "$90,071,992,547,409,930.10");
  assert.is(amountText("1e3", "USD"), "1e3");
});

test("time gone by is told in the unit that fits", () => {
  const nowMs = Date.parse("2025-11-23T12:00:00Z");
  const ago = (seconds: number): string => agoText(new Date(nowMs - seconds * 1_000).toISOString(), nowMs);
  assert.equal([-60, 0, 9, 10, 59, 60, 3_599, 3_600, 86_399, 86_400, 200_000].map(ago), [
    "just now",
    "just now",
    "just now",
    "10 s ago",
    "59 s ago",
    "1 min ago",
    "59 min ago",
    "1 h ago",
    "23 h ago",
    "1 day ago",
    "2 days ago",
  ]);
  assert.is(agoText("not a time", nowMs), "unknown");
  assert.equal([40, 720, 11_520, 183_600].map(durationText), ["40 s", "12 min", "3 h 12 min", "2 d 3 h"]);
});

test("instants are shown in the location's time zone, whatever the browser's", () => {
  const nowMs = Date.parse("2025-11-23T19:30:00Z");
  assert.is(exactTime("2025-11-23T19:02:09Z", "America/New_York"), "23 Nov 2025, 14:02:09 EST");
  assert.is(exactTime("2025-07-01T19:02:09Z", "America/New_York"), "1 Jul 2025, 15:02:09 EDT");
  assert.is(exactTime("2025-11-23T19:02:09Z", "Asia/Kathmandu"), "24 Nov 2025, 00:47:09 GMT+5:45");
  assert.is(shortTime("2025-11-23T19:02:09Z", "America/New_York", nowMs), "14:02:09");
  assert.is(shortTime("2025-11-23T04:02:09Z", "America/New_York", nowMs), "22 Nov, 23:02:09");
  assert.is(exactTime("2025-11-23T19:02:09Z", "Nowhere/City"), "23 Nov 2025, 19:02:09 UTC");
  assert.is(shortTime("", "UTC", nowMs), "unknown");
});

test("addresses name the fleet, one machine, or nothing", () => {
  assert.equal(routeOf(machineHref("M-1234")), { page: "machine", serial: "M-1234" });
  assert.equal(["#/machines/", "#/machines/m 1", "#/machines/A/B", "#/x"].map(routeOf), [
    { page: "unknown" },
    { page: "unknown" },
    { page: "unknown" },
    { page: "unknown" },
  ]);
});

const SALE: Transaction = {
  id: "0",
  machine: "M-1234",
  locationName: "Office lobby",
  slotCode: "B4",
  productId: null,
  productName: "Coke",
  amount: "1.75",
  paid: "2.00",
  change: "0.25",
  currency: "USD",
  paymentMethod: "cash",
  paymentRef: null,
  status: "completed",
  dispensedAt: null,
  bookedAt: "2025-11-23T12:00:00Z",
  deviceTime: null,
  timeQuality: "synced",
  saleNo: 1,
  epoch: 1,
  seq: 10,
  simulated: false,
};
const saleAt = (id: string, bookedAt: string, seq = 10): Transaction => ({ ...SALE, id, bookedAt, seq });
const ids = (sales: readonly Transaction[]): string[] => sales.map(({ id }) => id);

test("a live sale takes its place by time, then by the ledger, and stands there once", () => {
  const shown = [saleAt("c", "2025-11-23T12:03:00Z", 30), saleAt("a", "2025-11-23T12:01:00Z", 10)];
  assert.equal(ids(withTransaction(shown, saleAt("d", "2025-11-23T12:04:00Z"))), ["d", "c", "a"]);
  assert.equal(ids(withTransaction(shown, saleAt("b", "2025-11-23T12:02:00Z"))), ["c", "b", "a"]);
  assert.equal(ids(withTransaction(shown, saleAt("x", "2025-11-23T12:00:00Z"))), ["c", "a", "x"]);
  assert.equal(ids(withTransaction(shown, saleAt("y", "2025-11-23T12:03:00Z", 31))), ["y", "c", "a"]);
  assert.equal(ids(withTransaction(shown, saleAt("z", "2025-11-23T12:03:00Z", 29))), ["c", "z", "a"]);
  const refunded = withTransaction(shown, { ...saleAt("a", "2025-11-23T12:01:00Z"), status: "refunded" });
  assert.equal(ids(refunded), ["c", "a"]);
  assert.is(refunded[1]?.status, "refunded");
});

test("a page that nobody reloads does not grow without end", () => {
  const full = Array.from({ length: MAX_TRANSACTIONS }, (_, i) =>
    saleAt(`old ${i}`, "2025-11-23T12:00:00Z", 9_999 - i),
  );
  const next = withTransaction(full, saleAt("new", "2025-11-23T12:00:01Z"));
  assert.is(next.length, MAX_TRANSACTIONS);
  assert.is(next[0]?.id, "new");
});

test("the next page repeats nothing that came live in between", () => {
  const shown = [saleAt("c", "2025-11-23T12:03:00Z"), saleAt("b", "2025-11-23T12:02:00Z")];
  assert.equal(ids(withOlder(shown, [saleAt("b", "2025-11-23T12:02:00Z"), saleAt("a", "2025-11-23T12:01:00Z")])), [
    "c",
    "b",
    "a",
  ]);
});

test("a fault that clears replaces the open one; another of the same kind does not", () => {
  const open: Fault = {
    machine: "M-1234",
    code: 1,
    name: "jam",
    severity: "error",
    text: "M-1234 slot A2: no product fell",
    slotCode: "A2",
    raisedAt: "2025-11-23T12:00:00Z",
    clearedAt: null,
    epoch: 1,
    raisedSeq: 7,
  };
  const later: Fault = { ...open, raisedAt: "2025-11-23T12:05:00Z", raisedSeq: 9 };
  assert.equal(withFault([open], later), [later, open]);
  const over: Fault = { ...open, clearedAt: "2025-11-23T12:06:00Z" };
  assert.equal(withFault([later, open], over), [later, over]);
});

test("stock changes only in the slots that are named", () => {
  const slot = (slotCode: string, quantity: number): Slot => ({
    slotCode,
    productId: null,
    productName: null,
    category: null,
    imageUrl: null,
    quantity,
    maxCapacity: 8,
    price: "1.75",
    currency: "USD",
  });
  const after = withQuantities([slot("B3", 6), slot("B4", 8)], [{ slotCode: "B4", quantity: 7 }]);
  assert.equal(
    after.map(({ quantity }) => quantity),
    [6, 7],
  );
});

test("presence changes the machine it names, and last seen never goes back", () => {
  const machine: MachineSummary = {
    serial: "M-1234",
    id: "0",
    locationName: "Office lobby",
    latitude: null,
    longitude: null,
    timeZone: "America/New_York",
    model: "Spiral 10",
    firmwareVersion: "0.1.0",
    status: "operational",
    online: true,
    simulated: true,
    lastHeartbeat: "2025-11-23T12:00:00Z",
    installedAt: "2025-11-01T00:00:00Z",
    currency: "USD",
    currencyDecimals: 2,
    stock: { quantity: 8, capacity: 8, slots: 1, emptySlots: 0 },
    revenueToday: "1.75",
    salesToday: 1,
    openFaults: 0,
  };
  const state = { type: "state", machine: "M-1234", status: "offline", online: false } as const;
  const gone = machineAfter(machine, { ...state, lastHeartbeat: "2025-11-23T11:00:00Z" });
  assert.equal([gone.status, gone.online, gone.lastHeartbeat], ["offline", false, "2025-11-23T12:00:00Z"]);
  assert.is(machineAfter(machine, { ...state, lastHeartbeat: null }).lastHeartbeat, "2025-11-23T12:00:00Z");
  assert.is(machineAfter(machine, { ...state, machine: "M-2", lastHeartbeat: null }), machine);
  const telemetry = {
    receivedAt: "2025-11-23T12:05:00Z",
    state: "IDLE",
    credit: "0.00",
    bootNo: 1,
    uptimeS: 60,
    planogramVersion: 1,
    faults: [],
    tubes: null,
    stackerBills: null,
    cashBox: null,
    tempMilliC: null,
    freeMemoryBytes: null,
    clockQuality: "synced",
    unackedRecords: 0,
  };
  const seen = machineAfter(machine, { type: "telemetry", machine: "M-1234", telemetry });
  assert.equal([seen.status, seen.lastHeartbeat], ["operational", "2025-11-23T12:05:00Z"]);
  assert.is(changesCounts({ ...state, lastHeartbeat: null }), false);
  assert.is(changesCounts({ type: "sale", machine: "M-1234", transaction: SALE }), true);
});

test("every product has a picture, the same for the same name", () => {
  assert.equal(
    [lookOf("Coke").shape, lookOf("Potato chips").shape, lookOf("Still water").motif],
    ["can", "bag", "drop"],
  );
  assert.is(lookOf("Unheard-of thing", "beverage").shape, "can");
  assert.is(lookOf("Unheard-of thing", "toString").shape, "bag");
  assert.equal(lookOf("Unheard-of thing"), lookOf("unheard-of THING"));
});

test.run();
