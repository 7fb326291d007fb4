/**
 * What `bench panel` runs in the SDK's simulator: the touch screen alone, led from each of its scenes to the next and
 * drawn anew as a whole, each piece of XS work timed by itself. Ends with one line: "panel " and the figures as JSON.
 */
import "piu/MC";
import Instrumentation from "instrumentation";
import Timer from "timer";
import { openApplication, openPiuScreen } from "../../../firmware/io/screen/piu-screen.js";
import type { TouchScreen } from "../../../firmware/io/screen/screen.js";
import { type PanelFacts, panelView } from "../../../firmware/panel/view.js";
import type { PanelView, ProductView } from "../../../shared/panel-view.js";
import { DEMO_PLANOGRAM } from "../../bench/demo.js";
import { cpuUs, say } from "./cpu-clock.js";

/** As on the touch board. */
const WIDTH = 240;
const HEIGHT = 320;
const ROUNDS = 20;
/** Looked at so often; a screen with no work for `QUIET_LOOKS` of them is at rest. */
const LOOK_MS = 20;
const QUIET_LOOKS = 3;

/** Of the SDK: told what happens to the simulated display. */
interface DisplayContext {
  onDisplayReady(): void;
  onIdle(): void;
  onMessage(message: unknown): void;
  onQuit(): void;
}

declare const screen: { context: DisplayContext };

const PRODUCTS: readonly ProductView[] = Object.freeze(
  DEMO_PLANOGRAM.slots.map(({ slot, productId, name, priceMinor, quantity }) => {
    const price = `$${(priceMinor / 100).toFixed(2)}`;
    return { slot, productId, name, priceMinor, price, stock: quantity, available: true };
  }),
);

const IDLE: PanelFacts = Object.freeze<PanelFacts>({
  state: "IDLE",
  slot: undefined,
  priceMinor: undefined,
  creditMinor: 0,
  currency: "USD",
  language: "de",
  notice: undefined,
  outCause: undefined,
  entry: "",
  exactChangeOnly: false,
  code: undefined,
  busy: false,
  pay: "any",
  cardShown: false,
  topUp: false,
  readerText: undefined,
  products: PRODUCTS,
});
const CODE = {
  kind: "voucher",
  code: "ABCDEFGHJKMNPQ",
  amount: "$1.75",
  qr: "SPIRAL:M-1234:1:ABCDEFGHJKMNPQ",
} as const;

function scenes(): readonly (readonly [name: string, view: PanelView])[] {
  const view = (facts: Partial<PanelFacts>): PanelView => panelView({ ...IDLE, ...facts });
  return [
    ["products", view({})],
    ["credit", view({ state: "ACCEPTING_PAYMENT", creditMinor: 100, exactChangeOnly: true })],
    ["paying", view({ state: "ACCEPTING_PAYMENT", slot: "B4", priceMinor: 175, creditMinor: 100 })],
    ["dispensing", view({ state: "DISPENSING", slot: "B4", creditMinor: 200 })],
    ["voucher", view({ state: "RETURNING_CHANGE", code: CODE })],
    ["outOfService", view({ state: "OUT_OF_SERVICE", outCause: "tooWarm" })],
  ];
}

/** What one piece of work after the other has taken since `clear`. */
class Meter {
  us = 0;
  longestUs = 0;
  pieces = 0;
  displayListBytes = 0;
  commandListBytes = 0;

  clear(): void {
    this.us = 0;
    this.longestUs = 0;
    this.pieces = 0;
  }

  measure(act: () => void): void {
    const startUs = cpuUs();
    act();
    const us = cpuUs() - startUs;
    this.us += us;
    this.longestUs = Math.max(this.longestUs, us);
    this.pieces += 1;
    this.displayListBytes = Math.max(this.displayListBytes, bytesOf("Poco Display List Used"));
    this.commandListBytes = Math.max(this.commandListBytes, bytesOf("Piu Command List Used"));
  }
}

function bytesOf(name: "Poco Display List Used" | "Piu Command List Used"): number {
  return Instrumentation.get(Instrumentation.map(name)) ?? 0;
}

interface Task {
  readonly name: string;
  begin(): void;
}

interface Figure {
  readonly name: string;
  readonly us: number;
  readonly longestUs: number;
  readonly pieces: number;
}

function start(): void {
  const meter = new Meter();
  const { panel, screen: touchScreen } = openPiuScreen(openApplication(), {
    x: 0,
    y: 0,
    w: WIDTH,
    h: HEIGHT,
    language: "de",
    deliver: () => undefined,
  });
  measureAll(meter, touchScreen);
  const tasks: Task[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, view] of scenes()) {
      tasks.push({ name, begin: () => panel.show(view) });
      if (name === "products") tasks.push({ name: "redraw", begin: () => touchScreen.redraw() });
    }
  }
  run(tasks, meter, touchScreen);
}

/** Both kinds of work there are: a step of the screen, and Piu's drawing of what that step has asked for. */
function measureAll(meter: Meter, touchScreen: TouchScreen): void {
  const tick = touchScreen.tick.bind(touchScreen);
  Object.defineProperty(touchScreen, "tick", { value: () => meter.measure(tick) });
  const { context } = screen;
  screen.context = {
    onDisplayReady: () => context.onDisplayReady(),
    onIdle: () => meter.measure(() => context.onIdle()),
    onMessage: (message) => context.onMessage(message),
    onQuit: () => context.onQuit(),
  };
}

function run(tasks: readonly Task[], meter: Meter, touchScreen: TouchScreen): void {
  const figures: Figure[] = [];
  let at = -1;
  let quiet = QUIET_LOOKS;
  let seenUs = 0;
  const look = (): void => {
    quiet = touchScreen.busy || meter.us !== seenUs ? 0 : quiet + 1;
    seenUs = meter.us;
    if (quiet < QUIET_LOOKS) return;
    const done = tasks[at];
    const { us, longestUs, pieces } = meter;
    if (done !== undefined) figures.push({ name: done.name, us, longestUs, pieces });
    meter.clear();
    seenUs = 0;
    quiet = 0;
    at += 1;
    const next = tasks[at];
    if (next !== undefined) return next.begin();
    Timer.clear(timer);
    tell(figures, meter);
  };
  const timer = Timer.repeat(look, LOOK_MS);
}

function tell(figures: readonly Figure[], { displayListBytes, commandListBytes }: Meter): void {
  say(`panel ${JSON.stringify({ width: WIDTH, height: HEIGHT, displayListBytes, commandListBytes, figures })}`);
}

start();
