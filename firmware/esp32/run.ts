/**
 * Runs the machine on a board's parts: network, trial of a new image and restart into the next one around it. Knows no
 * chip: `start.ts` hands in what the ESP32 gives, tests what a simulated devkit gives.
 */
import type { PanelView } from "../../shared/panel-view.js";
import { boardOf, type ChipPort, type RunningBoard } from "../io/board.js";
import { BoardNetwork, type BoardNetworkOptions } from "../io/net/board-network.js";
import { UpkeepWatch, type WatchedMachine } from "../io/net/upkeep-watch.js";
import type { Parts } from "../io/parts.js";
import { lookNow, type SelfTestFacts } from "../io/self-test-checks.js";
import type { Machine } from "../machine/machine.js";
import { startMachine } from "../main.js";
import type { Identity, PanelPort } from "../ports/hardware.js";
import type { WorldInput } from "../ports/inputs.js";

/** The running image: native/firmware-image. */
export interface ImageControl {
  readonly onTrial: boolean;
  confirm(): boolean;
  /** Returns only where there is no image to go back to. */
  rollBack(): boolean;
}

export interface RunOptions {
  readonly parts: Parts<PanelView>;
  readonly chip: ChipPort;
  readonly image: ImageControl;
  /** Undefined: nobody has provisioned this board. */
  readonly identity: Identity | undefined;
  /** Columns of the planogram in force. */
  readonly columns: readonly number[];
  /** A graphic panel; absent: the text display of the parts. deliver: to the machine, once it listens. */
  readonly openPanel?: ((deliver: (input: WorldInput) => void) => PanelPort<PanelView>) | undefined;
  readonly network: Pick<BoardNetworkOptions, "secrets" | "claim" | "key" | "buildS" | "clockwork" | "startWorker">;
  /** What the board's self-test may know; absent: the menu has none. */
  readonly testFacts?: (() => SelfTestFacts) | undefined;
  readonly say: (line: string) => void;
}

export interface Run {
  readonly machine: Machine;
  readonly network: BoardNetwork;
  readonly watch: UpkeepWatch;
}

/** Undefined: no machine can run on this board. An image on trial that finds none goes back at once. */
export function runBoard(options: RunOptions): Run | undefined {
  const { parts, chip, image, identity, columns, openPanel, testFacts, say } = options;
  if (identity === undefined) return noMachine(options, "the board has no identity");
  let board: RunningBoard<PanelView> | undefined;
  let watch: UpkeepWatch | undefined;
  const deliver = (input: WorldInput): void => board?.deliver(input);
  const panel = openPanel?.(deliver);
  const network = new BoardNetwork({
    ...options.network,
    machineId: identity.machineId,
    board: parts.map.board,
    deliver,
    onUpdate: (news, detail) => {
      say(`update: ${news} ${detail}`);
      if (news === "refused" || news === "failed") deliver({ on: "update", told: { news, detail } });
      if (news !== "switched") return;
      // on record before the restart
      deliver({ on: "update", told: { news } });
      watch?.imageWaits();
    },
    onClaimed: () => watch?.restartDue("claimed"),
  });
  board = boardOf({
    parts,
    chip,
    identity,
    columns,
    network,
    update: { begin: (manifest) => network.update(manifest) },
    ...(testFacts === undefined ? {} : { selfTest: { look: () => lookNow(parts, testFacts()) } }),
    ...(network.claim === undefined ? {} : { claim: network.claim }),
    after: () => watch?.look(),
    ...(panel === undefined ? {} : { panel }),
  });
  if (board === undefined) return noMachine(options, "a part is missing that every machine needs");
  const machine = startMachine(board);
  const { nowMs } = board;
  const { onTrial } = image;
  watch = new UpkeepWatch({
    machine: new Watched(machine),
    network,
    nowMs,
    onTrial,
    confirm: () => {
      const confirmed = image.confirm();
      if (confirmed) deliver({ on: "update", told: { news: "confirmed" } });
      return confirmed;
    },
    rollBack: () => image.rollBack(),
    restart: () => chip.restart(),
    say,
  });
  if (!onTrial) deliver({ on: "update", told: { news: "confirmed" } });
  network.machineRuns(machine.rooms.ledger.durable.lastWallS);
  if (network.state !== "open") say(`network: ${network.state}`);
  return { machine, network, watch };
}

function noMachine({ image, say }: RunOptions, why: string): undefined {
  say(`no machine: ${why}`);
  if (!image.onTrial) return;
  say("image: no machine runs on it, the one before comes back");
  if (!image.rollBack()) say("image: there is none before it");
}

/** The machine as the watch wants to see it. */
class Watched implements WatchedMachine {
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  get nothingOpen(): boolean {
    return this.#machine.nothingOpen;
  }

  get busUp(): boolean {
    return this.#machine.busUp;
  }

  get ledgerWorks(): boolean {
    const { stands, stateLost } = this.#machine.rooms.ledger.state;
    return stands === undefined && !stateLost;
  }

  get ackedSeq(): number {
    return this.#machine.rooms.ledger.mark;
  }
}
