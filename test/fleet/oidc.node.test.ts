/** Signing in at an identity provider, a real one on loopback: linked first, then let in; nothing forged or old. */
import { createServer, type Server } from "node:http";
import Provider from "oidc-provider";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { JOURNEY_COOKIE, JOURNEY_OWNER } from "../../fleet/api/session/oidc-routes.js";
import { masterKey } from "../../fleet/store/master-key.js";
import { type Seal, sealOf } from "../../fleet/store/sealing.js";
import { freePort } from "./servers.js";
import { type SignedIn, signedIn } from "./signed-in.js";
import { OUR_PAGE, startTestFleet, type TestFleet } from "./support.js";

interface Context {
  fleet: TestFleet;
  owner: SignedIn;
  server: Server;
  issuer: string;
  seal: Seal;
}
const test = suite<Context>("fleet/oidc");
const PUBLIC_URL = "https://fleet.example";
const CALLBACK = `${PUBLIC_URL}/api/v1/session/oidc/callback`;
const CLIENT = { clientId: "spiral", clientSecret: "a secret of the two" };

test.before(async (context) => {
  const port = await freePort();
  context.issuer = `http://127.0.0.1:${port}`;
  const provider = new Provider(context.issuer, {
    clients: [{ client_id: CLIENT.clientId, client_secret: CLIENT.clientSecret, redirect_uris: [CALLBACK] }],
    cookies: { keys: ["for this test only"] },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, email: "operator@fleet.example" }) }),
    ttl: { Interaction: 600, Session: 600, Grant: 600, IdToken: 600, AccessToken: 600 },
  });
  context.server = createServer(provider.callback());
  await new Promise<void>((resolve) => context.server.listen(port, "127.0.0.1", resolve));
  context.fleet = await startTestFleet({ publicUrl: PUBLIC_URL, oidc: { issuer: context.issuer, ...CLIENT } });
  context.owner = await signedIn(context.fleet);
  context.seal = sealOf(await masterKey(context.fleet.config), "oidc");
});
test.after(async ({ fleet, server }) => {
  await fleet.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A browser at the provider: follows it, signs in as `login`, consents; ends where it is sent back to us. */
async function goThrough(start: string, login: string): Promise<URL> {
  const jar = new Map<string, string>();
  let url = start;
  let form: string | undefined;
  for (let step = 0; step < 20; step++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, {
      redirect: "manual",
      headers: { cookie, ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }) },
      ...(form === undefined ? {} : { method: "POST", body: form }),
    });
    for (const set of answer.headers.getSetCookie()) {
      const [pair = ""] = set.split(";");
      const at = pair.indexOf("=");
      jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    form = undefined;
    const to = answer.headers.get("location");
    if (to !== null) {
      url = new URL(to, url).href;
      if (url.startsWith(PUBLIC_URL)) return new URL(url);
      continue;
    }
    const page = await answer.text();
    if (!answer.ok) throw new Error(`${answer.status} ${page}`);
    const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1] ?? "";
    form = new URLSearchParams({ prompt, login, password: "any" }).toString();
  }
  throw new Error("the provider leads nowhere");
}

interface Journey {
  /** Where the person is sent. */
  readonly url: string;
  readonly cookie: string;
}

/** Signing in, or linking the account of `as`. */
async function begin({ fleet }: Context, as?: string): Promise<Journey> {
  const answer = await fleet.app.inject(
    as === undefined
      ? { url: "/api/v1/session/oidc" }
      : { method: "POST", url: "/api/v1/account/identities", headers: { ...OUR_PAGE, cookie: as } },
  );
  const url = as === undefined ? String(answer.headers.location) : answer.json().url;
  const set = [answer.headers["set-cookie"]].flat().map(String);
  const cookie = set.find((one) => one.startsWith(`${JOURNEY_COOKIE}=`)) ?? "";
  for (const part of ["HttpOnly", "SameSite=Lax", "Secure"]) assert.match(cookie, part);
  return { url, cookie: cookie.split(";")[0] ?? "" };
}

/** Comes back; where to, and with which session. */
async function comeBack({ fleet }: Context, at: URL, cookie: string) {
  const url = `${at.pathname}${at.search}`;
  const answer = await fleet.app.inject({ url, headers: { cookie, "sec-fetch-site": "cross-site" } });
  const sessions = [answer.headers["set-cookie"]].flat().map(String);
  const session = sessions.find((one) => one.startsWith("spiral_session=")) ?? "";
  return { to: String(answer.headers.location), session: session.split(";")[0] ?? "", whole: session };
}

async function whoIs({ fleet }: Context, cookie: string): Promise<string> {
  const answer = await fleet.app.inject({ url: "/api/v1/session", headers: { cookie } });
  return answer.statusCode === 200 ? answer.json().user.name : answer.json().code;
}

const REFUSED = `${PUBLIC_URL}/?failed=provider-refused`;

test("the provider knows somebody, by an e-mail of ours even: that alone lets nobody in", async (context) => {
  await context.fleet.databases.migrate`UPDATE users SET email = 'operator@fleet.example' WHERE name = 'operator'`;
  const journey = await begin(context);
  const url = new URL(journey.url);
  for (const name of ["state", "nonce", "code_challenge"]) assert.ok(url.searchParams.get(name), name);
  assert.is(url.searchParams.get("code_challenge_method"), "S256");
  const back = await comeBack(context, await goThrough(journey.url, "alice"), journey.cookie);
  assert.equal([back.to, back.session], [`${PUBLIC_URL}/?failed=unknown-identity`, ""]);
});

