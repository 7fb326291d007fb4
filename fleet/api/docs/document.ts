/**
 * The OpenAPI 3.1 document, made of the schemas that routes check and answer by: it cannot say other than what runs.
 * Operation ids are made of method and path, so that every route has one and no two have the same.
 */
import type { SwaggerOptions } from "@fastify/swagger";
import type { FastifySchema, RouteOptions } from "fastify";
import { RIGHT_NAMES } from "../rights.js";
import { SESSION_COOKIE } from "../session/plugin.js";

/** Raised with the API's own changes; `/api/v1` breaks none of its clients. */
const API_VERSION = "1.0.0";

const ABOUT = [
  "Everything an operator does with the fleet. Amounts are decimal texts in the machine's currency, instants RFC 3339.",
  "Lists come in pages by `cursor`. Failures are RFC 9457 problem documents; `code` is stable, see /docs#problems.",
  "Sign in for a cookie (`POST /api/v1/session`), or send `Authorization: Bearer KEY`.",
  "`ETag` with `If-None-Match` answers 304 where nothing has changed; with `If-Match` a change of what somebody else",
  "has changed meanwhile is refused with 412. A `POST` with `Idempotency-Key` is done once, however often it is sent",
  "within a day, and answered alike; where the answer held a secret, a repeat is told `shown-once` and what was made.",
].join(" ");

/** What `@fastify/swagger` is registered with. */
export const DOCUMENT_OPTIONS = {
  openapi: {
    openapi: "3.1.0",
    info: {
      title: "Spiral fleet",
      version: API_VERSION,
      description: ABOUT,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    components: {
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: SESSION_COOKIE },
        key: { type: "http", scheme: "bearer" },
      },
    },
  },
  transform: ({ schema, url, route }) => ({ schema: describeRoute(schema, url, route), url }),
  transformObject: (document) => {
    if (!("openapiObject" in document)) return document.swaggerObject;
    const { openapiObject } = document;
    const shared: Record<string, unknown> = {};
    const paths = hoist(openapiObject.paths, shared);
    const components = { ...openapiObject.components, schemas: shared };
    return Object.assign({}, openapiObject, { paths, components });
  },
} satisfies SwaggerOptions;

const READS = ["get", "head"];

/** `schema` with what the document says of every route alike. */
function describeRoute(schema: FastifySchema | undefined, url: string, route: RouteOptions): FastifySchema {
  const method = String(route.method).toLowerCase();
  const parts = url.split("/").filter((part) => part !== "" && part !== "api" && part !== "v1");
  const { right } = route.config ?? {};
  const access =
    right !== undefined && RIGHT_NAMES.includes(right)
      ? { description: describe(schema, `Needs the right \`${right}\`.`), security: [{ session: [] }, { key: [] }] }
      : { security: READS.includes(method) ? [{}, { session: [] }] : [{}] };
  return {
    ...schema,
    operationId: operationIdOf(method, parts),
    tags: [parts[0] ?? "service"],
    ...access,
  };
}

function describe(schema: FastifySchema | undefined, right: string): string {
  const own = schema?.description;
  return own === undefined ? right : `${own} ${right}`;
}

/** GET /machines/:serial/slots → getMachinesSerialSlots. */
export function operationIdOf(method: string, parts: readonly string[]): string {
  const words = parts.flatMap((part) => part.split(/[^A-Za-z0-9]+/).filter((word) => word !== ""));
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

/** `node` with the one schema of all failures replaced by a reference: it stands in every route. */
function hoist(node: unknown, shared: Record<string, unknown>): unknown {
  if (Array.isArray(node)) return node.map((item) => hoist(item, shared));
  if (node === null || typeof node !== "object") return node;
  const entries = Object.entries(node).map(([key, value]): readonly [string, unknown] => {
    if (key !== PROBLEM_MEDIA) return [key, hoist(value, shared)];
    if (value !== null && typeof value === "object" && "schema" in value) shared.Problem = value.schema;
    return [key, { schema: { $ref: "#/components/schemas/Problem" } }];
  });
  return Object.fromEntries(entries);
}

const PROBLEM_MEDIA = "application/problem+json";
