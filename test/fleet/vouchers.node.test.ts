/** Vouchers against the fleet: paid once, by the machine's signature and its record, whoever asks and how often. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { OwedList } from "../../fleet/api/owed/schema.js";
import { ensureFirstUser } from "../../fleet/api/session/first-user.js";
import { KEY_VERSION, masterKey } from "../../fleet/store/master-key.js";
import { addOperator } from "../../fleet/store/provision.js";
import { claimNumber, formatVoucherCode, voucherCode, voucherKey } from "../../shared/voucher.js";
import { addTestMachine, OUR_PAGE, startTestFleet, type TestFleet, TestLedger, TestMachine } from "./support.js";

interface Context {
  fleet: TestFleet;
  cookie: string;
  master: Uint8Array;
  machine: TestMachine;
  ledger: TestLedger;
  keys: number;
}
const test = suite<Context>("fleet/vouchers");
const SERIAL = "VOUCH-1";

test.before(async (context) => {
  const fleet = await startTestFleet();
  const { name, password = "" } = await ensureFirstUser(fleet.databases, fleet.operatorId, fleet.config.dataDir);
  const payload = { name, password };
  const signedIn = await fleet.app.inject({ method: "POST", url: "/api/v1/session", payload });
  context.fleet = fleet;
  context.cookie = String(signedIn.headers["set-cookie"]).split(";")[0] ?? "";
  context.master = await masterKey(fleet.config);
  context.machine = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine(SERIAL));
  context.ledger = new TestLedger().boot();
  context.keys = 0;
  await addTestMachine(fleet, await addOperator(fleet.databases, "Somebody Else"), "OTHER-1");
});
test.after(async ({ fleet }) => fleet.close());

/** As the machine makes it. */
function codeOf({ master }: Context, number: number, amountMinor: number, serial = SERIAL): string {
  const claim = { machineId: serial, epoch: 1, number, amountMinor, currency: "USD" };
  return voucherCode(voucherKey(master, serial, 1, KEY_VERSION), claim);
}

/** Its record arrives. */
async function issue(context: Context, voucherNo: number, amountMinor: number): Promise<string> {
  const { ledger, machine } = context;
  const code = codeOf(context, voucherNo, amountMinor);
  const before = ledger.newest;
  ledger.append({ kind: "voucherIssued", voucherNo, reason: 0, amountMinor, code }, ledger.wallS);
  await machine.sync(ledger, before);
  return code;
}

function redeem(context: Context, code: string, amount: string, more: { key?: string; serial?: string } = {}) {
  const { fleet, cookie } = context;
  const { key = `key-${++context.keys}`, serial = SERIAL } = more;
  const url = `/api/v1/vouchers/${encodeURIComponent(code)}/redemptions`;
  const headers = { ...OUR_PAGE, cookie, "idempotency-key": key };
  return fleet.app.inject({ method: "POST", url, headers, payload: { serial, amount } });
}

async function redemptions({ fleet }: Context): Promise<number> {
  const [row] = await fleet.databases.migrate<{ rows: number }[]>`
    SELECT count(*)::int AS rows FROM voucher_redemptions WHERE state = 'redeemed'`;
  return row?.rows ?? -1;
}

test("a voucher is paid once; the same try is answered alike, another is refused", async (context) => {
  const code = await issue(context, 1, 35);
  const first = await redeem(context, formatVoucherCode(code).toLowerCase(), "0.35", { key: "a" });
  assert.is(first.statusCode, 201, first.body);
  const { redeemedAt, ...rest } = first.json();
  assert.equal(rest, { code, serial: SERIAL, amount: "0.35", currency: "USD", state: "redeemed" });
  const again = await redeem(context, code, "0.35", { key: "a" });
  assert.equal([again.statusCode, again.json().redeemedAt], [200, redeemedAt]);
  const other = await redeem(context, code, "0.35", { key: "b" });
  assert.equal([other.statusCode, other.json().code], [409, "voucher-redeemed"]);
  // On record once, with what was paid.
  const log = await context.fleet.databases.migrate<{ after: { amount: string } }[]>`
    SELECT after FROM audit_log WHERE subject = 'voucher' AND action = 'redeemed' AND subject_id = ${code}`;
  assert.equal(
    log.map(({ after }) => after.amount),
    ["0.35"],
  );
});

