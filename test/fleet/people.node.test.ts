/** People of an operator: invited, locked out for a while, helped by e-mail, with a second factor, and out at once. */
import type { AddressInfo } from "node:net";
import { Secret, TOTP } from "otpauth";
import { SMTPServer } from "smtp-server";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RESETS } from "../../fleet/api/account/passwords.js";
import { hashPassword } from "../../fleet/api/password.js";
import { stepOfCode } from "../../fleet/api/session/second-factor.js";
import { createMailer } from "../../fleet/mail.js";
import { masterKey } from "../../fleet/store/master-key.js";
import { MAX_PEOPLE } from "../../fleet/store/people.js";
import { sealOf } from "../../fleet/store/sealing.js";
import { FREE_FAILURES } from "../../fleet/store/users.js";
import { type SignedIn, signedIn } from "./signed-in.js";
import { OUR_PAGE, startTestFleet, type TestFleet, until, within } from "./support.js";

interface Context {
  fleet: TestFleet;
  owner: SignedIn;
  mails: string[];
  smtp: SMTPServer;
  /** The next sign-in's address: the limit by address is not what is tried here. */
  nextAddress: () => string;
}
const test = suite<Context>("fleet/people");
const PASSWORD = "correct horse battery";

test.before(async (context) => {
  context.mails = [];
  context.smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    onData: (stream, _session, done) => {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        context.mails.push(Buffer.concat(parts).toString().replace(/=\r\n/g, ""));
        done();
      });
    },
  });
  const address = await new Promise<AddressInfo | string | null>((resolve) => {
    const server = context.smtp.listen(0, "127.0.0.1", () => resolve(server.address()));
  });
  const port = address !== null && typeof address !== "string" ? address.port : 0;
  context.fleet = await startTestFleet({
    smtpUrl: `smtp://127.0.0.1:${port}`,
    publicUrl: "https://fleet.example",
    mailFrom: "Spiral <spiral@fleet.example>",
  });
  context.owner = await signedIn(context.fleet);
  let last = 0;
  context.nextAddress = () => `10.0.0.${++last}`;
});
test.after(async ({ fleet, smtp }) => {
  await fleet.close();
  await new Promise<void>((resolve) => smtp.close(() => resolve()));
});

interface Person {
  readonly id: string;
  readonly name: string;
}

/** Invites somebody and sets his password by the link. */
async function invite({ fleet, owner }: Context, name: string, role: string, more: object = {}): Promise<Person> {
  const made = await owner.ask("POST", "/users", { name, role, ...more });
  assert.is(made.status, 201, made.text);
  const { user, link } = made.json();
  const set = await fleet.app.inject({
    method: "POST",
    url: "/api/v1/passwords",
    payload: { token: link.token, password: PASSWORD },
  });
  assert.is(set.statusCode, 204, set.body);
  return { id: user.id, name };
}

async function signIn(context: Context, name: string, password: string, more: { code?: string; from?: string } = {}) {
  const { code, from = context.nextAddress() } = more;
  const payload = { name, password, ...(code === undefined ? {} : { code }) };
  const answer = await context.fleet.app.inject({
    method: "POST",
    url: "/api/v1/session",
    payload,
    remoteAddress: from,
  });
  const cookie = String(answer.headers["set-cookie"]).split(";")[0] ?? "";
  const ask = (method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: object) =>
    context.fleet.app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { ...OUR_PAGE, cookie },
      ...(body === undefined ? {} : { payload: body }),
    });
  return { status: answer.statusCode, code: answer.statusCode === 200 ? "" : answer.json().code, cookie, ask };
}

