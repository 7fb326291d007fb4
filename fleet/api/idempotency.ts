/**
 * POSTs that may be sent again: with an Idempotency-Key the change is made once, and its answer given to every repeat.
 * Not for answers that hold a secret, since they are kept. A refusal is not kept: the repeat is judged anew.
 */
import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Type from "typebox";
import type { Transaction } from "../store/databases.js";
import { claimKey, type KeyUse, keepAnswer, keptAnswer } from "../store/idempotency.js";
import { asOperator } from "../store/tenancy.js";
import { ProblemError } from "./problems.js";
import { callerOf } from "./rights.js";

export const MAX_KEY_LENGTH = 100;

/** Headers of a POST that makes something. */
export const IdempotencyKey = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: MAX_KEY_LENGTH,
      pattern: "^[ -~]+$",
      description: "The same for every try of one request: it is then carried out once and answered alike for a day",
    }),
  ),
});

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Runs `work` in a transaction of the caller's operator and sends what it answers; once for each Idempotency-Key, if
 * the request bears one. Throws ProblemError `key-in-flight` and `key-reused`.
 */
export async function once(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (tx: Transaction) => Promise<Answer>,
): Promise<void> {
  const caller = callerOf(request);
  const { operatorId, userId, keyId } = caller;
  const callerId = userId ?? keyId;
  const key = request.headers["idempotency-key"];
  const answer = await asOperator(app.databases.app, caller, async (tx): Promise<Answer> => {
    if (typeof key !== "string" || callerId === null) return work(tx);
    const use: KeyUse = { operatorId, callerId, route: routeOf(request), key };
    if (!(await claimKey(tx, use))) throw new ProblemError("key-in-flight");
    const requestHash = hashOf(request);
    const kept = await keptAnswer(tx, use);
    if (kept !== undefined) {
      if (!requestHash.equals(kept.requestHash)) throw new ProblemError("key-reused");
      return { status: kept.status, body: JSON.parse(kept.body) };
    }
    const fresh = await work(tx);
    await keepAnswer(tx, use, { requestHash, status: fresh.status, body: JSON.stringify(fresh.body) });
    return fresh;
  });
  // Resolves when it is sent.
  await reply.code(answer.status).send(answer.body);
}

function routeOf(request: FastifyRequest): string {
  return `${request.method} ${request.routeOptions.url}`.slice(0, 200);
}

function hashOf({ url, body }: FastifyRequest): Buffer {
  return createHash("sha256")
    .update(JSON.stringify([url, body ?? null]))
    .digest();
}
