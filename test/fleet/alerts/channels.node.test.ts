/** Alerts on their way out: the outbox on a real database, a real mail server, a real https server. */
import { rm } from "node:fs/promises";
import { createServer, type Server } from "node:https";
import { type AddressInfo, createServer as createPlain, type Server as NetServer } from "node:net";
import { SMTPServer } from "smtp-server";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { emailChannel } from "../../../fleet/alerts/channels/email.js";
import { webhookChannel } from "../../../fleet/alerts/channels/webhook.js";
import { quietUntil } from "../../../fleet/alerts/quiet.js";
import { type SenderPorts, sendDue } from "../../../fleet/alerts/sender.js";
import { MAX_TRIES } from "../../../fleet/hooks/retry.js";
import { hookSecret, isSigned } from "../../../fleet/hooks/sign.js";
import type { Reach } from "../../../fleet/hooks/target.js";
import type { AlertNews } from "../../../fleet/store/alerts.js";
import { type Databases, openDatabases } from "../../../fleet/store/databases.js";
import { holdChannels, LEASE_MS, MAX_WAITING, putNews } from "../../../fleet/store/deliveries.js";
import { addOperator } from "../../../fleet/store/provision.js";
import { inTransaction } from "../../../fleet/store/transact.js";
import { issue } from "../../../tools/measure/certificates.js";
import { begunFolder, testConfig } from "../support.js";

interface Hooked {
  readonly id: string;
  readonly header: string;
  readonly body: string;
}
interface Context {
  dataDir: string;
  databases: Databases;
  ca: string;
  key: string;
  cert: string;
  hooks: Server;
  hookPort: number;
  hooked: Hooked[];
  status: number;
}
const test = suite<Context>("fleet/alerts/channels");
const MASTER = new Uint8Array(32).fill(7);
const T0 = Date.UTC(2026, 5, 3, 12);
const MINUTE = 60_000;

