/** Every route that was ever registered, so that a test can ask for each who may use it. */
import type { FastifyInstance } from "fastify";
import type { Right } from "./rights.js";

export interface RouteFact {
  readonly method: string;
  /** With its parameters, e.g. /api/v1/machines/:serial */
  readonly url: string;
  /** Undefined for routes that are open to whoever has a session, or to anybody. */
  readonly right: Right | undefined;
}

declare module "fastify" {
  interface FastifyInstance {
    readonly routeList: readonly RouteFact[];
  }
}

/** Before the first route. Those that answer HEAD beside GET are left out. */
export function listRoutes(app: FastifyInstance): void {
  const routes: RouteFact[] = [];
  app.decorate("routeList", routes);
  app.addHook("onRoute", ({ method, url, config }) => {
    for (const one of [method].flat()) if (one !== "HEAD") routes.push({ method: one, url, right: config?.right });
  });
}
