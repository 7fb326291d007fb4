/** The example of SPEC.md §10, written by the firmware. */
import { openLedger, ownerOf } from "../../../firmware/ledger/ledger.js";
import type { NewRecord, Stamp } from "../../../shared/records/kinds.js";
import { SimFlash } from "../../../tools/bench/flash.js";

export const EXAMPLE_ID = "M-1";
export const EXAMPLE_EPOCH = 2;

export const EXAMPLE_RECORDS: readonly (readonly [NewRecord, Stamp])[] = [
  [{ kind: "boot", bootNo: 1, cause: 0, firmware: "0.1.0" }, { atMs: 0 }],
  [{ kind: "coinIn", type: 2, valueMinor: 25, path: 1, tubeCount: 46 }, { atMs: 60_000 }],
  [{ kind: "stackStarted", type: 0, valueMinor: 100, stackerCount: 7 }, { atMs: 62_500 }],
  [
    { kind: "billStacked", type: 0, valueMinor: 100, route: 0 },
    { atMs: 64_000, wallS: 1_767_225_600 },
  ],
];

/** All of the flash. */
export function exampleImage(): Uint8Array {
  const flash = new SimFlash({ blocks: 4 });
  const ledger = openLedger(flash, ownerOf({ machineId: EXAMPLE_ID, epoch: EXAMPLE_EPOCH }));
  for (const [record, stamp] of EXAMPLE_RECORDS) ledger.append(record, stamp);
  return flash.snapshot().bytes;
}
