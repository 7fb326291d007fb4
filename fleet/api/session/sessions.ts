/**
 * A session is a row of the store; with Redis each request reads a copy there, without it the row itself. Ending one
 * deletes the row and leaves a mark in the live store, so that it is over everywhere at once. Should Redis be away just
 * then, nobody reads from it either; a copy that it brings back is believed for SESSION_AT_HAND_MS at most.
 */
import type { FastifyInstance } from "fastify";
import Type from "typebox";
import { Value } from "typebox/value";
import { ENDED_SESSION, SESSION_AT_HAND_MS } from "../../live/live-store.js";
import { findSession, hashToken, type UserSession } from "../../store/users.js";
import { ROLES } from "../roles.js";

const Kept = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: Type.Enum([...ROLES]),
  tags: Type.Union([Type.Array(Type.String()), Type.Null()]),
  operatorId: Type.String(),
  operatorName: Type.String(),
  secondFactorRequired: Type.Boolean(),
  secondFactor: Type.Boolean(),
  sessionId: Type.String(),
  means: Type.Enum(["password", "oidc"]),
  expiresMs: Type.Integer(),
});

/** The live store first, then the store; a live store that is away costs only time. */
export async function sessionOf(app: FastifyInstance, token: string): Promise<UserSession | null> {
  const hash = hashToken(token);
  const key = hash.toString("base64url");
  const atHand = await app.live.getSession(key).catch(() => undefined);
  if (atHand === ENDED_SESSION) return null;
  if (atHand !== undefined) {
    const kept: unknown = JSON.parse(atHand);
    if (Value.Check(Kept, kept) && kept.expiresMs > Date.now()) return kept;
  }
  const session = await findSession(app.databases.app, token);
  if (session === undefined) return null;
  const ttlMs = Math.min(SESSION_AT_HAND_MS, session.expiresMs - Date.now());
  if (ttlMs > 0) await app.live.putSession(key, JSON.stringify(session), ttlMs).catch(() => undefined);
  return session;
}

/** After their rows are gone: nobody has them at hand any more. `hashes`: of their tokens. */
export async function forgetSessions(app: FastifyInstance, hashes: readonly Uint8Array[]): Promise<void> {
  for (const hash of hashes) {
    await app.live.dropSession(Buffer.from(hash).toString("base64url")).catch((error: unknown) => {
      app.log.warn(error, "a session that was ended may be at hand for a moment");
    });
  }
}

/** What the person of this session may or has changed: his next request asks the store. */
export async function refreshSession(app: FastifyInstance, token: string | undefined): Promise<void> {
  if (token === undefined) return;
  await app.live.refreshSession(hashToken(token).toString("base64url")).catch(() => undefined);
}
