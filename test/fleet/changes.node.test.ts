/** The feed of changes: nothing lost or twice, whatever order commits end in; gone on with where a reader left off. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MAX_NUMBERED_AT_ONCE, numberChanges, sweepChanges } from "../../fleet/store/changes.js";
import { type SignedIn, signedIn } from "./signed-in.js";
import { startTestFleet, type TestFleet, TestLedger, TestMachine, until, within } from "./support.js";

interface Context {
  fleet: TestFleet;
  api: SignedIn;
  machine: TestMachine;
  ledger: TestLedger;
}
const test = suite<Context>("fleet/changes");

interface Line {
  readonly cursor: string;
  readonly kind: string;
  readonly machine: string | null;
  readonly transaction?: { readonly saleNo: number; readonly status: string };
  readonly detail?: unknown;
}

test.before(async (context) => {
  context.fleet = await startTestFleet();
  context.api = await signedIn(context.fleet);
  context.machine = await TestMachine.connect(context.fleet.mqttPort, await context.fleet.addMachine("CHG-1"));
  context.ledger = new TestLedger().boot();
});
test.after(async ({ fleet }) => fleet.close());

async function feed({ api }: Pick<Context, "api">, query = ""): Promise<readonly Line[]> {
  const answer = await api.ask("GET", `/changes${query}`);
  assert.is(answer.status, 200, answer.text);
  return answer.text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
}

/** The feed from the beginning, once it has so many lines that fit. */
async function untilFeed(context: Context, count: number, fits: (line: Line) => boolean): Promise<readonly Line[]> {
  let lines: readonly Line[] = [];
  await until(async () => {
    lines = (await feed(context, "?limit=1000")).filter(fits);
    return lines.length >= count;
  }, "the feed lacks changes");
  return lines;
}

test("sales, a restock, an alert and a machine's state are in the feed, each once and in order", async (context) => {
  const { fleet, machine, ledger } = context;
  ledger.sellCoke(1).sellCoke(2);
  const failed = { saleNo: 3, slot: "B4", priceMinor: 175, paidMinor: 200, means: 0 } as const;
  ledger.append({ kind: "stockSet", slot: "B4", quantity: 8 });
  ledger.append({ kind: "vendStarted", ...failed });
  await machine.sync(ledger);
  const { migrate } = fleet.databases;
  await migrate`
    INSERT INTO alerts (operator_id, machine_id, rule, severity, sentence)
    SELECT operator_id, id, 'test', 'error', 'CHG-1 is on fire' FROM machines WHERE serial_number = 'CHG-1'`;
  await migrate`UPDATE alerts SET state = 'acknowledged' WHERE rule = 'test'`;
  await migrate`UPDATE machines SET status = 'error', online = true WHERE serial_number = 'CHG-1'`;
  await migrate`UPDATE machines SET status = 'error', last_heartbeat = now() WHERE serial_number = 'CHG-1'`;
  const told = (line: Line) => line.machine === "CHG-1" && !JSON.stringify(line.detail ?? {}).includes('"offline"');
  const lines = await untilFeed(context, 6, told);
  assert.equal(
    lines.map(({ kind, transaction, detail }) => [kind, transaction?.saleNo ?? Object(detail).state ?? ""]),
    [
      ["sale", 1],
      ["sale", 2],
      ["restock", ""],
      ["alert", "open"],
      ["alert", "acknowledged"],
      ["status", ""],
    ],
  );
  assert.equal(Object(lines[2]?.detail).slots, [{ slotCode: "B4", quantity: 8 }]);
  const [first, second] = await feed(context, "?limit=2");
  assert.equal((await feed(context, `?after=${first?.cursor}&limit=1`))[0], second);
});

test("commits that end out of order are numbered as they can be seen: no reader passes one over", async (context) => {
  const { fleet } = context;
  const { migrate } = fleet.databases;
  const operatorId = fleet.operatorId;
  const put = (sql: Pick<typeof migrate, "unsafe">, n: number) =>
    sql.unsafe(`INSERT INTO changes (operator_id, kind, detail) VALUES ('${operatorId}', 'status', '{"n": ${n}}')`);
  const numberOf = ({ detail }: Line): number | undefined => Object(detail).n;
  const gate: { open: () => void } = { open: () => undefined };
  const opened = new Promise<void>((resolve) => {
    gate.open = resolve;
  });
  const begun: { done: () => void } = { done: () => undefined };
  const hasBegun = new Promise<void>((resolve) => {
    begun.done = resolve;
  });
  const slow = migrate.begin(async (tx) => {
    await put(tx, 1);
    begun.done();
    await opened;
  });
  await hasBegun;
  await put(migrate, 2);
  const before = await untilFeed(context, 1, (line) => numberOf(line) !== undefined);
  assert.equal(before.map(numberOf), [2]);
  gate.open();
  await slow;
  const cursor = before[0]?.cursor ?? "";
  let behind: readonly Line[] = [];
  await until(async () => {
    behind = await feed(context, `?after=${cursor}`);
    return behind.some((line) => numberOf(line) === 1);
  }, "the slow commit was passed over");
  assert.is(behind.filter((line) => numberOf(line) === 1).length, 1);
});

