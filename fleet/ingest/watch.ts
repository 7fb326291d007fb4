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
/** Between two looks at whether that is over by the service's clock. */
const LOOK_EVERY_MS = 1_000;

export interface Watch {
  /** True while this process hears births and wills. */
  isHeld(): boolean;
  /** Machines that are silent are offline from now on, unless it is we who are deaf. Done once a minute by itself. */
  judgeSilence(): Promise<void>;
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
  const { clock } = app;
  let judgedMs = clock.monotonic();
  const judgeSilence = async (): Promise<void> => {
    judgedMs = clock.monotonic();
    const facts = { upForMs: link.connection.upForMs(), queueShare: queueShare() };
    if (!isHeld() || !mayJudgeSilence(facts)) return;
    const states = await markSilent(app.databases.ingest, SILENT_PERIODS, clock.now());
    onSilent(states);
    await announceStates(app.live, states);
  };
  const silence = setInterval(() => {
    if (clock.monotonic() - judgedMs < SILENCE_EVERY_MS) return;
    judgeSilence().catch((error: unknown) => app.log.warn(error, "silence was not judged"));
  }, LOOK_EVERY_MS);
  return {
    isHeld,
    judgeSilence,
    close: async () => {
      clearInterval(silence);
      await candidacy?.close();
    },
  };
}