test("an invitation works once; its password has to be long, and the name is taken", async (context) => {
  const { fleet, owner } = context;
  const made = (await owner.ask("POST", "/users", { name: "Dora", role: "dispatcher", tags: ["north"] })).json();
  assert.equal([made.user.role, made.user.tags, made.user.passwordChangedAt], ["dispatcher", ["north"], null]);
  assert.is((await owner.ask("POST", "/users", { name: "Dora", role: "viewer" })).json().code, "name-taken");
  assert.is((await owner.ask("POST", "/users", { name: "x", role: "owner", tags: ["a"] })).status, 400);
  assert.is((await signIn(context, "Dora", PASSWORD)).code, "wrong-password");
  const set = async (password: string) => {
    const payload = { token: made.link.token, password };
    const answer = await fleet.app.inject({ method: "POST", url: "/api/v1/passwords", payload });
    return answer.statusCode === 204 ? "" : answer.json().code;
  };
  for (const weak of ["short", "aaaaaaaaaaaaaaaaaaaa", "dora's secret word"])
    assert.is(await set(weak), "weak-password");
  const both = await Promise.all([set(PASSWORD), set(PASSWORD)]);
  assert.equal(both.sort(), ["", "no-such-link"]);
  const dora = await signIn(context, "Dora", PASSWORD);
  assert.is(dora.status, 200);
  const session = (await dora.ask("GET", "/session")).json();
  assert.equal(session.tags, ["north"]);
  assert.not.ok(session.rights.includes("products:write"), "who sees a part changes nothing of the whole");
});

test("failed sign-ins cost time by name and address, the same for no name of ours, never for ever", async (context) => {
  await invite(context, "Vic", "viewer");
  const home = context.nextAddress();
  assert.is((await signIn(context, "Vic", PASSWORD, { from: home })).status, 200);
  const { migrate } = context.fleet.databases;
  for (const name of ["Vic", "nobody at all"]) {
    const from = context.nextAddress();
    const codes: string[] = [];
    for (let i = 0; i <= FREE_FAILURES.fromAddress; i++) {
      codes.push((await signIn(context, name, "no", { from })).code);
    }
    assert.ok(
      codes.every((code) => code === "wrong-password"),
      `${name}: ${codes.join()}`,
    );
    // The wait has begun; ours is longer than a slow machine takes for this.
    const longer = await migrate`
      UPDATE sign_in_guards SET blocked_until = blocked_until + interval '1 hour'
      WHERE blocked_until > last_at RETURNING 1`;
    assert.is(longer.length, 1, name);
    assert.is((await signIn(context, name, "no", { from })).code, "too-many-failures");
    // The right password is of no use there for the moment …
    assert.is((await signIn(context, name, PASSWORD, { from })).code, "too-many-failures");
    await migrate`UPDATE sign_in_guards SET blocked_until = now() WHERE blocked_until > now()`;
    // … and then again.
    assert.is((await signIn(context, name, PASSWORD, { from })).code, name === "Vic" ? "" : "wrong-password");
  }
  // Many addresses together: strangers wait, the address he is known at does not, and no wait is over 15 minutes.
  await migrate`UPDATE sign_in_guards SET failures = 1000000, blocked_until = now() WHERE failures > 0`;
  for (const name of ["Vic"]) {
    const own = await signIn(context, name, "no");
    assert.is(own.code, "wrong-password");
  }
  const [wait] = await migrate<{ longest: boolean }[]>`
    SELECT max(blocked_until) <= now() + interval '15 minutes' AS longest FROM sign_in_guards`;
  assert.is(wait?.longest, true);
  assert.is((await signIn(context, "Vic", PASSWORD, { from: home })).status, 200);
});

test("attempts side by side count, too", async (context) => {
  await invite(context, "Rae", "viewer");
  const from = context.nextAddress();
  await signIn(context, "Rae", "no", { from });
  // So many before that the next one's wait is longer than this takes.
  await context.fleet.databases
    .migrate`UPDATE sign_in_guards SET failures = 20, blocked_until = NULL WHERE failures > 0`;
  const tries = Array.from({ length: 9 }, () => signIn(context, "Rae", "no", { from }));
  const codes = (await Promise.all(tries)).map(({ code }) => code);
  assert.equal(codes.sort(), [...Array.from({ length: 8 }, () => "too-many-failures"), "wrong-password"]);
});

