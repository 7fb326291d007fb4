/**
 * `app.meters`, and GET /metrics for Prometheus: outside of the sign-in, with the bearer token SPIRAL_METRICS_TOKEN if
 * one is set, else only for whoever asks from this machine and not through a proxy.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import fp from "fastify-plugin";
import { ProblemError } from "../api/problems.js";
import type { Config } from "../config.js";
import { isReachable } from "../store/reading.js";
import { createMeters, type Meters } from "./meters.js";

declare module "fastify" {
  interface FastifyInstance {
    readonly meters: Meters;
  }
}

/** What a proxy in front adds: then the address is the proxy's, and says nothing of who asks. */
const FORWARDED = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"] as const;

/** Before everything that counts. */
export const metersPlugin = fp(
  async (app: FastifyInstance) => {
    const meters = createMeters();
    app.decorate("meters", meters);
    app.addHook("onResponse", async (request, reply) => {
      // The pattern, never the address itself: that has codes and serials in it, and no end of values.
      const route = request.routeOptions.url ?? "none";
      meters.httpSeconds.observe(
        { method: request.method, route, status: String(reply.statusCode) },
        reply.elapsedTime / 1_000,
      );
    });
    app.addHook("onClose", async () => meters.registry.clear());
  },
  { name: "meters" },
);

export async function metricsRoutes(app: FastifyInstance, { config }: { readonly config: Config }): Promise<void> {
  const { meters, draining, live } = app;
  const flag = (value: boolean | undefined): number => (value === true ? 1 : 0);
  meters.ask("spiral_draining", "1 while this process is about to leave", () => flag(draining.isDraining()));
  meters.ask("spiral_live_ready", "1 while the live store answers", () => flag(live.isReady()));
  meters.ask("spiral_database_up", "1 if the database answers now", async () =>
    flag(await isReachable(app.databases.app)),
  );
  if (app.ingest !== undefined) {
    const { ingest, broker, orderDesk } = app;
    const { postbox } = ingest;
    meters.ask("spiral_machine_posts", "Machines whose sync by HTTP is being dealt with", () => postbox.posting);
    const busy = "Syncs by HTTP that found no room, or were not booked in time";
    meters.total("spiral_machine_posts_busy_total", busy, () => postbox.toldBusy);
    meters.ask("spiral_machine_polls", "Machines that wait by HTTP for orders", () => orderDesk?.polls.size ?? 0);
    meters.ask("spiral_broker_connected", "1 while we listen at the broker", () => flag(ingest.isConnected()));
    meters.ask("spiral_presence_watch", "1 if this process watches presence", () => flag(ingest.watchesPresence()));
    if (broker?.connections !== undefined) {
      meters.ask("spiral_broker_connections", "Machines connected to the embedded broker", broker.connections);
    }
  }
  app.get("/metrics", { schema: { hide: true } }, async (request, reply) => {
    admit(request, config.metricsToken);
    return reply.type(meters.registry.contentType).send(await meters.registry.metrics());
  });
}

/** Throws for whoever may not read them. */
function admit({ headers, ip }: FastifyRequest, token: string | undefined): void {
  if (token !== undefined) {
    if (!sameSecret(headers.authorization ?? "", `Bearer ${token}`)) throw new ProblemError("not-signed-in");
    return;
  }
  const isLocal = /^(::1|(::ffff:)?127\.[0-9.]+)$/.test(ip);
  if (!isLocal || FORWARDED.some((name) => headers[name] !== undefined)) {
    throw new ProblemError("not-signed-in", "Ask from this machine and not through a proxy, or set a token");
  }
}

function sameSecret(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
