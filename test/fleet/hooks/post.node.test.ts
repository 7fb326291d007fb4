/** Webhooks against real https servers: signed, pinned, bounded, and never to where nothing may go. */
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Hook, MAX_ANSWER_BYTES, MAX_BODY_BYTES, postHook } from "../../../fleet/hooks/post.js";
import { FIRST_RETRY_MS, LONGEST_RETRY_MS, MAX_TRIES, retryDelayMs } from "../../../fleet/hooks/retry.js";
import { hookSecret, isSigned, SIGNATURE_VALID_S, signature } from "../../../fleet/hooks/sign.js";
import { isPublicAddress, locate, PUBLIC_REACH, parseTarget, type Reach } from "../../../fleet/hooks/target.js";
import { issue } from "../../../tools/measure/certificates.js";

interface Got {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}
interface Context {
  server: Server;
  port: number;
  ca: string;
  got: Got[];
  /** What the server answers next. */
  answer: { status: number; headers?: Record<string, string>; body?: string; never?: boolean };
}
const test = suite<Context>("fleet/hooks");
const NOW_MS = 1_800_000_000_000;
const SECRET = hookSecret(new Uint8Array(32), "endpoint", 1);

test.before(async (context) => {
  const authority = issue({ name: "Hook authority", authority: true });
  const leaf = issue({ name: "hook.example", issuer: authority, dns: ["hook.example"], usage: "server" });
  context.ca = authority.pem;
  context.got = [];
  context.answer = { status: 204 };
  context.server = createServer({ key: leaf.keyPem, cert: leaf.pem }, (incoming, outgoing) => {
    let body = "";
    incoming.setEncoding("utf8").on("data", (chunk) => {
      body += chunk;
    });
    incoming.on("end", () => {
      context.got.push({ headers: incoming.headers, body });
      const { status, headers = {}, body: text, never } = context.answer;
      if (never !== true) outgoing.writeHead(status, headers).end(text);
    });
  });
  await new Promise<void>((resolve) => context.server.listen(0, "127.0.0.1", resolve));
  context.port = (context.server.address() as AddressInfo).port;
});
test.before.each((context) => {
  context.got = [];
  context.answer = { status: 204 };
});
test.after(async ({ server }) => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** As in production, but that hook.example is this machine, and that loopback is let through. */
function hereReach({ ca }: Context, more: Partial<Reach> = {}): Reach {
  return {
    resolve: async () => [{ address: "127.0.0.1", family: 4 }],
    allows: (address) => address === "127.0.0.1",
    ca,
    ...more,
  };
}

function hookTo(port: number, more: Partial<Hook> = {}): Hook {
  const about = { id: "0b1f", event: "alert.opened", body: '{"a":1}', secrets: [SECRET] };
  return { url: `https://hook.example:${port}/in?x=1`, ...about, ...more };
}

test("a message arrives signed; its receiver can tell ours, an old one and a changed one", async (context) => {
  const sent = await postHook(hookTo(context.port), hereReach(context), { nowMs: NOW_MS });
  assert.equal(sent, { ok: true, status: 204 });
  const [got] = context.got;
  assert.is(got?.body, '{"a":1}');
  assert.equal([got?.headers["spiral-delivery"], got?.headers["spiral-event"]], ["0b1f", "alert.opened"]);
  const header = String(got?.headers["spiral-signature"]);
  const nowS = NOW_MS / 1_000;
  const signed = { id: "0b1f", body: '{"a":1}' };
  assert.is(isSigned(signed, header, SECRET, nowS), true);
  assert.is(isSigned(signed, header, SECRET, nowS + SIGNATURE_VALID_S + 1), false);
  assert.is(isSigned({ ...signed, body: '{"a":2}' }, header, SECRET, nowS), false);
  assert.is(isSigned({ ...signed, id: "0b1e" }, header, SECRET, nowS), false);
  const other = hookSecret(new Uint8Array(32), "endpoint", 2);
  assert.is(isSigned(signed, header, other, nowS), false);
  assert.is(isSigned(signed, "t=,v1=", SECRET, nowS), false);
  // While a secret is being replaced both are good.
  const both = signature(signed, [other, SECRET], nowS);
  assert.equal(
    [SECRET, other].map((secret) => isSigned(signed, both, secret, nowS)),
    [true, true],
  );
});

test("addresses that are not public are refused, however they are written", () => {
  const refused = [
    ...["127.0.0.1", "127.1.2.3", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1"],
    ...["169.254.169.254", "100.100.100.200", "100.64.0.1", "192.0.0.192", "168.63.129.16", "224.0.0.1"],
    ...["255.255.255.255", "240.0.0.1", "198.18.0.1", "203.0.113.7", "::1", "::", "fe80::1", "fe80::1%eth0"],
    ...["fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254"],
    ...["::ffff:a9fe:a9fe", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::1", "::127.0.0.1"],
    ...["2001:db8::1", "100::1", "localhost", "", "1.2.3.4.5"],
  ];
  for (const address of refused) assert.is(isPublicAddress(address), false, address);
  for (const address of ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"]) {
    assert.is(isPublicAddress(address), true, address);
  }
});

test("what is written as an address is judged before any name is asked", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["http://hook.example/", /https/],
    ["ftp://hook.example/", /https/],
    ["https://me:secret@hook.example/", /password/],
    ["https://hook.example/#part", /fragment/],
    ["hook.example", /no address/],
    [`https://hook.example/${"x".repeat(3_000)}`, /longer/],
  ];
  for (const [text, why] of cases) {
    const verdict = parseTarget(text);
    assert.match(verdict.ok ? "let through" : verdict.why, why, text);
  }
});

test("a name is judged by where it leads; numbers in disguise are addresses", async () => {
  const leads = async (url: string, ...addresses: string[]) => {
    const reach: Reach = {
      ...PUBLIC_REACH,
      resolve: async () => addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    };
    return locate(new URL(url), reach);
  };
  assert.equal(await leads("https://a.example/", "8.8.8.8", "1.1.1.1"), {
    ok: true,
    at: { address: "8.8.8.8", family: 4 },
  });
  for (const addresses of [["10.0.0.1"], ["8.8.8.8", "169.254.169.254"], ["8.8.8.8", "::ffff:10.0.0.1"]]) {
    const located = await leads("https://a.example/", ...addresses);
    assert.is(located.ok ? "let through" : located.refused, true, addresses.join());
  }
  for (const url of ["https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/", "https://[::ffff:7f00:1]/"]) {
    const located = await leads(url, "8.8.8.8");
    assert.is(located.ok ? "let through" : located.refused, true, url);
  }
  const nowhere = await leads("https://a.example/");
  assert.equal(nowhere, { ok: false, refused: false, why: "a.example has no address" });
  const many = Array.from({ length: 33 }, () => "8.8.8.8");
  assert.match(JSON.stringify(await leads("https://a.example/", ...many)), /too many addresses/);
});

test("the production reach refuses this very machine; nothing arrives", async (context) => {
  for (const host of ["127.0.0.1", "localhost", "[::1]"]) {
    const sent = await postHook(hookTo(context.port, { url: `https://${host}:${context.port}/` }), PUBLIC_REACH, {
      nowMs: NOW_MS,
    });
    assert.is(sent.ok, false, host);
    assert.match(sent.ok ? "" : sent.why, /not public/);
  }
  assert.is(context.got.length, 0);
});

test("the address that was judged is the one connected to: the name is asked once", async (context) => {
  let asked = 0;
  const reach = hereReach(context, {
    resolve: async () => {
      asked += 1;
      // What a rebinding name would answer the second time.
      return [{ address: asked === 1 ? "127.0.0.1" : "10.0.0.1", family: 4 }];
    },
  });
  assert.is((await postHook(hookTo(context.port), reach, { nowMs: NOW_MS })).ok, true);
  assert.is(asked, 1);
});

test("a redirect, an unresolved name, a wrong certificate and silence are failures", async (context) => {
  const reach = hereReach(context);
  const post = (more: Partial<Reach> = {}, withinMs = 5_000) =>
    postHook(hookTo(context.port), { ...reach, ...more }, { nowMs: NOW_MS, withinMs });
  context.answer = { status: 302, headers: { location: "https://hook.example/" } };
  assert.equal(await post(), { ok: false, final: false, why: "answered 302: redirects are not followed" });
  assert.is(context.got.length, 1);
  context.answer = { status: 500 };
  assert.equal(await post(), { ok: false, final: false, why: "answered 500" });
  context.answer = { status: 410 };
  assert.equal(await post(), { ok: false, final: true, why: "answered 410" });
  context.answer = { status: 503, headers: { "retry-after": "120" } };
  assert.equal(await post(), { ok: false, final: false, why: "answered 503", retryAfterMs: 120_000 });
  context.answer = { status: 429, headers: { "retry-after": "999999" } };
  assert.equal(await post(), { ok: false, final: false, why: "answered 429", retryAfterMs: LONGEST_RETRY_MS });
  context.answer = { status: 204, never: true };
  assert.equal(await post({}, 150), { ok: false, final: false, why: "no answer in time" });
  const { ca: _, ...strangers } = reach;
  const unknown = await postHook(hookTo(context.port), strangers, { nowMs: NOW_MS });
  assert.match(unknown.ok ? "" : unknown.why, /no connection/);
  const gone = async (): Promise<never> => Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" }));
  assert.equal(await post({ resolve: gone }), {
    ok: false,
    final: false,
    why: "hook.example was not resolved (ENOTFOUND)",
  });
});

test("neither what is sent nor what is read is unbounded", async (context) => {
  const reach = hereReach(context);
  const large = hookTo(context.port, { body: "x".repeat(MAX_BODY_BYTES + 1) });
  assert.match(JSON.stringify(await postHook(large, reach, { nowMs: NOW_MS })), /larger than/);
  assert.is(context.got.length, 0);
  context.answer = { status: 200, body: "y".repeat(MAX_ANSWER_BYTES * 64) };
  assert.equal(await postHook(hookTo(context.port), reach, { nowMs: NOW_MS }), { ok: true, status: 200 });
});

test("tries are further and further apart, never together", () => {
  assert.is(retryDelayMs(1, 0), FIRST_RETRY_MS / 2);
  assert.ok(retryDelayMs(1, 0.999) < FIRST_RETRY_MS);
  assert.is(retryDelayMs(MAX_TRIES, 0), LONGEST_RETRY_MS / 2);
  assert.ok(retryDelayMs(1_000, 0.5) <= LONGEST_RETRY_MS);
});

test.run();
