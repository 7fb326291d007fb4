/**
 * Builds the fleet service from its plug-ins, registered explicitly in the order data flows: those of this process'
 * roles, and what every process has. `server.ts` listens.
 */
import helmet from "@fastify/helmet";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import Fastify, { type FastifyInstance } from "fastify";
import { alertsPlugin, marksPlugin, senderPlugin } from "./alerts/plugin.js";
import { installErrorHandlers, refuseAddress } from "./api/errors.js";
import { healthRoutes } from "./api/health/routes.js";
import { checkPages, pagesPlugin } from "./api/pages.js";
import { apiPlugin, machineSyncRoutes } from "./api/plugin.js";
import { listRoutes } from "./api/route-list.js";
import { buildValidator } from "./api/validators.js";
import { brokerPlugin } from "./broker/plugin.js";
import { changesPlugin, feedPlugin } from "./changes/plugin.js";
import { SYSTEM_CLOCK } from "./clock.js";
import { commandsPlugin } from "./commands/plugin.js";
import type { Config, ProcessRole } from "./config.js";
import { drainingPlugin } from "./draining.js";
import { doorPlugin } from "./identity/plugin.js";
import { ingestPlugin } from "./ingest/plugin.js";
import { jobsPlugin } from "./jobs/plugin.js";
import { livePlugin } from "./live/plugin.js";
import { loggerOf } from "./logging.js";
import { metersPlugin, metricsRoutes } from "./metrics/plugin.js";
import { storePlugin } from "./store/plugin.js";

const MAX_BODY_BYTES = 65_536;
/** The first start of the embedded database makes its folder. */
const PLUGIN_TIMEOUT_MS = 60_000;

/** The service, ready to inject or listen. The embedded parts run from here on: `close` stops them. */
export async function buildApp(config: Config): Promise<FastifyInstance> {
  await checkPages(config);
  const has = (role: ProcessRole): boolean => config.roles.includes(role);
  const app = Fastify({
    logger: loggerOf(config.logLevel),
    bodyLimit: MAX_BODY_BYTES,
    pluginTimeout: PLUGIN_TIMEOUT_MS,
    forceCloseConnections: true,
    trustProxy: config.trustedProxies.length === 0 ? false : [...config.trustedProxies],
    frameworkErrors: refuseAddress,
    schemaController: { compilersFactory: { buildValidator } },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.decorate("clock", config.clock ?? SYSTEM_CLOCK);
  installErrorHandlers(app);
  listRoutes(app);
  try {
    await app.register(helmet, {
      contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
      // Loopback has no TLS; a proxy that gives it sets this itself.
      strictTransportSecurity: false,
    });
    await app.register(metersPlugin);
    await app.register(drainingPlugin);
    await app.register(storePlugin, { config });
    await app.register(livePlugin, { config });
    await app.register(doorPlugin, { config });
    if (has("ingest")) {
      await app.register(brokerPlugin, { config });
      await app.register(marksPlugin);
      await app.register(ingestPlugin);
      await app.register(commandsPlugin, { config });
      await app.register(alertsPlugin);
    }
    if (has("jobs")) {
      await app.register(jobsPlugin, { config });
      await app.register(senderPlugin, { config });
      await app.register(changesPlugin);
      await app.register(feedPlugin, { config });
    }
    await app.register(metricsRoutes, { config });
    if (has("api")) {
      await app.register(apiPlugin, { config });
      await app.register(pagesPlugin, { config });
    } else {
      await app.register(healthRoutes);
      await machineSyncRoutes(app, config);
    }
    await app.ready();
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}
