/**
 * What an owner does at his desk, in a real browser: finds a machine, takes on an alert, lets a technician in by link,
 * gives a program a key, sets up a second factor, and sees all of it in the record of changes.
 */
import { TOTP } from "otpauth";
import type { Browser, Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { api } from "./desk.js";
import { launchBrowser } from "./support.js";
import { display, STEP_MS, type System, signIn, startSystem, stopSystem } from "./system.js";

const PASSWORD = "nine spirals turn at night";
const test = suite<{ system: System; browser: Browser; page: Page }>("the desk in a browser");

test.before(async (context) => {
  context.browser = await launchBrowser();
  context.system = await startSystem({ SPIRAL_MQTT_TLS_PORT: "0" });
  context.page = await context.browser.newPage();
  context.page.setDefaultTimeout(STEP_MS);
  await signIn(context.page, context.system);
});
test.after(async ({ browser, system }) => {
  await browser?.close();
  if (system !== undefined) await stopSystem(system);
});

test("the list is narrowed by words, by status and by what is sold out, and the address keeps it", async ({ page }) => {
  const machine = page.getByTestId("machine-M-1234").first();
  const none = page.getByText("No machine fits.");
  await page.getByRole("searchbox").fill("nowhere");
  await none.waitFor();
  assert.match(page.url(), "q=nowhere");
  await page.reload();
  await none.waitFor();
  assert.is(await page.getByRole("searchbox").inputValue(), "nowhere");
  await page.getByRole("searchbox").fill("m-12");
  await machine.waitFor();
  await page.getByRole("button", { name: /^Offline/ }).click();
  await none.waitFor();
  await page.getByRole("button", { name: /^All/ }).click();
  await machine.waitFor();
  await page.getByLabel("Sold out").selectOption({ label: "Coke" });
  await none.waitFor();
  await page.getByRole("link", { name: "Show all machines" }).click();
  await machine.waitFor();
});

test("the list is narrowed by tag, place and region, each kept in the address", async ({ page }) => {
  const machine = page.getByTestId("machine-M-1234").first();
  const gym = { timeZone: "UTC", region: "South", name: "The gym" };
  const { id } = await api<{ id: string }>(page, "POST", "locations", gym);
  await api(page, "POST", "locations", { ...gym, name: "The harbour", region: "North" });
  await api(page, "PATCH", "machines/M-1234/profile", { locationId: id });
  await api(page, "PUT", "machines/M-1234/tags", { tags: ["route 7"] });
  await page.reload();
  await page.getByLabel("Tag").selectOption("route 7");
  await machine.waitFor();
  assert.match(page.url(), "tag=route+7");
  const place = page.locator("label", { hasText: /^Place/ }).getByRole("combobox");
  const region = page.locator("label", { hasText: /^Region/ }).getByRole("combobox");
  await place.selectOption({ label: "The harbour, North" });
  await page.getByText("No machine fits.").waitFor();
  await page.reload();
  await page.getByText("No machine fits.").waitFor();
  await place.selectOption({ label: "The gym, South" });
  await machine.waitFor();
  await place.selectOption("");
  await region.selectOption("North");
  await page.getByText("No machine fits.").waitFor();
  await region.selectOption("South");
  await machine.waitFor();
  assert.match(page.url(), "region=South");
  await region.selectOption("");
  await page.getByLabel("Tag").selectOption("");
  await page.waitForURL((url) => url.hash === "#/");
});

/** At the front panel: the slot jams in a sale. The panel's page. */
async function jam(browser: Browser, { panelUrl }: System, slot: string): Promise<Page> {
  const panel = await browser.newPage();
  panel.setDefaultTimeout(STEP_MS);
  await panel.goto(panelUrl);
  await display(panel, "Please choose");
  await panel.getByText("Mischief").first().click();
  await panel.getByRole("combobox", { name: /slot/i }).selectOption(slot);
  await panel.getByRole("button", { name: "Jam slot" }).click();
  await panel.getByRole("button", { name: new RegExp(`^Select ${slot} `) }).click();
  await display(panel, "Insert");
  await panel.getByRole("button", { name: "Insert bill $1.00" }).click();
  return panel;
}

test("a jam reaches the inbox; whoever takes it on is named, and it is over when resolved", async (context) => {
  const { browser, page, system } = context;
  const panel = await jam(browser, system, "B1");
  await page.getByTestId("open-alerts").getByRole("link", { name: "1" }).click();
  const alert = page.getByTestId("alert").filter({ hasText: "M-1234 slot B1" }).first();
  await alert.waitFor();
  await alert.getByRole("button", { name: "I take it" }).click();
  await alert.getByText("operator takes care of it.").waitFor();
  await alert.getByLabel("Comment").fill("The spiral was bent.");
  await alert.getByRole("button", { name: "Add" }).click();
  await alert.getByText("History").click();
  await alert.getByText(/commented by operator: The spiral was bent\./).waitFor();
  await alert.getByRole("button", { name: "Resolve" }).click();
  await page.getByText("Nothing is wrong.").waitFor();
  await page.getByRole("button", { name: "Over" }).click();
  await page.getByText(/^Over since .*: by operator\.$/).waitFor();
  await panel.close();
});

test("a technician gets in by a link that works once, and sees no keys", async ({ browser, page }) => {
  await page.getByRole("link", { name: "People" }).click();
  await page.getByLabel("Name").fill("tina");
  await page.getByLabel("Role", { exact: true }).selectOption("technician");
  await page.getByRole("button", { name: "Add" }).click();
  const link = await page.getByTestId("once").innerText();
  await page.getByTestId("person-tina").getByText("invited").waitFor();
  const theirs = await (await browser.newContext()).newPage();
  theirs.setDefaultTimeout(STEP_MS);
  await theirs.goto(link);
  await theirs.getByLabel("New password").fill(PASSWORD);
  await theirs.getByLabel("Once more").fill(PASSWORD);
  await theirs.getByRole("button", { name: "Set" }).click();
  await theirs.getByRole("link", { name: "Sign in" }).click();
  await theirs.getByLabel("Name").fill("tina");
  await theirs.getByLabel("Password").fill(PASSWORD);
  await theirs.getByRole("button", { name: "Sign in" }).click();
  await theirs.getByTestId("machine-M-1234").first().waitFor();
  assert.is(await theirs.getByRole("link", { name: "Keys" }).count(), 0);
  await theirs.goto(link);
  await theirs.reload();
  await theirs.getByLabel("New password").fill(PASSWORD);
  await theirs.getByLabel("Once more").fill(PASSWORD);
  await theirs.getByRole("button", { name: "Set" }).click();
  await theirs.getByText("The link is none, was used, or is over").waitFor();
});

test("an alert is acknowledged, then given to somebody and taken from him; each says who did it", async (context) => {
  const { browser, page, system } = context;
  const panel = await jam(browser, system, "A5");
  await page.getByRole("link", { name: "Alerts" }).click();
  const alert = page.getByTestId("alert").filter({ hasText: "M-1234 slot A5" }).first();
  await alert.getByText("Nobody has taken it on.").waitFor();
  await alert.getByRole("button", { name: "Acknowledge" }).click();
  await alert.getByText("Seen by operator.").waitFor();
  await alert.getByRole("button", { name: "Acknowledge" }).waitFor({ state: "detached" });
  await alert.getByRole("button", { name: "Assign …" }).click();
  const people = alert.getByLabel("Assign to");
  assert.equal(await people.locator("option").allInnerTexts(), ["nobody", "operator", "tina"]);
  await people.selectOption("tina");
  await alert.getByText("tina takes care of it.").waitFor();
  await people.selectOption("nobody");
  await alert.getByText("Seen by operator.").waitFor();
  await page.reload();
  await alert.getByText("Seen by operator.").waitFor();
  await alert.getByText("History").click();
  const lines = alert.locator(".alert-history li");
  await lines.filter({ hasText: "acknowledged by operator" }).waitFor();
  assert.is(await lines.filter({ hasText: "assigned by operator" }).count(), 2);
  await lines.filter({ hasText: "assigned by operator: tina" }).waitFor();
  await alert.getByRole("button", { name: "Resolve" }).click();
  await alert.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Over" }).click();
  await alert.getByText(/^Over since .*: by operator\.$/).waitFor();
  assert.is(await alert.getByRole("button", { name: "Resolve" }).count(), 0);
  await panel.close();
});

test("a key does what it was made for and no more, until it is revoked", async ({ page, system }) => {
  await page.getByRole("link", { name: "Keys" }).click();
  await page.getByLabel("Name").fill("ERP");
  await page.getByLabel("sales:read").check();
  await page.getByRole("button", { name: "Make" }).click();
  const key = await page.getByTestId("once").innerText();
  const ask = async (path: string): Promise<number> => {
    const headers = { authorization: `Bearer ${key}` };
    return (await fetch(`${system.operatorUrl}/api/v1/${path}`, { headers })).status;
  };
  assert.equal([await ask("transactions"), await ask("machines")], [200, 403]);
  await page.getByTestId("key-ERP").getByRole("button", { name: "Revoke" }).click();
  await page
    .getByTestId("key-ERP")
    .getByText(/^revoked/)
    .waitFor();
  assert.is(await ask("transactions"), 401);
});

test("without an address for phones a code for a new machine leads to our own, and says so", async (context) => {
  const { page, system } = context;
  await page.getByRole("link", { name: "New machines" }).click();
  await page.getByText("No code was made yet.").waitFor();
  await page.getByLabel("Serial numbers of the cabinets").fill("M-2001");
  await page.getByRole("button", { name: "Make" }).click();
  await page.getByText("This address opens on this computer only.").waitFor();
  const address = await page.getByRole("link", { name: "Open that page here" }).getAttribute("href");
  assert.ok(address?.startsWith(`${system.operatorUrl}/#/claims/`), address ?? "");
  await page.getByRole("link", { name: "Open that page here" }).click();
  await page.getByTestId("standing").filter({ hasText: "Waiting for the board …" }).waitFor();
});

test("a second factor is set up by its secret, asked for at the next sign-in, and on record", async (context) => {
  const { page, system } = context;
  await page.goto(`${system.operatorUrl}/#/account`);
  await page.getByLabel("Your password", { exact: true }).fill(system.password);
  await page.getByRole("button", { name: "Set up" }).click();
  const totp = new TOTP({ secret: await page.getByTestId("totp-secret").innerText() });
  await page.getByRole("textbox", { name: "Code" }).fill(totp.generate());
  await page.getByRole("button", { name: "Confirm" }).click();
  const [recovery = ""] = (await page.getByTestId("once").innerText()).split("\n");
  await page.getByRole("button", { name: "I have kept it" }).click();
  await page.getByRole("link", { name: "Changes" }).click();
  await page.getByText("second-factor added").waitFor();
  await page.getByText("user created").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Name").fill(system.user);
  await page.getByLabel("Password").fill(system.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel(/^Code of your device/).fill(recovery);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Changes" }).waitFor();
});

test.run();
