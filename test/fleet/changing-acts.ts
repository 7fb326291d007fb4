/**
 * One successful act for each route that changes something: what the tests of the audit log, of Idempotency-Key and of
 * If-Match walk. A new route needs its act here. Each prepares what it changes, so that acts may come in any order and
 * any number of times. Where one of the three does not hold for a route, its row says why.
 */
import { Secret, TOTP } from "otpauth";
import { KEY_VERSION } from "../../fleet/store/master-key.js";
import { voucherCode, voucherKey } from "../../shared/voucher.js";
import { manifestBody, signedManifest } from "../../shared/wire/image-manifest.js";
import { PASSWORD, type Stage, type StagePerson } from "./changing-stage.js";

/** The request that succeeds. */
export interface Ready {
  readonly path: string;
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: the owner of ours. */
  readonly by?: StagePerson;
  /** GET of it gives the ETag that If-Match names; default: `path`. */
  readonly read?: string;
}

export interface Act {
  /** As registered, below /api/v1. */
  readonly route: string;
  /** Left out where `unlogged` and `unkeyed` say why nothing can be tried here. */
  readonly prepare?: (stage: Stage) => Ready | Promise<Ready>;
  /** Why it leaves nothing in the audit log. */
  readonly unlogged?: string;
  /** Why a POST is not answered alike by Idempotency-Key. */
  readonly unkeyed?: string;
  /** The answer holds a secret, which is shown once: a repeat is told so. */
  readonly secret?: true;
  /** Why a PUT, PATCH or DELETE takes no If-Match. */
  readonly unconditional?: string;
}

const CSV = { "content-type": "text/csv" };
const soon = () => new Date(Date.now() + 3_600_000).toISOString();
const NO_READ = "nothing reads one of these alone";
const NOBODY = "nobody is signed in, for whom a key could be kept";

const IMAGE = {
  board: "devkit",
  version: "1.2.0",
  sizeBytes: 1_500_000,
  sha256: new Uint8Array(32).fill(0xab),
  host: "images.example",
  port: 8_443,
  path: "/spiral/1.2.0.bin",
};
const MANIFEST = Buffer.from(signedManifest(manifestBody(IMAGE), new Uint8Array(384))).toString("base64");

/** Of a person with a second factor that waits to be confirmed; the code that does. */
async function offered(stage: Stage): Promise<{ readonly by: StagePerson; readonly code: string }> {
  const by = await stage.person();
  const { secret = "" } = await stage.make("/account/totp", { password: PASSWORD }, by);
  return { by, code: new TOTP({ secret: Secret.fromBase32(secret) }).generate() };
}

async function withSecondFactor(stage: Stage): Promise<StagePerson> {
  const { by, code } = await offered(stage);
  await by.ask("PUT", "/account/totp", { code });
  return by;
}