test.before(async (context) => {
  context.dataDir = await begunFolder();
  context.databases = await openDatabases(testConfig(context.dataDir));
  const authority = issue({ name: "Mail authority", authority: true });
  const leaf = issue({ name: "here", issuer: authority, dns: ["localhost", "hook.example"], usage: "server" });
  Object.assign(context, { ca: authority.pem, key: leaf.keyPem, cert: leaf.pem });
  context.hooks = createServer({ key: leaf.keyPem, cert: leaf.pem }, (incoming, outgoing) => {
    let body = "";
    incoming.setEncoding("utf8").on("data", (chunk) => {
      body += chunk;
    });
    incoming.on("end", () => {
      const { "spiral-delivery": id, "spiral-signature": header } = incoming.headers;
      context.hooked.push({ id: String(id), header: String(header), body });
      outgoing.writeHead(context.status).end();
    });
  });
  context.hookPort = await listening(context.hooks);
});
test.before.each((context) => {
  context.hooked = [];
  context.status = 204;
});
test.after(async ({ databases, dataDir, hooks }) => {
  hooks.closeAllConnections();
  await new Promise((resolve) => hooks.close(resolve));
  await databases.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function listening(server: NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address: AddressInfo | string | null = server.address();
  return address !== null && typeof address !== "string" ? address.port : 0;
}

/** Ports of a sender whose clock stands at `nowMs`. */
function portsAt({ databases, ca }: Context, nowMs: number, smtpUrl?: string): SenderPorts {
  const reach: Reach = {
    resolve: async () => [{ address: "127.0.0.1", family: 4 }],
    allows: (address) => address === "127.0.0.1",
    ca,
  };
  const mail = smtpUrl === undefined ? undefined : { url: smtpUrl, from: "Spiral <alerts@spiral.example>", ca };
  const channels = { email: emailChannel(mail), webhook: webhookChannel(MASTER, reach) };
  return { ingest: () => databases.ingest, now: () => nowMs, chance: () => 0, channels, log: () => undefined };
}

/** An operator with one channel; ids of both. */
async function channelOf(
  { databases, hookPort }: Context,
  name: string,
  more: { kind?: string; severity?: string; rules?: string[]; target?: object } = {},
): Promise<{ readonly operatorId: string; readonly id: string }> {
  const operatorId = await addOperator(databases, name);
  const { kind = "webhook", severity = "warning", rules = null } = more;
  const target = more.target ?? { url: `https://hook.example:${hookPort}/` };
  const [row] = await databases.migrate<{ id: string }[]>`
    INSERT INTO channels (operator_id, name, kind, target, least_severity, rules)
    VALUES (${operatorId}, ${name}, ${kind}, ${JSON.stringify(target)}::text::jsonb, ${severity}, ${rules}::text[])
    RETURNING id`;
  return { operatorId, id: row?.id ?? "" };
}

function newsOf(operatorId: string, more: Partial<AlertNews> = {}): AlertNews {
  return {
    kind: "opened",
    id: "00000000-0000-8000-8000-000000000001",
    operatorId,
    machine: "M-1234",
    rule: "slotEmpty",
    slotCode: "B4",
    severity: "warning",
    sentence: "M-1234 slot B4 is empty",
    openedAt: new Date(T0),
    resolvedAt: null,
    ...more,
  };
}

function put({ databases }: Context, news: readonly AlertNews[], nowMs = T0): Promise<void> {
  return inTransaction(databases.ingest, (tx) => putNews(tx, news, nowMs));
}

async function outbox({ databases }: Context, id: string): Promise<readonly string[]> {
  const rows = await databases.migrate<{ text: string }[]>`
    SELECT concat_ws(' ', event, state, tries, error) AS text FROM deliveries WHERE channel_id = ${id}
    ORDER BY created_at, event`;
  return rows.map(({ text }) => text);
}

test("an alert reaches its webhook signed, once; what the channel does not want stays away", async (context) => {
  const { operatorId, id } = await channelOf(context, "routes", { severity: "error", rules: ["tooWarm", "jam"] });
  await put(context, [
    newsOf(operatorId, { rule: "tooWarm", severity: "critical", sentence: "M-1234 is too warm" }),
    newsOf(operatorId, { rule: "jam", severity: "warning" }),
    newsOf(operatorId, { rule: "offline", severity: "critical" }),
    newsOf(await addOperator(context.databases, "Nobody's"), { rule: "jam", severity: "critical" }),
  ]);
  assert.is(await sendDue(portsAt(context, T0)), 1);
  assert.is(await sendDue(portsAt(context, T0 + MINUTE)), 0);
  const [hook] = context.hooked;
  assert.is(context.hooked.length, 1);
  const body = JSON.parse(hook?.body ?? "{}");
  assert.equal([body.id, body.event, body.alerts[0].sentence], [hook?.id, "alert.opened", "M-1234 is too warm"]);
  const signed = { id: hook?.id ?? "", body: hook?.body ?? "" };
  assert.is(isSigned(signed, hook?.header ?? "", hookSecret(MASTER, id, 1), T0 / 1_000), true);
  assert.equal(await outbox(context, id), ["alert.opened sent 1"]);
});

test("what fails is tried again under the same id, then is a dead letter, and can be sent again", async (context) => {
  const { operatorId, id } = await channelOf(context, "fails");
  await put(context, [newsOf(operatorId)]);
  context.status = 500;
  let nowMs = T0;
  for (let turn = 1; turn < MAX_TRIES; turn++) {
    assert.is(await sendDue(portsAt(context, nowMs)), 1, `try ${turn}`);
    // At once again: it is not its turn.
    assert.is(await sendDue(portsAt(context, nowMs + 1)), 0);
    nowMs += 3_600_000;
  }
  assert.equal(await outbox(context, id), [`alert.opened waiting ${MAX_TRIES - 1} answered 500`]);
  await sendDue(portsAt(context, nowMs));
  assert.equal(await outbox(context, id), [`alert.opened dead ${MAX_TRIES} answered 500`]);
  assert.is(new Set(context.hooked.map((hook) => hook.id)).size, 1);
  context.status = 204;
  await context.databases.migrate`
    UPDATE deliveries SET state = 'waiting', tries = 0, due_at = ${new Date(nowMs)} WHERE channel_id = ${id}`;
  await sendDue(portsAt(context, nowMs + MINUTE));
  assert.equal(await outbox(context, id), ["alert.opened sent 1"]);
});

test("many at once go as one digest; an outbox that is full counts what it left out, and tells", async (context) => {
  const { operatorId, id } = await channelOf(context, "storm");
  const storm = Array.from({ length: MAX_WAITING + 30 }, (_, at) =>
    newsOf(operatorId, { slotCode: `S${at}`, sentence: `M-1234 slot S${at} is empty` }),
  );
  await put(context, storm);
  await sendDue(portsAt(context, T0));
  const sizes = context.hooked.map(({ body }) => JSON.parse(body).alerts.length);
  assert.equal(sizes, [200, 200, 200, 200, 200]);
  assert.equal(
    context.hooked.map(({ body }) => JSON.parse(body).leftOut),
    [30, 0, 0, 0, 0],
  );
  assert.is(
    (await outbox(context, id)).every((line) => line === "alert.digest sent 1"),
    true,
  );
});

test("two senders share the channels; one that died lets go of its channel after a while", async (context) => {
  const { operatorId, id } = await channelOf(context, "shared");
  await put(context, [newsOf(operatorId)]);
  const both = await Promise.all([sendDue(portsAt(context, T0)), sendDue(portsAt(context, T0))]);
  assert.is(both[0] + both[1], 1);
  await put(context, [newsOf(operatorId)], T0 + MINUTE);
  // Taken by one who is never heard of again.
  assert.is((await holdChannels(context.databases.ingest, T0 + MINUTE)).length, 1);
  assert.is(await sendDue(portsAt(context, T0 + 2 * MINUTE)), 0);
  assert.is(await sendDue(portsAt(context, T0 + MINUTE + LEASE_MS)), 1);
  assert.equal(await outbox(context, id), ["alert.opened sent 1", "alert.opened sent 1"]);
});

test("in quiet hours only what is critical goes out, the rest when they are over", async (context) => {
  const nightly = { timeZone: "America/New_York", from: 22 * 60, to: 6 * 60 };
  const at = (text: string) => Date.parse(text);
  assert.is(quietUntil(at("2026-06-03T01:59:00Z"), nightly), undefined);
  assert.is(quietUntil(at("2026-06-03T02:00:30Z"), nightly), at("2026-06-03T10:00:00Z"));
  assert.is(quietUntil(at("2026-06-03T09:59:59Z"), nightly), at("2026-06-03T10:00:00Z"));
  assert.is(quietUntil(at("2026-06-03T10:00:00Z"), nightly), undefined);
  assert.is(quietUntil(T0, { timeZone: "UTC", from: null, to: null }), undefined);
  assert.is(quietUntil(T0, { timeZone: "UTC", from: 60, to: 60 }), undefined);
  const { operatorId } = await channelOf(context, "nights");
  await context.databases.migrate`
    INSERT INTO alert_settings (operator_id, quiet_from, quiet_to) VALUES (${operatorId}, ${11 * 60}, ${13 * 60})`;
  await put(context, [newsOf(operatorId), newsOf(operatorId, { rule: "tooWarm", severity: "critical" })]);
  assert.is(await sendDue(portsAt(context, T0 + 59 * MINUTE)), 1);
  assert.is(await sendDue(portsAt(context, T0 + 60 * MINUTE)), 1);
});

interface MailServer {
  readonly port: number;
  readonly mails: string[];
  close(): Promise<void>;
}

/** A mail server; `refuse` says with which code a recipient is refused at each try. */
async function mailServer(
  { key, cert }: Context,
  secure: boolean,
  refuse: () => number | undefined,
): Promise<MailServer> {
  const mails: string[] = [];
  const server = new SMTPServer({
    secure,
    key,
    cert,
    authOptional: false,
    onAuth: ({ username, password }, _session, callback) => {
      if (username === "spiral" && password === "p@ss") callback(null, { user: username });
      else callback(new Error("no"));
    },
    onRcptTo: (_address, _session, callback) => {
      const code = refuse();
      callback(code === undefined ? null : Object.assign(new Error("not now"), { responseCode: code }));
    },
    onData: (stream, _session, callback) => {
      let text = "";
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      stream.on("end", () => {
        mails.push(text);
        callback();
      });
    },
  });
  server.on("error", () => undefined);
  const port = await listening(server.server);
  return { port, mails, close: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

test("e-mail: TLS and sign-in; greylisted it comes again, refused for good it does not", async (context) => {
  for (const scheme of ["smtps", "smtp"]) {
    const answers: (number | undefined)[] = [451, undefined, 550];
    const server = await mailServer(context, scheme === "smtps", () => answers.shift());
    const target = { to: ["desk@operator.example"] };
    const { operatorId, id } = await channelOf(context, `mail ${scheme}`, { kind: "email", target });
    const url = `${scheme}://spiral:p%40ss@localhost:${server.port}`;
    await put(context, [newsOf(operatorId)]);
    await sendDue(portsAt(context, T0, url));
    assert.equal(await outbox(context, id), ["alert.opened waiting 1 the mail server answered 451 to RCPT TO"]);
    await sendDue(portsAt(context, T0 + 10 * MINUTE, url));
    assert.equal(await outbox(context, id), ["alert.opened sent 2"]);
    const [mail = ""] = server.mails;
    assert.match(mail, /^Subject: M-1234 slot B4 is empty\r$/m);
    assert.match(mail, /^From: Spiral <alerts@spiral\.example>\r$/m);
    assert.match(mail, /^\[warning\] M-1234 slot B4 is empty\r$/m);
    assert.match(mail, /^Message-ID: <[0-9a-f-]{36}@spiral\.example>\r$/m);
    await put(context, [newsOf(operatorId, { rule: "jam" })], T0 + 20 * MINUTE);
    await sendDue(portsAt(context, T0 + 20 * MINUTE, url));
    assert.is((await outbox(context, id)).at(-1), "alert.opened dead 1 the mail server answered 550 to RCPT TO");
    // A wrong password is ours to put right: it is kept, and says nothing of itself.
    await put(context, [newsOf(operatorId, { rule: "offline" })], T0 + 30 * MINUTE);
    await sendDue(portsAt(context, T0 + 30 * MINUTE, url.replace("p%40ss", "wr0ng")));
    const last = (await outbox(context, id)).at(-1) ?? "";
    assert.match(last, /^alert\.opened waiting 1 the mail server answered 535/);
    await server.close();
  }
});

test("e-mail: no server, one that does not answer, one that nobody knows: it waits", async (context) => {
  const shut = createPlain();
  const port = await listening(shut);
  await new Promise((resolve) => shut.close(resolve));
  const { operatorId, id } = await channelOf(context, "mailless", { kind: "email", target: { to: ["a@b.example"] } });
  await put(context, [newsOf(operatorId)]);
  await sendDue(portsAt(context, T0));
  assert.equal(await outbox(context, id), ["alert.opened waiting 1 no mail server is set (SPIRAL_SMTP_URL)"]);
  await sendDue(portsAt(context, T0 + 10 * MINUTE, `smtps://u:p@localhost:${port}`));
  assert.match((await outbox(context, id))[0] ?? "", /^alert\.opened waiting 2 no connection \(/);
  // A certificate of somebody else.
  const server = await mailServer(context, true, () => undefined);
  const stranger = { ...context, ca: issue({ name: "Another authority", authority: true }).pem };
  await sendDue(portsAt(stranger, T0 + 60 * MINUTE, `smtps://spiral:p%40ss@localhost:${server.port}`));
  assert.match((await outbox(context, id))[0] ?? "", /^alert\.opened waiting 3 no connection \(/);
  assert.is(server.mails.length, 0);
  await server.close();
});

test.run();
