/** The fleet's connection as ingest uses it: what it listens to, and what is said of a broker that will not have us. */
import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { type Arrival, type FleetConnection, openFleetConnection } from "../broker/connection.js";
import { FLEET_SUBSCRIPTIONS, SHARED_SUBSCRIPTIONS, STATUS_SUBSCRIPTION } from "../broker/permissions.js";
import type { Broker } from "../broker/plugin.js";
import { ConfigError } from "../config.js";

const CONNECTED_WITHIN_MS = 15_000;

export interface Link {
  readonly connection: FleetConnection;
  /** See `Ingest.connected`. */
  readonly connected: (withinMs?: number) => Promise<void>;
  /** Listens to births and wills from now on: the retained ones come again. */
  listenToStatus(): void;
  leaveStatus(): void;
  /** Stops taking: resolves when nothing that the broker still had for us comes any more. */
  stopListening(isSettled: () => Promise<void>): Promise<void>;
}

/**
 * Connects. At the embedded broker everything is listened to plainly; at one of others messages are shared among the
 * ingest processes, and `status` is left to `listenToStatus`.
 */
export function openLink(app: FastifyInstance, broker: Broker, onArrival: (arrival: Arrival) => void): Link {
  let why = "no answer yet";
  let up = false;
  let refusal: Error | undefined;
  let arrivals = 0;
  const waiting = new Set<() => void>();
  const subscriptions = broker.port === undefined ? SHARED_SUBSCRIPTIONS : FLEET_SUBSCRIPTIONS;
  const connection = openFleetConnection({
    url: broker.url,
    clientId: `spiral-fleet-${randomUUID()}`,
    subscriptions,
    monotonic: app.clock.monotonic,
    onArrival: (arrival) => {
      arrivals++;
      onArrival(arrival);
    },
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
  return {
    connection,
    connected,
    listenToStatus: () => connection.listen(STATUS_SUBSCRIPTION),
    leaveStatus: () => void connection.leave([STATUS_SUBSCRIPTION.topic]),
    stopListening: async (isSettled) => {
      await connection.leave([...subscriptions, STATUS_SUBSCRIPTION].map(({ topic }) => topic));
      // The broker goes on with what it had queued for us, as fast as we acknowledge it. It answers in order: once a
      // round brings nothing, it has nothing more.
      for (let before = -1; before !== arrivals; ) {
        before = arrivals;
        await isSettled();
        await connection.answered();
      }
    },
  };
}

function noBroker(why: string): ConfigError {
  return new ConfigError(
    "SPIRAL_MQTT_URL",
    `names a broker that does not let us listen (${why})`,
    "Start the broker, or correct address, login and its access rules.",
  );
}
