/** The OpenAPI document: complete, well-formed, and good enough that a client made from it at run time works. */
import { isAxiosError } from "axios";
import { type AxiosResponse, type Document, OpenAPIClientAxios } from "openapi-client-axios";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PROBLEM_CODES, PROBLEMS } from "../../fleet/api/problems.js";
import { type SignedIn, signedIn } from "./signed-in.js";
import { startTestFleet, type TestFleet, TestLedger, TestMachine } from "./support.js";

interface Context {
  fleet: TestFleet;
  api: SignedIn;
  cookie: string;
  document: Document;
}
const test = suite<Context>("fleet/openapi");

test.before(async (context) => {
  context.fleet = await startTestFleet();
  context.api = await signedIn(context.fleet);
  context.cookie = context.api.cookie;
  const machine = await TestMachine.connect(context.fleet.mqttPort, await context.fleet.addMachine("DOC-1"));
  await machine.sync(new TestLedger().boot().sellCoke(1));
  context.document = (await context.fleet.app.inject({ url: "/docs/openapi.json" })).json();
});
test.after(async ({ fleet }) => fleet.close());

const METHODS = ["get", "put", "post", "delete", "patch"];

interface Described {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly responses: Readonly<Record<string, unknown>>;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly security?: readonly object[];
  readonly requestBody?: {
    readonly content?: Readonly<
      Record<string, { readonly schema?: { readonly type?: string; readonly additionalProperties?: unknown } }>
    >;
  };
}

function operationsOf(document: Document): readonly Described[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item ?? {}).map(([method, operation]) => ({ method, path, ...Object(operation) })),
  );
}

test("every route is in the document with an id of its own, its parameters and its failures", ({ document }) => {
  assert.match(document.openapi, /^3\.1\./);
  const operations = operationsOf(document);
  const ids = operations.map(({ operationId }) => operationId);
  assert.is(new Set(ids).size, ids.length);
  for (const { method, path, operationId, parameters = [], responses, security } of operations) {
    const name = `${method} ${path}`;
    assert.ok(METHODS.includes(method), name);
    assert.match(operationId, /^[a-z]+[A-Z][A-Za-z0-9]*$/, name);
    const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map(([, parameter]) => parameter);
    const said = parameters.filter((parameter) => parameter.in === "path");
    assert.equal(said.map((parameter) => parameter.name).sort(), inPath.sort(), name);
    assert.ok(
      said.every(({ required }) => required === true),
      name,
    );
    assert.ok("500" in responses, `${name} does not state its failures`);
    assert.ok(security !== undefined, name);
  }
});

/** Pages for people, and what Prometheus reads: no client of the API calls them. */
const UNDOCUMENTED = ["GET /docs", "GET /docs/openapi.json", "GET /metrics", "GET /problems/:code"];

test("what the service answers to and what the document names are the same", ({ fleet, document }) => {
  const named = operationsOf(document).map(
    ({ method, path }) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`,
  );
  const routes = fleet.app.routeList.map(({ method, url }) => `${method} ${url}`);
  assert.equal(named.sort(), routes.filter((route) => !UNDOCUMENTED.includes(route)).sort());
});

/** CBOR is what machines send, CSV what is imported. */
const BODY_TYPES = ["application/cbor", "application/json", "text/csv"];

test("every body is of a type that the route takes, and one that is a file is named as such", async (context) => {
  const types = new Set<string>();
  for (const { method, path, requestBody } of operationsOf(context.document)) {
    for (const type of Object.keys(requestBody?.content ?? {})) types.add(type);
    if (path.endsWith("/imports")) {
      assert.equal(Object.keys(requestBody?.content ?? {}), ["text/csv"], `${method} ${path}`);
      assert.is(requestBody?.content?.["text/csv"]?.schema?.type, "string", `${method} ${path}`);
    }
  }
  assert.equal([...types].sort(), BODY_TYPES);
});

test("every body in JSON is closed: what nobody knows is refused", ({ document }) => {
  const bodies = operationsOf(document).flatMap(({ method, path, requestBody }) => {
    const schema = requestBody?.content?.["application/json"]?.schema;
    return schema?.type === "object" ? [{ name: `${method} ${path}`, schema }] : [];
  });
  assert.ok(bodies.length > 30, String(bodies.length));
  for (const { name, schema } of bodies) assert.is(schema.additionalProperties, false, name);
});

test("no reference leads nowhere", ({ document }) => {
  const text = JSON.stringify(document);
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference ?? "");
  assert.ok(references.length > 0);
  const schemas = Object.keys(document.components?.schemas ?? {}).map((name) => `#/components/schemas/${name}`);
  for (const reference of references) assert.ok(schemas.includes(reference), reference);
});

test("the page shows every operation and every problem, and needs nothing that the policy forbids", async (context) => {
  const { fleet, document } = context;
  const page = await fleet.app.inject({ url: "/docs" });
  assert.is(page.statusCode, 200);
  assert.match(String(page.headers["content-type"]), "text/html");
  assert.match(String(page.headers["content-security-policy"]), "script-src 'self'");
  assert.not.match(page.body, /<(script|link|img|iframe)|(src|href)="?(https?:)?\/\/|url\(/);
  for (const { operationId } of operationsOf(document)) assert.match(page.body, `id="${operationId}"`);
  for (const code of PROBLEM_CODES) {
    assert.match(page.body, `id="problem-${code}"`);
    // Where the `type` of a problem document leads.
    const one = await fleet.app.inject({ url: `/problems/${code}` });
    assert.is(one.statusCode, 200);
    assert.match(one.body, String(PROBLEMS[code].status));
  }
  assert.is((await fleet.app.inject({ url: "/problems/toString" })).json().code, "no-such-route");
});

test("a client made from the document reads, filters, and is refused by problem", async ({
  fleet,
  cookie,
  document,
}) => {
  const axiosConfigDefaults = { baseURL: fleet.url, headers: { cookie } };
  const api = new OpenAPIClientAxios({ definition: document, axiosConfigDefaults });
  const client = await api.init();
  const call = (id: string, parameters: Record<string, string | number>) => {
    const operation = client[id];
    assert.ok(operation, id);
    return operation(parameters);
  };
  const { machines } = (await call("getMachines", { limit: 1 })).data;
  assert.is(machines[0].serial, "DOC-1");
  const { slots } = (await call("getMachinesSerialSlots", { serial: "DOC-1" })).data;
  assert.is(slots.length, 2);
  const { transactions } = (await call("getTransactions", { machine: "DOC-1", status: "completed" })).data;
  assert.is(transactions[0].amount, "1.75");
  const refused = await call("getMachinesSerial", { serial: "NO-SUCH" }).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.is(isAxiosError(refused) ? refused.response?.data.code : refused, "no-such-machine");
});

/** What the client was refused with. */
async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (refused: unknown) => refused,
  );
  return isAxiosError(error) ? `${error.response?.status} ${error.response?.data.code}` : String(error);
}

