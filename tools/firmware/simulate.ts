/**
 * `npm run firmware -- simulate`: builds for the SDK's simulator (mcsim), starts it with the SDK's xsbug-log between,
 * and buys a product with real touches on its window. Sold is what the traced records say, nothing else.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { SimulateOrder } from "./arguments.js";
import { build, onlyNews, type Place, sdkNames } from "./build.js";
import { type Background, start } from "./program.js";
import { hear, isOver, newsIn, nextTouch, plainText, SALE, type Sale, whyNotSold } from "./sale.js";
import { findWindow, openHeadless, photograph, type Screen, touch } from "./screen.js";
import { absentPrograms, type Sdk, sdkEnvironment } from "./sdk.js";

export type SimulateEnd =
  | { readonly ok: true; readonly told: string; readonly facts: object }
  /** missing: something has to be installed first. */
  | { readonly ok: false; readonly reason: string; readonly missing: boolean };

const TARGET = { platform: "lin", debug: true } as const;
const LOOK_EVERY_MS = 250;
/** From a record on flash to the picture that tells of it. */
const REDRAW_MS = 600;
/** Program to Debian's package. */
const PACKAGES: Readonly<Record<string, string>> = { Xvfb: "xvfb", xdotool: "xdotool", import: "imagemagick" };

export async function simulate(
  order: SimulateOrder,
  sdk: Sdk,
  place: Place,
  say: (line: string) => void,
): Promise<SimulateEnd> {
  const headless = order.headless || (process.env.DISPLAY ?? "") === "";
  if (headless && order.byHand) return failed("By hand needs a screen to see: DISPLAY is not set.", true);
  const wanted = [
    ...(headless ? ["Xvfb"] : []),
    ...(order.byHand ? [] : ["xdotool"]),
    ...(order.screenshot === undefined ? [] : ["import"]),
  ];
  const absent = absentPrograms(process.env, wanted);
  if (absent.length > 0) {
    const packages = absent.map((program) => PACKAGES[program] ?? program).join(" ");
    return failed(`Not installed: ${absent.join(", ")} (Debian: apt-get install ${packages}).`, true);
  }
  const log = join(sdk.folder, "tools", "xsbug-log");
  if (!existsSync(join(log, "node_modules"))) {
    return failed(`The SDK's xsbug-log lacks its own package. Install it once: cd ${log} && npm install`, true);
  }
  const built = await build(TARGET, sdk, place, order.verbose ? say : onlyNews(say));
  if (!built.ok) return failed(built.reason, false);
  const screen = headless ? await openHeadless(place.root) : presentScreen();
  if (typeof screen === "string") return failed(screen, false);
  // The simulator keeps its preferences and a copy of the program at home: it gets a home of its own.
  const home = mkdtempSync(join(tmpdir(), "spiral-mcsim-"));
  const session = new Session(order, screen, say);
  try {
    await session.start(sdk, place, home);
    return await (order.byHand ? session.leaveToPerson() : session.sell());
  } finally {
    await session.stop();
    await screen.close();
    rmSync(home, { recursive: true, force: true });
  }
}

function presentScreen(): Screen {
  return { display: process.env.DISPLAY ?? "", close: () => Promise.resolve() };
}

function failed(reason: string, missing: boolean): SimulateEnd {
  return { ok: false, reason, missing };
}

class Session {
  readonly #order: SimulateOrder;
  readonly #screen: Screen;
  readonly #say: (line: string) => void;
  readonly #startMs = Date.now();
  #log: Background | undefined;
  #ended: string | undefined;
  #sale: Sale = SALE;

  constructor(order: SimulateOrder, screen: Screen, say: (line: string) => void) {
    this.#order = order;
    this.#screen = screen;
    this.#say = say;
  }

  async start(sdk: Sdk, place: Place, home: string): Promise<void> {
    const port = String(await freePort());
    const tool = join(sdk.folder, "tools", "xsbug-log");
    const simulator = join(sdk.bin, "mcsim");
    const library = join(place.out, "bin", sdkNames(TARGET).folder, "mc.so");
    const env = {
      ...sdkEnvironment(process.env, sdk, place.root),
      DISPLAY: this.#screen.display,
      HOME: home,
      XDG_CONFIG_HOME: home,
      // Else a simulator that runs already would take the program over.
      DBUS_SESSION_BUS_ADDRESS: "disabled:",
      XSBUG_HOST: "localhost",
      XSBUG_PORT: port,
      XSBUG_LOG_PORT: port,
      XSBUG_PROJECT: home,
    };
    const devices = join(place.root, "tools", "firmware", "simulators");
    const args = [join(tool, "xsbug-log.js"), simulator, devices, library];
    this.#log = start(process.execPath, args, { cwd: tool, env, line: (line) => this.#hear(line) });
    void this.#log.ended.then((how) => {
      this.#ended = how;
    });
  }

  async stop(): Promise<void> {
    await this.#log?.stop();
  }

  #hear(line: string): void {
    const text = plainText(line);
    if (text.trim() === "") return;
    const news = newsIn(line);
    if (news?.news !== "place" || this.#order.verbose) this.#say(text);
    if (news !== undefined) this.#sale = hear(this.#sale, news);
  }

  async leaveToPerson(): Promise<SimulateEnd> {
    await this.#log?.ended;
    return { ok: true, told: "The simulator was closed.", facts: {} };
  }

  async sell(): Promise<SimulateEnd> {
    const { limitS, screenshot } = this.#order;
    let photographed: string | undefined;
    while (!isOver(this.#sale)) {
      if (this.#ended !== undefined) return failed(`The simulator ${this.#ended}.`, false);
      if (Date.now() - this.#startMs > limitS * 1_000) {
        return failed(`No sale in ${limitS} s. ${whyNotSold(this.#sale)}`, false);
      }
      await this.#actOnce();
      if (this.#sale.stage === "ending" && screenshot !== undefined && photographed === undefined) {
        await pause(REDRAW_MS);
        photographed = await this.#photograph(screenshot);
      }
      await pause(LOOK_EVERY_MS);
    }
    if (screenshot !== undefined && photographed === undefined) photographed = await this.#photograph(screenshot);
    const { stage, why, touches, records } = this.#sale;
    if (stage === "failed") return failed(why, false);
    const facts = {
      touches,
      records,
      headless: this.#screen.display !== process.env.DISPLAY,
      screenshot: photographed,
    };
    const picture = photographed === undefined ? "" : `; picture: ${photographed}`;
    return { ok: true, told: `Sold: the ledger holds saleSettled, after ${touches} touches${picture}.`, facts };
  }

  async #actOnce(): Promise<void> {
    const window = await findWindow(this.#screen.display);
    if (window === undefined) return;
    const step = nextTouch(this.#sale, Date.now());
    this.#sale = step.sale;
    if (step.touch === undefined) return;
    const { id, x, y } = step.touch;
    this.#say(`touch ${id} at ${x},${y}`);
    await touch(this.#screen.display, window, x, y);
  }

  async #photograph(file: string): Promise<string | undefined> {
    const window = await findWindow(this.#screen.display);
    if (window === undefined) return undefined;
    const path = resolve(file);
    mkdirSync(dirname(path), { recursive: true });
    await photograph(this.#screen.display, window, path);
    return path;
  }
}

/** A port nobody listens on. */
function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.on("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => done(port));
    });
  });
}
