/**
 * A real browser for the tests of the pages: Debian's chromium driven by playwright-core. Without chromium the file is
 * skipped (need.ts).
 */
import { type Browser, chromium } from "playwright-core";
import { needBinary } from "../support/need.js";

/** No sandbox: tests also run as root. Nothing may call out by itself. */
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A headless browser; the caller closes it. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = needBinary("chromium", "chromium-browser", "google-chrome");
  return chromium.launch({ executablePath, headless: true, args: ARGS });
}
