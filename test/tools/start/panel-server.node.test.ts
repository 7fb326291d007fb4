/**
 * The panel's server: what it answers, what it refuses, and each of its limits reached. The system runs in this
 * process.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Action } from "../../../fleet/web/panel/contract.js";
import { MAX_COINS_ON_THE_WAY, MAX_INPUTS_WAITING } from "../../../tools/start/actions.js";
import {
  MAX_BEHIND_BYTES,
  MAX_BODY_BYTES,
  MAX_LISTENERS,
  startPanelServer,
} from "../../../tools/start/panel-server.js";
import { newDataFolder, removeFolder, startTestSystem, type TestSystem, until } from "./support.js";

interface Context {
  at: TestSystem;
  said: string[];
}
const test = suite<Context>("tools/start/panel-server");

test.before(async (context) => {
  context.said = [];
  context.at = await startTestSystem(await newDataFolder(), context.said);
  await context.at.panel.untilRest();
});
test.after(async ({ at, said }) => {
  await at.stop();
  await removeFolder(at.dataDir);
  assert.equal(said, []);
});

/** Asks with these headers, which fetch would not send. */
function ask(url: string, lines: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString();
    });
    socket.on("end", () => resolve(text));
    socket.on("error", reject);
    socket.write([...lines, "connection: close", "", ""].join("\r\n"));
  });
}

const statusOf = (answer: string): string => answer.split(" ")[1] ?? "";

test("serves its page with headers that keep others out", async ({ at }) => {
  const page = await fetch(at.panel.url);
  assert.match(await page.text(), /<title>Panel/);
  const policy = page.headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src 'self'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.is(page.headers.get("x-content-type-options"), "nosniff");
  assert.is(page.headers.get("access-control-allow-origin"), null);
  assert.is((await fetch(`${at.panel.url}/../package.json`)).status, 404);
});

test("answers no other site's page and no name but a loopback one", async ({ at }) => {
  const { port } = new URL(at.panel.url);
  const own = `host: 127.0.0.1:${port}`;
  const get = "GET /api/state HTTP/1.1";
  assert.is(statusOf(await ask(at.panel.url, [get, own])), "200");
  assert.is(statusOf(await ask(at.panel.url, [get, `host: localhost:${port}`])), "200");
  assert.is(statusOf(await ask(at.panel.url, [get, own, `origin: http://127.0.0.1:${port}`])), "200");
  const refused = [
    [get, "host: attacker.example"],
    [get, "host: 127.0.0.1.attacker.example"],
    [get, own, "origin: https://attacker.example"],
    [get, own, "origin: http://127.0.0.1:1"],
    [get, own, "origin: null"],
    [get, own, "sec-fetch-site: cross-site"],
    [get, own, "sec-fetch-site: same-site"],
    ["POST /api/act HTTP/1.1", own, "origin: https://attacker.example", "content-length: 0"],
    ["GET / HTTP/1.1", "host: attacker.example"],
  ];
  for (const lines of refused) assert.is(statusOf(await ask(at.panel.url, lines)), "403", lines.join(" | "));
  // A link from elsewhere opens the page itself.
  assert.is(statusOf(await ask(at.panel.url, ["GET / HTTP/1.1", own, "sec-fetch-site: cross-site"])), "200");
});

test("takes only actions of the contract", async ({ at: { panel } }) => {
  const bodies: readonly unknown[] = [
    {},
    [],
    "null",
    { do: "explode" },
    { do: "coin" },
    { do: "coin", valueMinor: 0.5 },
    { do: "coin", valueMinor: -25 },
    { do: "coin", valueMinor: 25, more: 1 },
    { do: "power" },
    { do: "power", on: "yes" },
    { do: "key", key: "é" },
    { do: "select", slot: "A123456" },
    { do: "jamTube", type: 99, on: true },
  ];
  for (const body of bodies) assert.is((await panel.post(body)).status, 400, JSON.stringify(body));
  assert.is((await panel.post("{ not json")).status, 400);
  assert.is((await panel.post("do=coin", { "content-type": "application/x-www-form-urlencoded" })).status, 415);
});

test("says what cannot be done now", async ({ at: { panel } }) => {
  const refusals = [
    [{ do: "jamSlot", slot: "Z9", on: true }, /no slot Z9/],
    [{ do: "jamTube", type: 3, on: true }, /no tube for coin type 3/],
    [{ do: "kick" }, /Nothing hangs/],
    [{ do: "pullBill" }, /No bill waits/],
    [{ do: "refillSlot", slot: "B4" }, /is full/],
  ] as const;
  for (const [action, why] of refusals) {
    const answer = await panel.post(action);
    assert.is(answer.status, 409, action.do);
    assert.match(await answer.text(), why);
  }
});

test("a body beyond its limit is refused unread", async ({ at: { panel } }) => {
  const action = JSON.stringify({ do: "key", key: "1" });
  assert.is((await panel.post(action.padEnd(MAX_BODY_BYTES))).status, 204);
  assert.is((await panel.post(action.padEnd(MAX_BODY_BYTES + 1))).status, 413);
});

/** Does it so many times before anything can move. */
function atOnce(at: TestSystem, action: Action, times: number): (string | undefined)[] {
  return Array.from({ length: times }, () => at.system.machine.act(action));
}

