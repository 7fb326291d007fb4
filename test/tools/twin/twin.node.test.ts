/** A few machines of the real core at the real service; and that each part of the judgement can fail. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readConfig } from "../../../fleet/config.js";
import { addOperator, registerMachine } from "../../../fleet/store/provision.js";
import { encodeStatus } from "../../../shared/wire/messages.js";
import { Session } from "../../../tools/load/session.js";
import { askedFor } from "../../../tools/twin/arguments.js";
import { type Books, judgeBooks } from "../../../tools/twin/books.js";
import { judge, type Lived, live } from "../../../tools/twin/machine.js";
import { checkAll, playAll, wallStartOf } from "../../../tools/twin/run.js";
import { type System, startSystem } from "../../../tools/twin/system.js";
import { Wire } from "../../../tools/twin/wire.js";
import { statusOf } from "../../fleet/support.js";

const test = suite("tools/twin");
const SEED = 1;
const BY_WORKERS = 4;
/** Played here: sells, and no bit of it rots. */
const HERE = 101;

test("machines live at the real service, and what they did is what the books say", async () => {
  const system = await startSystem();
  try {
    const heard: string[] = [];
    const request = { machines: BY_WORKERS, seed: SEED, days: 0, workers: 2 };
    const tally = await playAll(request, system, (line) => heard.push(line));
    assert.equal(tally.failed, []);
    assert.is(tally.seeds, BY_WORKERS);
    assert.ok(tally.bookedSales > 0 && tally.bookedRecords > 0, JSON.stringify(tally));
    assert.ok(tally.batches > BY_WORKERS && tally.sessions >= BY_WORKERS, JSON.stringify(tally));
    assert.ok(heard.some((line) => line.startsWith(`${BY_WORKERS} of ${BY_WORKERS} machines`)));

    const { environment, databases, mqttPort } = system;
    const wire = await Wire.open();
    const site = { config: readConfig(environment), databases, wire, mqttPort, days: 0 };
    const lived = await live({ ...site, wallStartS: wallStartOf(0, Date.now() / 1_000) }, HERE);
    const told = seesWhatIsWrong(lived);
    assert.equal([...told, ...lived.fleet.leave()], []);
    await survivesTheService(system, wire);
    await wire.close();
    assert.equal(await checkAll(databases.migrate), []);

    // `check-books` and the sums of days see it too.
    await databases.migrate`
      DELETE FROM transactions WHERE status = 'completed'
        AND machine_id = (SELECT id FROM machines WHERE serial_number = ${`TWIN-${HERE}`})`;
    const failed = await checkAll(databases.migrate);
    assert.ok(failed.length >= 2 && failed.every(({ seed }) => seed === HERE), JSON.stringify(failed));
  } finally {
    await system.close();
  }
});

/** A line that the service breaks is told where it is missed, and the next one is a new one. */
async function survivesTheService({ databases, mqttPort }: System, wire: Wire): Promise<void> {
  const operatorId = await addOperator(databases, "Twin USD");
  const { serial, password } = await registerMachine(databases, { serial: "TWIN-CUT", operatorId });
  const greeting = (connection: number) => {
    const status = encodeStatus(statusOf(1, connection));
    return { birth: status, will: encodeStatus(statusOf(1, connection, { online: false })) };
  };
  const login = { port: mqttPort, serial, password };
  wire.ask({ do: "connect", login, ...greeting(1) });
  const other = await new Promise<Session>((resolve, reject) => {
    const session: Session = new Session({
      ...{ host: "127.0.0.1", ...login, ...greeting(2), onDown: reject, onMessage: () => undefined },
      onUp: () => resolve(session),
    });
  });
  const batch = { do: "publish", channel: "events", payload: new Uint8Array([1]), answered: true } as const;
  assert.throws(() => wire.ask(batch), /at publish: the line broke/);
  assert.throws(() => wire.ask({ do: "cut" }), /at cut: the line broke/);
  other.end();
  wire.ask({ do: "connect", login, ...greeting(3) });
  wire.ask({ do: "cut" });
}

/** Judges a machine's books as they are, after each has been spoiled in one place. Returns what is wrong with them. */
function seesWhatIsWrong(lived: Lived): string[] {
  const { books, cabinet } = lived;
  const [first] = books.sales;
  assert.ok(first !== undefined && cabinet.durable.counters.sales > 0, "it sold nothing: take another seed");
  assert.not(cabinet.history.rotten, "its flash rots: take another seed");
  const spoiled: readonly (readonly [expected: RegExp, books: Partial<Books>])[] = [
    [/is booked as undefined/, { sales: books.sales.slice(1) }],
    [/is booked twice/, { sales: [...books.sales, first] }],
    [/is booked as \{/, { sales: [{ ...first, amountMinor: first.amountMinor + 1 }, ...books.sales.slice(1)] }],
    [/that the ledger has not/, { sales: [...books.sales, { ...first, seq: 1_000_000 }] }],
    [/in the ledger/, { paymentsMinor: new Map([...books.paymentsMinor, ["voucher", -1_000_000]]) }],
    [/do not balance/, { paymentsMinor: new Map([...books.paymentsMinor, ["voucher", -1_000_000]]) }],
    [/in the books nothing/, { stock: new Map() }],
    [/set aside/, { setAside: 1 }],
    [/the mark is/, { mark: books.mark + 1 }],
    [/are summed as/, { summed: { sales: books.summed.sales + 1, amountMinor: books.summed.amountMinor } }],
    [/are flagged/, { held: books.held.map((record) => ({ ...record, flag: "malformed" })) }],
    [/records are booked of/, { held: books.held.slice(1), mark: books.mark - 1 }],
  ];
  for (const [expected, wrong] of spoiled) {
    const found = judgeBooks({ ...books, ...wrong }, cabinet);
    assert.ok(
      found.some((line) => expected.test(line)),
      `${expected} is not among: ${found.join("; ")}`,
    );
  }
  const told = judge(lived);
  // Last: the stand-in then stands on what is wrong.
  const short = judge({ ...lived, books: { ...books, held: books.held.slice(0, -1), mark: books.mark - 1 } });
  assert.match(short[0] ?? "", /^of [0-9]+ records the service was given it holds/);
  return told;
}

test("arguments that make no sense are named", () => {
  assert.equal(askedFor(["--machines", "3", "--days", "0", "--json"]), {
    request: { machines: 3, days: 0, seed: 1, workers: 2 },
    json: true,
  });
  assert.equal(askedFor(["--help"]), { help: true });
  for (const args of [["--machines", "0"], ["--days", "x"], ["--seed", "4294967295"], ["--what"]]) {
    assert.ok("refused" in askedFor(args), args.join(" "));
  }
  assert.ok("refused" in askedFor([], { SPIRAL_MQTT_URL: "mqtt://elsewhere" }));
});

test.run();
