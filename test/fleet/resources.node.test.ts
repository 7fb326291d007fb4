/** What an operator keeps through the API: places, products, machines; conditional changes and keys that repeat. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sweepKeys } from "../../fleet/store/idempotency.js";
import { adoptSales } from "../../fleet/store/products.js";
import { addOperator } from "../../fleet/store/provision.js";
import { allOf, asOperator } from "../../fleet/store/tenancy.js";
import { type SignedIn, signedIn } from "./signed-in.js";
import { startTestFleet, TestClient, type TestFleet, TestLedger, TestMachine } from "./support.js";

interface Context {
  fleet: TestFleet;
  api: SignedIn;
}
const test = suite<Context>("fleet/resources");

test.before(async (context) => {
  context.fleet = await startTestFleet();
  context.api = await signedIn(context.fleet);
  await context.fleet.addMachine("RES-1");
});
test.after(async ({ fleet }) => fleet.close());

const HALL = { name: "Main hall", type: "station", timeZone: "America/New_York", region: "East", latitude: "40.75" };

test("a location is made, read, changed, and removed; each change is on record with before and after", async ({
  fleet,
  api,
}) => {
  const made = (await api.ask("POST", "/locations", HALL)).json();
  assert.equal(
    [made.name, made.type, made.region, made.latitude, made.machines],
    ["Main hall", "station", "East", "40.7500000", 0],
  );
  const taken = await api.ask("POST", "/locations", HALL);
  assert.equal([taken.status, taken.json().code], [409, "name-taken"]);
  const path = `/locations/${made.id}`;
  const read = await api.ask("GET", path);
  assert.equal(read.json(), made);
  const changed = await api.ask("PATCH", path, { name: "Gate 7" }, { "if-match": String(read.headers.etag) });
  assert.equal([changed.status, changed.json().name, changed.json().type], [200, "Gate 7", "station"]);
  const stale = await api.ask("PATCH", path, { name: "Gate 8" }, { "if-match": String(read.headers.etag) });
  assert.equal([stale.status, stale.json().code], [412, "changed-meanwhile"]);
  assert.is((await api.ask("GET", path)).headers.etag, changed.headers.etag);
  assert.is((await api.ask("DELETE", path, undefined, { "if-match": String(read.headers.etag) })).status, 412);
  assert.is((await api.ask("DELETE", path)).status, 204);
  assert.equal((await api.ask("GET", path)).json().code, "no-such-location");
  const log = await fleet.databases.migrate<
    { action: string; before: { name: string } | null; after: { name: string } | null }[]
  >`
    SELECT action, before, after FROM audit_log WHERE subject = 'location' AND subject_id = ${made.id} ORDER BY id`;
  assert.equal(
    log.map(({ action, before, after }) => [action, before?.name, after?.name]),
    [
      ["created", undefined, "Main hall"],
      ["changed", "Main hall", "Gate 7"],
      ["removed", "Gate 7", undefined],
    ],
  );
});

test("locations come in pages, by name, filtered; what is wrong with one is said", async ({ api }) => {
  for (const name of ["A", "B", "C"]) {
    await api.ask("POST", "/locations", { name, timeZone: "Asia/Kathmandu", region: "Far" });
  }
  const names: string[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: { locations: { name: string }[]; nextCursor: string | null } = (
      await api.ask("GET", `/locations?region=Far&limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`)
    ).json();
    names.push(...page.locations.map(({ name }) => name));
    cursor = page.nextCursor;
  }
  assert.equal(names, ["A", "B", "C"]);
  for (const wrong of [
    { timeZone: "Mars/Olympus" },
    { timeZone: "+05:45" },
    { latitude: "91" },
    { longitude: "180.1" },
    { name: "" },
    { name: "a\u0000b" },
    { type: "moon" },
  ]) {
    const answer = await api.ask("POST", "/locations", { name: "D", timeZone: "UTC", ...wrong });
    assert.equal([answer.status, answer.json().code], [400, "bad-request"], JSON.stringify(wrong));
  }
});

test("a JSON body is taken as it is: an unknown field is named, no type is another, null stays null", async ({
  api,
}) => {
  const hall = { name: "Strict", timeZone: "UTC", latitude: "1.5", longitude: "2.5" };
  const { id } = (await api.ask("POST", "/locations", hall)).json();
  const wrong = await api.ask("PATCH", `/locations/${id}`, { name: "Renamed", "lat/long": "1" });
  assert.equal([wrong.status, wrong.json().code, wrong.json().errors[0].path], [400, "bad-request", "body/lat~1long"]);
  assert.is((await api.ask("GET", `/locations/${id}`)).json().name, "Strict");
  const moved = (await api.ask("PATCH", `/locations/${id}`, { latitude: null, longitude: null })).json();
  assert.equal([moved.latitude, moved.longitude], [null, null]);
  const quiet = { timeZone: "UTC", temperatureUnit: "C", quietFromMinute: null, quietToMinute: null };
  const kept = (await api.ask("PUT", "/alert-settings", quiet)).json();
  assert.equal([kept.quietFromMinute, kept.quietToMinute], [null, null]);
  assert.is((await api.ask("PUT", "/alert-settings", { ...quiet, quietFromMinute: "60" })).status, 400);
  // What is text on its way is still read as what it says.
  assert.is((await api.ask("GET", "/locations?limit=1")).json().locations.length, 1);
});

test("a product is made with the next number, changed, discontinued; its price fits its currency", async ({ api }) => {
  const body = { name: "Mate", category: "beverage", sku: "MATE", defaultPrice: "2.50", currency: "USD" };
  const made = (await api.ask("POST", "/products", { ...body, taxRate: "0.0825" })).json();
  assert.equal([made.number, made.taxRate, made.discontinued, made.imageUrl], [9, "0.0825", false, null]);
  assert.is((await api.ask("POST", "/products", { ...body, number: 9 })).json().code, "name-taken");
  const path = `/products/${made.number}`;
  for (const wrong of [{ defaultPrice: "2.505" }, { imageUrl: "javascript:alert(1)" }, { imageUrl: "//evil" }]) {
    assert.is((await api.ask("PATCH", path, wrong)).status, 400, JSON.stringify(wrong));
  }
  const imageUrl = "https://pictures.example/mate.png";
  const changed = (await api.ask("PATCH", path, { imageUrl, discontinued: true })).json();
  assert.equal([changed.imageUrl, changed.discontinued, changed.defaultPrice], [imageUrl, true, "2.50"]);
  const numbers = async (query: string) =>
    (await api.ask("GET", `/products${query}`)).json().products.map(({ number }: { number: number }) => number);
  assert.equal([await numbers(""), await numbers("?discontinued=true")], [[7, 8], [9]]);
  assert.is((await api.ask("GET", "/products/4711")).json().code, "no-such-product");
});

test("sales that came before their product was known get it, by a job", async ({ fleet, api }) => {
  const machine = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine("RES-2"));
  await machine.sync(new TestLedger().boot().sellCoke(1, { productId: 100 }));
  const sold = async () => (await api.ask("GET", "/transactions?machine=RES-2")).json().transactions[0].productName;
  assert.is(await sold(), null);
  const body = { number: 100, name: "Late", category: "snack", sku: "L", defaultPrice: "1", currency: "USD" };
  assert.is((await api.ask("POST", "/products", body)).status, 201);
  // The service's own job may have come first.
  await adoptSales(fleet.databases.migrate, 10);
  assert.is(await sold(), "Late");
  const flagged = await fleet.databases.migrate`SELECT 1 FROM ledger_records WHERE flag = 'unknownProduct'`;
  assert.is(flagged.length, 0);
});

test("a machine goes to a location and takes its zone; a decommissioned one is let in no more", async ({
  fleet,
  api,
}) => {
  const login = await fleet.addMachine("RES-3");
  const location = (await api.ask("POST", "/locations", { ...HALL, name: "Yard" })).json();
  const before = await api.ask("GET", "/machines/RES-3/profile");
  const moved = await api.ask("PATCH", "/machines/RES-3/profile", { locationId: location.id, model: "SP-60" });
  const { locationName, timeZone, latitude, model } = moved.json();
  assert.equal([locationName, timeZone, latitude, model], ["Yard", "America/New_York", "40.7500000", "SP-60"]);
  const both = { timeZone: "Asia/Kathmandu" };
  assert.match((await api.ask("PATCH", "/machines/RES-3/profile", both)).json().detail, "is the location's");
  const stale = { "if-match": String(before.headers.etag) };
  assert.is((await api.ask("PATCH", "/machines/RES-3/profile", { model: "X" }, stale)).status, 412);
  assert.is((await api.ask("DELETE", `/locations/${location.id}`)).json().code, "in-use");
  const knock = () =>
    TestClient.open(fleet.mqttPort, { clientId: "RES-3", username: "RES-3", password: login.password });
  const open = await knock();
  assert.is(open.code, 0);
  await open.client.disconnect();
  const gone = await api.ask("PATCH", "/machines/RES-3/profile", { decommissioned: true });
  assert.type(gone.json().decommissionedAt, "string");
  const shut = await knock();
  assert.is.not(shut.code, 0);
  await api.ask("PATCH", "/machines/RES-3/profile", { decommissioned: false });
  const back = await knock();
  assert.is(back.code, 0);
  await back.client.disconnect();
});

test("the list of machines is cut by tag, place and region", async ({ fleet, api }) => {
  await fleet.addMachine("RES-4");
  const place = (await api.ask("POST", "/locations", { name: "Pier", timeZone: "UTC", region: "Coast" })).json();
  await api.ask("PATCH", "/machines/RES-4/profile", { locationId: place.id });
  await api.ask("PUT", "/machines/RES-4/tags", { tags: ["by the sea"] });
  const serials = async (query: string) =>
    (await api.ask("GET", `/machines?${query}`)).json().machines.map(({ serial }: { serial: string }) => serial);
  for (const query of [
    "tag=by%20the%20sea",
    `location=${place.id}`,
    "region=Coast",
    "region=Coast&tag=by%20the%20sea",
  ]) {
    assert.equal(await serials(query), ["RES-4"], query);
  }
  assert.equal(await serials("region=Coast&tag=inland"), []);
  assert.is((await api.ask("GET", "/machines?location=pier")).status, 400);
});

test("nobody reads, changes or names what is another operator's", async ({ fleet, api }) => {
  const stranger = await addOperator(fleet.databases, "Somebody Else");
  const [theirs] = await asOperator(
    fleet.databases.app,
    allOf(stranger),
    (tx) => tx<{ id: string }[]>`INSERT INTO locations (operator_id, name) VALUES (${stranger}, 'Theirs') RETURNING id`,
  );
  const path = `/locations/${theirs?.id}`;
  for (const answer of [
    await api.ask("GET", path),
    await api.ask("PATCH", path, { name: "Ours" }),
    await api.ask("DELETE", path),
    await api.ask("PATCH", "/machines/RES-1/profile", { locationId: theirs?.id }),
  ]) {
    assert.equal([answer.status, answer.json().code], [404, "no-such-location"]);
  }
});

test("a key makes a POST happen once: repeated, reused for another, in flight, and over after a day", async ({
  fleet,
  api,
}) => {
  const headers = { "idempotency-key": "order 66" };
  const body = { name: "Once", timeZone: "UTC" };
  const first = await api.ask("POST", "/locations", body, headers);
  const again = await api.ask("POST", "/locations", body, headers);
  assert.equal([first.status, again.status, again.json()], [201, 201, first.json()]);
  const other = await api.ask("POST", "/locations", { ...body, name: "Twice" }, headers);
  assert.equal([other.status, other.json().code], [422, "key-reused"]);
  // A key of another route is another key.
  const product = { name: "K", category: "candy", sku: "K", defaultPrice: "1", currency: "USD" };
  assert.is((await api.ask("POST", "/products", product, headers)).status, 201);
  // A refusal is not kept: it is judged anew.
  const refused = { "idempotency-key": "refused" };
  assert.is((await api.ask("POST", "/locations", body, refused)).status, 409);
  assert.is((await api.ask("POST", "/locations", { ...body, name: "Free" }, refused)).status, 201);
  // Twenty at once: one is made; the others are told so, or to wait.
  const burst = await Promise.all(
    Array.from({ length: 20 }, () =>
      api.ask("POST", "/locations", { ...body, name: "Burst" }, { "idempotency-key": "burst" }),
    ),
  );
  assert.ok(burst.every(({ status, text }) => status === 201 || text.includes("key-in-flight")));
  assert.is(new Set(burst.filter(({ status }) => status === 201).map(({ text }) => text)).size, 1);
  const sql = fleet.databases.migrate;
  assert.is((await sql`SELECT 1 FROM locations WHERE name = 'Burst'`).length, 1);
  assert.is(await sweepKeys(sql, 100), 0);
  await sql`UPDATE idempotency_keys SET kept_until = now() WHERE key = 'order 66'`;
  assert.is((await api.ask("POST", "/locations", { ...body, name: "Twice" }, headers)).status, 201);
  await sql`UPDATE idempotency_keys SET kept_until = now()`;
  assert.ok((await sweepKeys(sql, 100)) > 0);
});

test("the answer to a key and its change are one: what fails behind the change leaves neither", async ({
  fleet,
  api,
}) => {
  const sql = fleet.databases.migrate;
  // Refuses to keep the answer, as a database that dies there would.
  await sql`ALTER TABLE idempotency_keys ADD CONSTRAINT broken CHECK (key <> 'broken')`;
  const body = { name: "Half", timeZone: "UTC" };
  const answer = await api.ask("POST", "/locations", body, { "idempotency-key": "broken" });
  assert.is(answer.status, 500);
  await sql`ALTER TABLE idempotency_keys DROP CONSTRAINT broken`;
  assert.is((await sql`SELECT 1 FROM locations WHERE name = 'Half'`).length, 0);
  const audit = await sql`SELECT 1 FROM audit_log WHERE after ->> 'name' = 'Half'`;
  assert.is(audit.length, 0);
  assert.is((await api.ask("POST", "/locations", body, { "idempotency-key": "broken" })).status, 201);
});

test.run();
