/** The REST API through inject, live changes through a real connection. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { MachineDetail, MachineList } from "../../fleet/api/machines/schema.js";
import type { Overview } from "../../fleet/api/overview/schema.js";
import type { OwedList } from "../../fleet/api/owed/schema.js";
import { hashPassword } from "../../fleet/api/password.js";
import { PROBLEMS } from "../../fleet/api/problems.js";
import type { RevenueSeries } from "../../fleet/api/revenue/schema.js";
import { RIGHT_NAMES, rightsOfRole } from "../../fleet/api/rights.js";
import { ensureFirstUser, resetPassword } from "../../fleet/api/session/first-user.js";
import type { SlotList } from "../../fleet/api/slots/schema.js";
import type { TransactionList } from "../../fleet/api/transactions/schema.js";
import { addOperator } from "../../fleet/store/provision.js";
import { addUser } from "../../fleet/store/users.js";
import {
  addTestMachine,
  OUR_PAGE,
  startTestFleet,
  type TestFleet,
  TestLedger,
  TestMachine,
  until,
  within,
} from "./support.js";

interface Context {
  fleet: TestFleet;
  password: string;
  cookie: string;
  machine: TestMachine;
  ledger: TestLedger;
}
const test = suite<Context>("fleet/api");
const SALES = 7;

async function signIn(fleet: TestFleet, name: string, password: string, remoteAddress = "127.0.0.1") {
  return fleet.app.inject({ method: "POST", url: "/api/v1/session", payload: { name, password }, remoteAddress });
}

function cookieOf(header: string | string[] | number | undefined): string {
  return String(header).split(";")[0] ?? "";
}

test.before(async (context) => {
  const fleet = await startTestFleet();
  const user = await ensureFirstUser(fleet.databases, fleet.operatorId, fleet.config.dataDir);
  assert.is(user.isNew, true);
  context.fleet = fleet;
  context.password = user.password ?? "";
  const answer = await signIn(fleet, user.name, context.password);
  assert.is(answer.statusCode, 200);
  context.cookie = cookieOf(answer.headers["set-cookie"]);
  context.machine = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine("API-1"));
  const ledger = new TestLedger().boot();
  for (let saleNo = 1; saleNo <= SALES; saleNo++) ledger.sellCoke(saleNo);
  ledger.append({ kind: "faultRaised", fault: 1, slot: "B4" }, ledger.wallS);
  await context.machine.sync(ledger);
  context.ledger = ledger;
  // Another operator's machine must never be seen.
  const stranger = await addOperator(fleet.databases, "Somebody Else");
  await addTestMachine(fleet, stranger, "OTHER-1");
});
test.after(async ({ fleet }) => fleet.close());

function get({ fleet, cookie }: Context, url: string) {
  return fleet.app.inject({ method: "GET", url, headers: { cookie } });
}

test("everything but signing in needs a session", async ({ fleet }) => {
  const urls = ["machines", "machines/API-1", "machines/API-1/slots", "transactions", "faults", "products", "events"];
  urls.push("machines/API-1/owed");
  for (const url of [...urls, "session"]) {
    const answer = await fleet.app.inject({ method: "GET", url: `/api/v1/${url}` });
    assert.is(answer.statusCode, 401, url);
    assert.match(String(answer.headers["content-type"]), "application/problem+json");
    assert.is(answer.json().code, "not-signed-in");
  }
  const forged = await fleet.app.inject({ url: "/api/v1/machines", headers: { cookie: "spiral_session=forged" } });
  assert.is(forged.statusCode, 401);
});

test("who lacks the right is refused with 403 and its name, and owners have every right", async ({
  fleet,
  password,
}) => {
  const url = "/api/v1/vouchers/4821-7356-0924/redemptions";
  const payload = { serial: "API-1", amount: "1.00" };
  await addUser(fleet.databases, fleet.operatorId, "looker", await hashPassword(password), "viewer");
  const as = async (name: string) => {
    const cookie = cookieOf((await signIn(fleet, name, password, "127.0.0.3")).headers["set-cookie"]);
    return fleet.app.inject({
      method: "POST",
      url,
      headers: { ...OUR_PAGE, cookie, "idempotency-key": name },
      payload,
    });
  };
  const refused = await as("looker");
  assert.is(refused.statusCode, 403);
  assert.equal([refused.json().code, refused.json().detail], ["not-allowed", "vouchers:redeem"]);
  assert.is((await as("operator")).statusCode, 404);
  assert.equal(rightsOfRole("owner"), RIGHT_NAMES);
});

test("the first password is in a 0600 file; the cookie is out of a script's reach", async (context) => {
  const { fleet } = context;
  const path = join(fleet.config.dataDir, "operator-password");
  assert.is((await stat(path)).mode & 0o777, 0o600);
  assert.is((await readFile(path, "utf8")).trim(), context.password);
  const again = await ensureFirstUser(fleet.databases, fleet.operatorId, fleet.config.dataDir);
  assert.equal([again.isNew, again.password], [false, context.password]);
  const answer = await signIn(fleet, "operator", context.password);
  const cookie = String(answer.headers["set-cookie"]);
  for (const part of ["HttpOnly", "SameSite=Strict", "Path=/"]) assert.match(cookie, part);
  assert.equal(answer.json().user, { name: "operator", role: "owner" });
  assert.equal(answer.json().operator, { name: "Test Vending" });
  const [row] = await fleet.databases.migrate<{ hash: string }[]>`SELECT password_hash AS hash FROM users`;
  assert.match(row?.hash ?? "", /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

test("a session ends when it is signed out", async ({ fleet, password }) => {
  const cookie = cookieOf((await signIn(fleet, "operator", password)).headers["set-cookie"]);
  const who = () => fleet.app.inject({ url: "/api/v1/session", headers: { cookie } });
  assert.is((await who()).statusCode, 200);
  const out = await fleet.app.inject({ method: "DELETE", url: "/api/v1/session", headers: { ...OUR_PAGE, cookie } });
  assert.is(out.statusCode, 204);
  assert.is((await who()).statusCode, 401);
});

test("the list tells stock, revenue of today, faults", async (context) => {
  const { machines, nextCursor }: MachineList = (await get(context, "/api/v1/machines")).json();
  assert.is(nextCursor, null);
  assert.equal(
    machines.map(({ serial }) => serial),
    ["API-1"],
  );
  const [machine] = machines;
  assert.equal(machine?.stock, { quantity: 3, capacity: 16, slots: 2, emptySlots: 1 });
  const today = SALES * 1.75;
  assert.equal([machine?.revenueToday, machine?.salesToday, machine?.openFaults], [today.toFixed(2), SALES, 1]);
});

test("machines are found by status, by words of serial and place, by what is sold out", async (context) => {
  const { fleet } = context;
  await fleet.addMachine("FIND-7");
  await fleet.databases.migrate`
    UPDATE machines SET location_name = 'Gate 12, Zürich Airport' WHERE serial_number = 'FIND-7'`;
  const found = async (query: string): Promise<string> => {
    const { machines }: MachineList = (await get(context, `/api/v1/machines?${query}`)).json();
    return machines.map(({ serial }) => serial).join();
  };
  assert.is(await found(""), "API-1,FIND-7");
  for (const q of ["find", "FIND-7", "zürich", "zÜR", "airport 12", "Gate", "7"])
    assert.is(await found(`q=${q}`), "FIND-7", q);
  assert.is(await found("q=irport"), "");
  assert.is(await found("q=%25"), "API-1,FIND-7");
  const coke = 7;
  assert.is(await found(`soldOut=${coke}`), "API-1");
  assert.is(await found("soldOut=999"), "");
  assert.is(await found(`soldOut=${coke}&q=api&status=offline`), "API-1");
  assert.is(await found(`soldOut=${coke}&q=gate`), "");
  assert.is(await found("status=offline&q=gate"), "FIND-7");
  assert.is((await get(context, `/api/v1/machines?q=${"a+b+c+d+e+f+g+h+i"}`)).json().code, "bad-request");
  await fleet.databases.migrate`UPDATE machines SET location_name = '' WHERE serial_number = 'FIND-7'`;
  assert.is(await found("q=gate"), "");
});

test("the overview counts machines, money and alerts; revenue comes by day, week and month", async (context) => {
  const overview: Overview = (await get(context, "/api/v1/overview")).json();
  assert.equal(overview.statuses, { operational: 0, error: 0, offline: 2, maintenance: 0 });
  assert.equal(overview.totals, [
    { currency: "USD", simulated: false, machines: 2, revenueToday: "12.25", salesToday: SALES },
  ]);
  // A slot sold out and a jam: opened a moment after the commit.
  await until(async () => (await get(context, "/api/v1/overview")).json().openAlerts === 2, "not two open alerts");
  const series = async (query: string): Promise<RevenueSeries> =>
    (await get(context, `/api/v1/revenue?${query}`)).json();
  for (const query of ["", "machine=API-1", "by=method", "step=week", "step=month"]) {
    const [period, ...more] = (await series(query)).series;
    assert.equal([period?.sales, period?.amount, more.length], [SALES, "12.25", 0], query);
    assert.is(period?.paymentMethod, query === "by=method" ? "cash" : null);
  }
  assert.equal((await series("simulated=true")).series, []);
  assert.equal((await series("from=2020-01-01&to=2020-01-31")).series, []);
  for (const query of ["from=2020-02-01&to=2020-01-01", "from=2010-01-01&to=2020-01-01"]) {
    assert.is((await get(context, `/api/v1/revenue?${query}`)).json().code, "bad-range");
  }
  assert.is((await get(context, "/api/v1/revenue?machine=NONE-1")).statusCode, 404);
});

test("one machine, its slots, faults and products", async (context) => {
  const machine: MachineDetail = (await get(context, "/api/v1/machines/API-1")).json();
  assert.equal([machine.epoch, machine.mark, machine.telemetry], [1, context.ledger.newest, null]);
  const { slots }: SlotList = (await get(context, "/api/v1/machines/API-1/slots")).json();
  const [slot] = slots;
  const { productId, ...rest } = slot ?? { productId: null };
  assert.type(productId, "string");
  assert.equal(rest, {
    slotCode: "B4",
    productName: "Coke",
    category: "beverage",
    imageUrl: null,
    quantity: 0,
    maxCapacity: 8,
    price: "1.75",
    currency: "USD",
  });
  const { faults } = (await get(context, "/api/v1/faults?machine=API-1&open=true")).json();
  assert.equal([faults.length, faults[0].name, faults[0].text], [1, "jam", "API-1 slot B4: no product fell"]);
  assert.is((await get(context, "/api/v1/faults?open=false")).json().faults.length, 0);
  const { products } = (await get(context, "/api/v1/products")).json();
  assert.equal(
    products.map(({ name, defaultPrice }: { name: string; defaultPrice: string }) => `${name} ${defaultPrice}`),
    ["Coke 1.75", "Water 1.75"],
  );
});

test("transactions come newest first in pages without holes or repeats, and filtered", async (context) => {
  const seen: number[] = [];
  let cursor: string | null = "";
  let pages = 0;
  while (cursor !== null) {
    const url: string = `/api/v1/transactions?limit=3${cursor === "" ? "" : `&cursor=${cursor}`}`;
    const page: TransactionList = (await get(context, url)).json();
    seen.push(...page.transactions.map(({ saleNo }) => saleNo));
    cursor = page.nextCursor;
    pages++;
  }
  assert.equal(seen, [7, 6, 5, 4, 3, 2, 1]);
  assert.is(pages, 3);
  const list = async (query: string): Promise<TransactionList> =>
    (await get(context, `/api/v1/transactions?${query}`)).json();
  const [sale] = (await list("machine=API-1&slot=B4&status=completed&method=cash&limit=1")).transactions;
  const { slotCode, productName, amount, paid, change, currency, paymentMethod, status, timeQuality } = sale ?? {};
  assert.equal(
    [slotCode, productName, amount, paid, change, currency, paymentMethod, status, timeQuality],
    ["B4", "Coke", "1.75", "2.00", "0.25", "USD", "cash", "completed", "synced"],
  );
  assert.is(sale?.dispensedAt, sale?.bookedAt);
  assert.is((await list("status=refunded")).transactions.length, 0);
  assert.is((await list("method=card")).transactions.length, 0);
  assert.is((await list(`from=${sale?.bookedAt}`)).transactions.length, 1);
  assert.is((await list(`to=${sale?.bookedAt}`)).transactions.length, SALES - 1);
});

test("what a machine owes its customers, newest first: voucher, claim, card money due back", async (context) => {
  const machine = await TestMachine.connect(context.fleet.mqttPort, await context.fleet.addMachine("OWES-1"));
  const ledger = new TestLedger().boot();
  const none: OwedList = (await get(context, "/api/v1/machines/OWES-1/owed")).json();
  assert.equal(none, { owed: [], nextCursor: null });
  const hold = { reader: 0, slot: "B4", item: 1, amountMinor: 175 };
  ledger.append(
    { kind: "voucherIssued", voucherNo: 1, amountMinor: 35, code: "VOUCHER0000001", reason: 0 },
    ledger.wallS,
  );
  ledger.append({ kind: "claimOpened", claimNo: 1, cause: 1, amountMinor: 500, code: "CLAIM000000001" }, ledger.wallS);
  ledger.append({ kind: "vendRequested", holdNo: 1, ...hold }, ledger.wallS);
  ledger.append({ kind: "refundDue", refundNo: 1, holdNo: 1, cause: 2, ...hold }, ledger.wallS);
  await machine.sync(ledger);
  const seen: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const url: string = `/api/v1/machines/OWES-1/owed?limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`;
    const page: OwedList = (await get(context, url)).json();
    seen.push(...page.owed.map((owed) => [owed.kind, owed.amount, owed.reason, owed.reference].join(" ")));
    cursor = page.nextCursor;
  }
  assert.equal(seen, [
    "refundDue 1.75 readerLost hold 1",
    "claim 5.00 bill CLAIM000000001",
    "voucher 0.35 change VOUCHER0000001",
  ]);
});

test("what is wrong with a request is a problem document with a stable code", async (context) => {
  const { fleet, cookie } = context;
  const cases: readonly (readonly [string, number, string])[] = [
    ["/api/v1/transactions?limit=0", 400, "bad-request"],
    ["/api/v1/transactions?limit=1000", 400, "bad-request"],
    ["/api/v1/transactions?from=yesterday", 400, "bad-request"],
    ["/api/v1/transactions?cursor=abc", 400, "bad-cursor"],
    ["/api/v1/machines?cursor=WzFd", 400, "bad-cursor"],
    ["/api/v1/machines/m-1", 400, "bad-request"],
    ["/api/v1/machines/NO-SUCH", 404, "no-such-machine"],
    ["/api/v1/machines/OTHER-1", 404, "no-such-machine"],
    ["/api/v1/machines/OTHER-1/slots", 404, "no-such-machine"],
    ["/api/v1/machines/OTHER-1/owed", 404, "no-such-machine"],
    ["/api/v1/transactions?machine=OTHER-1", 404, "no-such-machine"],
    ["/api/v1/faults?machine=NO-SUCH", 404, "no-such-machine"],
    ["/api/v1/nothing", 404, "no-such-route"],
    ["/nothing", 404, "no-such-route"],
  ];
  for (const [url, status, code] of cases) {
    const answer = await get(context, url);
    assert.is(answer.statusCode, status, url);
    const problem = answer.json();
    assert.equal([problem.code, problem.status, problem.type], [code, status, `/problems/${code}`]);
    assert.match(String(answer.headers["content-type"]), "application/problem+json");
  }
  const post = (headers: Record<string, string>, payload: string) =>
    fleet.app.inject({ method: "POST", url: "/api/v1/session", headers: { cookie, ...headers }, payload });
  const json = { "content-type": "application/json" };
  assert.is((await post({ "content-type": "text/xml" }, "<a/>")).json().code, "unsupported-media-type");
  assert.is((await post(json, "{")).json().code, "bad-request");
  assert.is((await post(json, '{"name":"operator"}')).json().code, "bad-request");
  assert.is((await post(json, `{"name":"${"x".repeat(70_000)}"}`)).json().code, "body-too-large");
});

test("the catalogue of problems and the places that use it are the same", async () => {
  const root = fileURLToPath(new URL("../../fleet/api/", import.meta.url));
  const used = new Set<string>();
  for (const name of await readdir(root, { recursive: true })) {
    if (!name.endsWith(".ts") || name === "problems.ts") continue;
    const text = await readFile(join(root, name), "utf8");
    for (const code of Object.keys(PROBLEMS)) if (text.includes(`"${code}"`)) used.add(code);
    for (const [, code] of text.matchAll(/(?:ProblemError|problemOf|sendProblem)\((?:reply, )?"([a-z-]+)"/g)) {
      assert.ok(code !== undefined && code in PROBLEMS, `${name}: ${code}`);
    }
  }
  assert.equal([...used].sort(), Object.keys(PROBLEMS).sort());
});

test("health and readiness need no session", async ({ fleet }) => {
  assert.equal((await fleet.app.inject({ url: "/healthz" })).json(), { status: "ok" });
  const ready = await fleet.app.inject({ url: "/readyz" });
  assert.is(ready.statusCode, 200);
  assert.equal(ready.json(), { status: "ready", database: "ok", broker: "ok", live: "ok" });
});

/** Reads server-sent events of a response until `count` have come. */
async function readEvents(response: Response, count: number): Promise<readonly { event: string; data: unknown }[]> {
  const events: { event: string; data: unknown }[] = [];
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const event = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (event !== undefined && data !== undefined) events.push({ event, data: JSON.parse(data) });
    }
    if (events.length >= count) return events;
  }
  return events;
}