test("linked from within, the same sign-in lets him in, and nobody else links it", async (context) => {
  const { owner } = context;
  const linking = await begin(context, owner.cookie);
  const linked = await comeBack(context, await goThrough(linking.url, "alice"), linking.cookie);
  assert.is(linked.to, `${PUBLIC_URL}/`);
  const { identities } = (await owner.ask("GET", "/account/identities")).json();
  assert.equal([identities[0].issuer, identities[0].subject], [context.issuer, "alice"]);
  const { changes } = (await owner.ask("GET", "/audit-log?subject=identity&action=linked")).json();
  assert.equal([changes.length, changes[0].user, changes[0].after.subject], [1, "operator", "alice"]);
  const journey = await begin(context);
  const back = await comeBack(context, await goThrough(journey.url, "alice"), journey.cookie);
  assert.is(back.to, `${PUBLIC_URL}/`);
  for (const part of ["HttpOnly", "SameSite=Strict", "Secure"]) assert.match(back.whole, part);
  assert.is(await whoIs(context, back.session), "operator");
  const again = await begin(context, owner.cookie);
  const taken = await comeBack(context, await goThrough(again.url, "alice"), again.cookie);
  assert.is(taken.to, `${PUBLIC_URL}/?failed=identity-taken`);
});

test("another's state, a forged nonce, an old journey, a used code, another issuer are refused", async (context) => {
  const { seal } = context;
  const open = ({ cookie }: Journey) => {
    const text = seal.open(Buffer.from(cookie.slice(JOURNEY_COOKIE.length + 1), "base64url"), JOURNEY_OWNER);
    return JSON.parse(text ?? "");
  };
  const sealed = (kept: object) =>
    `${JOURNEY_COOKIE}=${seal.seal(JSON.stringify(kept), JOURNEY_OWNER).toString("base64url")}`;
  const tried = async (change: (at: URL, journey: Journey) => string | Promise<string>): Promise<string> => {
    const journey = await begin(context);
    const at = await goThrough(journey.url, "alice");
    return (await comeBack(context, at, await change(at, journey))).to;
  };
  assert.is(await tried((_at, journey) => journey.cookie), `${PUBLIC_URL}/`, "unchanged it is let in");
  assert.is(await tried(async () => (await begin(context)).cookie), REFUSED, "another's journey");
  assert.is(await tried((_at, journey) => sealed({ ...open(journey), nonce: "another" })), REFUSED, "nonce");
  assert.is(await tried((_at, journey) => sealed({ ...open(journey), verifier: "x".repeat(43) })), REFUSED, "PKCE");
  assert.is(await tried((_at, journey) => sealed({ ...open(journey), untilMs: Date.now() - 1 })), REFUSED, "old");
  assert.is(await tried(() => ""), REFUSED, "no cookie");
  assert.is(await tried((_at, { cookie }) => `${cookie.slice(0, -4)}AAAA`), REFUSED, "forged cookie");
  const state = await tried((at, { cookie }) => {
    at.searchParams.set("state", "another");
    return cookie;
  });
  assert.is(state, REFUSED, "state");
  const issuer = await tried((at, { cookie }) => {
    assert.is(at.searchParams.get("iss"), context.issuer);
    at.searchParams.set("iss", "https://other.example");
    return cookie;
  });
  assert.is(issuer, REFUSED, "issuer");
  const journey = await begin(context);
  const at = await goThrough(journey.url, "alice");
  assert.is((await comeBack(context, at, journey.cookie)).to, `${PUBLIC_URL}/`);
  assert.is((await comeBack(context, at, journey.cookie)).to, REFUSED, "the code was used");
});

test("the same subject of another issuer is another; unlinked or disabled, nobody is let in", async (context) => {
  const { fleet, owner, issuer } = context;
  const { migrate } = fleet.databases;
  await migrate`
    INSERT INTO user_identities (issuer, subject, user_id, operator_id)
    SELECT 'https://other.example', 'bob', id, operator_id FROM users WHERE name = 'operator'`;
  const tried = async (login: string): Promise<string> => {
    const journey = await begin(context);
    return (await comeBack(context, await goThrough(journey.url, login), journey.cookie)).to;
  };
  const unknown = `${PUBLIC_URL}/?failed=unknown-identity`;
  assert.is(await tried("bob"), unknown);
  await migrate`
    INSERT INTO users (operator_id, name, role, disabled_at) VALUES (${fleet.operatorId}, 'gone', 'viewer', now())`;
  await migrate`
    INSERT INTO user_identities (issuer, subject, user_id, operator_id)
    SELECT ${issuer}, 'gone', id, operator_id FROM users WHERE name = 'gone'`;
  assert.is(await tried("gone"), unknown);
  assert.is((await owner.ask("DELETE", "/account/identities")).status, 204);
  assert.is(await tried("alice"), unknown);
});

test("a journey to link counts only while the session in which it began does", async (context) => {
  const { fleet, owner } = context;
  const linking = await begin(context, owner.cookie);
  const at = await goThrough(linking.url, "carol");
  await fleet.databases.migrate`DELETE FROM sessions`;
  assert.is((await comeBack(context, at, linking.cookie)).to, `${PUBLIC_URL}/?failed=not-signed-in`);
});

test.run();
