/** Keeps the outbox moving: whoever queues an order tells so (wake.ts); births and the clock do the rest. */
import { setTimeout as wait } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import { MAX_ORDERS_TOGETHER } from "../../shared/wire/sync.js";
import { topicOf } from "../../shared/wire/topics.js";
import type { Config } from "../config.js";
import type { Unsubscribe } from "../live/live-store.js";
import { noLongerGood } from "../store/certificates.js";
import type { Sql } from "../store/databases.js";
import { KEY_VERSION, masterKey } from "../store/master-key.js";
import { expireOrders, hurryOrders, takeDue, takeDueOf, withDue } from "../store/orders.js";
import { dispatchDue, signedPayload } from "./dispatch.js";
import { OrderPolls } from "./polls.js";
import { ORDERS_CHANNEL } from "./wake.js";

/** Orders queued by another process are found after so long. */
const LOOK_EVERY_MS = 5_000;

/** Orders for machines that ask for them by HTTP. */
export interface OrderDesk {
  readonly polls: OrderPolls;
  /** What is due for the machine now, signed; at most so many as one answer holds. */
  take(serial: string): Promise<readonly Uint8Array[]>;
}

declare module "fastify" {
  interface FastifyInstance {
    /** Absent without the role `ingest`. */
    readonly orderDesk?: OrderDesk;
  }
}

export const commandsPlugin = fp(
  async (app: FastifyInstance, { config }: { readonly config: Config }) => {
    const { ingest } = app;
    if (ingest === undefined) throw new Error("commands are registered without ingest");
    const keys = { master: await masterKey(config), keyVersion: KEY_VERSION };
    const stop = new AbortController();
    let nap = new AbortController();
    const wake = (): void => nap.abort();
    const polls = new OrderPolls();
    polls.onWait = wake;
    app.decorate("orderDesk", {
      polls,
      take: async (serial) => {
        const due = await takeDueOf(app.databases.ingest, serial, MAX_ORDERS_TOGETHER);
        return due.map((order) => signedPayload(order, keys.master, keys.keyVersion, Date.now()));
      },
    });
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
        await tellPolls(app.databases.ingest, polls).catch((error: unknown) => app.log.warn(error, "orders wait"));
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
      polls.close();
      await leave?.().catch(() => undefined);
      await running;
    });
  },
  { name: "commands", dependencies: ["store", "ingest"] },
);

/** Ends the wait of those who would not be let in any more, and of those for whom something is due. */
async function tellPolls(ingest: Sql, polls: OrderPolls): Promise<void> {
  const waiting = polls.waiting();
  if (waiting.length === 0) return;
  polls.end(await noLongerGood(ingest, waiting), "over");
  const serials = polls.waiting().map(({ serial }) => serial);
  polls.end(await withDue(ingest, serials), "due");
}
