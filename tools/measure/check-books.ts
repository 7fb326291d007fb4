/**
 * `check-books`: machines whose books the nightly check derives and compares in a minute, on one connection. Half of it
 * is what each machine costs, half what its ledger's length does: both are told, by machines with few records and with
 * many.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../fleet/config.js";
import { book } from "../../fleet/ingest/book.js";
import { CHECK_WITHIN_NIGHTS, checkBooks } from "../../fleet/jobs/check-books.js";
import { type Databases, openDatabases } from "../../fleet/store/databases.js";
import { sumDays } from "../../fleet/store/rollups.js";
import { serialOf } from "../load/roster.js";
import { SellingLedger } from "../load/selling-ledger.js";
import { registerSellers } from "../load/system.js";
import { type Bench, median } from "./bench.js";

const FEW = { machines: 200, sales: 10 };
const MANY = { machines: 10, sales: 3_000 };
const ROUNDS = 3;
const SEED = 9;
const BETWEEN_SALES_MS = 600_000;

export const CHECK_BOOKS_BENCH: Bench = {
  name: "check-books",
  about: "machines whose books are derived anew and compared in a minute, as every night does with a share of them",
  run: async (say, short) => {
    const few = await measured(short ? { machines: 20, sales: 5 } : FEW, say);
    const many = await measured(short ? { machines: 2, sales: 100 } : MANY, say);
    return {
      name: "check-books",
      value: few.perMinute,
      unit: "machines/min",
      counted: {
        recordsEach: few.recordsEach,
        longLedgersPerMinute: many.perMinute,
        longLedgerRecordsEach: many.recordsEach,
        recordsPerS: Math.round((many.perMinute * many.recordsEach) / 60),
        nights: CHECK_WITHIN_NIGHTS,
      },
    };
  },
};

type Size = typeof FEW;

async function measured({ machines, sales }: Size, say: (line: string) => void) {
  const dataDir = mkdtempSync(join(tmpdir(), "spiral-bench-"));
  chmodSync(dataDir, 0o755);
  const config = readConfig({ SPIRAL_DATA_DIR: dataDir, SPIRAL_LOG_LEVEL: "silent" });
  const databases = await openDatabases({ ...config, databaseOptions: { fsync: "off" } });
  try {
    const records = await fill(databases, { machines, sales });
    say(`${machines} machines with ${records} records`);
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await databases.migrate`UPDATE book_checks SET last_at = now() - interval '2 days', marks = NULL`;
      const began = performance.now();
      await checkBooks(databases.aside, new AbortController().signal);
      times.push(performance.now() - began);
    }
    const perMinute = Math.round((machines / median(times)) * 60_000);
    return { perMinute, recordsEach: Math.round(records / machines) };
  } finally {
    await databases.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** Returns how many records there are. */
async function fill(databases: Databases, { machines, sales }: Size): Promise<number> {
  const bootUnixMs = Date.now() - sales * BETWEEN_SALES_MS;
  await registerSellers(databases, SEED, machines, bootUnixMs);
  let records = 0;
  for (let machine = 0; machine < machines; machine++) {
    const ledger = new SellingLedger(machine, bootUnixMs);
    for (let sale = 1; sale <= sales; sale++) ledger.sell(bootUnixMs + sale * BETWEEN_SALES_MS);
    await handOver(databases, serialOf(machine), ledger);
    records += ledger.newestSeq;
  }
  while ((await sumDays(databases.migrate)) > 0);
  await databases.migrate`ANALYZE`;
  return records;
}

async function handOver(databases: Databases, serial: string, ledger: SellingLedger): Promise<void> {
  for (
    let batch = ledger.batchFrom(ledger.oldestSeq);
    batch !== undefined;
    batch = ledger.batchFrom(ledger.oldestSeq)
  ) {
    const { outcomes } = await book(databases.ingest, [{ serial, batch }], Date.now());
    if (outcomes[0]?.ending !== "booked") throw new Error(`${serial}: a batch was not booked`);
    ledger.acknowledge(batch.firstSeq + batch.records.length - 1);
  }
}
