/** Products and locations from CSV: all or nothing, told line by line, or only looked at. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MAX_IMPORT_BYTES } from "../../fleet/api/imports/routes.js";
import { MAX_IMPORT_ROWS } from "../../fleet/api/imports/rows.js";
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

test("a file that is too long is refused by its size or its rows", async ({ api }) => {
  const big = await api.ask("POST", "/products/imports", "x".repeat(MAX_IMPORT_BYTES + 1), CSV);
  assert.equal([big.status, big.json().code], [413, "body-too-large"]);
  const many = `name,timeZone\n${"A,UTC\n".repeat(MAX_IMPORT_ROWS + 1)}`;
  assert.match((await api.ask("POST", "/locations/imports", many, CSV)).json().errors[0].message, "at most");
});

test.run();
