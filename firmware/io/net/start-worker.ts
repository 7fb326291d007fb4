/** Starts the network's worker on a board, with the memory it may have. */

import Worker from "worker";
import { deepFreeze } from "../../../shared/freeze.js";
import type { StartWorker, WorkerLine } from "./network.js";

/**
 * Memory of the worker, in all 108 KiB of internal RAM or PSRAM: 1,024 slots of stack (16 KiB), 2,560 slots of heap
 * (40 KiB), 40 KiB of chunks (two batches of 8 KiB with their copies on the way out, a certificate chain or the
 * answer to a renewal, the BigInts of a handshake), 12 KiB of native stack (the SDK's TLS recurses from record to
 * handshake to X.509). The SDK's own guideline for a handshake is 4 KiB of stack, 10 KiB of chunks, 6 KiB of slots
 * (documentation/network/securesocket.md). Code and tables stay in flash: the modules are preloaded. Not measured on a
 * chip.
 */
export const WORKER_MEMORY = deepFreeze({
  static: 0,
  stack: 1_024,
  heap: { initial: 2_560, incremental: 64 },
  chunk: { initial: 40_960, incremental: 1_024 },
  nativeStack: 12_288,
});

export const startNetWorker: StartWorker = (heard) => {
  const worker = new Worker("firmware/esp32/network", WORKER_MEMORY);
  worker.onmessage = heard;
  const line: WorkerLine = {
    post: (frame) => worker.postMessage(frame),
    terminate: () => worker.terminate(),
  };
  return line;
};
