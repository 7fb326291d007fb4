/** `ledger`: what a worked-example sale takes of the ring, what a power-up reads of it, and what follows from both. */
import { HEADER_BYTES, ownerOf } from "../../firmware/ledger/header.js";
import { SPARE_BLOCKS } from "../../firmware/ledger/ledger.js";
import { recover } from "../../firmware/ledger/recover.js";
import { encodeCheckpoint, MAX_CHECKPOINT_BYTES } from "../../shared/records/checkpoint.js";
import type { Cabinet } from "../bench/cabinet.js";
import { BLOCK_BYTES, SimFlash } from "../bench/flash.js";
import type { Bench } from "./bench.js";
import { SALES_IN_A_CYCLE, sellCycle, sellingCabinet } from "./selling.js";
import { agedCabinet, BUSY_SLOT } from "./sixty-slots.js";

const TARGET_BYTES = 320;
const CYCLES = 40;
/** The partition on a board. */
const BOARD_BLOCKS = 256;
const SALES_A_DAY = 300;
const DAYS_A_YEAR = 365;
/** Before the large machine is measured: 80 days at 300 sales a day. */
const SALES_A_SLOT = 400;
const LARGE_RING_BLOCKS = 96;
/** Programs of one turn: the strike before its erase, content, header. */
const PROGRAMS_A_BLOCK = 3;

interface Use {
  readonly bytesASale: number;
  readonly programsAnAppend: number;
  readonly blocksASale: number;
  readonly checkpointBytes: number;
}

/** Ring used by sales of the worked example, headers, checkpoints and what turning ahead leaves empty included. */
function measureUse(cabinet: Cabinet, slot?: string): Use {
  const erasesBefore = erases(cabinet);
  const sequenceBefore = cabinet.machine?.rooms.ledger.newestSeq ?? 0;
  const { ledgerFlash } = cabinet;
  const write = ledgerFlash.write.bind(ledgerFlash);
  let writes = 0;
  ledgerFlash.write = (offset, bytes) => {
    writes += 1;
    write(offset, bytes);
  };
  for (let cycle = 0; cycle < CYCLES; cycle++) sellCycle(cabinet, slot);
  const sales = CYCLES * SALES_IN_A_CYCLE;
  const blocks = erases(cabinet) - erasesBefore;
  const records = (cabinet.machine?.rooms.ledger.newestSeq ?? 0) - sequenceBefore;
  return {
    bytesASale: (blocks * BLOCK_BYTES) / sales,
    // A block costs its strike, its content and its header beside the appends.
    programsAnAppend: (writes - blocks * PROGRAMS_A_BLOCK) / records,
    blocksASale: blocks / sales,
    checkpointBytes: encodeCheckpoint(cabinet.durable).length,
  };
}

export interface ReplayReads {
  /** Headers read, and blocks read whole. */
  readonly headers: number;
  readonly blocks: number;
  readonly bytes: number;
}

/** What finding out the state takes, on a copy of the flash. rot: with the newest block's checkpoint unreadable. */
export function replayReads(cabinet: Cabinet, rot: boolean): ReplayReads {
  const { ledgerFlash, identity } = cabinet;
  const { blocks: all, blockBytes } = ledgerFlash;
  const owner = ownerOf(identity);
  const copy = new SimFlash({ blocks: all, blockBytes });
  copy.restore(ledgerFlash.snapshot());
  if (rot) {
    const place = recover(copy, owner).newest[0]?.place ?? 0;
    copy.flipBit(place * blockBytes + HEADER_BYTES, 0);
  }
  const seen = { headers: 0, blocks: 0, bytes: 0 };
  const read = copy.read.bind(copy);
  copy.read = (offset, length) => {
    if (length === blockBytes) seen.blocks += 1;
    else seen.headers += 1;
    seen.bytes += length;
    return read(offset, length);
  };
  recover(copy, owner);
  return seen;
}

function erases(cabinet: Cabinet): number {
  return cabinet.ledgerFlash.wearCounts.reduce((sum, count) => sum + count, 0);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function figuresOf(use: Use) {
  const usableBytes = (BOARD_BLOCKS - SPARE_BLOCKS) * BLOCK_BYTES;
  return {
    checkpointBytes: use.checkpointBytes,
    programsAnAppend: round(use.programsAnAppend, 2),
    daysIn1MiBUnacked: round(usableBytes / (use.bytesASale * SALES_A_DAY), 1),
    erasesABlockAndYear: round((use.blocksASale * SALES_A_DAY * DAYS_A_YEAR) / BOARD_BLOCKS, 1),
  };
}

/** Sells of one slot, the others as worn. */
function measureLarge(): Use {
  const cabinet = agedCabinet(SALES_A_SLOT, { ledgerBlocks: LARGE_RING_BLOCKS });
  cabinet.untilSelling();
  return measureUse(cabinet, BUSY_SLOT);
}

export const LEDGER: Bench = {
  name: "ledger",
  about: `bytes of ring a worked-example sale takes, checkpoints included; target ${TARGET_BYTES}`,
  async run(say) {
    say(`${CYCLES * SALES_IN_A_CYCLE} sales on the demo machine`);
    const cabinet = sellingCabinet();
    const use = measureUse(cabinet);
    const replay = replayReads(cabinet, false);
    const rotten = replayReads(cabinet, true);
    say(`the same on a machine with 60 slots, ${SALES_A_SLOT} sales of each on record`);
    const large = measureLarge();
    const figures = figuresOf(large);
    return {
      name: "ledger",
      value: round(use.bytesASale, 0),
      unit: "bytes a sale",
      target: { value: TARGET_BYTES, is: "most" },
      counted: {
        sales: CYCLES * SALES_IN_A_CYCLE,
        ...figuresOf(use),
        salesADay: SALES_A_DAY,
        ringBlocks: cabinet.ledgerFlash.blocks,
        headersReadAtReplay: replay.headers,
        blocksReadAtReplay: replay.blocks,
        blocksReadIfCheckpointRotted: rotten.blocks,
        maxCheckpointBytes: MAX_CHECKPOINT_BYTES,
        bytesASaleOf60Slots: round(large.bytesASale, 0),
        checkpointBytesOf60Slots: figures.checkpointBytes,
        daysIn1MiBUnackedOf60Slots: figures.daysIn1MiBUnacked,
        erasesABlockAndYearOf60Slots: figures.erasesABlockAndYear,
      },
    };
  },
};
