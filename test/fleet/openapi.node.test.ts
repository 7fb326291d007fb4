/** The OpenAPI document: complete, well-formed, and good enough that a client made from it at run time works. */
import { isAxiosError } from "axios";
import { type Document, OpenAPIClientAxios } from "openapi-client-axios";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PROBLEM_CODES, PROBLEMS } from "../../fleet/api/problems.js";
import { signedIn } from "./signed-in.js";
import { startTestFleet, type TestFleet, TestLedger, TestMachine } from "./support.js";

interface Context {
  fleet: TestFleet;
  cookie: string;
  document: Document;
}
const test = suite<Context>("fleet/openapi");

test.before(async (context) => {
  context.fleet = await startTestFleet();
  context.cookie = (await signedIn(context.fleet)).cookie;
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
