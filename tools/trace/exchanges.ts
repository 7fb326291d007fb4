/**
 * Runs of words as exchanges: one block of the VMC and everything said until its next (MDB 4.2 §2.2-2.4). The mode bit
 * tells where blocks begin and end, never a length; lines that a recorder broke up in mid-block are joined again.
 */
import { checksumHolds } from "../../shared/mdb/block.js";
import { ACK, LINK_TIMING, MODE_BIT, NAK, RET } from "../../shared/mdb/link.js";
import { endUs, type Recording, type Run, type Side } from "./read.js";

/** `collided`: begun before the VMC's block had ended. */
export interface Step extends Run {
  readonly collided: boolean;
}

export interface Exchange extends Run {
  /** The VMC's block is whole and its checksum holds. */
  readonly sound: boolean;
  /** Answers, our own ACK, RET or NAK to them, and what came upon a RET. */
  readonly steps: readonly Step[];
}

/** `strays`: what was said before the first block. */
export interface Conversation {
  readonly timed: boolean;
  readonly exchanges: readonly Exchange[];
  readonly strays: readonly Run[];
}

interface Growing {
  readonly line: number;
  readonly startUs: number;
  readonly from: Side;
  words: number[];
}
interface Open extends Growing {
  readonly steps: (Growing & { collided: boolean })[];
}

/** What a single word from a side means; undefined = nothing it may say alone. */
export function soleWord(from: Side, word: number): "ack" | "nak" | "ret" | undefined {
  const byte = word & 0xff;
  if (((word & MODE_BIT) !== 0) !== (from === "peripheral")) return undefined;
  if (byte === ACK) return "ack";
  if (byte === NAK) return "nak";
  return byte === RET && from === "vmc" ? "ret" : undefined;
}

/** The words without their mode bits. */
export function bytesOf(words: readonly number[]): Uint8Array {
  return Uint8Array.from(words, (word) => word & 0xff);
}

export function exchangesOf(recording: Recording): Conversation {
  const exchanges: Open[] = [];
  const strays: Run[] = [];
  for (const run of recording.runs) {
    const open = exchanges[exchanges.length - 1];
    if (run.from === "vmc" && ((run.words[0] ?? 0) & MODE_BIT) !== 0) {
      exchanges.push({ ...run, words: [...run.words], steps: [] });
    } else if (open === undefined) {
      strays.push(run);
    } else if (run.from === "vmc" && continues(open, run) && !isSound(open)) {
      open.words.push(...run.words);
    } else {
      addStep(open, run);
    }
  }
  const sealed = exchanges.map((open) => {
    // recorders are off by some bits; half a word is what the link takes for too early, too
    const until = endUs(open) - LINK_TIMING.wordUs / 2;
    const steps = open.steps.map((step) => ({ ...step, collided: step.from === "peripheral" && step.startUs < until }));
    return { ...open, sound: isSound(open), steps: recording.timed ? steps : open.steps };
  });
  return { timed: recording.timed, exchanges: sealed, strays };
}

/** Nothing between them but the little that recorders are off by. */
function continues(before: Growing, run: Run): boolean {
  return run.startUs - endUs(before) <= LINK_TIMING.gapSpecUs;
}

function isSound(block: Growing): boolean {
  return checksumHolds(bytesOf(block.words));
}

function addStep(open: Open, run: Run): void {
  const last = open.steps[open.steps.length - 1];
  const unended = last !== undefined && ((last.words[last.words.length - 1] ?? 0) & MODE_BIT) === 0;
  if (
    last !== undefined &&
    last.from === "peripheral" &&
    run.from === "peripheral" &&
    unended &&
    continues(last, run)
  ) {
    last.words.push(...run.words);
  } else {
    open.steps.push({ ...run, words: [...run.words], collided: false });
  }
}
