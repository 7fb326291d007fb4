/**
 * New machines in a real browser: a code is made at the desk, a phone at the board scans its QR and shows what to type,
 * the board claims itself, and the phone says so.
 */
import { connect } from "node:tls";
import type { Page } from "playwright-core";
import qrcode from "qrcode-generator";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Identity } from "../../fleet/api/machine-door/schema.js";
import { plainClaimCode } from "../../fleet/identity/claim-code.js";
import { encodeStatus } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import { type Board, newBoard, present } from "../fleet/identity/boards.js";
import { statusOf, TestClient, TestMachine } from "../fleet/support.js";
import { addPerson, type Desk, openSignedIn, overflowOf, PHONE, startDesk, stopDesk } from "./desk.js";

const HOUR_MS = 3_600_000;
/** Where phones would reach the pages through a proxy. */
const PUBLIC_URL = "http://fleet.example/spiral";
const test = suite<{ desk: Desk; page: Page }>("claims in a browser");

test.before(async (context) => {
  context.desk = await startDesk({ publicUrl: PUBLIC_URL });
  context.page = await openSignedIn(context.desk, context.desk.fleet.url, "owner");
});
test.after(async ({ desk }) => {
  if (desk !== undefined) await stopDesk(desk);
});

interface Made {
  readonly code: string;
  readonly digits: string;
  /** Where "Open that page here" leads. */
  readonly address: string;
}

/** Makes a code on the page "New machines", which then shows it. */
async function makeCode(page: Page, serials: string, goodFor: string): Promise<Made> {
  await page.getByRole("link", { name: "New machines" }).click();
  await page.getByLabel("Serial numbers of the cabinets").fill(serials);
  await page.getByLabel("Good for").selectOption(goodFor);
  await page.getByLabel("Note (optional)").fill("the gym's");
  await page.getByRole("button", { name: "Make" }).click();
  const code = await page.getByTestId("once").innerText();
  const digits = await page.getByTestId("claim-digits").innerText();
  const address = await page.getByRole("link", { name: "Open that page here" }).getAttribute("href");
  return { code, digits, address: address ?? "" };
}

async function keep(page: Page): Promise<void> {
  await page.getByRole("button", { name: "I have kept it" }).click();
}

/** The dark modules of the QR as drawn, "row column" without the quiet zone, and how many there are to a side. */
async function drawnQr(page: Page): Promise<{ readonly side: number; readonly dark: ReadonlySet<string> }> {
  const qr = page.getByRole("img", { name: /QR code$/ });
  const side = Number((await qr.getAttribute("viewBox"))?.split(" ")[2]) - 8;
  const path = (await qr.locator("path").getAttribute("d")) ?? "";
  const dark = [...path.matchAll(/M([0-9]+) ([0-9]+)h1v1h-1z/g)].map(([, x, y]) => `${Number(y) - 4} ${Number(x) - 4}`);
  return { side, dark: new Set(dark) };
}

function qrOf(text: string): { readonly side: number; readonly dark: ReadonlySet<string> } {
  const qr = qrcode(0, "M");
  qr.addData(text);
  qr.make();
  const side = qr.getModuleCount();
  const dark = new Set<string>();
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) if (qr.isDark(row, column)) dark.add(`${row} ${column}`);
  }
  return { side, dark };
}

async function says(phone: Page, text: string | RegExp): Promise<void> {
  await phone.getByTestId("standing").filter({ hasText: text }).waitFor();
}

/** A phone that has scanned the QR; what the proxy would do is left out. */
function atTheBoard(desk: Desk, address: string, name = "owner"): Promise<Page> {
  return openSignedIn(desk, address.replace(PUBLIC_URL, desk.fleet.url), name, {
    viewport: PHONE,
    isMobile: true,
    hasTouch: true,
  });
}

/** As a board that was claimed connects: by its certificate, and says that it is there. */
async function comesOnline(board: Board, identity: Identity): Promise<TestMachine> {
  const { serial, certificate, authorities } = identity;
  const { host, port } = identity.broker;
  const socket = connect({ host, port, ca: [...authorities], cert: certificate, key: board.keyPem });
  const opened = await TestClient.over(socket, { clientId: serial, username: "", password: "" });
  const machine = await TestMachine.on(serial, opened);
  await machine.client.published(topicOf(serial, "status"), encodeStatus(statusOf(1, 1)), true);
  return machine;
}

