/**
 * Cards and the service menu as people see them: a card pays, the plug is pulled in mid-vend with a card's money held,
 * a technician opens the door, types the code, fills, tests and leaves.
 */
import type { Browser, Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { launchBrowser } from "./support.js";
import { display, STEP_MS, type System, signIn, startSystem, stopSystem } from "./system.js";

/** An operator sees a sale no later than this after the customer has his product. */
const SEEN_WITHIN_MS = 2_000;
/** The demo machine's service code. */
const CODE = "2580";
const WRONG_CODES = 5;
const MAX_TAPS = 5;

const test = suite<{ system: System; browser: Browser; panel: Page; operator: Page }>("cards and the service menu");

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

/** Taps, and again where the reader is still busy with the customer before. */
async function tapCard(panel: Page): Promise<void> {
  const refused = panel.getByRole("alert").filter({ hasText: "does not read it" });
  for (let taps = 0; taps < MAX_TAPS; taps += 1) {
    const answer = panel.waitForResponse((response) => response.url().endsWith("api/act"));
    await panel.getByRole("button", { name: "Tap card" }).click();
    if ((await answer).ok()) return;
    await refused.waitFor({ timeout: STEP_MS });
    await refused.waitFor({ state: "hidden", timeout: STEP_MS });
  }
  throw new Error("the reader does not take the card");
}

async function press(panel: Page, keys: string): Promise<void> {
  for (const key of keys) {
    const name = key === "#" ? "# Enter" : key === "*" ? "* Cancel" : `Key ${key}`;
    await panel.getByRole("button", { name, exact: true }).click();
  }
}

async function saleState(panel: Page, state: RegExp): Promise<void> {
  await panel
    .getByTestId("sale-state")
    .filter({ hasText: state })
    .waitFor({ timeout: 2 * STEP_MS });
}

async function menuSays(panel: Page, text: string): Promise<void> {
  await panel.getByTestId("menu").filter({ hasText: text }).waitFor({ timeout: STEP_MS });
}

test("a card pays for a water: the operator sees a card sale within two seconds", async ({ panel, operator }) => {
  await panel.getByRole("button", { name: /^Select B1 / }).click();
  await display(panel, "$1.00");
  await tapCard(panel);
  await display(panel, "Thank you!");
  const thankedMs = performance.now();
  const sale = operator.getByTestId("transaction").filter({ hasText: "B1" }).first();
  await sale.waitFor({ timeout: SEEN_WITHIN_MS });
  assert.ok(performance.now() - thankedMs <= SEEN_WITHIN_MS, "the operator sees it in time");
  const row = (await sale.innerText()).toLowerCase();
  for (const part of ["$1.00", "card", "completed"]) assert.match(row, part);
  assert.is(await panel.getByTestId("cup").getAttribute("data-sum-minor"), "0");
  await saleState(panel, /IDLE/);
});

test("a card shown before the choice waits for it", async ({ panel }) => {
  await tapCard(panel);
  await panel.getByRole("button", { name: "Select B4 Coke $1.75" }).click();
  await panel.getByTestId("tray").filter({ hasText: "Coke" }).waitFor({ timeout: STEP_MS });
  await saleState(panel, /IDLE/);
});

test("the plug pulled while a card's money is held: product, or money due back, never both", async (context) => {
  const { panel, operator } = context;
  await panel.getByRole("button", { name: /^Select B2 / }).click();
  await tapCard(panel);
  await saleState(panel, /DISPENSING/);
  await panel.getByRole("button", { name: "Cut power" }).click();
  await panel.locator('[data-testid="cabinet"][data-power="off"]').waitFor({ timeout: STEP_MS });
  await panel.getByRole("button", { name: "Restore power" }).click();
  await saleState(panel, /IDLE/);
  const row = operator.getByTestId("transaction").filter({ hasText: "B2" }).first();
  await row.waitFor({ timeout: STEP_MS });
  const text = (await row.innerText()).toLowerCase();
  assert.ok(
    ["completed", "refunded", "unknown"].some((status) => text.includes(status)),
    text,
  );
  assert.match(await panel.getByTestId("service-credit").innerText(), "$0.00");
});

async function openDoor(panel: Page, open: boolean): Promise<void> {
  await panel.getByRole("switch", { name: "Door" }).click();
  await saleState(panel, open ? /OUT_OF_SERVICE/ : /IDLE/);
}

test("a jam: the card gets its money back, and the operator sees which slot is closed, and why", async (context) => {
  const { panel, operator } = context;
  await panel.getByLabel("Slot for mischief").selectOption({ label: "A1" });
  await panel.getByRole("button", { name: "Jam slot" }).click();
  await panel.getByRole("button", { name: /^Select A1 / }).click();
  await tapCard(panel);
  await panel
    .getByTestId("faults")
    .filter({ hasText: "A1" })
    .waitFor({ timeout: 2 * STEP_MS });
  await operator.getByTestId("slot-A1").filter({ hasText: "Jammed" }).waitFor({ timeout: STEP_MS });
  const row = operator.getByTestId("transaction").filter({ hasText: "A1" }).first();
  await row.filter({ hasText: /refunded/i }).waitFor({ timeout: STEP_MS });
  await saleState(panel, /IDLE/);
});

test("a beam dazzled in the turn: the customer has a claim, and the operator sees what is owed", async (context) => {
  const { panel, operator } = context;
  await panel.getByRole("button", { name: /^Select B3 / }).click();
  await tapCard(panel);
  await saleState(panel, /DISPENSING/);
  await panel.getByRole("switch", { name: "Drop beam blind" }).click();
  const slip = panel.getByTestId("code-slip");
  await slip.waitFor({ timeout: 2 * STEP_MS });
  const code = (await panel.getByTestId("code").getAttribute("data-code")) ?? "";
  await panel.getByRole("switch", { name: "Drop beam blind" }).click();
  const owed = operator.getByTestId("owed").filter({ hasText: code });
  await owed.waitFor({ timeout: STEP_MS });
  assert.match(await owed.innerText(), /Claim/);
  await panel.getByRole("button", { name: "I have it" }).click();
  await saleState(panel, /IDLE/);
});

test("a technician opens the door, types the code, fills a tube, sells a test and leaves", async ({ panel }) => {
  await openDoor(panel, true);
  await press(panel, "#");
  await menuSays(panel, "Service code");
  await press(panel, `${CODE}#`);
  await menuSays(panel, "Service menu");
  await press(panel, "1");
  await menuSays(panel, "Put coins in");
  await panel.getByRole("button", { name: "Insert coin $0.25" }).click();
  await menuSays(panel, "Filled in all: $0.25");
  assert.is(await panel.getByTestId("service-credit").innerText(), "$0.00");
  await press(panel, "#");
  await menuSays(panel, "Service menu");
  await press(panel, "4");
  await menuSays(panel, "Test vend: which slot?");
  await press(panel, "B1#");
  await panel.getByTestId("tray").filter({ hasText: /water/i }).waitFor({ timeout: STEP_MS });
  await press(panel, "*");
  await menuSays(panel, "Service menu");
  await press(panel, "9");
  await menuSays(panel, "Counters");
  await press(panel, "**");
  await panel.getByTestId("menu").waitFor({ state: "detached", timeout: STEP_MS });
  await openDoor(panel, false);
});

/** Whatever page of the two lines it stands on. */
async function textSays(panel: Page, text: string): Promise<void> {
  await panel
    .getByTestId("text-display")
    .filter({ hasText: text })
    .waitFor({ timeout: 2 * STEP_MS });
}

async function buildIn(panel: Page, name: string): Promise<void> {
  await panel.getByRole("radio", { name, exact: true }).click();
}

test("a text display instead of the graphic panel: a sale, then the whole menu on two lines", async ({ panel }) => {
  await buildIn(panel, "Text display 2 × 16");
  await textSays(panel, "Please choose");
  await panel.getByRole("button", { name: "Select B4 Coke $1.75" }).click();
  await textSays(panel, "Insert $1.75 or card");
  await panel.getByRole("button", { name: "Insert coin $0.25" }).click();
  await textSays(panel, "$1.50 remaining Credit $0.25");
  await press(panel, "*");
  await textSays(panel, "Please choose");
  await saleState(panel, /IDLE/);
  await openDoor(panel, true);
  await textSays(panel, "Door open");
  await press(panel, `#${CODE}#`);
  await textSays(panel, "Menu 1/12 1 Fill tubes");
  assert.is(await panel.getByTestId("menu").count(), 0);
  await press(panel, "#");
  await textSays(panel, "Menu 2/12 2 Empty tubes");
  await press(panel, "9#");
  await textSays(panel, "Counters 2/12 Cash sales");
  await press(panel, "*A");
  await textSays(panel, "No faults");
  await buildIn(panel, "Text display 2 × 20");
  await press(panel, "**");
  await textSays(panel, "Door open");
  await buildIn(panel, "Graphic");
  await display(panel, "Door open");
  await openDoor(panel, false);
});

test("five wrong codes lock the menu", async ({ panel }) => {
  await openDoor(panel, true);
  await press(panel, "#");
  for (let i = 0; i < WRONG_CODES; i += 1) {
    await menuSays(panel, i === 0 ? "Service code" : "Wrong code");
    await press(panel, "1111#");
  }
  await menuSays(panel, "Locked: too many wrong codes");
  await openDoor(panel, false);
});

test.run();
