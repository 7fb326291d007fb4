/** Puts the databases on the app: `app.databases`. First in the order, last to close. */
import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import type { Config } from "../config.js";
import { type Databases, openDatabases } from "./databases.js";

declare module "fastify" {
  interface FastifyInstance {
    readonly databases: Databases;
  }
}

export const storePlugin = fp(
  async (app: FastifyInstance, { config }: { readonly config: Config }) => {
    const databases = await openDatabases(config, { say: (text) => app.log.error(text) });
    app.decorate("databases", databases);
    app.addHook("onClose", () => databases.close());
  },
  { name: "store" },
);
