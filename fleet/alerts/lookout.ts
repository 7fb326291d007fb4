/**
 * Tells the others that this process looks at machines and how far it is, and takes over what one that died had marked:
 * apart from the looking, which may take long while many wait.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { keepLookout, relieveLookouts } from "../store/alert-lookouts.js";
import type { AlertPorts } from "./worker.js";

const EVERY_MS = 15_000;

/** `lookedMs`: all that was marked before has been looked at. */
export function startLookout(ports: AlertPorts, lookedMs: () => number): { close(): Promise<void> } {
  const id = randomUUID();
  const stop = new AbortController();
  const loop = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        await keepLookout(ports.ingest(), id, lookedMs());
        await relieveLookouts(ports.ingest());
      } catch (error) {
        if (!stop.signal.aborted) ports.log("nobody was told how far alerts are", error);
      }
      await wait(EVERY_MS, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
    }
  };
  const running = loop();
  return {
    close: async () => {
      stop.abort();
      await running;
    },
  };
}