test("twenty at the same moment: one is paid", async (context) => {
  const code = await issue(context, 2, 50);
  const before = await redemptions(context);
  const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(context, code, "0.50")));
  const codes = answers.map(({ statusCode }) => statusCode).sort();
  assert.equal(codes, [201, ...new Array<number>(19).fill(409)]);
  assert.is(await redemptions(context), before + 1);
});

test("not known yet: it is kept, and paid when the record arrives", async (context) => {
  const code = codeOf(context, 3, 75);
  const early = await redeem(context, code, "0.75", { key: "early" });
  assert.equal([early.statusCode, early.json().state, early.json().redeemedAt], [202, "pending", null]);
  assert.is((await redeem(context, code, "0.75")).json().code, "voucher-redeemed", "nobody else gets it meanwhile");
  assert.is(await issue(context, 3, 75), code);
  const later = await redeem(context, code, "0.75", { key: "early" });
  assert.equal([later.statusCode, later.json().state], [200, "redeemed"]);
});

test("a redemption that meets the commit of its record is never left pending", async (context) => {
  for (let voucherNo = 10; voucherNo < 25; voucherNo++) {
    const code = codeOf(context, voucherNo, 25);
    const key = `race-${voucherNo}`;
    const [answer] = await Promise.all([redeem(context, code, "0.25", { key }), issue(context, voucherNo, 25)]);
    assert.ok(answer.statusCode === 201 || answer.statusCode === 202, answer.body);
    assert.is((await redeem(context, code, "0.25", { key })).json().state, "redeemed");
  }
});

test("forged, bent, of another amount, machine or operator, a claim, no code: each by its problem", async (context) => {
  const code = await issue(context, 4, 100);
  const bent = code.slice(0, 13) + (code.endsWith("7") ? "8" : "7");
  const claim = codeOf(context, claimNumber(1), 100);
  const cases: readonly (readonly [string, string, string, number, string])[] = [
    [bent, "1.00", SERIAL, 404, "no-such-voucher"],
    [codeOf(context, 99, 100), "2.00", SERIAL, 404, "no-such-voucher"],
    ["12345", "1.00", SERIAL, 404, "no-such-voucher"],
    [code, "1.01", SERIAL, 409, "voucher-amount"],
    [code, "1.005", SERIAL, 409, "voucher-amount"],
    [code, "0", SERIAL, 409, "voucher-amount"],
    [claim, "1.00", SERIAL, 409, "voucher-is-claim"],
    [code, "1.00", "NO-SUCH", 404, "no-such-machine"],
    [codeOf(context, 1, 100, "OTHER-1"), "1.00", "OTHER-1", 404, "no-such-machine"],
  ];
  for (const [typed, amount, serial, status, problem] of cases) {
    const answer = await redeem(context, typed, amount, { serial });
    assert.equal([answer.statusCode, answer.json().code], [status, problem], `${typed} ${amount} ${serial}`);
  }
  assert.is((await redeem(context, code, "1.00")).statusCode, 201, "none of them has used it up");
});

test("without a session or an idempotency key nothing is paid", async (context) => {
  const { fleet, cookie } = context;
  const code = await issue(context, 5, 100);
  const url = `/api/v1/vouchers/${code}/redemptions`;
  const payload = { serial: SERIAL, amount: "1.00" };
  const out = await fleet.app.inject({ method: "POST", url, headers: { "idempotency-key": "x" }, payload });
  assert.equal([out.statusCode, out.json().code], [401, "not-signed-in"]);
  const keyless = await fleet.app.inject({ method: "POST", url, headers: { ...OUR_PAGE, cookie }, payload });
  assert.equal([keyless.statusCode, keyless.json().code], [400, "bad-request"]);
});

test("what is owed tells which vouchers are redeemed", async (context) => {
  const { fleet, cookie } = context;
  const answer = await fleet.app.inject({ url: `/api/v1/machines/${SERIAL}/owed?limit=200`, headers: { cookie } });
  const { owed }: OwedList = answer.json();
  const open = owed.filter(({ redeemedAt }) => redeemedAt === null).map(({ amount }) => amount);
  assert.equal(open, ["1.00"], "the one that nobody was let redeem");
});

test.run();
