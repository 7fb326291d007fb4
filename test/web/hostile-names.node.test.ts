/**
 * Names are what anybody may type: markup, script, letters that turn the direction of what follows, and no end. On
 * every page of operators and customers they are text, keep to their place, and make nobody scroll sideways on a phone.
 */
import type { Browser, Page } from "playwright-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEMO_PLANOGRAM } from "../../tools/bench/demo.js";
import { api, DESKTOP, overflowOf, PHONE } from "./desk.js";
import { launchBrowser } from "./support.js";
import { display, STEP_MS, type System, signIn, startSystem, stopSystem } from "./system.js";

/** Runs where markup counts as markup; short enough for a panel, whose names are cut at 24 bytes. */
const MARKUP = "<svg onload=harm()>";
const SCRIPT = `"><script>harm()</script><img src=x onerror="harm()">{{harm()}}javascript:harm()`;
/** Right-to-left override: what follows is shown backwards until it is taken back, which it is not. */
const TURNED = "\u202eekoC\u2066\u200f";
const LONG = `${MARKUP}${"W".repeat(200)}`;
/** Elements that only a name could have made. */
const THEIRS = "svg[onload], img[src='x'], script:not([src]), [onerror]";

const test = suite<{ system: System; browser: Browser; operator: Page; panel: Page; dialogs: string[] }>(
  "hostile names",
);

