/**
 * Who asks when proxies stand in front (SPIRAL_TRUSTED_PROXIES): every count by address counts clients, not proxies,
 * and what a client writes of itself into X-Forwarded-For changes nothing. Over real connections: a peer's address is
 * its own, and a proxy adds whom it was asked by at the end of the header (RFC 7239 §7.1).
 */
import { request } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DOOR_TRIES } from "../../fleet/api/machine-door/routes.js";
import { hashPassword } from "../../fleet/api/password.js";
import { BAD_CREDENTIALS_PER_MINUTE } from "../../fleet/api/rate-limits.js";
import { SIGN_INS } from "../../fleet/api/session/routes.js";
import { addUser, FREE_FAILURES } from "../../fleet/store/users.js";
import { OUR_PAGE, startTestFleet, type TestFleet } from "./support.js";

/** On this machine, and the outer one of two in a row. */
const PROXY = "127.0.0.2";
const OUTER_PROXY = "10.1.2.3";
const UNTRUSTED = "127.0.0.3";

interface Context {
  fleet: TestFleet;
}
const test = suite<Context>("fleet behind a proxy");

test.before(async (context) => {
  context.fleet = await startTestFleet({ trustedProxies: [PROXY, "10.0.0.0/8"] });
});
test.after(async ({ fleet }) => fleet.close());

interface Ask {
  readonly method?: "GET" | "POST";
  readonly path: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Status of the answer to whoever connects from `peer` and is forwarded for `chain`, the nearest last. */
function statusOf({ fleet }: Context, { method = "POST", path, body, headers = {} }: Ask, peer: string, chain = "") {
  const more = chain === "" ? {} : { "x-forwarded-for": chain };
  return new Promise<number>((resolve, reject) => {
    const asked = request(`${fleet.url}${path}`, {
      method,
      localAddress: peer,
      headers: { ...OUR_PAGE, "content-type": "application/json", ...headers, ...more },
    });
    asked.once("error", reject);
    asked.once("response", (answer) => {
      answer.resume();
      answer.once("end", () => resolve(answer.statusCode ?? 0));
    });
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const CLAIM = { path: "/machine/v1/claims", body: { code: "none", serial: "PROXY-1", request: "AAAA" } };
const RENEWAL = {
  path: "/machine/v1/renewals",
  body: { certificate: "AAAA", request: "AAAA", proof: "AAAA" },
};
const SIGN_IN = { path: "/api/v1/session", body: { name: "nobody at all", password: "wrong" } };
const BAD_KEY = { method: "GET", path: "/api/v1/machines", headers: { authorization: "Bearer spk_none" } } as const;
const TWO_LIMITS: readonly (readonly [Ask, number])[] = [
  [CLAIM, DOOR_TRIES.max],
  [SIGN_IN, SIGN_INS.max],
];
const LIMITS: typeof TWO_LIMITS = [...TWO_LIMITS, [RENEWAL, DOOR_TRIES.max], [BAD_KEY, BAD_CREDENTIALS_PER_MINUTE]];

/** Asks once more than may be, each time for `chainOf(n)`; the first status and the last. */
async function exhaust(context: Context, ask: Ask, max: number, peer: string, chainOf: (n: number) => string) {
  const first = await statusOf(context, ask, peer, chainOf(0));
  let last = first;
  for (let n = 1; n <= max; n++) last = await statusOf(context, ask, peer, chainOf(n));
  return [first === 429, last === 429];
}

test("a client that asks too often shuts no other out, at the door, the sign-in or with bad keys", async (context) => {
  for (const [ask, max] of LIMITS) {
    assert.equal(await exhaust(context, ask, max, PROXY, () => "203.0.113.1"), [false, true], ask.path);
    assert.is.not(await statusOf(context, ask, PROXY, "203.0.113.2"), 429, ask.path);
    // One customer of a provider has a whole /64.
    const neighbour = (n: number): string => `2001:db8:1:2::${(n + 1).toString(16)}`;
    assert.equal(await exhaust(context, ask, max, PROXY, neighbour), [false, true], ask.path);
    assert.is.not(await statusOf(context, ask, PROXY, "2001:db8:1:3::1"), 429, ask.path);
  }
});

test("what a client puts in front of its own address wins it nothing, by one proxy or two", async (context) => {
  for (const [ask, max] of LIMITS) {
    const forged = (n: number): string => `198.51.100.${n}, 203.0.113.3`;
    assert.equal(await exhaust(context, ask, max, PROXY, forged), [false, true], ask.path);
    assert.is.not(await statusOf(context, ask, PROXY, "198.51.100.1"), 429, "whom it named was counted");
  }
  // Also when it names a proxy of ours.
  const ours = (n: number): string => `198.51.100.${n}, ${OUTER_PROXY}, 203.0.113.4, ${OUTER_PROXY}`;
  assert.equal(await exhaust(context, CLAIM, DOOR_TRIES.max, PROXY, ours), [false, true]);
  assert.is.not(await statusOf(context, CLAIM, PROXY, `203.0.113.5, ${OUTER_PROXY}`), 429);
});

test("a peer that is no proxy of ours is believed nothing", async (context) => {
  for (const [ask, max] of TWO_LIMITS) {
    assert.equal(await exhaust(context, ask, max, UNTRUSTED, (n) => `203.0.113.${100 + n}`), [false, true], ask.path);
    assert.is.not(await statusOf(context, ask, PROXY, "203.0.113.100"), 429, "whom it named was counted");
  }
});

test("a stranger who guesses a person's password does not keep him out", async (context) => {
  const { databases, operatorId } = context.fleet;
  const password = "correct horse battery";
  await addUser(databases, operatorId, "Kim", await hashPassword(password), "owner");
  const signIn = (chain: string, tried: string) =>
    statusOf(context, { path: SIGN_IN.path, body: { name: "Kim", password: tried } }, PROXY, chain);
  for (let n = 0; n <= FREE_FAILURES.fromAddress; n++) assert.is(await signIn("203.0.113.6", "wrong"), 401);
  // The wait has begun; ours is longer than a slow machine takes for this.
  await databases.migrate`
    UPDATE sign_in_guards SET blocked_until = blocked_until + interval '1 hour' WHERE blocked_until > last_at`;
  assert.is(await signIn("203.0.113.6", password), 429);
  assert.is(await signIn(`203.0.113.7, 203.0.113.6`, password), 429, "a forged hop opened it");
  assert.is(await signIn("203.0.113.7", password), 200);
  const [session] = await databases.migrate<{ address: string }[]>`SELECT address FROM sessions`;
  assert.is(session?.address, "203.0.113.7");
});

test("figures are for this machine, whomever a proxy names", async (context) => {
  const figures = { method: "GET", path: "/metrics" } as const;
  assert.is(await statusOf(context, figures, PROXY), 200);
  for (const chain of ["127.0.0.1", "::1", "127.0.0.1, 203.0.113.8", `127.0.0.1, ${OUTER_PROXY}`]) {
    assert.is(await statusOf(context, figures, PROXY, chain), 401, chain);
  }
});

test.run();
