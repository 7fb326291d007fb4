/**
 * The first sale as people see it: `npm start`'s own program, a customer at the front panel and an operator at the
 * fleet's page, each in a real browser. Then the plug is pulled in mid-vend, and nobody loses a cent.
 */
import type { Browser, Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { launchBrowser } from "./support.js";
import { display, STEP_MS, type System, signIn, startSystem, stopSystem } from "./system.js";

/** An operator sees a sale no later than this after the customer has his product. */
const SEEN_WITHIN_MS = 2_000;

async function insertBill(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Insert bill $1.00" }).click();
}

const test = suite<{ system: System; browser: Browser; panel: Page; operator: Page }>("the first sale in a browser");

test.before(async (context) => {
  context.browser = await launchBrowser();
  context.system = await startSystem();
  context.panel = await context.browser.newPage();
  context.operator = await context.browser.newPage();
  await signIn(context.operator, context.system);
  await context.operator.goto(`${context.system.operatorUrl}/#/machines/M-1234`);
  await context.operator.getByTestId("slot-B4").first().waitFor({ timeout: STEP_MS });
  await context.panel.goto(context.system.panelUrl);
  await display(context.panel, "Please choose");
});

test.after(async ({ browser, system }) => {
  await browser?.close();
  if (system !== undefined) await stopSystem(system);
});

test("a Coke for two dollars: product, a quarter, and the operator sees it within two seconds", async (context) => {
  const { panel, operator } = context;
  await panel.getByRole("button", { name: "Select B4 Coke $1.75" }).click();
  await display(panel, "Insert $1.75");
  await insertBill(panel);
  await display(panel, "$0.75 remaining");
  await insertBill(panel);
  await display(panel, "Thank you!");
  const thankedMs = performance.now();
  const sale = operator.getByTestId("transaction").first();
  await sale.waitFor({ timeout: SEEN_WITHIN_MS });
  assert.ok(performance.now() - thankedMs <= SEEN_WITHIN_MS, "the operator sees it in time");
  const row = await sale.innerText();
  for (const part of ["B4", "Coke", "$1.75", "$2.00", "$0.25"]) assert.match(row, part);
  assert.match(row.toLowerCase(), "cash");
  assert.match(row.toLowerCase(), "completed");
  await display(panel, "Please choose");
  assert.match(await panel.getByTestId("tray").innerText(), "Coke");
  assert.is(await panel.getByTestId("cup").getAttribute("data-sum-minor"), "25");
});

test("the plug pulled in mid-vend: a claim or a sale, never both, and the change comes back", async (context) => {
  const { panel, operator } = context;
  await panel.getByRole("button", { name: "Take coins" }).click();
  await panel.getByRole("button", { name: /^Select B1 / }).click();
  await display(panel, "Insert $1.00");
  await insertBill(panel);
  await panel.locator('[data-testid="sale-state"]', { hasText: /DISPENSING/i }).waitFor({ timeout: STEP_MS });
  await panel.getByRole("button", { name: "Cut power" }).click();
  await panel.locator('[data-testid="cabinet"][data-power="off"]').waitFor({ timeout: STEP_MS });
  await panel.getByRole("button", { name: "Restore power" }).click();
  await panel.locator('[data-testid="sale-state"]', { hasText: /IDLE/i }).waitFor({ timeout: 2 * STEP_MS });
  const second = operator.getByTestId("transaction").filter({ hasText: "B1" });
  await second.first().waitFor({ timeout: STEP_MS });
  const row = (await second.first().innerText()).toLowerCase();
  assert.ok(
    ["completed", "refunded", "unknown"].some((status) => row.includes(status)),
    row,
  );
  const credit = await panel.getByTestId("service-credit").innerText();
  assert.match(credit, "$0.00");
});

test.run();
