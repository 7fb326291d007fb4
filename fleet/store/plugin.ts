/** Puts the databases on the app: `app.databases`. First in the order, last to close. */
import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import type { Config } from "../config.js";
import { type Databases, openDatabases } from "./databases.js";
import { ensurePartitions } from "./partitions.js";

declare module "fastify" {
  interface FastifyInstance {
    readonly databases: Databases;
  }
}

const PARTITIONS_EVERY_MS = 6 * 3_600_000;

export const storePlugin = fp(
  async (app: FastifyInstance, { config }: { readonly config: Config }) => {
    const databases = await openDatabases(config, { say: (text) => app.log.error(text) });
    app.decorate("databases", databases);
    const timer = setInterval(() => {
      ensurePartitions(databases.migrate, new Date()).then(
        (strays) => {
          if (strays > 0) app.log.error({ strays }, "rows lie in default partitions");
        },
        (error: unknown) => app.log.error(error, "partitions were not made"),
      );
    }, PARTITIONS_EVERY_MS);
    timer.unref();
    app.addHook("onClose", async () => {
      clearInterval(timer);
      await databases.close();
    });
  },
  { name: "store" },
);
