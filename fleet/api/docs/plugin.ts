/** `/docs`: the API for people; `/docs/openapi.json` for programs; `/problems/CODE`, where problem documents point. */
import swagger from "@fastify/swagger";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import Type from "typebox";
import { ProblemError, problemCodeOf } from "../problems.js";
import { DOCUMENT_OPTIONS } from "./document.js";
import { apiPage, problemPage } from "./page.js";

const HTML = "text/html; charset=utf-8";
const CACHED = "public, max-age=300";

/** Before the routes: what is registered later is in the document. */
export async function documentRoutes(api: FastifyInstance): Promise<void> {
  await api.register(swagger, DOCUMENT_OPTIONS);
}

export const docsRoutes: FastifyPluginAsyncTypebox = async (app) => {
  // Made once: routes do not change while the service runs.
  let page: string | undefined;
  let json: string | undefined;
  const hidden = { hide: true } as const;

  app.get("/docs", { schema: hidden }, async (_request, reply) => {
    page ??= apiPage(app.swagger());
    return reply.type(HTML).header("cache-control", CACHED).send(page);
  });

  app.get("/docs/openapi.json", { schema: hidden }, async (_request, reply) => {
    json ??= JSON.stringify(app.swagger());
    return reply.type("application/json; charset=utf-8").header("cache-control", CACHED).send(json);
  });

  app.get(
    "/problems/:code",
    { schema: { ...hidden, params: Type.Object({ code: Type.String({ maxLength: 60 }) }) } },
    async (request, reply) => {
      const code = problemCodeOf(request.params.code);
      if (code === undefined) throw new ProblemError("no-such-route");
      return reply.type(HTML).header("cache-control", CACHED).send(problemPage(code));
    },
  );
};
