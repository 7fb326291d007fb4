/**
 * What one device of a recording would have said: its exchanges in order, and which of them answers a command that the
 * master sends now. The master is free to be quicker or slower than the recorded VMC; what the device told must not
 * come before the command it came upon.
 */
import type { BlockReport } from "./decode.js";
import type { Exchange, Step } from "./exchanges.js";

export interface TapeEntry {
  readonly exchange: Exchange;
  readonly block: BlockReport;
}

/** What the recording has for a command. `steps`: what the device says, in order; empty = silence. */
export type TapeAnswer =
  | { readonly from: "recording" | "again"; readonly entry: TapeEntry }
  /** Nothing to tell until the master has sent the command that comes next. */
  | { readonly from: "idle" }
  /** The recorded VMC never sent such a command. */
  | { readonly from: "nowhere" };

/** Idle POLLs (30 s) after which a command of the recorded VMC is passed over: ours will not send it. */
export const PATIENCE_POLLS = 240;

export class Tape {
  readonly address: number;
  readonly entries: readonly TapeEntry[];
  /** It never said a word. */
  readonly absent: boolean;
  /** Commands of the recorded VMC that ours did not send, by name. */
  readonly passedOver: string[] = [];
  #at = 0;
  #patience = PATIENCE_POLLS;
  readonly #lastTelling: number;

  constructor(address: number, entries: readonly TapeEntry[]) {
    this.address = address;
    this.entries = entries;
    this.absent = entries.every((entry) => !answered(entry));
    this.#lastTelling = this.absent ? -1 : entries.findLastIndex((entry) => !isIdle(entry));
  }

  /** Nothing but idle POLLs is left. */
  get told(): boolean {
    return this.#at > this.#lastTelling;
  }

  /** The command of the recorded VMC that comes next, once all before it has been told. */
  get next(): TapeEntry | undefined {
    const entry = this.entries[this.#at];
    return entry === undefined || isPoll(entry) ? undefined : entry;
  }

  /** Which recorded exchange answers this command of the master, by its name. What it carries may differ. */
  answer(command: string): TapeAnswer {
    return command === "poll" ? this.#poll() : this.#command(command);
  }

  #poll(): TapeAnswer {
    const entry = this.entries[this.#at];
    if (entry === undefined) return { from: "idle" };
    if (isPoll(entry)) {
      this.#advance(this.#at + 1);
      return { from: "recording", entry };
    }
    this.#patience -= 1;
    if (this.#patience > 0) return { from: "idle" };
    this.passedOver.push(entry.block.command);
    this.#advance(this.#at + 1);
    return this.#poll();
  }

  #command(command: string): TapeAnswer {
    for (let at = this.#at; at < this.entries.length; at += 1) {
      const entry = this.entries[at];
      if (entry === undefined) break;
      if (entry.block.command === command) {
        for (const passed of this.entries.slice(this.#at, at)) {
          if (!isPoll(passed)) this.passedOver.push(passed.block.command);
        }
        this.#advance(at + 1);
        return { from: "recording", entry };
      }
      // what the device told of itself waits for its POLL
      if (isPoll(entry) && !isIdle(entry)) break;
    }
    const before = this.entries
      .slice(0, this.#at)
      .findLast((entry) => entry.block.command === command && answered(entry));
    return before === undefined ? { from: "nowhere" } : { from: "again", entry: before };
  }

  #advance(to: number): void {
    this.#at = to;
    this.#patience = PATIENCE_POLLS;
  }
}

/**
 * What the device says upon the block, then upon each RET: lists of steps between the VMC's own words. What collided
 * with the VMC's block was not heard by anyone.
 */
export function saidIn(exchange: Exchange): readonly (readonly Step[])[] {
  const said: Step[][] = [[]];
  for (const step of exchange.steps) {
    if (step.from === "vmc") said.push([]);
    else if (!step.collided) said[said.length - 1]?.push(step);
  }
  return said;
}

function isPoll({ block }: TapeEntry): boolean {
  return block.command === "poll";
}

function answered({ block }: TapeEntry): boolean {
  return block.replies.some(({ from }) => from === "peripheral");
}

/** A POLL with a bare ACK. */
function isIdle(entry: TapeEntry): boolean {
  const [first, ...more] = entry.block.replies;
  return isPoll(entry) && first?.kind === "ack" && more.length === 0;
}
