/**
 * POSTs that may be sent again: with an Idempotency-Key the change is made once, and its answer given to every repeat.
 * An answer that holds a secret is not kept: a repeat is told by `shown-once` what was made. A refusal is not kept,
 * either: the repeat is judged anew.
 */
import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import Type from "typebox";
import type { Transaction } from "../store/databases.js";
import { claimKey, type KeyUse, keepAnswer, keptAnswer } from "../store/idempotency.js";
import { asOperator, type Scope } from "../store/tenancy.js";
import { PROBLEMS, ProblemError } from "./problems.js";

export const MAX_KEY_LENGTH = 100;

/** Headers of a POST that changes something. */
export const IdempotencyKey = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: MAX_KEY_LENGTH,
      pattern: "^[ -~]+$",
      description:
        "The same for every try of one request: it is then carried out once and answered alike for a day, or, where " +
        "the answer held a secret, by `shown-once`, which names what was made",
    }),
  ),
});

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Given where `body` holds a secret: what a repeat is told instead, e.g. "key 5f…". */
  readonly shownOnce?: string;
  /** Nothing was changed, and a repeat is judged anew. */
  readonly undone?: true;
}

/** Kept with this status there is no body but what `shown-once` names; no other refusal is kept. */
const SHOWN_ONCE = PROBLEMS["shown-once"].status;

export interface OnceOptions {
  /** Between the change, unless it was undone, and its answer. For a repeat, too: who died there has left it undone. */
  readonly afterwards?: () => Promise<void>;
  /** How the change is made; default: in a transaction of the caller's scope. */
  readonly inside?: (work: (tx: Transaction) => Promise<Answer>) => Promise<Answer>;
  /** The body holds a password: not even its hash is kept, so that a repeat may be another. */
  readonly unhashed?: true;
}

/**
 * Runs `work` in a transaction of the caller's operator and sends what it answers; once for each Idempotency-Key, if
 * the request bears one. Throws ProblemError `key-in-flight`, `key-reused` and `shown-once`.
 */
export async function once(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (tx: Transaction) => Promise<Answer>,
  { afterwards, inside, unhashed }: OnceOptions = {},
): Promise<void> {
  const { scope, callerId } = whoAsks(request);
  const key = request.headers["idempotency-key"];
  const begin = inside ?? ((within) => asOperator(app.databases.app, scope, within));
  const answer = await begin(async (tx): Promise<Answer> => {
    if (typeof key !== "string" || callerId === null) return work(tx);
    const use: KeyUse = { operatorId: scope.operatorId, callerId, route: routeOf(request), key };
    if (!(await claimKey(tx, use))) throw new ProblemError("key-in-flight");
    const requestHash = hashOf(request.url, unhashed === true ? null : request.body);
    const kept = await keptAnswer(tx, use);
    if (kept !== undefined) {
      if (!requestHash.equals(kept.requestHash)) throw new ProblemError("key-reused");
      const body: unknown = JSON.parse(kept.body);
      return kept.status === SHOWN_ONCE
        ? { status: kept.status, body: null, shownOnce: String(body) }
        : { status: kept.status, body };
    }
    const fresh = await work(tx);
    const { status, body, shownOnce } = fresh;
    if (fresh.undone === true) return fresh;
    const told = shownOnce === undefined ? { status, body } : { status: SHOWN_ONCE, body: shownOnce };
    await keepAnswer(tx, use, { requestHash, status: told.status, body: JSON.stringify(told.body) });
    return fresh;
  });
  if (answer.undone !== true) await afterwards?.();
  if (answer.status === SHOWN_ONCE) throw new ProblemError("shown-once", answer.shownOnce);
  if (answer.shownOnce !== undefined) reply.header("cache-control", "no-store");
  // Resolves when it is sent.
  await reply.code(answer.status).send(answer.body);
}

/** A person at his own account is no caller of the API yet. */
function whoAsks({ caller, user }: FastifyRequest): { readonly scope: Scope; readonly callerId: string | null } {
  if (caller !== null) return { scope: caller, callerId: caller.userId ?? caller.keyId };
  if (user !== null) return { scope: user, callerId: user.id };
  throw new ProblemError("not-signed-in");
}

function routeOf(request: FastifyRequest): string {
  return `${request.method} ${request.routeOptions.url}`.slice(0, 200);
}

function hashOf(url: string, body: unknown): Buffer {
  return createHash("sha256")
    .update(JSON.stringify([url, body ?? null]))
    .digest();
}
