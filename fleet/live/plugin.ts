/** Puts the live store on the app: `app.live`; in this process, or Redis when SPIRAL_REDIS_URL names one. */
import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import type { Config } from "../config.js";
import { newestTelemetryOfAll } from "../store/reading.js";
import { createInProcessLive } from "./in-process.js";
import type { LiveStore } from "./live-store.js";
import { createRedisLive } from "./redis.js";
import { packState } from "./view.js";

declare module "fastify" {
  interface FastifyInstance {
    readonly live: LiveStore;
  }
}

export const livePlugin = fp(
  async (app: FastifyInstance, { config }: { readonly config: Config }) => {
    const rebuildSoon = (live: LiveStore): void => {
      rebuild(app, live).catch((error: unknown) => app.log.warn(error, "live state was not rebuilt"));
    };
    const live =
      config.redisUrl === undefined
        ? createInProcessLive()
        : createRedisLive({
            url: config.redisUrl,
            onReady: () => rebuildSoon(live),
            onError: (error) => app.log.warn(error, "redis"),
          });
    if (config.redisUrl === undefined) await rebuild(app, live);
    app.decorate("live", live);
    app.addHook("onClose", () => live.close());
  },
  { name: "live", dependencies: ["store"] },
);

/** States from the store; what is newer in the live store stays. */
async function rebuild(app: FastifyInstance, live: LiveStore): Promise<void> {
  const newest = await newestTelemetryOfAll(app.databases.ingest);
  await live.setStates(new Map(newest.map(({ serial, body, receivedMs }) => [serial, packState(body, receivedMs)])));
}
