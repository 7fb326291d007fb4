/**
 * Joins the fleet's connection, the queue, the worker and the watch on presence: `app.ingest`. Several processes may do
 * this at a broker of others: whichever gets a batch books it, and acknowledges it on the connection it came by.
 */
import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import { type BatchMessage, encodeTelemetry } from "../../shared/wire/messages.js";
import { parseTopic } from "../../shared/wire/topics.js";
import { markedPorts } from "../alerts/marked-ports.js";
import type { Arrival } from "../broker/connection.js";
import { announce, keepTelemetry } from "../live/announce.js";
import { fieldsOf } from "../logging.js";
import { countedPorts, measureQueue } from "../metrics/ingest.js";
import { keepAuditPart } from "../store/audit-reports.js";
import { readIncarnation } from "../store/cursors.js";
import { noteBirths } from "../store/suspensions.js";
import { insertTelemetry, recordPresence } from "../store/telemetry.js";
import { keepBases, readBases } from "../store/telemetry-bases.js";
import { isConnectionFailure } from "../store/transact.js";
import { type ArrivedAudit, sortArrival } from "./arrivals.js";
import { asideTaker } from "./aside.js";
import { bookCornering } from "./corner.js";
import { openLink } from "./link.js";
import { Postbox } from "./postbox.js";
import { hears } from "./presence.js";
import { IngestQueue } from "./queue.js";
import { lookUpBases, type Orphan, TelemetryBases } from "./telemetry-bases.js";
import { keepWatch } from "./watch.js";
import { startWorker, type WorkerPorts } from "./worker.js";

export interface Ingest {
  isConnected(): boolean;
  /** Resolves when the fleet first listens at the broker; rejects if that refuses us, or after 15 s. ConfigError. */
  connected(withinMs?: number): Promise<void>;
  readonly queue: IngestQueue<BatchMessage>;
  /** For what machines bring by HTTP. */
  readonly postbox: Postbox;
  /** True while this process hears births and wills: one of several does. */
  watchesPresence(): boolean;
  /** See `Watch`. */
  judgeSilence(): Promise<void>;
  /** What is known of who is connected may be believed. */
  hears(): boolean;
  /** Takes nothing new, and resolves when all that was taken is booked and acknowledged. */
  drain(): Promise<void>;
  /** Publishes (QoS 0) on the fleet's connection; false while it is down. */
  publish(topic: string, payload: Uint8Array): boolean;
  /** Tells `listener` of each machine whose birth was stored. */
  onBirth(listener: (serial: string) => void): void;
}

declare module "fastify" {
  interface FastifyInstance {
    /** Absent without the role `ingest`. */
    readonly ingest?: Ingest;
  }
}

export const ingestPlugin = fp(
  async (app: FastifyInstance) => {
    const { broker, alertMarks: marks } = app;
    if (broker === undefined || marks === undefined) throw new Error("ingest is registered without broker or marks");
    const queue = new IngestQueue<BatchMessage>();
    const births = new Set<(serial: string) => void>();
    const { meters } = app;
    const ports = portsOf(app, await readIncarnation(app.databases.ingest), births);
    const worker = startWorker(queue, markedPorts(countedPorts(ports, meters), marks));
    measureQueue(queue, meters, app.clock.now);
    const aside = asideTaker(app, (serial) => marks.mark(serial));
    const bases = new TelemetryBases();
    const lookUp = baseLookUp(app, queue, bases, () => worker.wake());
    const take = (arrival: Arrival): void => {
      const { undecodable, audit, orphan, refused } = sortArrival(arrival, queue, bases, app.clock.now());
      if (undecodable !== undefined) aside.take(undecodable);
      if (audit !== undefined) keepAudit(app, audit);
      if (orphan !== undefined) lookUp(orphan);
      if (refused !== undefined) {
        meters.refused.inc();
        app.log.warn({ serial: parseTopic(arrival.topic)?.machineId, refused }, "message dropped");
      }
      worker.wake();
    };
    const link = openLink(app, broker, take);
    const watch = keepWatch(
      app,
      link,
      broker.port === undefined,
      () => queue.share,
      (states) => marks.states(states),
    );
    app.decorate("ingest", {
      isConnected: link.connection.isConnected,
      connected: link.connected,
      queue,
      postbox: new Postbox(take),
      watchesPresence: watch.isHeld,
      judgeSilence: watch.judgeSilence,
      hears: () => hears({ upForMs: link.connection.upForMs(), queueShare: queue.share }),
      drain: async () => {
        await watch.close();
        await link.stopListening(async () => {
          await worker.idle();
          await aside.idle();
        });
      },
      publish: link.connection.publish,
      onBirth: (listener) => void births.add(listener),
    });
    app.addHook("onClose", async () => {
      await watch.close();
      await worker.close();
      await link.connection.close();
    });
  },
  { name: "ingest", dependencies: ["meters", "store", "live", "broker", "door", "alert-marks"] },
);

/** Part of a report that was ordered. One that is lost is ordered again. */
function keepAudit(app: FastifyInstance, { serial, message, arrival }: ArrivedAudit): void {
  keepAuditPart(app.databases.ingest, serial, message)
    .catch((error: unknown) => app.log.warn({ err: error, serial }, "part of an audit was not kept"))
    .finally(arrival.ack);
}

function portsOf(
  app: FastifyInstance,
  incarnation: number,
  births: ReadonlySet<(serial: string) => void>,
): WorkerPorts {
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
    // Another history alone does not suspend: rot on one board makes one, too, and a machine shut out can neither be
    // watched nor asked. It is set aside and raises its alert; two boards betray themselves by births or take-overs.
    book: (jobs, nowMs) => healing(bookCornering(databases.ingest, jobs, nowMs)),
    telemetry: (rows) => healing(insertTelemetry(databases.ingest, rows)),
    bases: (bases) => healing(keepBases(databases.ingest, bases)),
    presence: async (items) => {
      const born = items.filter(({ message }) => message.online);
      for (const [serial, twins] of await healing(noteBirths(databases.ingest, born))) app.door.suspend(serial, twins);
      const states = await healing(recordPresence(databases.ingest, items));
      for (const { serial, online } of states) if (online) for (const tell of births) tell(serial);
      return states;
    },
    incarnation: () => incarnation,
    announce: (changes) => quietly(announce(live, databases.ingest, changes)),
    announceTelemetry: (items, stored) => quietly(keepTelemetry(live, databases.ingest, items, stored)),
    now: app.clock.now,
    committed: () => undefined,
    log: (level, text, detail) => app.log[level](fieldsOf(detail), text),
  };
}

function baseLookUp(
  app: FastifyInstance,
  queue: IngestQueue<BatchMessage>,
  bases: TelemetryBases,
  wake: () => void,
): (orphan: Orphan) => void {
  return lookUpBases(bases, {
    readBases: (serials) => readBases(app.databases.ingest, serials),
    found: ({ serial, receivedMs }, message) => {
      queue.addTelemetry({ serial, message, body: encodeTelemetry(message), receivedMs, ack: () => undefined });
      wake();
    },
    failed: (error) => app.log.warn(error, "bases of telemetry were not looked up"),
    now: Date.now,
  });
}