test("lost password: a mailed link works once and ends every session; unknown names tell nothing", async (context) => {
  const { fleet, mails } = context;
  const { id } = await invite(context, "Lou", "viewer");
  await fleet.databases.migrate`UPDATE users SET email = 'lou@example.com' WHERE id = ${id}`;
  const before = await signIn(context, "Lou", PASSWORD);
  const reset = (name: string) =>
    fetch(`${fleet.url}/api/v1/password-resets`, {
      method: "POST",
      headers: { "content-type": "application/json", host: "evil.example" },
      body: JSON.stringify({ name }),
    });
  const answers = await Promise.all([reset("nobody"), reset("Lou")]);
  assert.equal(
    answers.map(({ status }) => status),
    [202, 202],
  );
  await until(() => mails.length > 0, "no mail came");
  const token = /https:\/\/fleet\.example\/#\/password\/([\w-]+)/.exec(mails[0] ?? "")?.[1];
  assert.ok(token, mails[0]);
  assert.match(mails[0] ?? "", "lou@example.com");
  const [kept] = await fleet.databases.migrate`SELECT 1 FROM password_links WHERE token_hash = ${Buffer.from(token)}`;
  assert.is(kept, undefined, "only its hash is kept");
  const set = async (password: string) =>
    (await fleet.app.inject({ method: "POST", url: "/api/v1/passwords", payload: { token, password } })).statusCode;
  assert.is(await set("another long password"), 204);
  assert.is(await set("yet another long password"), 404);
  assert.is((await before.ask("GET", "/session")).statusCode, 401);
  assert.is((await signIn(context, "Lou", PASSWORD)).code, "wrong-password");
  assert.is((await signIn(context, "Lou", "another long password")).status, 200);
  assert.is(mails.length, 1);
});