const ACCOUNT: readonly Act[] = [
  {
    route: "PUT /account/password",
    prepare: async (stage) => {
      const by = await stage.person();
      return { by, path: "/account/password", body: { present: PASSWORD, wanted: "another horse, another battery" } };
    },
    unconditional: "the password before proves what it is changed from",
  },
  {
    route: "DELETE /account/identities",
    prepare: async (stage) => {
      const by = await stage.person();
      await stage.row(
        `INSERT INTO user_identities (issuer, subject, user_id, operator_id) VALUES ('https://idp.example', $1, $2, $3)
         RETURNING user_id AS id`,
        [by.name, by.userId, by.operatorId],
      );
      return { by, path: "/account/identities" };
    },
  },
  {
    route: "POST /account/identities",
    unlogged: "only leads to the provider; coming back links, which fleet/oidc finds on record",
    unkeyed: "changes nothing, and begins a journey in a cookie of its own each time",
  },
  {
    route: "POST /account/recovery-codes",
    secret: true,
    prepare: async (stage) => ({
      by: await withSecondFactor(stage),
      path: "/account/recovery-codes",
      body: { password: PASSWORD },
    }),
  },
  {
    route: "DELETE /account/sessions",
    prepare: async (stage) => ({ by: await stage.person(), path: "/account/sessions" }),
    unconditional: "ends all there are, whichever these are",
  },
  {
    route: "DELETE /account/sessions/:id",
    prepare: async (stage) => {
      const by = await stage.person();
      await by.signInAgain();
      const { sessions } = (await by.ask("GET", "/account/sessions")).json();
      const other = sessions.find(({ current }: { current: boolean }) => !current);
      return { by, path: `/account/sessions/${other.id}` };
    },
    unconditional: NO_READ,
  },
  {
    route: "POST /account/totp",
    secret: true,
    prepare: async (stage) => ({ by: await stage.person(), path: "/account/totp", body: { password: PASSWORD } }),
  },
  {
    route: "PUT /account/totp",
    prepare: async (stage) => {
      const { by, code } = await offered(stage);
      return { by, path: "/account/totp", body: { code } };
    },
    unconditional: "its code proves for which secret it is",
  },
  {
    route: "POST /account/totp/removal",
    prepare: async (stage) => ({
      by: await withSecondFactor(stage),
      path: "/account/totp/removal",
      body: { password: PASSWORD },
    }),
  },
  {
    route: "POST /password-resets",
    unlogged: "nobody asks, and is answered alike whoever is meant; the password that is set by it is on record",
    unkeyed: NOBODY,
  },
  {
    route: "POST /passwords",
    prepare: async (stage) => {
      const by = await stage.person();
      const { token } = await stage.make(`/users/${by.userId}/password-links`);
      return { by, path: "/passwords", body: { token, password: "another horse, another battery" } };
    },
    unkeyed: `${NOBODY}; a link works once`,
  },
  { route: "POST /session", unlogged: "a sign-in changes nothing of the operator's", unkeyed: NOBODY },
  {
    route: "DELETE /session",
    prepare: async (stage) => ({ by: await stage.person(), path: "/session" }),
    unlogged: "a sign-out changes nothing of the operator's, as the end of its time does not",
    unconditional: "ends what the cookie names",
  },
];

/** An alert of a new machine; its path. */
async function alertOf(stage: Stage): Promise<string> {
  const id = await stage.row(
    `INSERT INTO alerts (operator_id, machine_id, rule, severity, sentence)
     SELECT operator_id, id, 'ours', 'error', 'It has a trouble' FROM machines WHERE serial_number = $1 RETURNING id`,
    [await stage.machine()],
  );
  return `/alerts/${id}`;
}

const alertAct = (act: string, body?: (stage: Stage) => object): Act => ({
  route: `POST /alerts/:id/${act}`,
  prepare: async (stage) => ({
    path: `${await alertOf(stage)}/${act}`,
    ...(body === undefined ? {} : { body: body(stage) }),
  }),
});

const hook = (name: string) => ({ name, url: "https://hook.example/", enabled: false });
const channelOf = async (stage: Stage) =>
  `/channels/${(await stage.make("/channels", { ...hook(stage.name()), kind: "webhook" })).id}`;
const webhookOf = async (stage: Stage) =>
  `/webhooks/${(await stage.make("/webhooks", { ...hook(stage.name()), kinds: ["sale"] })).id}`;

/** What channels and webhooks have in common. */
const sending = (of: "channels" | "webhooks", made: (stage: Stage) => Promise<string>): readonly Act[] => [
  { route: `PATCH /${of}/:id`, prepare: async (stage) => ({ path: await made(stage), body: { name: stage.name() } }) },
  { route: `DELETE /${of}/:id`, prepare: async (stage) => ({ path: await made(stage) }) },
  { route: `POST /${of}/:id/replays`, prepare: async (stage) => ({ path: `${await made(stage)}/replays`, body: {} }) },
  {
    route: `POST /${of}/:id/secrets`,
    secret: true,
    prepare: async (stage) => ({ path: `${await made(stage)}/secrets` }),
  },
  {
    route: `POST /${of}/:id/test`,
    prepare: async (stage) => ({ path: `${await made(stage)}/test` }),
    unlogged: "sends a test; nothing is another by it",
  },
];

