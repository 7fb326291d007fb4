/**
 * Who may use which route: one row a route, in the order of the alphabet by address. A new route needs its row here;
 * roles are written out, not read from `fleet/api/rights.ts`, so that a right given by mistake fails.
 *
 * `at`: the address with things of the first tenant (`World`) in it. `body`: one that fits, for the other tenant's try;
 * our own roles send it, too, unless `spare` is set: then they send none and are told 400 behind the door.
 */
import type { Role } from "../../fleet/api/roles.js";

/** What the first tenant has, to be put into addresses. */
export interface World {
  readonly serial: string;
  readonly keyId: string;
  readonly locationId: string;
  readonly orderId: string;
  /** A person of ours that nobody here signs in as. */
  readonly userId: string;
  /** One of his sessions: nobody else's to end. */
  readonly sessionId: string;
  readonly transferId: string;
  readonly alertId: string;
  readonly channelId: string;
  readonly webhookId: string;
}

export interface Row {
  /** As registered, e.g. "GET /api/v1/machines/:serial". */
  readonly route: string;
  /** By role; "session": whoever has signed in, no keys; "anyone": also nobody. */
  readonly who: readonly Role[] | "session" | "anyone";
  readonly at?: (world: World) => string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the other tenant's owner is told; default 404 where `at` is given, else anything behind the door. */
  readonly foreign?: number;
  /** Our own roles send no body: the act would spoil the next one's. */
  readonly spare?: true;
  /** Ends the session it is asked with: asked last. */
  readonly ends?: true;
  /** Its answer does not end by itself. */
  readonly streams?: true;
  /** About machines: who sees only those of another tag is told 404, or 403 where the right is the operator's whole. */
  readonly scoped?: true;
}

const ALL: readonly Role[] = ["owner", "dispatcher", "technician", "driver", "viewer"];
const FIELD: readonly Role[] = ["owner", "dispatcher", "technician"];
const VISITING: readonly Role[] = ["owner", "dispatcher", "technician", "driver"];
const BOOKS: readonly Role[] = ["owner", "dispatcher", "viewer"];
const OFFICE: readonly Role[] = ["owner", "dispatcher"];
const OWNER: readonly Role[] = ["owner"];

const machine = (rest = "") =>
  ({ at: ({ serial }: World) => `/api/v1/machines/${serial}${rest}`, scoped: true }) as const;
const location = { at: ({ locationId }: World) => `/api/v1/locations/${locationId}` };
const product = { at: () => "/api/v1/products/7" };
const key = { at: ({ keyId }: World) => `/api/v1/keys/${keyId}` };

const alert = (rest = "") =>
  ({ at: ({ alertId }: World) => `/api/v1/alerts/${alertId}${rest}`, scoped: true }) as const;
const webhook = (rest = "") => ({ at: ({ webhookId }: World) => `/api/v1/webhooks/${webhookId}${rest}` });
const channel = (rest = "") => ({ at: ({ channelId }: World) => `/api/v1/channels/${channelId}${rest}` });
const rule = () => "/api/v1/alert-rules/offline";
const STILL = { untilAt: new Date(Date.now() + 3_600_000).toISOString() };
const CHANNEL = { name: "Their desk", kind: "email", to: ["desk@their.example"] };
const WEBHOOK = { name: "Their books", url: "https://hook.example/", kinds: ["sale"] };
const ALERT_SETTINGS = { timeZone: "UTC", quietFromMinute: null, quietToMinute: null, temperatureUnit: "F" };

const NEW_PRODUCT = { number: 9, name: "Theirs", category: "snack", sku: "X", defaultPrice: "1.00", currency: "USD" };

const PLANOGRAM = { basedOn: 0, slots: [{ slot: "B4", column: 0, productNumber: 7, capacity: 8 }] };
const PRICES = { basedOn: 0, prices: { B4: "0.05" } };
const SETTINGS = { basedOn: 0, maxCredit: "1.00", coinMask: 1, billMask: 0, serviceCodes: [] };
const UPDATE = { manifest: "oA==" };
const user = (rest = "") => ({ at: ({ userId }: World) => `/api/v1/users/${userId}${rest}` });
/** With a password that is none of theirs. */
const OWN_PASSWORD = { spare: true, foreign: 401, body: { password: "wrong" } } as const;

