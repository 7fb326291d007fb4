/**
 * `xs-memory`: what the firmware's core keeps alive on XS above its loaded code, and what it allocates while nothing
 * happens. The largest machine there is, 60 slots, sells from each of them; only the machine is in the heap
 * (lone-machine.ts), not the world around it.
 */
import type { Cabinet } from "../bench/cabinet.js";
import type { XsHeap } from "../xs/heap.js";
import type { Bench } from "./bench.js";
import { type LoneMachine, loneMachine } from "./lone-machine.js";
import { SALES_IN_A_CYCLE, sellCycle, sellingCabinet } from "./selling.js";
import { sixtySlots } from "./sixty-slots.js";
import { type Moment, Tape } from "./tape.js";

const SALES_EARLY = 1_000;
const SALES = 10_000;
export const TARGET_SLOTS = 2_500;
export const TARGET_CHUNK_BYTES = 24 * 1_024;
export const TARGET_TICK_SLOTS = 200;
/** After it a machine is at rest: the fleet has every record, the ledger's idle work is done. */
const QUIET_MS = 120_000;
/** Short enough that nothing is collected while slots are counted. */
const IDLE_MS = 20_000;
/** What the ledger believes is in each column: more than is sold. */
const BELIEVED = 1_000_000;
/** As on the board: 1 MiB (firmware/io/boards/partitions.csv). */
const LEDGER_BLOCKS = 256;
/** From one cycle's slot to the next: all of them in turn, none beside the one before. */
const STRIDE = 7;

/** A cabinet on Node and its machine on XS, which follows it cycle by cycle. */
export class Pair {
  readonly cabinet: Cabinet;
  readonly tape: Tape;
  readonly lone: LoneMachine;
  sales = 0;

  constructor(cabinet: Cabinet, tape: Tape, lone: LoneMachine) {
    this.cabinet = cabinet;
    this.tape = tape;
    this.lone = lone;
  }

  /** While XS lives through one cycle, the next one is recorded. */
  async sell(sales: number, say: (line: string) => void): Promise<void> {
    const { cabinet, tape, lone } = this;
    const { slots } = cabinet.planogram;
    let playing = this.play(tape.take());
    for (; this.sales < sales; this.sales += SALES_IN_A_CYCLE) {
      sellCycle(cabinet, slots[((this.sales / SALES_IN_A_CYCLE) * STRIDE) % slots.length]?.slot);
      await playing;
      await lone.load(tape.take());
      playing = lone.play();
      if (this.sales % SALES_EARLY === 0) say(`${this.sales} of ${SALES} sales`);
    }
    await playing;
  }

  /** What is alive once all is quiet, less what was alive before the machine's start. */
  async aliveAbove(base: XsHeap): Promise<XsHeap> {
    this.cabinet.runFor(QUIET_MS);
    await this.play(this.tape.take());
    const heap = await this.lone.heap();
    return {
      slots: heap.slots - base.slots,
      chunkBytes: heap.chunkBytes - base.chunkBytes,
      deviceBytes: heap.deviceBytes - base.deviceBytes,
    };
  }

  /** Slots allocated for each idle POLL with its ACK: a tick and an input of the link. */
  async idleTickSlots(): Promise<number> {
    this.cabinet.runFor(IDLE_MS);
    const moments = this.tape.take();
    await this.lone.load(moments);
    const slots = await this.lone.playCounting();
    return slots / moments.filter((moment) => typeof moment === "number").length;
  }

  private async play(moments: readonly Moment[]): Promise<void> {
    await this.lone.load(moments);
    await this.lone.play();
  }
}

/** A machine of 60 slots that is ready to sell, once on Node and once on XS, where it has not started yet. */
export async function pair(say: (line: string) => void): Promise<Pair | { readonly reason: string }> {
  const tape = new Tape();
  const { version, slots } = sixtySlots();
  const planogram = { version, slots: slots.map((slot) => ({ ...slot, quantity: BELIEVED })) };
  const columns = slots.map(({ column }) => ({ column, products: 0 }));
  const cabinet = sellingCabinet({
    planogram,
    columns,
    ledgerBlocks: LEDGER_BLOCKS,
    leaps: false,
    listen: tape.listen,
  });
  if (tape.start === undefined) throw new Error("nothing was recorded");
  const lone = await loneMachine(tape.start, say);
  return lone.ok ? new Pair(cabinet, tape, lone.machine) : { reason: lone.reason };
}

export const XS_MEMORY: Bench = {
  name: "xs-memory",
  about: `slots alive on XS above the loaded code after ${SALES} sales; target ${TARGET_SLOTS}`,
  async run(say) {
    const both = await pair(say);
    if (!(both instanceof Pair)) throw new Error(both.reason);
    const { cabinet, tape, lone } = both;
    try {
      const base = await lone.heap();
      await lone.boot();
      await both.sell(SALES_EARLY, say);
      const early = await both.aliveAbove(base);
      await both.sell(SALES, say);
      const late = await both.aliveAbove(base);
      const tickSlots = await both.idleTickSlots();
      const { longestUnits, bootUnits } = await lone.assertSame(cabinet, tape);
      cabinet.assertSound("after the bench");
      return {
        name: "xs-memory",
        value: late.slots,
        unit: "slots",
        target: { value: TARGET_SLOTS, is: "most" },
        counted: {
          sales: both.sales,
          columns: cabinet.planogram.slots.length,
          chunkBytes: late.deviceBytes,
          targetChunkBytes: TARGET_CHUNK_BYTES,
          chunkBytesHere: late.chunkBytes,
          salesEarly: SALES_EARLY,
          slotsEarly: early.slots,
          chunkBytesEarly: early.deviceBytes,
          idleTickSlots: Number(tickSlots.toFixed(1)),
          targetIdleTickSlots: TARGET_TICK_SLOTS,
          longestStepUnits: longestUnits,
          bootUnits,
        },
      };
    } finally {
      await lone.close();
    }
  },
};