const ALERTS: readonly Act[] = [
  { route: "PUT /alert-rules/:rule", prepare: () => ({ path: "/alert-rules/offline", body: { enabled: true } }) },
  {
    route: "PUT /alert-settings",
    prepare: () => ({
      path: "/alert-settings",
      body: { timeZone: "UTC", quietFromMinute: null, quietToMinute: null, temperatureUnit: "C" },
    }),
  },
  alertAct("acknowledge"),
  alertAct("assign", ({ owner }) => ({ user: owner.name })),
  alertAct("comments", () => ({ note: "On my way" })),
  alertAct("resolve", () => ({ note: "Shaken" })),
  alertAct("snooze", () => ({ untilAt: soon() })),
  {
    route: "POST /channels",
    secret: true,
    prepare: (stage) => ({ path: "/channels", body: { ...hook(stage.name()), kind: "webhook" } }),
  },
  ...sending("channels", channelOf),
  {
    route: "POST /webhooks",
    secret: true,
    prepare: (stage) => ({ path: "/webhooks", body: { ...hook(stage.name()), kinds: ["sale"] } }),
  },
  ...sending("webhooks", webhookOf),
  {
    route: "PUT /machines/:serial/mutes/:rule",
    prepare: async (stage) => {
      const read = `/machines/${await stage.machine()}/mutes`;
      return { read, path: `${read}/all`, body: { untilAt: soon() } };
    },
  },
  {
    route: "DELETE /machines/:serial/mutes/:rule",
    prepare: async (stage) => {
      const read = `/machines/${await stage.machine()}/mutes`;
      await stage.owner.ask("PUT", `${read}/all`, { untilAt: soon() });
      return { read, path: `${read}/all` };
    },
  },
];

const KEPT: readonly Act[] = [
  {
    route: "POST /claims",
    secret: true,
    prepare: () => ({ path: "/claims", body: { serials: ["ACT-CLAIMED"] } }),
  },
  {
    route: "DELETE /claims/:id",
    prepare: async (stage) => ({ path: `/claims/${(await stage.make("/claims", { serials: ["ACT-GONE"] })).id}` }),
  },
  {
    route: "POST /keys",
    secret: true,
    prepare: (stage) => ({ path: "/keys", body: { name: stage.name(), scopes: ["sales:read"] } }),
  },
  ...(["PATCH", "DELETE"] as const).map(
    (method): Act => ({
      route: `${method} /keys/:id`,
      prepare: async (stage) => ({
        path: `/keys/${(await stage.make("/keys", { name: stage.name(), scopes: ["sales:read"] })).id}`,
        ...(method === "PATCH" ? { body: { name: stage.name() } } : {}),
      }),
    }),
  ),
  {
    route: "POST /locations",
    prepare: (stage) => ({ path: "/locations", body: { name: stage.name(), timeZone: "UTC" } }),
  },
  ...(["PATCH", "DELETE"] as const).map(
    (method): Act => ({
      route: `${method} /locations/:id`,
      prepare: async (stage) => ({
        path: `/locations/${(await stage.make("/locations", { name: stage.name(), timeZone: "UTC" })).id}`,
        ...(method === "PATCH" ? { body: { name: stage.name() } } : {}),
      }),
    }),
  ),
  {
    route: "POST /locations/imports",
    prepare: (stage) => ({ path: "/locations/imports", headers: CSV, body: `name,timeZone\n${stage.name()},UTC\n` }),
  },
  { route: "POST /products", prepare: (stage) => ({ path: "/products", body: product(stage.name()) }) },
  { route: "PATCH /products/:number", prepare: (stage) => ({ path: "/products/7", body: { name: stage.name() } }) },
  {
    route: "POST /products/imports",
    prepare: (stage) => ({
      path: "/products/imports",
      headers: CSV,
      body: `name,category,sku,defaultPrice,currency\n${stage.name()},snack,X,1.00,USD\n`,
    }),
  },
];

const product = (name: string) => ({ name, category: "snack", sku: "X", defaultPrice: "1.00", currency: "USD" });

const onMachine = (method: string, rest: string, body?: object, more: Partial<Act> = {}): Act => ({
  route: `${method} /machines/:serial${rest}`,
  prepare: async (stage) => ({
    path: `/machines/${await stage.machine()}${rest}`,
    ...(body === undefined ? {} : { body }),
  }),
  ...more,
});

const PLANOGRAM = { basedOn: 0, slots: [{ slot: "B4", column: 0, productNumber: 7, capacity: 8 }] };

