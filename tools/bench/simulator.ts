/**
 * What the manifest starts on the Moddable simulator: the firmware's own composition root on the simulated board, the
 * world kept at the pace of the real clock. Traces purchase state and display line whenever they change, and each
 * record that is on flash: `npm run firmware -- simulate` reads both.
 */
import Timer from "timer";
import { openClock } from "../../firmware/io/clock.js";
import type { MachinePorts } from "../../firmware/machine/types.js";
import { startMachine } from "../../firmware/main.js";
import type { SensorSnapshot } from "../../firmware/ports/hardware.js";
import type { WorldInput } from "../../firmware/ports/inputs.js";
import { openDocuments } from "../../firmware/settings.js";
import { encodePlanogram, encodeSettings } from "../../shared/wire/documents.js";
import { Board } from "./board.js";
import { DEMO_MACHINE_ID, DEMO_PLANOGRAM, DEMO_SETTINGS, demoIdentity } from "./demo.js";
import type { JavaScriptProgram } from "./javascript-side.js";

/** How often the world catches up with real time. */
const PACE_MS = 10;

function startSimulator(): void {
  const columns = DEMO_PLANOGRAM.slots.map(({ column, quantity }) => ({ column, products: quantity }));
  const board: Board = new Board({ machineId: DEMO_MACHINE_ID, columns }, (ports, sensors) => {
    return start(board, ports, sensors);
  });
  const documents = openDocuments(board.documentFlash);
  documents.store("planogram", encodePlanogram(DEMO_PLANOGRAM));
  documents.store("settings", encodeSettings(DEMO_SETTINGS));
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
  board.powerOn();
  const clock = openClock();
  const startUs = board.world.nowUs;
  Timer.repeat(() => board.world.runUntil(startUs + clock() * 1_000), PACE_MS);
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
