/**
 * Turns every failure of a request into its problem document; unexpected ones are logged and say nothing of themselves.
 */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isConnectionFailure } from "../store/transact.js";
import { PROBLEM_TYPE, type ProblemCode, ProblemError, problemOf } from "./problems.js";

/** Fastify's own error codes that have a problem of their own. */
const OWN: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported-media-type",
  FST_ERR_CTP_BODY_TOO_LARGE: "body-too-large",
};

export function installErrorHandlers(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError | ProblemError>((error, request, reply) => {
    if (error instanceof ProblemError) {
      // RFC 9110 §10.2.3
      if (error.retryAfterS !== undefined) reply.header("retry-after", error.retryAfterS);
      return sendProblem(reply, error.code, error.message);
    }
    if (error.validation !== undefined) {
      const errors = error.validation.map(({ instancePath, params, message }) => ({
        path: `${error.validationContext ?? ""}${instancePath}${unknownField(params)}`,
        message: message ?? "does not fit",
      }));
      return reply
        .code(400)
        .type(PROBLEM_TYPE)
        .send(problemOf("bad-request", undefined, errors));
    }
    const own = OWN[error.code];
    if (own !== undefined) return sendProblem(reply, own);
    const refusal = refusalOf(error);
    if (refusal !== undefined) return sendProblem(reply, refusal);
    if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
      return sendProblem(reply, "bad-request", error.message);
    }
    request.log.error(error);
    if (isConnectionFailure(error)) app.databases.renew();
    return sendProblem(reply, "internal");
  });
}

/** The field that may not be there, as the rest of a path. */
function unknownField({ additionalProperty: name }: Readonly<Record<string, unknown>>): string {
  return typeof name === "string" ? `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}` : "";
}

/** SQLSTATE: unique_violation, foreign_key_violation; a NUL in a text, in JSON. */
const REFUSALS: Readonly<Record<string, ProblemCode>> = {
  "23505": "name-taken",
  "23503": "in-use",
  "22021": "bad-request",
  "22P05": "bad-request",
};

/** What two requests at once can run into although each has looked before: the database has the last word. */
function refusalOf(error: Error & { readonly code?: string }): ProblemCode | undefined {
  return error.name === "PostgresError" ? REFUSALS[error.code ?? ""] : undefined;
}

/** What the router refuses before any route is found: an address that is none, or too long. */
export function refuseAddress(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(reply, error.code === "FST_ERR_MAX_PARAM_LENGTH" ? "address-too-long" : "bad-request", error.message);
}

export function sendProblem(reply: FastifyReply, code: ProblemCode, detail?: string): FastifyReply {
  const problem = problemOf(code, detail);
  return reply.code(problem.status).type(PROBLEM_TYPE).send(problem);
}
