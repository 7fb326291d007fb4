/**
 * What tools/deploy ships as the door (edge/Caddyfile) in a real Caddy before real processes: pages and claims in one,
 * booking in another, a third gone. Every machine route of the service leads to a process that has it, nothing else is
 * let through, and what a client says of itself is not believed.
 */
import { X509Certificate } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DOOR_TRIES } from "../../fleet/api/machine-door/routes.js";
import { API_PREFIX, MACHINE_PREFIX } from "../../fleet/api/plugin.js";
import type { RouteFact } from "../../fleet/api/route-list.js";
import { type Fleet, startFleet } from "../../fleet/server.js";
import { authorityAct } from "../../tools/authorities.js";
import { SUITE } from "../../tools/measure/tls-bytes.js";
import { type Answer, HttpMachine } from "../fleet/http-machine.js";
import { claimed, newBoard, newClaim, openDoor, signedIn } from "../fleet/identity/boards.js";
import { boardToClaim } from "../fleet/identity/tls-board.js";
import { freePort, type Server, serverOf } from "../fleet/servers.js";
import {
  failure,
  neighbourOf,
  startTestFleet,
  type TestFleet,
  TestLedger,
  temporaryFolder,
  until,
} from "../fleet/support.js";
import { needBinary } from "../support/need.js";

const caddyPath = needBinary("caddy");
const CADDYFILE = fileURLToPath(new URL("../../tools/deploy/edge/Caddyfile", import.meta.url));

interface Context {
  folder: string;
  /** Pages, API and the machines' door. */
  api: TestFleet;
  /** Books what machines send. */
  ingest: Fleet;
  edge: Server;
  /** Of `edge`: where people come, and where boards do. */
  sitePort: number;
  doorPort: number;
}
const test = suite<Context>("tools/deploy edge");

test.before(async (context) => {
  const folder = await temporaryFolder();
  const tlsPort = await freePort();
  const shared = { trustedProxies: ["127.0.0.1"] };
  const broker = { host: "localhost", port: tlsPort };
  context.folder = folder;
  context.api = await startTestFleet({
    ...shared,
    roles: ["api"],
    door: openDoor(folder, { tlsPort: undefined, broker }),
  });
  const door = openDoor(folder, { tlsPort, broker });
  context.ingest = await startFleet(await neighbourOf(context.api, { ...shared, roles: ["ingest"], door }));
  context.sitePort = await freePort();
  context.doorPort = await freePort();
  context.edge = await caddy(context, door);
  await context.edge.start();
  // The site's certificate is made at the first start.
  await until(async () => (await failure(ask(context, { path: "/api/v1/session" }))) === "", "no page came");
});
test.after(async ({ folder, api, ingest, edge }) => {
  await edge.close();
  await ingest.close();
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

/** The shipped file with this test's ports; of the two processes that book one is gone. */
async function caddy({ folder, api, ingest, sitePort, doorPort }: Context, door: Fleet["app"]["door"] | object) {
  const place = await temporaryFolder();
  const certificates = join(place, "door");
  await mkdir(certificates);
  const config = { door: { ...openDoor(folder), ...door } };
  await authorityAct(["broker-certificate", certificates, "localhost"], () => undefined)?.(config);
  const portOf = (url: string): string => new URL(url).port;
  const shipped = (await readFile(CADDYFILE, "utf8"))
    .replaceAll("/etc/caddy/door", certificates)
    .replaceAll("127.0.0.1:8080", `127.0.0.1:${portOf(api.url)}`)
    .replaceAll("127.0.0.1:8081", `127.0.0.1:${portOf(ingest.url)}`)
    .replaceAll("127.0.0.1:8082", `127.0.0.1:${await freePort()}`)
    .replaceAll(":8443", `:${doorPort}`)
    .replaceAll("{$SPIRAL_SITE:localhost}", `https://localhost:${sitePort}`);
  // A certificate of its own for localhost, which nobody on this machine is to believe.
  const options = ["skip_install_trust", "auto_https disable_redirects", "admin off", `storage file_system ${place}`];
  await writeFile(join(place, "Caddyfile"), `{\n${options.join("\n")}\n}\n${shipped}`);
  const args = ["run", "--adapter", "caddyfile", "--config", join(place, "Caddyfile")];
  return serverOf(doorPort, place, { path: caddyPath, args });
}

interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** At the boards' door, not at the site. */
  readonly atDoor?: boolean;
  readonly from?: string;
}

/** Bytes of the path go as they are: nothing tidies them before the edge does. */
function ask({ sitePort, doorPort }: Context, { method = "GET", path, headers = {}, body, atDoor, from }: Ask) {
  return new Promise<Answer>((resolve, reject) => {
    const asked = request({
      host: "127.0.0.1",
      servername: "localhost",
      port: atDoor === true ? doorPort : sitePort,
      method,
      path,
      headers: { host: "localhost", ...headers },
      // Whom to believe is not what is tried here.
      rejectUnauthorized: false,
      ...(from === undefined ? {} : { localAddress: from }),
    });
    asked.once("error", reject);
    asked.once("response", (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      const told = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]);
      answer.once("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: new Headers(told),
          bytes: new Uint8Array(Buffer.concat(parts)),
        }),
      );
    });
    asked.end(body);
  });
}