test.before(async (context) => {
  context.browser = await launchBrowser();
  context.system = await startSystem({ SPIRAL_MQTT_TLS_PORT: "0" });
  context.dialogs = [];
  const openPage = async (): Promise<Page> => {
    const page = await (await context.browser.newContext({ userAgent: `${SCRIPT} ${TURNED}` })).newPage();
    page.setDefaultTimeout(STEP_MS);
    page.on("dialog", (dialog) => {
      context.dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    page.on("pageerror", (error) => context.dialogs.push(error.message));
    await page.addInitScript({ content: "globalThis.harm = () => alert('harm')" });
    return page;
  };
  context.operator = await openPage();
  context.panel = await openPage();
  await signIn(context.operator, context.system);
  await context.panel.goto(context.system.panelUrl);
  await display(context.panel, "Please choose");
});
test.after(async ({ browser, system }) => {
  await browser?.close();
  if (system !== undefined) await stopSystem(system);
});

/** Everything of the operator's that has a name gets a bad one. */
async function nameAll(page: Page): Promise<void> {
  await api(page, "PATCH", "operator", { name: `${TURNED} ${LONG}` });
  const names = [MARKUP, TURNED, LONG, SCRIPT, `A ${TURNED}`];
  for (const [at, { productId }] of DEMO_PLANOGRAM.slots.entries()) {
    await api(page, "PATCH", `products/${productId}`, { name: names[at % names.length] });
  }
  const slots = DEMO_PLANOGRAM.slots.map(({ slot, column, productId, capacity }) => {
    return { slot, column, productNumber: productId, capacity };
  });
  await api(page, "POST", "machines/M-1234/planograms", { basedOn: 0, slots });
  const place = { name: `${TURNED}${SCRIPT}${"M".repeat(120)}`, region: MARKUP, address: SCRIPT, timeZone: "UTC" };
  const { id } = await api<{ id: string }>(page, "POST", "locations", place);
  await api(page, "PATCH", "machines/M-1234/profile", { locationId: id, model: `${TURNED}${MARKUP}` });
  const people = [TURNED, SCRIPT, "N".repeat(100)];
  for (const name of people) await api(page, "POST", "users", { name, role: "owner" });
  for (const name of [TURNED, SCRIPT, "K".repeat(100)])
    await api(page, "POST", "keys", { name, scopes: ["sales:read"] });
  await api(page, "POST", "claims", { serials: ["W".repeat(32)], note: `${TURNED}${SCRIPT}${"M".repeat(80)}` });
}

/** A sale and a jam, of products with such names. */
async function buy(panel: Page, page: Page): Promise<void> {
  for (const slot of ["B1", "B2"]) {
    await panel.getByRole("button", { name: new RegExp(`^Select ${slot} `) }).click();
    await display(panel, "Insert");
    await panel.getByRole("button", { name: "Insert bill $1.00" }).click();
    if (slot === "B2") await panel.getByRole("button", { name: "Insert coin $0.25" }).click();
    await display(panel, "Thank you!");
    await display(panel, "Please choose");
  }
  await panel.getByText("Mischief").first().click();
  await panel.getByRole("combobox", { name: /slot/i }).selectOption("A5");
  await panel.getByRole("button", { name: "Jam slot" }).click();
  await panel.getByRole("button", { name: /^Select A5 / }).click();
  await panel.getByRole("button", { name: "Insert bill $1.00" }).click();
  await page.goto(`${new URL(page.url()).origin}/#/alerts`);
  await page.getByTestId("alert").first().waitFor();
  const { alerts } = await api<{ alerts: { id: string }[] }>(page, "GET", "alerts?open=true");
  for (const { id } of alerts) {
    await api(page, "POST", `alerts/${id}/assign`, { user: TURNED });
    await api(page, "POST", `alerts/${id}/comments`, { note: `${TURNED}${LONG}` });
  }
}

/**
 * Texts that turn what comes behind them: the rest of their line, up to the next element that keeps directions apart,
 * is no part of the name.
 */
function leaks(page: Page): Promise<string[]> {
  return page.evaluate((turned) => {
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const text = node.textContent ?? "";
      let around = node.parentElement;
      if (!text.includes("\u202e") || around === null || around.closest(".unseen, script, style") !== null) continue;
      while (around.parentElement !== null) {
        const { display, unicodeBidi } = getComputedStyle(around);
        if (display !== "inline" || unicodeBidi.includes("isolate")) break;
        around = around.parentElement;
      }
      const range = document.createRange();
      range.setStart(node, text.lastIndexOf("\u202e"));
      range.setEndAfter(around.lastChild ?? around);
      const rest = range.toString();
      if (!turned.some((end) => rest.trim() === end)) found.push(rest);
    }
    return found;
  }, ENDS);
}

/** What may follow the letter that turns: the rest of the names above. */
const ENDS = [TURNED, `${TURNED} ${LONG}`, `${TURNED}${MARKUP}`, `${TURNED}${LONG}`].concat(
  [120, 80].map((count) => `${TURNED}${SCRIPT}${"M".repeat(count)}`),
);

/** What is wrong with the page as it stands; empty if all names are text. */
async function harmOf(page: Page, at: string): Promise<string[]> {
  const theirs = await page.locator(THEIRS).count();
  const turned = await leaks(page);
  const wider = await overflowOf(page);
  return [
    ...(theirs === 0 ? [] : [`${at}: ${theirs} elements of theirs`]),
    ...turned.map((text) => `${at}: turns what follows: ${JSON.stringify(text)}`),
    ...(wider === 0 ? [] : [`${at}: ${wider} px wider than the window`]),
  ];
}

/** Operator pages, with something that must be there as text. */
const PAGES: readonly (readonly [string, string])[] = [
  ["#/", SCRIPT],
  ["#/machines/M-1234", MARKUP],
  ["#/alerts", TURNED],
  ["#/claims", SCRIPT],
  ["#/people", SCRIPT],
  ["#/keys", SCRIPT],
  ["#/changes", "operator"],
  ["#/account", SCRIPT],
];

test("hostile names are text on every page", async ({ system, operator, panel, dialogs }) => {
  await nameAll(operator);
  await panel.getByTestId("slot-A1").filter({ hasText: MARKUP }).waitFor();
  await buy(panel, operator);
  const harm: string[] = [];
  for (const size of [DESKTOP, PHONE]) {
    await operator.setViewportSize(size);
    for (const [hash, text] of PAGES) {
      await operator.goto(`${system.operatorUrl}/${hash}`);
      await operator.locator("main").getByText(text).filter({ visible: true }).first().waitFor();
      for (const closed of await operator.locator("summary").all()) await closed.click();
      if (hash === "#/alerts") await operator.locator(".alert-history bdi").getByText(LONG).first().waitFor();
      harm.push(...(await harmOf(operator, `${hash} at ${size.width}`)));
    }
    await panel.setViewportSize(size);
    await panel.getByTestId("slot-A1").filter({ hasText: MARKUP }).waitFor();
    harm.push(...(await harmOf(panel, `the panel at ${size.width}`)));
  }
  await operator.goto(`${system.operatorUrl}/#/alerts`);
  await operator.getByRole("button", { name: "Assign …" }).first().click();
  await operator.getByLabel("Assign to").first().waitFor();
  harm.push(...(await harmOf(operator, "assigning")));
  assert.equal([...harm, ...dialogs], []);
});

test.run();
