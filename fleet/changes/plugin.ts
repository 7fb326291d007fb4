/**
 * Numbers the feed of changes while the service runs, tells who follows it, and sends it to its webhooks. Every process
 * may try: one at a time numbers, and who dies half-way leaves nothing half-numbered; each webhook has one sender.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import type { Config } from "../config.js";
import { PUBLIC_REACH } from "../hooks/target.js";
import { MAX_NUMBERED_AT_ONCE, numberChanges } from "../store/changes.js";
import { masterKey } from "../store/master-key.js";
import { isConnectionFailure } from "../store/transact.js";
import { changesChannel } from "./channel.js";
import { startFeeds } from "./webhooks.js";

const LOOK_EVERY_MS = 500;
const RETRY_MS = 5_000;

export const changesPlugin = fp(
  async (app: FastifyInstance) => {
    const stop = new AbortController();
    const once = async (): Promise<number> => {
      const numbered = await numberChanges(app.databases.migrate);
      for (const operatorId of numbered?.operators ?? []) {
        // A live store that is away costs followers the wait for their own next look.
        app.live.publish(changesChannel(operatorId), "news").catch(() => undefined);
      }
      return numbered?.isFull === true ? 0 : LOOK_EVERY_MS;
    };
    const loop = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const pauseMs = await once().catch((error: unknown) => {
          if (!stop.signal.aborted) app.log.warn(error, `up to ${MAX_NUMBERED_AT_ONCE} changes wait for their numbers`);
          return RETRY_MS;
        });
        await wait(pauseMs, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
      }
    };
    let running: Promise<void> | undefined;
    app.addHook("onReady", async () => {
      running = loop();
    });
    app.addHook("onClose", async () => {
      stop.abort();
      await running;
    });
  },
  { name: "changes", dependencies: ["store", "live"] },
);

export const feedPlugin = fp(
  async (app: FastifyInstance, { config }: { readonly config: Config }) => {
    const master = await masterKey(config);
    let feeds: { close(): Promise<void> } | undefined;
    app.addHook("onReady", async () => {
      feeds = startFeeds({
        ingest: () => app.databases.ingest,
        app: () => app.databases.app,
        now: Date.now,
        chance: Math.random,
        reach: config.hookReach ?? PUBLIC_REACH,
        master,
        log: (text, error) => {
          if (isConnectionFailure(error)) app.databases.renew();
          app.log.warn(error, text);
        },
      });
    });
    app.addHook("onClose", async () => feeds?.close());
  },
  { name: "feed", dependencies: ["store"] },
);
