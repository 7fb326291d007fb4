/**
 * The watch on machines' presence, an office of one ingest process: it alone hears births and wills, and judges
 * silence. A new holder reads all births anew from the broker's retained messages. Two at once do no harm: births and
 * deaths are compared with the newest birth in the store.
 */
import type { FastifyInstance } from "fastify";
import { announceStates } from "../live/announce.js";
import { standFor } from "../store/election.js";
import type { MachineState } from "../store/ledger.js";
import { markSilent } from "../store/telemetry.js";
import type { Link } from "./link.js";
import { mayJudgeSilence, SILENT_PERIODS } from "./presence.js";

const SILENCE_EVERY_MS = 60_000;

export interface Watch {
  /** True while this process hears births and wills. */
  isHeld(): boolean;
  /** Lets go of it, so that another process may take it. */
  close(): Promise<void>;
}

/**
 * `shared`: other processes may listen at the same broker. `queueShare`: see `LinkFacts`. `onSilent`: told of machines
 * that have fallen silent.
 */
export function keepWatch(
  app: FastifyInstance,
  link: Link,
  shared: boolean,
  queueShare: () => number,
  onSilent: (states: readonly MachineState[]) => void,
): Watch {
  const candidacy = shared
    ? standFor(app.databases, {
        name: "watch",
        onChange: (elected) => {
          app.log.info(elected ? "this process watches the machines' presence" : "the watch on presence is left");
          if (elected) link.listenToStatus();
          else link.leaveStatus();
        },
        onError: (error) => app.log.warn(error, "no election of who watches the machines' presence"),
      })
    : undefined;
  const isHeld = (): boolean => candidacy?.isElected() ?? true;
  const silence = setInterval(() => {
    const facts = { upForMs: link.connection.upForMs(), queueShare: queueShare() };
    if (!isHeld() || !mayJudgeSilence(facts)) return;
    markSilent(app.databases.ingest, SILENT_PERIODS, Date.now())
      .then((states) => {
        onSilent(states);
        return announceStates(app.live, states);
      })
      .catch((error: unknown) => app.log.warn(error, "silence was not judged"));
  }, SILENCE_EVERY_MS);
  return {
    isHeld,
    close: async () => {
      clearInterval(silence);
      await candidacy?.close();
    },
  };
}
