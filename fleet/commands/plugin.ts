/** Keeps the outbox moving: whoever queues an order tells so (wake.ts); births and the clock do the rest. */
import { setTimeout as wait } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import { topicOf } from "../../shared/wire/topics.js";
import type { Config } from "../config.js";
import type { Unsubscribe } from "../live/live-store.js";
import { KEY_VERSION, masterKey } from "../store/master-key.js";
import { expireOrders, hurryOrders, takeDue } from "../store/orders.js";
import { dispatchDue } from "./dispatch.js";
import { ORDERS_CHANNEL } from "./wake.js";

/** Orders queued by another process are found after so long. */
const LOOK_EVERY_MS = 5_000;

export const commandsPlugin = fp(
  async (app: FastifyInstance, { config }: { readonly config: Config }) => {
    const { ingest } = app;
    if (ingest === undefined) throw new Error("commands are registered without ingest");
    const keys = { master: await masterKey(config), keyVersion: KEY_VERSION };
    const stop = new AbortController();
    let nap = new AbortController();
    const wake = (): void => nap.abort();
    const ports = {
      takeDue: (limit: number) => takeDue(app.databases.ingest, limit),
      expire: () => expireOrders(app.databases.ingest),
      send: (serial: string, payload: Uint8Array) => ingest.publish(topicOf(serial, "commands"), payload),
      now: Date.now,
    };
    ingest.onBirth((serial) => {
      hurryOrders(app.databases.ingest, serial).then(wake, (error: unknown) => app.log.warn(error, "orders wait"));
    });
    const loop = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        nap = new AbortController();
        if (ingest.isConnected()) {
          await dispatchDue(ports, keys).catch((error: unknown) => app.log.warn(error, "orders were not sent"));
        }
        const signal = AbortSignal.any([stop.signal, nap.signal]);
        await wait(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
      }
    };
    let running: Promise<void> | undefined;
    let leave: Unsubscribe | undefined;
    app.addHook("onReady", async () => {
      running = loop();
      // A live store that is away costs only the wait for the next look.
      app.live.subscribe(ORDERS_CHANNEL, wake).then(
        (unsubscribe) => {
          leave = unsubscribe;
        },
        () => undefined,
      );
    });
    app.addHook("onClose", async () => {
      stop.abort();
      await leave?.().catch(() => undefined);
      await running;
    });
  },
  { name: "commands", dependencies: ["store", "ingest"] },
);
