/**
 * What the manifest starts on the Moddable simulator: the firmware's own composition root on the simulated board, the
 * world kept at the pace of the real clock, with the touch screen and, below it, customer's and technician's buttons.
 * Traces purchase state and display line whenever they change, and each record that is on flash:
 * `npm run firmware -- simulate` reads both.
 */
import Timer from "timer";
import { openClock } from "../../firmware/io/clock.js";
import { openApplication, openPiuScreen } from "../../firmware/io/screen/piu-screen.js";
import type { Area } from "../../firmware/io/screen/plates.js";
import type { MachinePorts } from "../../firmware/machine/types.js";
import { startMachine } from "../../firmware/main.js";
import type { SensorSnapshot } from "../../firmware/ports/hardware.js";
import type { WorldInput } from "../../firmware/ports/inputs.js";
import { openDocuments } from "../../firmware/settings.js";
import { encodePlanogram, encodeSettings, FITTED, FITTED_BY_DEFAULT } from "../../shared/wire/documents.js";
import { Board } from "./board.js";
import { US_READER } from "./card-reader-options.js";
import { DEMO_MACHINE_ID, DEMO_PLANOGRAM, DEMO_SETTINGS, demoIdentity } from "./demo.js";
import type { JavaScriptProgram } from "./javascript-side.js";
import { openControls, STRIP_PX } from "./simulator-controls.js";

/** How often the world catches up with real time. */
const PACE_MS = 10;

function startSimulator(): void {
  const columns = DEMO_PLANOGRAM.slots.map(({ column, quantity }) => ({ column, products: quantity }));
  const board: Board = new Board({ machineId: DEMO_MACHINE_ID, columns, readers: [US_READER] }, (ports, sensors) => {
    return start(board, ports, sensors);
  });
  const documents = openDocuments(board.documentFlash);
  documents.store("planogram", encodePlanogram(DEMO_PLANOGRAM));
  const fitted = FITTED_BY_DEFAULT | (1 << FITTED.indexOf("reader1"));
  documents.store("settings", encodeSettings({ ...DEMO_SETTINGS, fitted }));
  let told = "";
  board.onView((view) => {
    const line = view === undefined ? "dark" : `${view.state}: ${view.headline} | ${view.detail}`;
    if (line !== told) trace(`${board.js.nowMs} ms  ${line}\n`);
    told = line;
  });
  board.watch = {
    before: () => undefined,
    after: (effect) => {
      if (effect.do === "append") trace(`${board.js.nowMs} ms  record ${effect.record.kind}\n`);
    },
    idle: () => true,
  };
  openFront(board);
  board.powerOn();
  const clock = openClock();
  const startUs = board.world.nowUs;
  Timer.repeat(() => board.world.runUntil(startUs + clock() * 1_000), PACE_MS);
}

/** The touch screen and the buttons below it; traces where each can be touched, in pixels of the simulated display. */
function openFront(board: Board): void {
  const say = (id: string, { x, y, w, h }: Area): void => {
    trace(`${board.js.nowMs} ms  place ${id} ${Math.floor(x + w / 2)},${Math.floor(y + h / 2)}\n`);
  };
  const told = new Map<string, string>();
  const application = openApplication();
  const { panel } = openPiuScreen(application, {
    x: 0,
    y: 0,
    w: application.width,
    h: application.height - STRIP_PX,
    language: "en",
    deliver: (input) => board.js.deliver(input),
    onPicture: (plates) => {
      for (const plate of plates) {
        const place = `${plate.x},${plate.y}`;
        if (plate.press === undefined || told.get(plate.id) === place) continue;
        told.set(plate.id, place);
        say(plate.id, plate);
      }
    },
  });
  for (const { label, area } of openControls(application, board)) say(`control ${label}`, area);
  board.onView((view) => panel.show(view));
}

/** The composition root behind the simulated board: the board calls it, and its alarm is the tick of the board. */
function start(board: Board, ports: MachinePorts, sensors: SensorSnapshot): JavaScriptProgram {
  let deliver: ((input: WorldInput) => void) | undefined;
  let wakeAtMs = Number.POSITIVE_INFINITY;
  startMachine({
    ports,
    identity: demoIdentity(),
    cause: "power",
    sensors,
    nowMs: () => board.js.nowMs,
    wakeAt: (atMs) => {
      wakeAtMs = atMs;
    },
    listen: (listener) => {
      deliver = listener;
    },
  });
  return { input: (input) => deliver?.(input), dueMs: () => wakeAtMs };
}

startSimulator();
