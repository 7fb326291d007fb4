/** Joins the fleet's connection, the queue, the worker and the watch on silence: `app.ingest`. */
import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import { type BatchMessage, encodeAck } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import { type Arrival, type FleetConnection, openFleetConnection } from "../broker/connection.js";
import { ConfigError } from "../config.js";
import { announce, announceStates, announceTelemetry } from "../live/announce.js";
import { telemetryView } from "../live/view.js";
import { readIncarnation } from "../store/cursors.js";
import type { MachineState } from "../store/ledger.js";
import { readDecimals } from "../store/reading.js";
import { readMark, setAside } from "../store/set-aside.js";
import { insertTelemetry, markSilent, recordBirth, recordDeath } from "../store/telemetry.js";
import { inTransaction, isConnectionFailure } from "../store/transact.js";
import { sortArrival, type Undecodable } from "./arrivals.js";
import { bookCornering } from "./corner.js";
import { mayJudgeSilence, SILENT_PERIODS } from "./presence.js";
import { IngestQueue, type TelemetryItem } from "./queue.js";
import { startWorker, type WorkerPorts } from "./worker.js";

const SILENCE_EVERY_MS = 60_000;
const CONNECTED_WITHIN_MS = 15_000;
/** Batches being set aside at once because they could not be decoded. */
export const MAX_SETTING_ASIDE = 16;
const UNDECODABLE_WAIT_MS = 900_000;

export interface Ingest {
  isConnected(): boolean;
  /** Resolves when the fleet first listens at the broker; rejects if that refuses us, or after 15 s. ConfigError. */
  connected(withinMs?: number): Promise<void>;
  readonly queue: IngestQueue<BatchMessage>;
}

declare module "fastify" {
  interface FastifyInstance {
    readonly ingest: Ingest;
  }
}

export const ingestPlugin = fp(
  async (app: FastifyInstance) => {
    const queue = new IngestQueue<BatchMessage>();
    const worker = startWorker(queue, portsOf(app, await readIncarnation(app.databases.ingest)));
    const aside = asideTaker(app);
    const link = watchLink(app, (arrival) => {
      const { undecodable, refused } = sortArrival(arrival, queue, Date.now());
      if (undecodable !== undefined) aside(undecodable);
      if (refused !== undefined) app.log.warn(refused);
      worker.wake();
    });
    const silence = setInterval(() => {
      if (!mayJudgeSilence({ upForMs: link.connection.upForMs(), queueShare: queue.share })) return;
      markSilent(app.databases.ingest, SILENT_PERIODS, Date.now())
        .then((states) => announceStates(app.live, states))
        .catch((error: unknown) => app.log.warn(error, "silence was not judged"));
    }, SILENCE_EVERY_MS);
    app.decorate("ingest", { isConnected: link.connection.isConnected, connected: link.connected, queue });
    app.addHook("onClose", async () => {
      clearInterval(silence);
      await worker.close();
      await link.connection.close();
    });
  },
  { name: "ingest", dependencies: ["store", "live", "broker"] },
);

function portsOf(app: FastifyInstance, incarnation: number): WorkerPorts {
  const { databases, live } = app;
  const quietly = (what: Promise<void>): void => {
    what.catch((error: unknown) => app.log.warn(error, "live changes were not announced"));
  };
  const healing = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      if (isConnectionFailure(error)) databases.renew();
      throw error;
    });
  return {
    book: (jobs, nowMs) => healing(bookCornering(databases.ingest, jobs, nowMs)),
    telemetry: (rows) => healing(insertTelemetry(databases.ingest, rows)),
    presence: ({ serial, message, receivedMs }) =>
      healing(
        message.online
          ? recordBirth(databases.ingest, serial, message, receivedMs)
          : recordDeath(databases.ingest, serial, message),
      ),
    incarnation: () => incarnation,
    announce: (changes) => quietly(announce(live, databases.ingest, changes)),
    announceTelemetry: (items, states) => quietly(keepTelemetry(app, items, states)),
    now: Date.now,
    log: (level, text, detail) => app.log[level]({ detail }, text),
  };
}

async function keepTelemetry(
  app: FastifyInstance,
  items: readonly TelemetryItem[],
  states: readonly MachineState[],
): Promise<void> {
  const owners = new Map(states.map((state) => [state.serial, state.operatorId]));
  const decimals = await readDecimals(app.databases.ingest, [...owners.keys()]);
  for (const { serial, message, receivedMs } of items) {
    const operatorId = owners.get(serial);
    if (operatorId === undefined) continue;
    const view = telemetryView(message, receivedMs, decimals.get(serial) ?? 2);
    const isNewest = await app.live.setState(serial, { atMs: receivedMs, value: JSON.stringify(view) });
    if (isNewest) await announceTelemetry(app.live, operatorId, serial, view);
  }
  await announceStates(app.live, states);
}

/** Keeps what is no batch, and tells its machine where it stands and to wait. */
function asideTaker(app: FastifyInstance): (undecodable: Undecodable) => void {
  let busy = 0;
  const keep = async ({ serial, payload, detail, arrival }: Undecodable): Promise<void> => {
    const mark = await inTransaction(app.databases.ingest, async (tx) => {
      await setAside(tx, { serial, reason: "undecodable", detail, epoch: null, firstSeq: null, payload });
      return readMark(tx, serial);
    });
    const incarnation = await readIncarnation(app.databases.ingest);
    if (mark !== undefined) {
      arrival.reply(topicOf(serial, "acks"), encodeAck({ ...mark, incarnation, waitMs: UNDECODABLE_WAIT_MS }));
    }
    app.log.error(`${serial}: batch set aside (${detail})`);
  };
  return (undecodable) => {
    const { arrival } = undecodable;
    // Too many at once: acknowledged to the broker and forgotten; the machine sends it again.
    if (busy >= MAX_SETTING_ASIDE) return arrival.ack();
    busy++;
    keep(undecodable)
      .catch((error: unknown) => app.log.error(error, "batch was not set aside"))
      .finally(() => {
        busy--;
        arrival.ack();
      });
  };
}

interface Link {
  readonly connection: FleetConnection;
  readonly connected: Ingest["connected"];
}

function watchLink(app: FastifyInstance, onArrival: (arrival: Arrival) => void): Link {
  let why = "no answer yet";
  let up = false;
  let refusal: Error | undefined;
  const waiting = new Set<() => void>();
  const connection = openFleetConnection({
    url: app.broker.url,
    clientId: `spiral-fleet-${randomUUID()}`,
    onArrival,
    onState: (connected, reason, refused) => {
      why = reason;
      up ||= connected;
      refusal = refused ? noBroker(why) : undefined;
      if (up || refused) for (const tell of waiting) tell();
      if (!connected) app.log.warn(`broker connection lost: ${reason}`);
    },
  });
  const connected = (withinMs: number = CONNECTED_WITHIN_MS): Promise<void> =>
    new Promise((resolve, reject) => {
      const settle = (): void => {
        waiting.delete(settle);
        clearTimeout(deadline);
        if (up) resolve();
        else reject(refusal ?? noBroker(why));
      };
      const deadline = setTimeout(settle, withinMs);
      waiting.add(settle);
      if (up || refusal !== undefined) settle();
    });
  return { connection, connected };
}

function noBroker(why: string): ConfigError {
  return new ConfigError(
    "SPIRAL_MQTT_URL",
    `names a broker that does not let us listen (${why})`,
    "Start the broker, or correct address, login and its access rules.",
  );
}