test("a hash of older parameters is renewed by the sign-in", async (context) => {
  await invite(context, "Old", "viewer");
  const { hash } = await import("@node-rs/argon2");
  const old = await hash(PASSWORD, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
  const { migrate } = context.fleet.databases;
  await migrate`UPDATE users SET password_hash = ${old} WHERE name = 'Old'`;
  assert.is((await signIn(context, "Old", PASSWORD)).status, 200);
  const [row] = await migrate<{ hash: string }[]>`SELECT password_hash AS hash FROM users WHERE name = 'Old'`;
  assert.match(row?.hash ?? "", (await hashPassword("x")).slice(0, 30));
});

test("a second factor: set up, asked for, taken once, recovered from; sealed in the database", async (context) => {
  const { fleet, owner } = context;
  const { id } = await invite(context, "Tess", "technician");
  const first = await signIn(context, "Tess", PASSWORD);
  const other = await signIn(context, "Tess", PASSWORD);
  assert.is((await first.ask("POST", "/account/totp", { password: "wrong" })).statusCode, 401);
  const offer = (await first.ask("POST", "/account/totp", { password: PASSWORD })).json();
  assert.match(offer.uri, /^otpauth:\/\/totp\/Spiral:Tess\?/);
  const totp = new TOTP({ secret: Secret.fromBase32(offer.secret) });
  const nowMs = Date.now();
  assert.is((await first.ask("PUT", "/account/totp", { code: "000000" })).json().code, "wrong-code");
  const code = totp.generate({ timestamp: nowMs });
  const confirmed = await first.ask("PUT", "/account/totp", { code });
  assert.is(confirmed.statusCode, 200, confirmed.body);
  const { recoveryCodes } = confirmed.json();
  assert.is(recoveryCodes.length, 10);
  assert.is((await other.ask("GET", "/session")).statusCode, 401, "sessions without it are over");
  assert.is((await first.ask("GET", "/session")).json().secondFactor.on, true);
  assert.is((await signIn(context, "Tess", PASSWORD)).code, "code-needed");
  assert.is((await signIn(context, "Tess", PASSWORD, { code })).code, "wrong-code", "the step was taken");
  const next = totp.generate({ timestamp: nowMs + 30_000 });
  assert.is((await signIn(context, "Tess", PASSWORD, { code: next })).status, 200);
  assert.is((await signIn(context, "Tess", PASSWORD, { code: next })).code, "wrong-code");
  assert.is((await signIn(context, "Tess", PASSWORD, { code: recoveryCodes[0] })).status, 200);
  assert.is((await signIn(context, "Tess", PASSWORD, { code: recoveryCodes[0] })).code, "wrong-code");
  const [row] = await fleet.databases.migrate<{ sealed: Uint8Array }[]>`
    SELECT totp_secret AS sealed FROM users WHERE id = ${id}`;
  assert.ok(row);
  assert.not.match(Buffer.from(row.sealed).toString("latin1"), offer.secret);
  const seal = sealOf(await masterKey(fleet.config), "totp");
  assert.is(seal.open(row.sealed, id), offer.secret);
  assert.is(seal.open(row.sealed, "another person"), undefined);
  assert.is(sealOf(new Uint8Array(32), "totp").open(row.sealed, id), undefined);
  // The owner helps who has lost both.
  assert.is((await owner.ask("DELETE", `/users/${id}/second-factor`)).status, 204);
  assert.is((await signIn(context, "Tess", PASSWORD)).status, 200);
});

test("steps of codes are RFC 6238's, one to either side", () => {
  const secret = new Secret({ buffer: new TextEncoder().encode("12345678901234567890").buffer }).base32;
  // RFC 6238, appendix B: the last six digits at 59 s and at 1111111109 s.
  assert.is(stepOfCode(secret, "287082", 59_000), 1);
  assert.is(stepOfCode(secret, "081804", 1_111_111_109_000), 37_037_036);
  assert.is(stepOfCode(secret, "287082", 89_000), 1);
  assert.is(stepOfCode(secret, "287082", 120_000), undefined);
});

test("an operator may ask for it: without one only the account is open", async (context) => {
  const { owner } = context;
  await invite(context, "Max", "viewer");
  const set = (secondFactorRequired: boolean) => owner.ask("PATCH", "/operator", { secondFactorRequired });
  assert.is((await set(true)).status, 200);
  const max = await signIn(context, "Max", PASSWORD);
  assert.equal((await max.ask("GET", "/session")).json().secondFactor, { on: false, required: true });
  assert.is((await max.ask("GET", "/machines")).json().code, "second-factor-needed");
  const { secret } = (await max.ask("POST", "/account/totp", { password: PASSWORD })).json();
  const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate();
  assert.is((await max.ask("PUT", "/account/totp", { code })).statusCode, 200);
  assert.is((await max.ask("GET", "/machines")).statusCode, 200);
  await context.fleet.databases.migrate`UPDATE operators SET second_factor_required = false`;
});

test("own sessions are listed and ended one by one or all; another role, or none, ends them", async (context) => {
  const { fleet, owner } = context;
  const { id } = await invite(context, "Sam", "dispatcher");
  // One after the other: attempts side by side count as failures until they end.
  const one = await signIn(context, "Sam", PASSWORD);
  const two = await signIn(context, "Sam", PASSWORD);
  const three = await signIn(context, "Sam", PASSWORD);
  const { sessions } = (await one.ask("GET", "/account/sessions")).json();
  assert.is(sessions.length, 3);
  const foreign = sessions.find((session: { current: boolean }) => !session.current);
  assert.is((await one.ask("DELETE", `/account/sessions/${foreign.id}`)).statusCode, 204);
  assert.is((await one.ask("DELETE", `/account/sessions/${foreign.id}`)).json().code, "no-such-session");
  assert.is((await one.ask("GET", "/account/sessions")).json().sessions.length, 2);
  assert.is((await one.ask("DELETE", "/account/sessions")).statusCode, 204);
  for (const gone of [one, two, three]) assert.is((await gone.ask("GET", "/session")).statusCode, 401);
  const again = await signIn(context, "Sam", PASSWORD);
  const stream = await fetch(`${fleet.url}/api/v1/events`, { headers: { cookie: again.cookie } });
  assert.is(stream.status, 200);
  await owner.ask("PATCH", `/users/${id}`, { role: "viewer" });
  await within(stream.text(), "the stream outlived the session");
  assert.is((await again.ask("GET", "/session")).statusCode, 401);
  const last = await signIn(context, "Sam", PASSWORD);
  await owner.ask("DELETE", `/users/${id}`);
  assert.is((await last.ask("GET", "/session")).statusCode, 401);
  assert.is((await signIn(context, "Sam", PASSWORD)).code, "wrong-password");
});

test("changing the own password needs the present one, and ends the other sessions", async (context) => {
  await invite(context, "Pia", "viewer");
  const [here, there] = [await signIn(context, "Pia", PASSWORD), await signIn(context, "Pia", PASSWORD)];
  const change = (present: string, wanted: string) => here.ask("PUT", "/account/password", { present, wanted });
  assert.is((await change("wrong", "a whole new password")).json().code, "wrong-password");
  assert.is((await change(PASSWORD, "short")).json().code, "weak-password");
  assert.is((await change(PASSWORD, "a whole new password")).statusCode, 204);
  assert.is((await here.ask("GET", "/session")).statusCode, 200);
  assert.is((await there.ask("GET", "/session")).statusCode, 401);
});

test("there are so many people, links and requests for links, and no more", async (context) => {
  const { fleet, owner } = context;
  const { migrate } = fleet.databases;
  const { id } = await invite(context, "Lin", "viewer");
  const links: string[] = [];
  for (let i = 0; i < 4; i++) links.push((await owner.ask("POST", `/users/${id}/password-links`)).json().token);
  const [kept] = await migrate<{ links: number }[]>`
    SELECT count(*)::int AS links FROM password_links WHERE user_id = ${id}`;
  assert.is(kept?.links, 3);
  const oldest = { token: links[0], password: "another long password" };
  const tried = await fleet.app.inject({ method: "POST", url: "/api/v1/passwords", payload: oldest });
  assert.is(tried.json().code, "no-such-link");
  const codes: number[] = [];
  const remoteAddress = context.nextAddress();
  for (let i = 0; i <= RESETS.max; i++) {
    const asked = {
      method: "POST",
      url: "/api/v1/password-resets",
      payload: { name: "nobody" },
      remoteAddress,
    } as const;
    codes.push((await fleet.app.inject(asked)).statusCode);
  }
  assert.equal([codes[0], codes.at(-2), codes.at(-1)], [202, 202, 429]);
  await migrate`
    INSERT INTO users (operator_id, name, role)
    SELECT ${fleet.operatorId}, 'filler ' || n, 'viewer' FROM generate_series(1, ${MAX_PEOPLE}::int) n`;
  const refused = await owner.ask("POST", "/users", { name: "one more", role: "viewer" });
  assert.is(refused.json().code, "too-many-users");
  await migrate`DELETE FROM users WHERE name LIKE 'filler %'`;
});

test("somebody always stays an owner, and every change is on record with who, before and after", async (context) => {
  const { owner } = context;
  const { users } = (await owner.ask("GET", "/users")).json();
  const self = users.find(({ name }: { name: string }) => name === "operator");
  for (const change of [{ role: "viewer" }, { disabled: true }]) {
    assert.is((await owner.ask("PATCH", `/users/${self.id}`, change)).json().code, "last-owner");
  }
  const { id } = await invite(context, "Ann", "driver");
  await owner.ask("PATCH", `/users/${id}`, { role: "viewer" });
  const { changes } = (await owner.ask("GET", `/audit-log?subject=user&subjectId=${id}`)).json();
  assert.equal(
    changes.map((change: Record<string, { role: string } | null>) => [
      change.action,
      change.user,
      change.before?.role ?? null,
      change.after?.role ?? null,
    ]),
    [
      ["changed", "operator", "driver", "viewer"],
      ["created", "operator", null, "driver"],
    ],
  );
  const all = (await owner.ask("GET", "/audit-log?limit=200")).text;
  for (const secret of [PASSWORD, "$argon2id$"]) assert.not.match(all, secret);
  const page = (await owner.ask("GET", "/audit-log?limit=1&user=operator")).json();
  const second = (await owner.ask("GET", `/audit-log?limit=1&user=operator&cursor=${page.nextCursor}`)).json();
  assert.ok(second.changes[0].id < page.changes[0].id);
});

test("a password of ours for the mail server never travels in the clear, not even to this machine", async (context) => {
  const address = context.smtp.server.address();
  const port = address !== null && typeof address !== "string" ? address.port : 0;
  const before = context.mails.length;
  const mailer = createMailer({ url: `smtp://spiral:secret@127.0.0.1:${port}`, from: "spiral@fleet.example" });
  const mailed = await mailer.send({ to: ["a@b.example"], subject: "x", text: "y" });
  mailer.close();
  assert.is(mailed.ok, false, "the server offers no TLS");
  assert.not.match(mailed.ok ? "" : mailed.why, /secret|b\.example/);
  assert.is(context.mails.length, before);
});

test.run();
