/**
 * Which board, named by its epoch, sits in the cabinet at this start. Cabinet and database are two folders, and either
 * may have been deleted or put back from a copy: a board goes on only with a ledger that continues what the fleet has.
 */
import { demoIdentity } from "../bench/demo.js";
import { type CabinetState, restoreCabinet } from "./cabinet-state.js";

/** How far the fleet is with this machine's newest epoch. */
export interface FleetSide {
  readonly epoch: number;
  /** Highest sequence committed in it. */
  readonly mark: number;
}

/** What the board's flash holds. */
export interface BoardSide {
  readonly epoch: number;
  /** Unix seconds before which it has no record. */
  readonly madeS: number;
  readonly oldestSeq: number;
  readonly newestSeq: number;
}

export interface BoardDecision {
  /** The fleet must issue epochs up to this one. */
  readonly epoch: number;
  /** Why the ledger that is in the cabinet, if any, cannot go on; undefined if it does or there is none. */
  readonly dropped: string | undefined;
}

/** `board`: undefined if there is no cabinet. `fleet`: undefined if the fleet has never heard of the machine. */
export function decideBoard(board: Omit<BoardSide, "madeS"> | undefined, fleet: FleetSide | undefined): BoardDecision {
  const issued = fleet?.epoch ?? 0;
  const mark = fleet?.mark ?? 0;
  if (board === undefined) return { epoch: issued + 1, dropped: undefined };
  const { epoch, oldestSeq, newestSeq } = board;
  const fresh = Math.max(issued, epoch) + 1;
  if (epoch < issued) return { epoch: fresh, dropped: `it is of epoch ${epoch}, the fleet has issued ${issued}` };
  // A database made anew (or put back from before this epoch) gets the whole ledger, if it is still whole.
  const committed = epoch === issued ? mark : 0;
  if (committed < oldestSeq - 1) {
    return {
      epoch: fresh,
      dropped: `the fleet lacks its records ${committed + 1} to ${oldestSeq - 1}, which are gone`,
    };
  }
  if (committed > newestSeq) {
    return { epoch: fresh, dropped: `the fleet has its records up to ${committed}, it only up to ${newestSeq}` };
  }
  return { epoch, dropped: undefined };
}

/** Reads the flash of a stored cabinet with the firmware's own ledger, on a copy. */
export function boardOf(state: CabinetState): BoardSide {
  const { epoch, madeS } = state.things;
  const cabinet = restoreCabinet({ identity: demoIdentity(undefined, epoch) }, state);
  const { records, oldestSeq } = cabinet.readFlash();
  return { epoch, madeS, oldestSeq, newestSeq: oldestSeq + records.length - 1 };
}
