/** /healthz: the process answers. /readyz: the parts it cannot work without answer too. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { isReachable } from "../../store/reading.js";
import { FAILURES } from "../responses.js";
import { Health, Readiness } from "./schema.js";

export const healthRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get("/healthz", { schema: { response: { 200: Health, ...FAILURES } } }, async () => ({ status: "ok" }) as const);

  app.get(
    "/readyz",
    { schema: { response: { 200: Readiness, 503: Readiness, ...FAILURES } } },
    async (_request, reply) => {
      const database = await isReachable(app.databases.app);
      // Whoever asks for readiness asks again: the next one finds connections that are not stuck.
      if (!database) app.databases.renew();
      const broker = app.ingest?.isConnected();
      // A live store that is away slows the pages and stops nothing.
      const ready = database && broker !== false;
      const status = app.draining.isDraining() ? "draining" : ready ? "ready" : "notReady";
      return reply.code(status === "ready" ? 200 : 503).send({
        status,
        database: database ? "ok" : "down",
        broker: broker === undefined ? "unused" : broker ? "ok" : "down",
        live: app.live.isReady() ? "ok" : "down",
      });
    },
  );
};