test("a code for a list of cabinets is shown once; its QR leads to the page for the board", async ({ page }) => {
  const { code, digits, address } = await makeCode(page, "web-1, WEB-2;web-3", "1 day");
  assert.match(code, /^([0-9A-Z]{5}-){3}[0-9A-Z]{5}$/);
  assert.is(plainClaimCode(digits), plainClaimCode(code));
  assert.ok(address.startsWith(`${PUBLIC_URL}/#/claims/`), address);
  assert.ok(address.endsWith(`/${digits.replaceAll(" ", "")}`), address);
  const drawn = await drawnQr(page);
  assert.equal(drawn, qrOf(address));
  assert.ok(drawn.dark.size > 300);
  assert.is(await page.getByText("This address opens on this computer only.").count(), 0);
  await keep(page);
  assert.is(await page.getByTestId("once").count(), 0);
  await page.reload();
  const row = page.getByTestId("claim-WEB-1");
  await row.getByText("the gym's").waitFor();
  assert.not.match(await page.locator("body").innerText(), code);
  assert.not.match(await page.locator("body").innerText(), digits);
  assert.match(await row.innerText(), "WEB-1, WEB-2, WEB-3");
  const until = /until (.*) UTC/.exec(await row.innerText())?.[1] ?? "";
  const leftMs = Date.parse(`${until} UTC`) - Date.now();
  assert.ok(leftMs > 23.9 * HOUR_MS && leftMs <= 24 * HOUR_MS, until);
});

test("at the board: a phone signs in, shows digits and steps, and says when the machine is there", async (context) => {
  const { page, desk } = context;
  const { digits, address } = await makeCode(page, "WEB-4 WEB-5", "3 days");
  await keep(page);
  const phone = await atTheBoard(desk, address);
  await says(phone, "Waiting for the board …");
  const rows = await phone.getByTestId("digits").locator(".digit-row").allInnerTexts();
  assert.is(rows.join(" "), digits);
  await phone.getByText("A code for WEB-4, WEB-5").waitFor();
  await phone.getByText("18/33").waitFor();
  assert.is(await overflowOf(phone), 0);
  const refused = await present(desk.fleet, newBoard("WEB-6"), digits);
  assert.equal([refused.statusCode, refused.json().detail], [403, "otherMachine"]);
  const board = newBoard("WEB-5");
  const answer = await present(desk.fleet, board, digits);
  assert.is(answer.statusCode, 200, answer.body);
  await says(phone, "WEB-5 is claimed. Waiting for it to come online …");
  assert.is(await phone.getByTestId("digits").count(), 0);
  const machine = await comesOnline(board, answer.json());
  await says(phone, "WEB-5 is claimed and online.");
  assert.is(await overflowOf(phone), 0);
  await phone.getByRole("link", { name: "To WEB-5" }).click();
  await phone.getByRole("heading", { name: "WEB-5" }).waitFor();
  await page.reload();
  await page.getByTestId("claim-WEB-4").getByRole("link", { name: "WEB-5" }).waitFor();
  assert.match(await page.getByTestId("claim-WEB-4").innerText(), "used");
  await machine.client.disconnect();
  await phone.context().close();
});

test("a code that is revoked makes no machine, and the phone at the board says so", async ({ desk, page }) => {
  const { digits, address } = await makeCode(page, "WEB-7", "3 days");
  await keep(page);
  const phone = await atTheBoard(desk, address);
  await says(phone, "Waiting for the board …");
  const row = page.getByTestId("claim-WEB-7");
  await row.getByRole("button", { name: "Revoke" }).click();
  await row.getByText("revoked").waitFor();
  assert.is(await row.getByRole("button").count(), 0);
  await says(phone, "The code was revoked.");
  assert.is(await phone.getByTestId("digits").count(), 0);
  const refused = await present(desk.fleet, newBoard("WEB-7"), digits);
  assert.equal([refused.statusCode, refused.json().detail], [403, "revoked"]);
  await phone.context().close();
});