export const ROWS: readonly Row[] = [
  {
    route: "PUT /api/v1/account/password",
    who: "session",
    spare: true,
    foreign: 401,
    body: { present: "wrong", wanted: "a long enough password" },
  },
  { route: "DELETE /api/v1/account/identities", who: "session" },
  { route: "GET /api/v1/account/identities", who: "session" },
  { route: "POST /api/v1/account/identities", who: "session" },
  { route: "POST /api/v1/account/recovery-codes", who: "session", ...OWN_PASSWORD },
  { route: "DELETE /api/v1/account/sessions", who: "session", ends: true },
  { route: "GET /api/v1/account/sessions", who: "session" },
  {
    route: "DELETE /api/v1/account/sessions/:id",
    who: "session",
    at: ({ sessionId }) => `/api/v1/account/sessions/${sessionId}`,
  },
  { route: "POST /api/v1/account/totp", who: "session", ...OWN_PASSWORD },
  { route: "PUT /api/v1/account/totp", who: "session", spare: true, foreign: 409, body: { code: "123456" } },
  { route: "POST /api/v1/account/totp/removal", who: "session", ...OWN_PASSWORD },
  { route: "GET /api/v1/alert-rules", who: ALL },
  { route: "GET /api/v1/alert-rules/:rule", who: ALL, at: rule, foreign: 200 },
  { route: "PUT /api/v1/alert-rules/:rule", who: OFFICE, at: rule, foreign: 200, body: { enabled: true } },
  { route: "GET /api/v1/alert-settings", who: ALL },
  { route: "PUT /api/v1/alert-settings", who: OFFICE, body: ALERT_SETTINGS },
  { route: "GET /api/v1/alerts", who: ALL },
  { route: "GET /api/v1/alerts/:id", who: ALL, ...alert() },
  { route: "POST /api/v1/alerts/:id/acknowledge", who: VISITING, ...alert("/acknowledge") },
  { route: "POST /api/v1/alerts/:id/assign", who: VISITING, ...alert("/assign"), body: { user: null } },
  { route: "POST /api/v1/alerts/:id/comments", who: VISITING, ...alert("/comments"), body: { note: "seen" } },
  { route: "POST /api/v1/alerts/:id/resolve", who: VISITING, ...alert("/resolve"), body: {}, spare: true },
  { route: "POST /api/v1/alerts/:id/snooze", who: VISITING, ...alert("/snooze"), body: STILL },
  { route: "GET /api/v1/audit-log", who: OWNER },
  { route: "GET /api/v1/channels", who: OFFICE },
  { route: "POST /api/v1/channels", who: OFFICE, spare: true, body: CHANNEL },
  { route: "GET /api/v1/channels/:id", who: OFFICE, ...channel() },
  { route: "PATCH /api/v1/channels/:id", who: OFFICE, ...channel(), spare: true, body: { name: "Taken over" } },
  { route: "DELETE /api/v1/channels/:id", who: OFFICE, ...channel() },
  { route: "GET /api/v1/channels/:id/deliveries", who: OFFICE, ...channel("/deliveries") },
  { route: "POST /api/v1/channels/:id/replays", who: OFFICE, ...channel("/replays"), body: {} },
  { route: "POST /api/v1/channels/:id/secrets", who: OFFICE, ...channel("/secrets") },
  { route: "POST /api/v1/channels/:id/test", who: OFFICE, ...channel("/test") },
  { route: "GET /api/v1/claims", who: FIELD },
  { route: "POST /api/v1/claims", who: FIELD, spare: true, body: { serials: ["THEIRS-1"] }, foreign: 503 },
  { route: "GET /api/v1/claims/:id", who: FIELD, at: () => `/api/v1/claims/${crypto.randomUUID()}` },
  { route: "DELETE /api/v1/claims/:id", who: FIELD, at: () => `/api/v1/claims/${crypto.randomUUID()}` },
  { route: "GET /api/v1/changes", who: ALL },
  { route: "GET /api/v1/changes/stream", who: ALL, streams: true },
  { route: "GET /api/v1/events", who: ALL, streams: true },
  { route: "GET /api/v1/faults", who: ALL },
  { route: "GET /api/v1/keys", who: OWNER },
  { route: "POST /api/v1/keys", who: OWNER, spare: true, body: { name: "theirs", scopes: ["sales:read"] } },
  { route: "GET /api/v1/keys/:id", who: OWNER, ...key },
  { route: "PATCH /api/v1/keys/:id", who: OWNER, ...key, spare: true, body: { name: "taken over" } },
  { route: "DELETE /api/v1/keys/:id", who: OWNER, ...key },
  { route: "POST /api/v1/locations/imports", who: OFFICE, spare: true },
  { route: "GET /api/v1/locations", who: ALL },
  { route: "POST /api/v1/locations", who: OFFICE, spare: true, body: { name: "Their hall" } },
  { route: "DELETE /api/v1/locations/:id", who: OFFICE, ...location },
  { route: "GET /api/v1/locations/:id", who: ALL, ...location },
  { route: "PATCH /api/v1/locations/:id", who: OFFICE, ...location, body: { name: "Taken over" }, spare: true },
  { route: "GET /api/v1/machines", who: ALL },
  { route: "POST /api/v1/machines/imports", who: FIELD, spare: true },
  { route: "POST /api/v1/planograms/imports", who: OFFICE, spare: true },
  { route: "GET /api/v1/machines/:serial", who: ALL, ...machine() },
  { route: "GET /api/v1/machines/:serial/audits", who: BOOKS, ...machine("/audits") },
  { route: "POST /api/v1/machines/:serial/audits", who: FIELD, ...machine("/audits"), body: {} },
  { route: "GET /api/v1/machines/:serial/audits/:epoch/:counter", who: BOOKS, ...machine("/audits/1/1") },
  { route: "GET /api/v1/machines/:serial/identity", who: FIELD, ...machine("/identity") },
  { route: "GET /api/v1/machines/:serial/mutes", who: ALL, ...machine("/mutes") },
  { route: "PUT /api/v1/machines/:serial/mutes/:rule", who: VISITING, ...machine("/mutes/all"), body: STILL },
  { route: "DELETE /api/v1/machines/:serial/mutes/:rule", who: VISITING, ...machine("/mutes/all") },
  { route: "GET /api/v1/machines/:serial/owed", who: BOOKS, ...machine("/owed") },
  { route: "GET /api/v1/machines/:serial/planograms", who: ALL, ...machine("/planograms") },
  { route: "POST /api/v1/machines/:serial/planograms", who: OFFICE, ...machine("/planograms"), body: PLANOGRAM },
  { route: "GET /api/v1/machines/:serial/planograms/:version", who: ALL, ...machine("/planograms/1") },
  { route: "GET /api/v1/machines/:serial/planograms/:version/diff", who: ALL, ...machine("/planograms/1/diff") },
  { route: "POST /api/v1/machines/:serial/prices", who: OFFICE, ...machine("/prices"), body: PRICES },
  { route: "GET /api/v1/machines/:serial/profile", who: ALL, ...machine("/profile") },
  { route: "PATCH /api/v1/machines/:serial/profile", who: FIELD, ...machine("/profile"), body: { model: "SP-60" } },
  { route: "POST /api/v1/machines/:serial/revocations", who: FIELD, ...machine("/revocations") },
  { route: "GET /api/v1/machines/:serial/settings", who: ALL, ...machine("/settings") },
  { route: "POST /api/v1/machines/:serial/settings", who: OFFICE, ...machine("/settings"), body: SETTINGS },
  { route: "GET /api/v1/machines/:serial/slots", who: ALL, ...machine("/slots") },
  { route: "POST /api/v1/machines/:serial/updates", who: OFFICE, ...machine("/updates"), body: UPDATE },
  { route: "DELETE /api/v1/machines/:serial/suspension", who: FIELD, ...machine("/suspension") },
  { route: "GET /api/v1/orders", who: FIELD },
  {
    route: "GET /api/v1/orders/:id",
    who: FIELD,
    at: ({ orderId }: World) => `/api/v1/orders/${orderId}`,
    scoped: true,
  },
  { route: "GET /api/v1/machines/:serial/telemetry", who: ALL, ...machine("/telemetry") },
  { route: "GET /api/v1/machines/:serial/tags", who: ALL, ...machine("/tags") },
  { route: "PUT /api/v1/machines/:serial/tags", who: OFFICE, ...machine("/tags"), body: { tags: ["taken"] } },
  { route: "GET /api/v1/operator", who: ALL },
  { route: "PATCH /api/v1/operator", who: OWNER, spare: true, body: { units: "metric" } },
  { route: "GET /api/v1/overview", who: ALL },
  { route: "POST /api/v1/password-resets", who: "anyone" },
  { route: "POST /api/v1/passwords", who: "anyone" },
  { route: "GET /api/v1/payments", who: BOOKS, at: ({ serial }) => `/api/v1/payments?machine=${serial}`, scoped: true },
  { route: "GET /api/v1/payments/export", who: BOOKS, at: () => "/api/v1/payments/export?format=csv", foreign: 200 },
  { route: "POST /api/v1/products/imports", who: OFFICE, spare: true },
  { route: "GET /api/v1/products", who: ALL },
  { route: "POST /api/v1/products", who: OFFICE, spare: true, body: NEW_PRODUCT },
  { route: "GET /api/v1/products/:number", who: ALL, ...product },
  { route: "PATCH /api/v1/products/:number", who: OFFICE, ...product, body: { name: "Taken over" }, spare: true },
  { route: "GET /api/v1/revenue", who: BOOKS },
  { route: "DELETE /api/v1/session", who: "anyone" },
  { route: "GET /api/v1/session", who: "session" },
  { route: "POST /api/v1/session", who: "anyone" },
  { route: "GET /api/v1/session/oidc", who: "anyone" },
  { route: "GET /api/v1/session/oidc/callback", who: "anyone" },
  { route: "GET /api/v1/session/providers", who: "anyone" },
  { route: "GET /api/v1/tags", who: ALL },
  { route: "GET /api/v1/transactions", who: BOOKS },
  { route: "GET /api/v1/transfers", who: OWNER },
  { route: "POST /api/v1/transfers", who: OWNER, foreign: 404, body: { serial: "AUTH-1" } },
  {
    route: "DELETE /api/v1/transfers/:id",
    who: OWNER,
    at: ({ transferId }) => `/api/v1/transfers/${transferId}`,
  },
  { route: "POST /api/v1/transfers/acceptances", who: OWNER, foreign: 404, body: { code: "NO-SUCH-CODE" } },
  { route: "GET /api/v1/users", who: OFFICE },
  { route: "POST /api/v1/users", who: OWNER, spare: true, body: { name: "their new one", role: "driver" } },
  { route: "DELETE /api/v1/users/:id", who: OWNER, ...user() },
  { route: "GET /api/v1/users/:id", who: OFFICE, ...user() },
  { route: "PATCH /api/v1/users/:id", who: OWNER, ...user(), spare: true, body: { role: "owner" } },
  { route: "POST /api/v1/users/:id/password-links", who: OWNER, ...user("/password-links") },
  { route: "DELETE /api/v1/users/:id/second-factor", who: OWNER, ...user("/second-factor") },
  {
    route: "GET /api/v1/transactions/export",
    who: BOOKS,
    at: () => "/api/v1/transactions/export?format=ndjson",
    foreign: 200,
  },
  {
    route: "POST /api/v1/vouchers/:code/redemptions",
    who: FIELD,
    at: () => "/api/v1/vouchers/4821-7356-0924/redemptions",
    headers: { "idempotency-key": "one" },
    body: { serial: "AUTH-1", amount: "1.00" },
    scoped: true,
  },
  { route: "GET /api/v1/webhooks", who: OWNER },
  { route: "POST /api/v1/webhooks", who: OWNER, spare: true, body: WEBHOOK },
  { route: "GET /api/v1/webhooks/:id", who: OWNER, ...webhook() },
  { route: "PATCH /api/v1/webhooks/:id", who: OWNER, ...webhook(), spare: true, body: { name: "Taken over" } },
  { route: "DELETE /api/v1/webhooks/:id", who: OWNER, ...webhook() },
  { route: "GET /api/v1/webhooks/:id/deliveries", who: OWNER, ...webhook("/deliveries") },
  { route: "POST /api/v1/webhooks/:id/replays", who: OWNER, ...webhook("/replays"), body: {} },
  { route: "POST /api/v1/webhooks/:id/secrets", who: OWNER, ...webhook("/secrets") },
  { route: "POST /api/v1/webhooks/:id/test", who: OWNER, ...webhook("/test") },
  { route: "GET /docs", who: "anyone" },
  { route: "GET /docs/openapi.json", who: "anyone" },
  { route: "GET /healthz", who: "anyone" },
  { route: "POST /machine/v1/claims", who: "anyone" },
  { route: "GET /machine/v1/orders", who: "anyone" },
  { route: "POST /machine/v1/renewals", who: "anyone" },
  { route: "POST /machine/v1/sync", who: "anyone" },
  { route: "GET /metrics", who: "anyone" },
  { route: "GET /problems/:code", who: "anyone" },
  { route: "GET /readyz", who: "anyone" },
];