test("many sequencers at once number each change once, without a hole", async (context) => {
  const { migrate } = context.fleet.databases;
  await migrate`
    INSERT INTO changes (operator_id, kind, detail)
    SELECT ${context.fleet.operatorId}, 'status', '{"many": true}' FROM generate_series(1, 300)`;
  await Promise.all(Array.from({ length: 8 }, () => numberChanges(migrate)));
  await until(async () => {
    await numberChanges(migrate);
    return (await migrate`SELECT 1 FROM changes WHERE seq IS NULL`).length === 0;
  }, "changes stay without numbers");
  const [row] = await migrate<{ rows: number; highest: number; counter: number }[]>`
    SELECT count(*)::int AS rows, max(c.seq) AS highest, max(k.seq) AS counter
    FROM changes c JOIN change_counters k USING (operator_id) WHERE operator_id = ${context.fleet.operatorId}`;
  assert.equal([row?.rows, row?.counter], [row?.highest, row?.highest]);
});

test("what is more than one go holds is told to be more, and numbered by the next", async (context) => {
  const { migrate } = context.fleet.databases;
  const { operatorId } = context.fleet;
  // The fleet's own sequencer may be quicker: until one go of ours found so many.
  await until(async () => {
    await migrate`
      INSERT INTO changes (operator_id, kind, detail)
      SELECT ${operatorId}, 'status', '{}' FROM generate_series(1, ${MAX_NUMBERED_AT_ONCE + 1}::int)`;
    return (await numberChanges(migrate))?.isFull === true;
  }, "no go is full");
  await until(async () => {
    const numbered = await numberChanges(migrate);
    return numbered !== undefined && !numbered.isFull;
  }, "goes stay full");
  const [row] = await migrate<{ rows: number; highest: number }[]>`
    SELECT count(*)::int AS rows, max(seq) AS highest FROM changes WHERE operator_id = ${operatorId}`;
  assert.is(row?.rows, row?.highest);
});

/** Reads events until `count` have come; the id and the sale's number of each. */
async function events(response: Response, count: number): Promise<readonly (readonly [string, number | undefined])[]> {
  const found: [string, number | undefined][] = [];
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const id = /^id: (.*)$/m.exec(block)?.[1];
      const line: Line = JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? "{}");
      if (id !== undefined && line.kind === "sale") found.push([id, line.transaction?.saleNo]);
    }
    if (found.length >= count) return found;
  }
  return found;
}

test("a stream goes on behind Last-Event-ID, and brings what is sold meanwhile", async (context) => {
  const { fleet, api, machine, ledger } = context;
  const [first] = await feed(context, "?limit=1");
  const stop = new AbortController();
  const listen = (headers: Record<string, string>) =>
    fetch(`${fleet.url}/api/v1/changes/stream`, { headers: { cookie: api.cookie, ...headers }, signal: stop.signal });
  const answer = await listen({ "last-event-id": first?.cursor ?? "" });
  assert.match(answer.headers.get("content-type") ?? "", "text/event-stream");
  const read = events(answer, 2);
  const mark = ledger.newest;
  ledger.sellCoke(9);
  await machine.sync(ledger, mark);
  const came = await within(read, "no changes came");
  assert.equal(
    came.map(([, saleNo]) => saleNo),
    [2, 9],
  );
  // Cut off and back: exactly what followed.
  const next = ledger.newest;
  ledger.sellCoke(10);
  await machine.sync(ledger, next);
  const again = await within(events(await listen({ "last-event-id": came[1]?.[0] ?? "" }), 1), "nothing came again");
  assert.is(again[0]?.[1], 10);
  stop.abort();
});

test("a cursor of another history, from the future, or of what is kept no more is refused by name", async (context) => {
  const { api, fleet } = context;
  const code = async (after: string) => (await api.ask("GET", `/changes?after=${after}`)).json().code;
  assert.is(await code("2-1"), "feed-gone");
  assert.is(await code("1-999999999"), "bad-cursor");
  assert.is(await code("yesterday"), "bad-request");
  const { migrate } = fleet.databases;
  assert.is(await sweepChanges(migrate, 1_000), 0);
  await migrate`UPDATE changes SET recorded_at = now() - interval '31 days' WHERE seq <= 3`;
  assert.is(await sweepChanges(migrate, 1_000), 3);
  assert.is(await code("1-1"), "feed-gone");
  assert.is((await feed(context, "?after=1-3&limit=1"))[0]?.cursor, "1-4");
  assert.is((await feed(context, "?limit=1"))[0]?.cursor, "1-4");
});

test.run();
