/** The EVA-DTS report of a ledger that lies in a file: opened on a copy, as a machine would at power-up. */

import { openLedger } from "../../firmware/ledger/ledger.js";
import { headerOf } from "../../firmware/ledger/recover.js";
import { auditReport } from "../../shared/eva-dts/report.js";
import { writeReport } from "../../shared/eva-dts/text.js";
import { SimFlash } from "../bench/flash.js";

const BLOCK_BYTES = 4_096;

export interface ImageOptions {
  readonly machineId: string;
  /** ISO 4217 numeric, and decimals of an amount. */
  readonly currency: number;
  readonly decimals: number;
  /** Absent = the highest in the image. */
  readonly epoch?: number;
}

export type ImageResult =
  | { readonly ok: true; readonly report: string; readonly epoch: number; readonly newestSeq: number }
  | { readonly ok: false; readonly error: string };

/** `bytes`: the ledger's partition as it is on flash. */
export function reportOfImage(bytes: Uint8Array, options: ImageOptions): ImageResult {
  if (bytes.length === 0 || bytes.length % BLOCK_BYTES !== 0) {
    return { ok: false, error: `it is ${bytes.length} bytes long, not whole blocks of ${BLOCK_BYTES}` };
  }
  const blocks = bytes.length / BLOCK_BYTES;
  const flash = new SimFlash({ blocks });
  flash.restore({
    bytes,
    unstable: new Array<undefined>(blocks).fill(undefined),
    wear: new Array<number>(blocks).fill(0),
  });
  let highest: number | undefined;
  for (let place = 0; place < blocks; place++) {
    const found = headerOf(flash, place)?.epoch;
    if (found !== undefined && (highest === undefined || found > highest)) highest = found;
  }
  const epoch = options.epoch ?? highest;
  if (epoch === undefined) return { ok: false, error: "no block in it has a ledger's header" };
  const ledger = openLedger(flash, epoch);
  if (ledger.newestSeq === 0) return { ok: false, error: `it holds no record of epoch ${epoch}` };
  const { machineId, currency, decimals } = options;
  const { durable } = ledger;
  const about = { machineId, model: "", firmwareVersion: "", currency, decimals };
  const report = writeReport(auditReport({ ...about, durable, products: [] }));
  return { ok: true, report, epoch, newestSeq: ledger.newestSeq };
}
