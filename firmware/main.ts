/**
 * Composition root: puts the machine on a board and keeps it running. What the board reports waits in order, one thing
 * is done at a time, and the machine gets its tick when it asks for one. Which board that is, is said by the module the
 * manifest starts on each platform.
 */
import type { BootCause } from "../shared/records/kinds.js";
import { bootMachine } from "./machine/boot.js";
import type { Machine } from "./machine/machine.js";
import type { MachinePorts } from "./machine/types.js";
import type { Identity, SensorSnapshot } from "./ports/hardware.js";
import type { WorldInput } from "./ports/inputs.js";

/** Inputs waiting at once. A board latches edges, it does not flood: reaching this is a programmer's error. */
export const MAX_WAITING = 256;

export interface Board {
  readonly ports: MachinePorts;
  readonly identity: Identity;
  readonly cause: BootCause;
  readonly sensors: SensorSnapshot;
  /** Monotonic ms: the clock its inputs are stamped with. */
  nowMs(): number;
  /** One alarm: delivers `{on:"tick"}` at `atMs` or soon after; the newest order counts, Infinity is none. */
  wakeAt(atMs: number): void;
  /** From now on every input goes to `deliver`, also from within a call of a port. */
  listen(deliver: (input: WorldInput) => void): void;
}

/** Boots the machine on `board` and runs it from then on. */
export function startMachine(board: Board): Machine {
  const waiting: WorldInput[] = [];
  let busy = true;
  const machine = bootMachine(board.ports, board.identity, board.sensors, board.cause, board.nowMs());
  const drain = (): void => {
    busy = true;
    for (let input = waiting.shift(); input !== undefined; input = waiting.shift()) {
      machine.input(input, board.nowMs());
    }
    busy = false;
    board.wakeAt(machine.dueMs());
  };
  board.listen((input) => {
    if (waiting.length >= MAX_WAITING) throw new Error("board: inputs run away");
    waiting.push(input);
    if (!busy) drain();
  });
  drain();
  return machine;
}