function codeIn(text: string): string {
  return /"code":"([a-z-]+)"/.exec(text)?.[1] ?? "";
}

const isMachineRoute = ({ url }: RouteFact): boolean => url.startsWith(`${MACHINE_PREFIX}/`);

test("every machine route leads to a process that has it, at the site and at the boards' door", async (context) => {
  const owners = [context.api, context.ingest].flatMap(({ app }) =>
    app.routeList.filter(isMachineRoute).map((route) => ({ app, ...route })),
  );
  assert.equal(owners.map(({ url }) => url).sort(), [
    "/machine/v1/claims",
    "/machine/v1/orders",
    "/machine/v1/renewals",
    "/machine/v1/sync",
  ]);
  for (const { app, method, url } of owners) {
    // Asked by nobody, with nothing: each has its own refusal, which no other process would give.
    const inject = { method: method === "GET" ? "GET" : "POST", url, remoteAddress: "127.9.9.1" } as const;
    const own = await app.inject(inject);
    assert.ok([400, 401].includes(own.statusCode) && codeIn(own.body) !== "", `${url}: ${own.body}`);
    for (const atDoor of [false, true]) {
      for (const from of ["127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14"]) {
        const { status, bytes } = await ask(context, { method, path: url, atDoor, from });
        const code = codeIn(Buffer.from(bytes).toString());
        assert.equal([status, code], [own.statusCode, codeIn(own.body)], `${url} ${atDoor} ${from}`);
      }
    }
  }
});

test("nothing but that goes through the boards' door, and nothing of the inside through either", async (context) => {
  const inside = ["/metrics", "/METRICS", "/%6Detrics", "//metrics", "/healthz", "/readyz", "/x/../metrics"];
  const machines = ["", "/", "/other", "/claims/", "/claims/x", "/sync/../../../metrics", "/..%2f..%2fmetrics"];
  const others = machines.map((path) => `${MACHINE_PREFIX}${path}`);
  for (const path of [...inside, ...others]) {
    for (const atDoor of [false, true]) {
      const { status, bytes } = await ask(context, { path, atDoor });
      assert.ok([400, 404].includes(status), `${path} ${atDoor}: ${status}`);
      assert.not.match(Buffer.from(bytes).toString(), /spiral_|"status":"(ok|ready)"/, path);
    }
  }
  for (const path of ["/", "/docs", `${API_PREFIX}/session`, `${API_PREFIX}/machines`]) {
    assert.is((await ask(context, { path, atDoor: true })).status, 404, path);
  }
  assert.is((await ask(context, { path: `${API_PREFIX}/session` })).status, 401);
});

test("the limits count whom Caddy was asked by, whatever he says of himself", async (context) => {
  const body = JSON.stringify({ code: "none", serial: "EDGE-0", request: "AAAA" });
  const claim = async (from: string, n: number): Promise<number> => {
    const headers = {
      "content-type": "application/json",
      "x-forwarded-for": `203.0.113.${n}`,
      "x-real-ip": `203.0.113.${n}`,
      forwarded: `for=203.0.113.${n}`,
    };
    const path = `${MACHINE_PREFIX}/claims`;
    return (await ask(context, { method: "POST", path, headers, body, from, atDoor: n % 2 === 0 })).status;
  };
  const statuses: number[] = [];
  for (let n = 0; n <= DOOR_TRIES.max; n++) statuses.push(await claim("127.0.0.21", n));
  assert.equal([statuses[0], statuses.at(-2), statuses.at(-1)], [400, 400, 429]);
  assert.is(await claim("127.0.0.22", 1), 400);
});

