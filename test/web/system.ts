/** The whole program as `npm start` runs it, on ports and in a folder of its own, and what people do at its pages. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { temporaryFolder } from "../fleet/support.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** A first start builds the pages and makes the database. */
const READY_MS = 120_000;
/** What a page shows within this, or not at all. */
export const STEP_MS = 15_000;

export interface System {
  readonly process: ChildProcess;
  readonly folder: string;
  readonly panelUrl: string;
  readonly operatorUrl: string;
  readonly user: string;
  readonly password: string;
}

/** `more`: settings beside its ports and folder. */
export async function startSystem(more: Readonly<Record<string, string>> = {}): Promise<System> {
  const folder = await temporaryFolder();
  const ports = { SPIRAL_HTTP_PORT: "0", SPIRAL_MQTT_PORT: "0", SPIRAL_PANEL_PORT: "0" };
  const env = { ...process.env, ...ports, ...more, SPIRAL_DATA_DIR: join(folder, "data") };
  const child = spawn(process.execPath, ["--import", "tsx", "tools/start/main.ts"], { cwd: ROOT, env });
  let output = "";
  const ready = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready in time:\n${output}`)), READY_MS);
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
      if (!output.includes("Ctrl+C")) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.once("exit", (code) => reject(new Error(`ended with ${code}:\n${output}`)));
  });
  await ready;
  const found = (pattern: RegExp): string => {
    const match = pattern.exec(output)?.[1];
    if (match === undefined) throw new Error(`${pattern} is not in:\n${output}`);
    return match;
  };
  return {
    process: child,
    folder,
    panelUrl: found(/Vending machine \S+\s+(http:\/\/\S+)/),
    operatorUrl: found(/Operator page\s+(http:\/\/\S+)/),
    user: found(/Sign in as\s+(\S+),/),
    password: found(/password ([a-z0-9-]{20,})/),
  };
}

/** Signs in at the operator page and waits for the list of machines. */
export async function signIn(page: Page, { operatorUrl, user, password }: System): Promise<void> {
  await page.goto(operatorUrl);
  await page.getByLabel("Name").fill(user);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByTestId("machine-M-1234").first().waitFor({ timeout: STEP_MS });
}

/** Waits until the panel's display says `text`. */
export async function display(page: Page, text: string): Promise<void> {
  await page.getByTestId("display").filter({ hasText: text }).waitFor({ timeout: STEP_MS });
}

/** Ends it and takes its folder away. */
export async function stopSystem(system: System): Promise<void> {
  system.process.kill("SIGTERM");
  await once(system.process, "exit");
  await rm(system.folder, { recursive: true, force: true });
}