test("older codes are shown page by page, and one of them is revoked where it stands", async ({ desk, page }) => {
  const { migrate } = desk.fleet.databases;
  const made = 120;
  await migrate`
    INSERT INTO machine_claims (operator_id, code_hash, serials, note, created_at, expires_at)
    SELECT ${desk.fleet.operatorId}, sha256(n::text::bytea), ARRAY['OLD-' || n], '', now() - make_interval(days => n),
      now() + interval '1 day' FROM generate_series(1, ${made}) n`;
  const [row] = await migrate<{ count: number }[]>`SELECT count(*)::int AS count FROM machine_claims`;
  await page.reload();
  const rows = page.getByTestId(/^claim-/);
  const older = page.getByRole("button", { name: "Older codes" });
  await older.waitFor();
  assert.is(await rows.count(), 50);
  await older.click();
  await rows.nth(99).waitFor();
  await older.click();
  await page.getByTestId(`claim-OLD-${made}`).waitFor();
  assert.is(await rows.count(), row?.count);
  assert.is(await older.count(), 0);
  const oldest = page.getByTestId(`claim-OLD-${made}`);
  await oldest.getByRole("button", { name: "Revoke" }).click();
  await oldest.getByText("revoked").waitFor();
  assert.is(await rows.count(), row?.count);
  await migrate`DELETE FROM machine_claims WHERE serials[1] LIKE 'OLD-%'`;
  await page.reload();
  await page.getByTestId("claim-WEB-1").waitFor();
});

test("each page has a name of its own in the browser's tab", async ({ page, desk }) => {
  const names = ["Fleet", "Alerts", "New machines", "People", "Keys", "Changes"];
  for (const name of names) {
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name, exact: true }).click();
    await page.waitForFunction((wanted) => document.title === wanted, `${name} - Spiral`);
  }
  for (const [hash, name] of [
    ["#/machines/WEB-1", "WEB-1"],
    ["#/account", "Your account"],
    ["#/nowhere", "No such page"],
    ["#/claims", "New machines"],
  ]) {
    await page.goto(`${desk.fleet.url}/${hash}`);
    await page.waitForFunction((wanted) => document.title === wanted, `${name} - Spiral`);
  }
  const stranger = await (await desk.browser.newContext()).newPage();
  await stranger.goto(`${desk.fleet.url}/#/alerts`);
  await stranger.waitForFunction(() => document.title === "Sign in - Spiral");
  await stranger.context().close();
});

test("a code ends by itself", async ({ desk, page }) => {
  const { digits, address } = await makeCode(page, "WEB-8", "8 hours");
  await keep(page);
  const phone = await atTheBoard(desk, address);
  await says(phone, "Waiting for the board …");
  await desk.fleet.databases.migrate`
    UPDATE machine_claims SET expires_at = now() - interval '1 second' WHERE 'WEB-8' = ANY (serials)`;
  await says(phone, "The code is over.");
  await page.reload();
  await page.getByTestId("claim-WEB-8").getByText("expired").waitFor();
  const refused = await present(desk.fleet, newBoard("WEB-8"), digits);
  assert.equal([refused.statusCode, refused.json().detail], [403, "expired"]);
  await phone.context().close();
});

test("who makes no codes sees the digits he was handed, no more; what is nobody's is no code", async (context) => {
  const { desk, page } = context;
  await addPerson(desk.fleet, "driver");
  const { digits, address } = await makeCode(page, "WEB-9", "8 hours");
  await keep(page);
  const driver = await atTheBoard(desk, address, "driver");
  await says(driver, "not see how far it is");
  assert.is((await driver.getByTestId("digits").locator(".digit-row").allInnerTexts()).join(" "), digits);
  assert.is(await driver.getByRole("link", { name: "New machines" }).count(), 0);
  assert.is(await driver.getByText("WEB-9").count(), 0);
  await driver.context().close();
  const nobodys = address.replace(/claims\/[0-9a-f-]+/, `claims/${crypto.randomUUID()}`);
  const phone = await atTheBoard(desk, nobodys);
  await says(phone, "Your operator has made no such code.");
  await phone.goto(address.replace(PUBLIC_URL, desk.fleet.url).slice(0, -1));
  await phone.getByRole("heading", { name: "No such page" }).waitFor();
  await phone.context().close();
});

test.run();