type Call = (id: string, parameters?: object, data?: object | string, config?: object) => Promise<AxiosResponse>;

/** Calls an operation by its id with a key: where a header goes, and of which type a body is, the document says. */
async function clientOf({ fleet, api, document }: Context, scopes: readonly string[]): Promise<Call> {
  const made = await api.ask("POST", "/keys", { name: `client ${scopes.join()}`.slice(0, 100), scopes });
  assert.is(made.status, 201, made.text);
  const { key } = made.json();
  const axiosConfigDefaults = { baseURL: fleet.url, headers: { authorization: `Bearer ${key}` } };
  const client = await new OpenAPIClientAxios({ definition: document, axiosConfigDefaults }).init();
  const described = new Map(operationsOf(document).map((operation) => [operation.operationId, operation]));
  return (id, parameters = {}, data = undefined, config = {}) => {
    const operation = client[id];
    assert.ok(operation, id);
    const [type] = Object.keys(described.get(id)?.requestBody?.content ?? {});
    const headers = type === undefined ? {} : { "content-type": type };
    return operation({ ...parameters }, data, { headers, ...config });
  };
}

test("a client made from the document makes, changes on condition, is refused, removes", async (context) => {
  const call = await clientOf(context, ["locations:read", "locations:write"]);
  const hall = { name: "Client's hall", timeZone: "UTC" };
  const key = { "idempotency-key": "of the client" };
  const made = await call("postLocations", key, hall);
  assert.equal([made.status, made.data.name], [201, hall.name]);
  const { id } = made.data;
  assert.is((await call("postLocations", key, hall)).data.id, id);
  const { etag } = (await call("getLocationsId", { id })).headers;
  const changed = await call("patchLocationsId", { id, "if-match": etag }, { region: "East" });
  assert.is(changed.data.region, "East");
  const stale = { id, "if-match": etag };
  assert.is(await refusalOf(call("patchLocationsId", stale, { region: "West" })), "412 changed-meanwhile");
  assert.is(await refusalOf(call("deleteLocationsId", stale)), "412 changed-meanwhile");
  assert.is((await call("deleteLocationsId", { id, "if-match": changed.headers.etag })).status, 204);
  assert.is(await refusalOf(call("getLocationsId", { id })), "404 no-such-location");
});

test("it imports a file, first only to see what would happen, and reads an export piece by piece", async (context) => {
  const call = await clientOf(context, ["products:read", "products:write", "sales:read"]);
  const file = "number,name,category,sku,defaultPrice,currency\n70,Imported,snack,I,1.10,USD\n";
  const look = (await call("postProductsImports", { dryRun: true }, file)).data;
  assert.equal([look.dryRun, look.created, look.errorCount], [true, 1, 0]);
  assert.is(await refusalOf(call("getProductsNumber", { number: 70 })), "404 no-such-product");
  const taken = (await call("postProductsImports", {}, file)).data;
  assert.equal([taken.dryRun, taken.created, taken.errorCount], [false, 1, 0]);
  assert.is((await call("getProductsNumber", { number: 70 })).data.name, "Imported");
  const asked = { format: "ndjson", machine: "DOC-1" };
  const { data, headers } = await call("getTransactionsExport", asked, undefined, { responseType: "stream" });
  assert.match(String(headers["content-type"]), "application/x-ndjson");
  let text = "";
  for await (const piece of data) text += String(piece);
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.equal(
    lines.map(({ machine, amount }) => [machine, amount]),
    [["DOC-1", "1.75"]],
  );
});

test("what a reader has already is not sent again", async ({ fleet, cookie }) => {
  const get = (headers: Record<string, string> = {}) =>
    fleet.app.inject({ url: "/api/v1/products", headers: { cookie, ...headers } });
  const first = await get();
  const etag = String(first.headers.etag);
  assert.match(etag, /^"[\w-]{27}"$/);
  assert.is(first.headers["cache-control"], "private, no-cache");
  for (const held of [etag, `"other", ${etag}`, `W/${etag}`, "*"]) {
    const again = await get({ "if-none-match": held });
    assert.equal([again.statusCode, again.body, again.headers.etag], [304, "", etag], held);
  }
  const changed = await get({ "if-none-match": '"other"' });
  assert.equal([changed.statusCode, changed.body], [200, first.body]);
});

test.run();
