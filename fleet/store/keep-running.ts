/**
 * Keeps the embedded server running: when it dies it is begun again, at once the first time, then after pauses that
 * grow up to a limit. Never gives up: without a database the machines keep their records and sell on.
 */
import { setTimeout as wait } from "node:timers/promises";

/** The server as we own it. `gone` resolves when the connection that proves it has ended. */
export interface Owned {
  readonly pid: number;
  readonly gone: Promise<void>;
  letGo(): Promise<void>;
}

export interface Kept {
  /** Of the server that runs, or ran last. */
  pid(): number;
  /** Ends the watch and lets go; the server itself runs on. */
  close(): Promise<void>;
}

export interface Pauses {
  readonly firstMs: number;
  readonly limitMs: number;
  /** A server that lived so long died by chance: the next one is begun at once again. */
  readonly steadyMs: number;
}

export const RESTART_PAUSES: Pauses = { firstMs: 250, limitMs: 15_000, steadyMs: 60_000 };

/** `begin` gives the server again, or rejects and is asked once more after a pause. */
export function keepRunning(
  first: Owned,
  begin: () => Promise<Owned>,
  say: (text: string) => void = () => undefined,
  pauses: Pauses = RESTART_PAUSES,
): Kept {
  const stop = new AbortController();
  let owned = first;
  const begunAgain = async (): Promise<void> => {
    let pauseMs = 0;
    let beganMs = performance.now();
    while (!stop.signal.aborted) {
      await owned.gone;
      if (performance.now() - beganMs >= pauses.steadyMs) pauseMs = 0;
      for (let runs = false; !runs && !stop.signal.aborted; ) {
        say(`the embedded PostgreSQL is gone, starting it again in ${pauseMs} ms`);
        if (pauseMs > 0) await wait(pauseMs, undefined, { signal: stop.signal }).catch(() => undefined);
        if (stop.signal.aborted) return;
        pauseMs = Math.min(pauses.limitMs, Math.max(pauses.firstMs, pauseMs * 2));
        beganMs = performance.now();
        try {
          owned = await begin();
          runs = true;
          say(`the embedded PostgreSQL runs again as process ${owned.pid}`);
        } catch (error) {
          say(`the embedded PostgreSQL did not start: ${String(error)}`);
        }
      }
    }
  };
  const watching = begunAgain();
  return {
    pid: () => owned.pid,
    close: async () => {
      stop.abort();
      await owned.letGo();
      await watching;
      // A server that was being begun just now is let go too.
      await owned.letGo();
    },
  };
}