test("a sale is on the listening page as it is committed", async (context) => {
  const { fleet, cookie, machine, ledger } = context;
  const stop = new AbortController();
  const listen = async (query: string): Promise<Response> => {
    const response = await fetch(`${fleet.url}/api/v1/events${query}`, { headers: { cookie }, signal: stop.signal });
    assert.is(response.status, 200);
    assert.match(response.headers.get("content-type") ?? "", "text/event-stream");
    return response;
  };
  const page = readEvents(await listen("?machine=API-1"), 3);
  const other = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine("API-2"));
  await other.sync(new TestLedger().boot().sellCoke(1));
  const mark = ledger.newest;
  ledger.sellCoke(SALES + 1);
  ledger.append({ kind: "faultCleared", fault: 1, slot: "B4" }, ledger.wallS);
  const sentMs = performance.now();
  await machine.sync(ledger, mark);
  const events = await within(page, "no live changes came");
  const tookMs = performance.now() - sentMs;
  assert.ok(tookMs < 2_000, `${tookMs} ms`);
  assert.equal(
    events.map(({ event }) => event),
    ["sale", "slots", "fault"],
  );
  const [sale] = events;
  const [row] = (await get(context, "/api/v1/transactions?machine=API-1&limit=1")).json().transactions;
  assert.equal(sale?.data, { type: "sale", machine: "API-1", transaction: row });
  stop.abort();
});

test("guessing passwords is slowed down, and a reset one ends every session", async (context) => {
  const { fleet } = context;
  const fresh = await resetPassword(fleet.databases, fleet.config.dataDir);
  assert.is((await readFile(fresh?.path ?? "", "utf8")).trim(), fresh?.password);
  assert.is.not(fresh?.password, context.password);
  const sessions = await fleet.databases.migrate`
    SELECT 1 FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.name = 'operator'`;
  assert.is(sessions.length, 0);
  const codes: string[] = [];
  for (let i = 0; i < 12; i++)
    codes.push((await signIn(fleet, i % 2 === 0 ? "operator" : "nobody", "wrong")).json().code);
  assert.is(codes.at(-1), "too-many-requests");
  assert.ok(codes.every((code) => ["wrong-password", "too-many-failures", "too-many-requests"].includes(code)));
});

test.run();
