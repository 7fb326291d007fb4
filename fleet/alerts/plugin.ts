/** Puts the marks on the app before ingest (`app.alertMarks`), and after it the loop that looks at what is marked. */
import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import type { Config } from "../config.js";
import { announceAlerts } from "../live/announce.js";
import { isConnectionFailure } from "../store/transact.js";
import { Marks } from "./marks.js";
import { type AlertPorts, startAlerts } from "./worker.js";

declare module "fastify" {
  interface FastifyInstance {
    /** Absent without the role `ingest`. */
    readonly alertMarks?: Marks;
  }
}

export const marksPlugin = fp(
  async (app: FastifyInstance) => {
    app.decorate("alertMarks", new Marks());
  },
  { name: "alert-marks" },
);

export const alertsPlugin = fp(
  async (app: FastifyInstance, _options: { readonly config: Config }) => {
    let worker: { close(): Promise<void> } | undefined;
    app.addHook("onReady", async () => {
      if (app.alertMarks !== undefined) worker = startAlerts(app.alertMarks, alertPorts(app));
    });
    app.addHook("onClose", async () => worker?.close());
  },
  { name: "alerts", dependencies: ["store", "live", "alert-marks", "ingest"] },
);

/** The loop's ports on a running service. */
export function alertPorts(app: FastifyInstance): AlertPorts {
  return {
    ingest: () => app.databases.ingest,
    hearing: () => app.ingest?.hears() ?? false,
    now: Date.now,
    tell: async () => undefined,
    announce: (news) => {
      announceAlerts(app.live, news).catch((error: unknown) => app.log.warn(error, "alerts were not announced"));
    },
    log: (text, error) => {
      if (isConnectionFailure(error)) app.databases.renew();
      app.log.warn(error, text);
    },
  };
}
