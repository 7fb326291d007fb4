/** Keeps what is no batch, and tells its machine where it stands and to wait. */
import type { FastifyInstance } from "fastify";
import { encodeAck } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import { readIncarnation } from "../store/cursors.js";
import { readMark, setAside } from "../store/set-aside.js";
import { inTransaction } from "../store/transact.js";
import type { Undecodable } from "./arrivals.js";

/** Batches being set aside at once because they could not be decoded. */
export const MAX_SETTING_ASIDE = 16;
const UNDECODABLE_WAIT_MS = 900_000;

export interface AsideTaker {
  take(undecodable: Undecodable): void;
  /** Resolves when none is being set aside. */
  idle(): Promise<void>;
}

/** `onKept`: told the serial of a machine of which a batch was set aside. */
export function asideTaker(app: FastifyInstance, onKept: (serial: string) => void): AsideTaker {
  const busy = new Set<Promise<void>>();
  const keep = async ({ serial, payload, detail, arrival }: Undecodable): Promise<void> => {
    const mark = await inTransaction(app.databases.ingest, async (tx) => {
      await setAside(tx, { serial, reason: "undecodable", detail, epoch: null, firstSeq: null, payload });
      return readMark(tx, serial);
    });
    const incarnation = await readIncarnation(app.databases.ingest);
    if (mark !== undefined) {
      arrival.reply(topicOf(serial, "acks"), encodeAck({ ...mark, incarnation, waitMs: UNDECODABLE_WAIT_MS }));
    }
    app.meters.setAside.inc({ reason: "undecodable" });
    app.log.error({ serial, reason: "undecodable", detail }, "batch set aside");
    onKept(serial);
  };
  return {
    take: (undecodable) => {
      const { arrival } = undecodable;
      // Too many at once: acknowledged to the broker and forgotten; the machine sends it again.
      if (busy.size >= MAX_SETTING_ASIDE) return arrival.ack();
      const work = keep(undecodable)
        .catch((error: unknown) => app.log.error(error, "batch was not set aside"))
        .finally(() => {
          busy.delete(work);
          arrival.ack();
        });
      busy.add(work);
    },
    idle: async () => {
      while (busy.size > 0) await Promise.all(busy);
    },
  };
}