const MACHINES: readonly Act[] = [
  {
    route: "POST /machines/imports",
    prepare: async (stage) => ({
      path: "/machines/imports",
      headers: CSV,
      body: `serial,model\n${await stage.machine()},SP-60\n`,
    }),
  },
  {
    route: "POST /planograms/imports",
    prepare: async (stage) => ({
      path: "/planograms/imports",
      headers: CSV,
      body: `machine,slot,column,productNumber,capacity\n${await stage.machine()},B4,0,7,8\n`,
    }),
  },
  onMachine("POST", "/audits", {}),
  onMachine("POST", "/planograms", PLANOGRAM),
  {
    route: "POST /machines/:serial/prices",
    prepare: async (stage) => {
      const path = `/machines/${await stage.machine()}`;
      await stage.make(`${path}/planograms`, PLANOGRAM);
      return { path: `${path}/prices`, body: { basedOn: 1, prices: { B4: "2.00" } } };
    },
  },
  onMachine("PATCH", "/profile", { model: "SP-60" }),
  onMachine("POST", "/revocations"),
  onMachine("POST", "/settings", { basedOn: 0, maxCredit: "1.00", coinMask: 1, billMask: 0, serviceCodes: [] }),
  onMachine("POST", "/updates", { manifest: MANIFEST }),
  onMachine("PUT", "/tags", { tags: ["north"] }),
  {
    route: "DELETE /machines/:serial/suspension",
    prepare: async (stage) => {
      const serial = await stage.machine();
      await stage.row(
        `INSERT INTO machine_suspensions (operator_id, machine_id, reason, evidence)
         SELECT operator_id, id, 'clonedIdentity', 'two boards' FROM machines WHERE serial_number = $1
         RETURNING machine_id AS id`,
        [serial],
      );
      return { path: `/machines/${serial}/suspension` };
    },
    unconditional: "there is one or there is none; it is never another",
  },
  {
    route: "POST /vouchers/:code/redemptions",
    prepare: async (stage) => {
      const serial = await stage.machine();
      const claim = { machineId: serial, epoch: 1, number: 1, amountMinor: 35, currency: "USD" };
      const code = voucherCode(voucherKey(stage.master, serial, 1, KEY_VERSION), claim);
      return {
        path: `/vouchers/${code}/redemptions`,
        headers: { "idempotency-key": serial },
        body: { serial, amount: "0.35" },
      };
    },
    unkeyed: "has to have one, and keeps it with the redemption for good: fleet/vouchers",
  },
];

const PEOPLE: readonly Act[] = [
  { route: "PATCH /operator", prepare: () => ({ path: "/operator", body: { units: "metric" } }) },
  {
    route: "POST /transfers",
    secret: true,
    prepare: async (stage) => ({ path: "/transfers", body: { serial: await stage.machine() } }),
  },
  {
    route: "DELETE /transfers/:id",
    prepare: async (stage) => ({
      path: `/transfers/${(await stage.make("/transfers", { serial: await stage.machine() })).id}`,
    }),
    unconditional: NO_READ,
  },
  {
    route: "POST /transfers/acceptances",
    prepare: async (stage) => {
      const serial = await stage.machine(stage.stranger.operatorId);
      const { code } = await stage.make("/transfers", { serial }, stage.stranger);
      return { path: "/transfers/acceptances", body: { code } };
    },
  },
  {
    route: "POST /users",
    secret: true,
    prepare: (stage) => ({ path: "/users", body: { name: stage.name(), role: "driver" } }),
  },
  {
    route: "PATCH /users/:id",
    prepare: async (stage) => ({ path: `/users/${(await stage.person()).userId}`, body: { role: "viewer" } }),
  },
  { route: "DELETE /users/:id", prepare: async (stage) => ({ path: `/users/${(await stage.person()).userId}` }) },
  {
    route: "POST /users/:id/password-links",
    secret: true,
    prepare: async (stage) => ({ path: `/users/${(await stage.person()).userId}/password-links` }),
  },
  {
    route: "DELETE /users/:id/second-factor",
    prepare: async (stage) => ({ path: `/users/${(await withSecondFactor(stage)).userId}/second-factor` }),
    unconditional: "there is one or there is none; it is never read",
  },
];

export const ACTS: readonly Act[] = [...ACCOUNT, ...ALERTS, ...KEPT, ...MACHINES, ...PEOPLE];
