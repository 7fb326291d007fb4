/** Products and locations from CSV: all or nothing, told line by line, or only looked at. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MAX_IMPORT_ROWS } from "../../fleet/api/imports/rows.js";
import { MAX_IMPORT_BYTES } from "../../fleet/api/imports/run.js";
import { type SignedIn, signedIn } from "./signed-in.js";
import { startTestFleet, type TestFleet } from "./support.js";

const test = suite<{ fleet: TestFleet; api: SignedIn }>("fleet/imports");
test.before(async (context) => {
  context.fleet = await startTestFleet();
  context.api = await signedIn(context.fleet);
});
test.after(async ({ fleet }) => fleet.close());

const CSV = { "content-type": "text/csv" };
const HEAD = "number,name,category,sku,defaultPrice,currency";

test("a file is looked at, taken as a whole, and taken again without doubling anything", async ({ fleet, api }) => {
  const text = `\ufeff${HEAD}\r\n7,"Coke, cold",beverage,COKE,1.85,USD\r\n,Mate,beverage,MATE,2.50,USD\r\n`;
  const count = async () => (await api.ask("GET", "/products")).json().products.length;
  const look = (await api.ask("POST", "/products/imports?dryRun=true", text, CSV)).json();
  assert.equal([look.created, look.changed, look.errorCount, await count()], [1, 1, 0, 2]);
  const taken = (await api.ask("POST", "/products/imports", text, CSV)).json();
  assert.equal([taken.created, taken.changed, await count()], [1, 1, 3]);
  assert.is((await api.ask("GET", "/products/7")).json().name, "Coke, cold");
  const places = "name,timeZone,region\nHall,America/New_York,East\nYard,UTC,\n";
  assert.is((await api.ask("POST", "/locations/imports", places, CSV)).json().created, 2);
  assert.is((await api.ask("POST", "/locations/imports", places, CSV)).json().changed, 2);
  const log = await fleet.databases.migrate`SELECT 1 FROM audit_log WHERE subject IN ('product', 'location')`;
  assert.is(log.length, 6);
});

test("one wrong line and nothing is taken; each is told with its line and column", async ({ api }) => {
  const wrong = ["91,Bad,planet,B,1.00,USD", "92,Fine,snack,F,1.005,USD", "x,No,snack,N,1,USD"];
  const text = [HEAD, "90,Good,snack,G,1.00,USD", ...wrong].join("\n");
  const answer = (await api.ask("POST", "/products/imports", text, CSV)).json();
  assert.equal(
    answer.errors.map(({ line, column }: { line: number; column: string }) => `${line} ${column}`),
    ["3 category", "4 defaultPrice", "5 number"],
  );
  assert.is((await api.ask("GET", "/products/90")).status, 404);
  const odd = (await api.ask("POST", "/locations/imports", "name,timeZone,colour\nA,Mars/Base,red\n", CSV)).json();
  assert.ok(odd.errors.some(({ line, column }: { line: number; column: string }) => line === 1 && column === "colour"));
  const broken = (await api.ask("POST", "/products/imports", `${HEAD}\n1,"open`, CSV)).json();
  assert.is(broken.errorCount, 1);
});

const PROFILES = "serial,model,location,locationName,timeZone,tags";

test("machines get place, zone, model and tags by one file; what is so already is left alone", async ({
  fleet,
  api,
}) => {
  for (const serial of ["IMP-1", "IMP-2"]) await fleet.addMachine(serial);
  await api.ask("POST", "/locations", { name: "Depot", timeZone: "Europe/Vienna" });
  const lines = ["IMP-2,SP-60,,Gate 4,Asia/Tokyo,", "IMP-1,,Depot,,,east; lobby"];
  const text = [PROFILES, ...lines].join("\n");
  const profile = async (serial: string) => (await api.ask("GET", `/machines/${serial}/profile`)).json();
  const look = (await api.ask("POST", "/machines/imports?dryRun=true", text, CSV)).json();
  assert.equal([look.changed, look.errorCount, (await profile("IMP-1")).locationId], [2, 0, null]);
  assert.is((await api.ask("POST", "/machines/imports", text, CSV)).json().changed, 2);
  const [one, two] = [await profile("IMP-1"), await profile("IMP-2")];
  assert.equal([one.locationName, one.timeZone], ["Depot", "Europe/Vienna"]);
  assert.equal([two.model, two.locationName, two.timeZone], ["SP-60", "Gate 4", "Asia/Tokyo"]);
  assert.equal((await api.ask("GET", "/machines/IMP-1/tags")).json().tags, ["east", "lobby"]);
  const again = (await api.ask("POST", "/machines/imports", text, CSV)).json();
  assert.equal([again.changed, again.unchanged], [0, 2]);
});

test("a machine's line that does not fit is told with its column, and none is taken", async ({ api }) => {
  const lines = [
    "IMP-1,SP-99,,,,",
    "NONE-1,,,,,",
    "IMP-2,,No such place,,,",
    "IMP-2,,,,Mars/Base,",
    "IMP-1,,,Beside it,,",
    "IMP-2,,,,,NO TAG",
  ];
  const answer = (await api.ask("POST", "/machines/imports", [PROFILES, ...lines].join("\n"), CSV)).json();
  const told = answer.errors.map(({ line, column }: { line: number; column: string }) => `${line} ${column}`);
  const wanted = [
    "3 serial",
    "4 location",
    "5 serial",
    "5 timeZone",
    "6 locationName",
    "6 serial",
    "7 serial",
    "7 tags",
  ];
  assert.equal(told.sort(), wanted);
  assert.is.not((await api.ask("GET", "/machines/IMP-1/profile")).json().model, "SP-99");
});

const SLOTS = "machine,slot,column,productNumber,price,capacity,quantity,retry";

test("planograms of many machines become new versions with their orders, all or none", async ({ fleet, api }) => {
  const lines = ["IMP-2,A1,0,7,1.50,10,4,", "IMP-1,A1,0,7,,8,,true", "IMP-2,A2,1,8,2.00,10,,"];
  const text = (more: readonly string[]) => [SLOTS, ...lines, ...more].join("\n");
  const newest = async (serial: string) => (await api.ask("GET", `/machines/${serial}/planograms`)).json().desired;
  const before = await newest("IMP-1");
  const wrong = text(["IMP-2,A2,2,7,,8,,", "IMP-1,B1,1,4711,,8,,", "NONE-1,A1,0,7,,8,,", "IMP-1,C1,1.5,7,,8,,maybe"]);
  const refused = (await api.ask("POST", "/planograms/imports", wrong, CSV)).json();
  const told = refused.errors.map(({ line, column }: { line: number; column: string }) => `${line} ${column}`);
  assert.equal(told.sort(), ["5 slot", "6 productNumber", "7 machine", "8 column", "8 retry"]);
  assert.is((await api.ask("POST", "/planograms/imports?dryRun=true", text([]), CSV)).json().errorCount, 0);
  assert.equal([await newest("IMP-1"), (await fleet.databases.migrate`SELECT 1 FROM orders`).length], [before, 0]);
  const taken = (await api.ask("POST", "/planograms/imports", text([]), CSV)).json();
  assert.equal([taken.rows, taken.created + taken.changed, taken.errorCount], [3, 2, 0]);
  const version = await newest("IMP-2");
  const { slots } = (await api.ask("GET", `/machines/IMP-2/planograms/${version}`)).json();
  const shown = slots.map(({ slot, price, quantity }: Record<string, unknown>) => `${slot} ${price} ${quantity}`);
  assert.equal(shown, ["A1 1.50 4", "A2 2.00 0"]);
  assert.is((await fleet.databases.migrate`SELECT 1 FROM orders`).length, 2);
  const again = (await api.ask("POST", "/planograms/imports", text([]), CSV)).json();
  assert.equal([again.unchanged, await newest("IMP-2")], [2, version]);
  const many = Array.from({ length: 61 }, (_, at) => `IMP-1,S${at},${Math.min(at, 59)},7,,8,,`);
  const full = (await api.ask("POST", "/planograms/imports", [SLOTS, ...many].join("\n"), CSV)).json();
  assert.equal([full.errors[0].line, full.errors[0].column], [62, "machine"]);
});

test("a file that is too long is refused by its size or its rows", async ({ api }) => {
  const big = await api.ask("POST", "/products/imports", "x".repeat(MAX_IMPORT_BYTES + 1), CSV);
  assert.equal([big.status, big.json().code], [413, "body-too-large"]);
  const many = `name,timeZone\n${"A,UTC\n".repeat(MAX_IMPORT_ROWS + 1)}`;
  const long = await api.ask("POST", "/locations/imports", many, CSV);
  assert.equal([long.status, long.json().code], [413, "too-many-rows"]);
});

test.run();
