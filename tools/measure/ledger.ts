/** `ledger`: what a worked-example sale takes of the ring, and what follows from it. */
import { SPARE_BLOCKS } from "../../firmware/ledger/ledger.js";
import { encodeCheckpoint } from "../../shared/records/checkpoint.js";
import type { Cabinet } from "../bench/cabinet.js";
import type { Bench } from "./bench.js";
import { SALES_IN_A_CYCLE, sellCycle, sellingCabinet } from "./selling.js";

const TARGET_BYTES = 320;
const CYCLES = 40;
const BLOCK_BYTES = 4_096;
/** The partition on a board. */
const BOARD_BLOCKS = 256;
const SALES_A_DAY = 300;
const DAYS_A_YEAR = 365;

interface Use {
  readonly bytesASale: number;
  readonly programsAnAppend: number;
  readonly blocksASale: number;
  readonly checkpointBytes: number;
}

/** Ring used by sales of the worked example, headers, checkpoints and what turning ahead leaves empty included. */
function measureUse(cabinet: Cabinet): Use {
  const erasesBefore = erases(cabinet);
  const sequenceBefore = cabinet.machine?.rooms.ledger.newestSeq ?? 0;
  const { ledgerFlash } = cabinet;
  const write = ledgerFlash.write.bind(ledgerFlash);
  let writes = 0;
  ledgerFlash.write = (offset, bytes) => {
    writes += 1;
    write(offset, bytes);
  };
  for (let cycle = 0; cycle < CYCLES; cycle++) sellCycle(cabinet);
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

/** Programs of one turn: the strike before its erase, content, header. */
const PROGRAMS_A_BLOCK = 3;

function erases(cabinet: Cabinet): number {
  return cabinet.ledgerFlash.wearCounts.reduce((sum, count) => sum + count, 0);
}

export const LEDGER: Bench = {
  name: "ledger",
  about: `bytes of ring a worked-example sale takes, checkpoints included; target ${TARGET_BYTES}`,
  async run(say) {
    say(`${CYCLES * SALES_IN_A_CYCLE} sales on the demo machine`);
    const use = measureUse(sellingCabinet());
    const usableBytes = (BOARD_BLOCKS - SPARE_BLOCKS) * BLOCK_BYTES;
    const round = (value: number, digits: number): number => Number(value.toFixed(digits));
    return {
      name: "ledger",
      value: round(use.bytesASale, 0),
      unit: "bytes a sale",
      counted: {
        targetBytes: TARGET_BYTES,
        sales: CYCLES * SALES_IN_A_CYCLE,
        checkpointBytes: use.checkpointBytes,
        programsAnAppend: round(use.programsAnAppend, 2),
        daysIn1MiBUnacked: round(usableBytes / (use.bytesASale * SALES_A_DAY), 1),
        erasesABlockAndYear: round((use.blocksASale * SALES_A_DAY * DAYS_A_YEAR) / BOARD_BLOCKS, 1),
        salesADay: SALES_A_DAY,
      },
    };
  },
};
