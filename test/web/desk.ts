/** The service with its pages, people to sign in as, and its database at hand: for what no machine of a test tells. */
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { hashPassword } from "../../fleet/api/password.js";
import type { Role } from "../../fleet/api/roles.js";
import type { Config } from "../../fleet/config.js";
import { addUser } from "../../fleet/store/users.js";
import { builtPages } from "../../tools/start/pages.js";
import { openDoor } from "../fleet/identity/boards.js";
import { startTestFleet, type TestFleet, temporaryFolder } from "../fleet/support.js";
import { launchBrowser } from "./support.js";
import { STEP_MS } from "./system.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PASSWORD = "nine spirals turn at night";
/** The narrowest phone that people still carry, in CSS pixels. */
export const PHONE = { width: 360, height: 740 } as const;
export const DESKTOP = { width: 1_280, height: 900 } as const;

export interface Desk {
  readonly folder: string;
  readonly fleet: TestFleet;
  readonly panelDir: string;
  readonly browser: Browser;
}

/** A fleet whose door takes boards by certificate, with an owner `owner`. */
export async function startDesk(more: Partial<Config> = {}): Promise<Desk> {
  const pages = await builtPages(ROOT, () => undefined, new AbortController().signal);
  const folder = await temporaryFolder();
  const browser = await launchBrowser();
  const fleet = await startTestFleet({ door: openDoor(folder), pagesDir: pages.operatorDir, ...more });
  await addPerson(fleet, "owner");
  return { folder, fleet, browser, panelDir: pages.panelDir };
}

export async function stopDesk({ folder, fleet, browser }: Desk): Promise<void> {
  await browser.close();
  await fleet.close();
  await rm(folder, { recursive: true, force: true });
}

/** Somebody to sign in as, named by what he is. */
export async function addPerson({ databases, operatorId }: TestFleet, role: Role): Promise<void> {
  await addUser(databases, operatorId, role, await hashPassword(PASSWORD), role);
}

/** A browser of its own at `address`, signed in there as the person `name`. */
export async function openSignedIn(
  { browser }: Pick<Desk, "browser">,
  address: string,
  name: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  page.setDefaultTimeout(STEP_MS);
  await page.goto(address);
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor({ timeout: 2 * STEP_MS });
  return page;
}

/** CSS pixels by which the page is wider than the window: 0 where nobody must scroll sideways. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** What the page itself would ask of the API, in its session. */
export async function api<T>(page: Page, method: string, path: string, body?: object): Promise<T> {
  const { ok, text } = await page.evaluate(
    async ([verb, url, json]) => {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`api/v1/${url}`, { method: verb, ...(json === "" ? {} : { headers, body: json }) });
      return { ok: answer.ok, text: await answer.text() };
    },
    [method, path, body === undefined ? "" : JSON.stringify(body)] as const,
  );
  if (!ok) throw new Error(`${method} ${path}: ${text}`);
  return text === "" ? JSON.parse("null") : JSON.parse(text);
}