test("at the boards' door there is TLS 1.2, the one suite and curve that boards take", async ({ doorPort }) => {
  const shake = (more: object) =>
    new Promise<{ cipher: string; curve: unknown; protocol: string | null }>((resolve, reject) => {
      const to = { host: "127.0.0.1", port: doorPort, servername: "localhost", rejectUnauthorized: false };
      const socket = connect({ ...to, ...more });
      socket.once("error", reject);
      socket.once("secureConnect", () => {
        const key = socket.getEphemeralKeyInfo();
        const curve = key !== null && "name" in key ? key.name : undefined;
        resolve({ cipher: socket.getCipher().name, curve, protocol: socket.getProtocol() });
        socket.destroy();
      });
    });
  const wide = { maxVersion: "TLSv1.3", ecdhCurve: "X25519:P-256:P-384" };
  assert.equal(await shake(wide), { cipher: SUITE, curve: "prime256v1", protocol: "TLSv1.2" });
  assert.match(await failure(shake({ minVersion: "TLSv1.3" })), /alert|version/i);
});

test("a board with nothing but a code claims itself through it, comes in and is booked", async (context) => {
  const { api, ingest, doorPort } = context;
  const cookie = await signedIn(api, api.operatorId, "owner");
  const { code } = await newClaim(api, cookie, ["EDGE-1"]);
  const authority = (await api.app.door.authorities()).bundle[0] ?? "";
  const board = boardToClaim({ serial: "EDGE-1", key: newBoard("EDGE-1").key, code, authority, doorPort });
  board.powerUp();
  await board.until(() => board.isUp, "it did not come in");
  assert.ok(board.said.includes("restart: claimed"));
  await board.until(() => board.acked > 0, "nothing was acknowledged");
  board.powerCut();
  assert.is(ingest.app.ingest?.isConnected(), true);
});

/** Speaks to the service through the edge. */
class EdgeMachine extends HttpMachine {
  readonly #ask: (asked: Ask) => Promise<Answer>;

  constructor(
    serial: string,
    credential: ConstructorParameters<typeof HttpMachine>[2],
    by: (ask: Ask) => Promise<Answer>,
  ) {
    super("", serial, credential);
    this.#ask = by;
  }

  override send(
    method: "GET" | "POST",
    path: string,
    headers: Record<string, string>,
    body?: Uint8Array,
  ): Promise<Answer> {
    if (body === undefined) return this.#ask({ method, path, headers });
    const all = { "content-type": "application/cbor", ...headers };
    return this.#ask({ method, path, headers: all, body });
  }
}

test("a machine without MQTT is booked through both doors: its signature holds, and nobody else's", async (context) => {
  const { api } = context;
  const board = newBoard("EDGE-2");
  const identity = await claimed(api, await signedIn(api, api.operatorId, "owner"), board);
  const certificate = new X509Certificate(identity.certificate).fingerprint256.replaceAll(":", "").toLowerCase();
  const ledger = new TestLedger().boot().sellCoke(1);
  let mark = 0;
  const numbers = { sync: 0, orders: 0 };
  for (const atDoor of [false, true]) {
    const by = (asked: Ask) => ask(context, { ...asked, atDoor });
    const machine = new EdgeMachine("EDGE-2", { key: board.key, certificate }, by);
    Object.assign(machine.numbers, numbers);
    ({ mark } = await machine.batch(ledger.batch(mark + 1)));
    assert.is(mark, ledger.newest);
    assert.is((await machine.orders(0)).status, 200);
    ledger.sellCoke(2);
    Object.assign(numbers, machine.numbers);
    // Who says that a proxy has seen the machine's certificate has proved nothing.
    const shown = encodeURIComponent(identity.certificate);
    const headers = {
      "spiral-number": "1000",
      "x-client-cert": shown,
      "x-forwarded-client-cert": shown,
      "ssl-client-verify": "SUCCESS",
    };
    const forged = await by({ path: `${MACHINE_PREFIX}/orders`, headers });
    assert.equal([forged.status, codeIn(Buffer.from(forged.bytes).toString())], [401, "machine-unproved"]);
  }
});

test.run();
