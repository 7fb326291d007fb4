/** The EVA-DTS report of a ledger that lies in a file: opened on a copy, as a machine would at power-up. */
import { auditReport } from "../../shared/eva-dts/report.js";
import { writeReport } from "../../shared/eva-dts/text.js";
import { openImage } from "../ledger/image.js";

export interface ImageOptions {
  /** The ledger must be this machine's; "" = whose it is nobody asks. */
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
  const image = openImage(bytes, {
    ...(options.machineId === "" ? {} : { machineId: options.machineId }),
    ...(options.epoch === undefined ? {} : { epoch: options.epoch }),
  });
  if (!image.ok) return image;
  const { ledger } = image;
  const { epoch } = image.owner;
  if (ledger.newestSeq === 0) return { ok: false, error: `it holds no record of epoch ${epoch}` };
  const { machineId, currency, decimals } = options;
  const { durable } = ledger;
  const about = { machineId, model: "", firmwareVersion: "", currency, decimals };
  const report = writeReport(auditReport({ ...about, durable, products: [] }));
  return { ok: true, report, epoch, newestSeq: ledger.newestSeq };
}
