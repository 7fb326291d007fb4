/**
 * What a log line holds: JSON with the request's id, machines' serials as fields, and never a secret. Addresses are
 * logged by their pattern, because codes of vouchers travel in them; errors by name, code, message and stack, because
 * a database tells in the rest of its errors which row it refused.
 */
import type { FastifyRequest, FastifyServerOptions } from "fastify";
import type { Config } from "./config.js";

/** Should anybody log an object that has them. */
const SECRET_FIELDS = [
  "password",
  "token",
  "secret",
  "code",
  "cookie",
  "authorization",
  "set-cookie",
  "apiKey",
] as const;

export function loggerOf(level: Config["logLevel"]): NonNullable<FastifyServerOptions["logger"]> {
  if (level === "silent") return false;
  const paths = SECRET_FIELDS.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]);
  return {
    level,
    redact: { paths, censor: "[hidden]" },
    serializers: { req: requestFields, res: replyFields, err: errorFields },
  };
}

function requestFields(request: FastifyRequest) {
  const { method, ip, params } = request;
  const serial = typeof params === "object" && params !== null && "serial" in params ? params.serial : undefined;
  return { method, route: request.routeOptions?.url ?? "none", ip, serial };
}

function replyFields({ statusCode }: { readonly statusCode?: number }) {
  return statusCode === undefined ? {} : { statusCode };
}

function errorFields(error: Error): { type: string; message: string; stack: string; problem?: unknown } {
  const { name, message, stack = "" } = error;
  return { type: name, message, stack, ...("code" in error ? { problem: error.code } : {}) };
}

/** Fields of a log line about `detail`. */
export function fieldsOf(detail: unknown): object {
  if (detail instanceof Error) return { err: detail };
  return typeof detail === "object" && detail !== null ? detail : { detail };
}