test("the coin slot is full at some point, and empties itself", async ({ at }) => {
  const answers = atOnce(at, { do: "coin", valueMinor: 5 }, MAX_COINS_ON_THE_WAY + 1);
  assert.match(answers.pop() ?? "", /slot is full/);
  assert.equal(
    answers.filter((answer) => answer !== undefined),
    [],
  );
  await at.panel.untilCredit(5 * MAX_COINS_ON_THE_WAY);
  await at.panel.act({ do: "coin", valueMinor: 5 });
  await at.panel.untilCredit(5 * MAX_COINS_ON_THE_WAY + 5);
  await at.panel.act({ do: "lever" });
  await at.panel.untilCredit(0);
  await at.panel.act({ do: "takeCoins" });
});

test("no more keys are pressed than the machine can remember", async ({ at }) => {
  await at.panel.act({ do: "power", on: false });
  assert.match((await (await at.panel.post({ do: "key", key: "1" })).text()) ?? "", /no power/);
  // Switched on, its program looks at nothing for 350 ms.
  assert.is(at.system.machine.act({ do: "power", on: true }), undefined);
  const answers = atOnce(at, { do: "key", key: "1" }, MAX_INPUTS_WAITING + 1);
  assert.match(answers.pop() ?? "", /busy/);
  assert.equal(
    answers.filter((answer) => answer !== undefined),
    [],
  );
  await at.panel.untilRest();
});

/** Opens a page's event stream; what comes is counted, and read only while `reading`. */
function follow(url: string, reading: boolean): { readonly socket: Socket; text: string; closed: boolean } {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const page = { socket, text: "", closed: false };
  socket.on("close", () => {
    page.closed = true;
  });
  socket.on("error", () => undefined);
  if (reading) socket.on("data", (chunk) => (page.text += chunk.toString()));
  socket.write(`GET /api/events HTTP/1.1\r\nhost: ${hostname}:${port}\r\n\r\n`);
  return page;
}

test("a page is told everything at once and then what changes", async ({ at: { panel } }) => {
  const page = follow(panel.url, true);
  await until(
    "the first events",
    () => page.text,
    (text) => /event: state[\s\S]*event: traffic[\s\S]*event: ledger/.test(text),
  );
  assert.match(page.text, /content-type: text\/event-stream/);
  assert.match(page.text, /"kind":"boot"/);
  page.text = "";
  await panel.act({ do: "door", on: true });
  await until(
    "the door in state and ledger",
    () => page.text,
    (text) => /"doorOpen":true/.test(text) && /doorOpened/.test(text),
  );
  await panel.act({ do: "door", on: false });
  await panel.untilRest();
  page.socket.destroy();
});

test("so many pages and no more; one that leaves makes room", async ({ at: { panel } }) => {
  const pages = Array.from({ length: MAX_LISTENERS }, () => follow(panel.url, true));
  await until(
    "all follow",
    () => pages.filter(({ text }) => text.includes("event: ledger")).length,
    (n) => n === MAX_LISTENERS,
  );
  const one = follow(panel.url, true);
  await until(
    "one too many",
    () => one.text,
    (text) => text.includes("Too many pages"),
  );
  assert.match(one.text, /^HTTP\/1\.1 503/);
  one.socket.destroy();
  pages[0]?.socket.destroy();
  await until(
    "there is room",
    async () => {
      const next = follow(panel.url, true);
      await until(
        "an answer",
        () => next.text,
        (text) => text.includes("\r\n\r\n"),
      );
      next.socket.destroy();
      return next.text;
    },
    (text) => text.startsWith("HTTP/1.1 200"),
  );
  for (const { socket } of pages) socket.destroy();
});

test("a page that does not read is cut off", async ({ at: { panel, system } }) => {
  const page = follow(panel.url, false);
  let received = 0;
  await until(
    "the first bytes",
    () => page.socket.bytesRead,
    (bytes) => bytes > 0,
  );
  const line = { n: 1, atMs: 1, from: "VMC", words: "x".repeat(MAX_BEHIND_BYTES), meaning: "" } as const;
  const lines = 64;
  // More than the kernel keeps for a socket, so that it piles up on our side.
  for (let i = 0; i < lines; i++) {
    system.machine.onTraffic([line]);
    await new Promise((resolve) => setImmediate(resolve));
  }
  page.socket.on("data", (chunk) => {
    received += chunk.length;
  });
  await until(
    "the stream ends",
    () => page.closed,
    (closed) => closed,
  );
  assert.ok(received < (lines * MAX_BEHIND_BYTES) / 2, `${received} bytes came through`);
  await panel.until("others are still served", () => true);
});

test("a port that is taken is named with its setting", async ({ at }) => {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const options = { machine: at.system.machine, host: "127.0.0.1", port, pagesDir: at.dataDir };
  const message = await startPanelServer(options).then(
    () => "it listens",
    (error: unknown) => String(error),
  );
  assert.match(message, new RegExp(`SPIRAL_PANEL_PORT is ${port}, which is taken.*0 takes a free one`));
  await new Promise((resolve) => server.close(resolve));
});

test.run();
