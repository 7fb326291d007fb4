/** POST makes a claim code and shows it once, GET lists or shows how far one is, DELETE revokes. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import {
  claimDigits,
  claimPath,
  hashClaimCode,
  newClaimCode,
  plainClaimCode,
  qrSvg,
} from "../../identity/claim-code.js";
import { addClaim, type ClaimRow, listClaims, lockClaim, readClaim, revokeClaim } from "../../store/claims.js";
import { asOperator } from "../../store/tenancy.js";
import { DEFAULT_PAGE } from "../common.js";
import { decodeCursor, encodeCursor } from "../cursor.js";
import { IfMatch, requireMatch, tagged } from "../etags.js";
import { IdempotencyKey, once } from "../idempotency.js";
import { ProblemError } from "../problems.js";
import { ALLOWED_FAILURES, CHANGE_FAILURES, CLAIM_FAILURES, ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { Claim, ClaimBody, ClaimList, ClaimParams, ClaimQuery, NewClaim } from "./schema.js";

/** Codes made, from one address. */
export const CLAIMS_MADE = { max: 60, timeWindow: "1 minute" } as const;
const HOUR_MS = 3_600_000;
const DEFAULT_HOURS = 72;

const Before = Type.Object({
  createdAt: Type.String({ pattern: "^[0-9]{4,6}-[0-9]{2}-[0-9]{2} [0-9:.]+[+-][0-9:]+$" }),
  id: Type.String({ format: "uuid" }),
});

export const claimRoutes: FastifyPluginAsyncTypebox<{ readonly publicUrl: string | undefined }> = async (
  app,
  { publicUrl },
) => {
  await app.register(revoking);

  app.post(
    "/claims",
    {
      config: { right: "claims:write", rateLimit: CLAIMS_MADE },
      schema: { headers: IdempotencyKey, body: ClaimBody, response: { 201: NewClaim, ...CLAIM_FAILURES } },
    },
    async (request, reply) => {
      if (app.door.machineBroker() === undefined) throw new ProblemError("no-machine-broker");
      const actor = callerOf(request);
      const { serials, note = "", expiresInHours = DEFAULT_HOURS } = request.body;
      const code = newClaimCode();
      const codeHash = hashClaimCode(plainClaimCode(code) ?? "");
      const expiresAt = new Date(Date.now() + expiresInHours * HOUR_MS);
      return once(app, request, reply, async (tx) => {
        const row = await addClaim(tx, actor, { codeHash, serials, note, expiresAt });
        const shown = { code, digits: claimDigits(code), ...pageOf(claimPath(row.id, code), publicUrl) };
        return { status: 201, body: { ...viewOf(row), ...shown }, shownOnce: `claim ${row.id}` };
      });
    },
  );

  app.get(
    "/claims",
    {
      config: { right: "claims:write" },
      schema: { querystring: ClaimQuery, response: { 200: ClaimList, ...ALLOWED_FAILURES } },
    },
    async (request) => {
      const { limit = DEFAULT_PAGE, cursor } = request.query;
      const before = decodeCursor(Before, cursor);
      const { items, next } = await asOperator(app.databases.app, callerOf(request), (tx) =>
        listClaims(tx, limit, before),
      );
      return { claims: items.map(viewOf), nextCursor: encodeCursor(next) };
    },
  );

  app.get(
    "/claims/:id",
    {
      config: { right: "claims:write" },
      schema: { params: ClaimParams, response: { 200: Claim, ...ONE_FAILURES } },
    },
    async (request, reply) => {
      const row = await asOperator(app.databases.app, callerOf(request), (tx) => readClaim(tx, request.params.id));
      if (row === undefined) throw new ProblemError("no-such-claim");
      return tagged(reply, viewOf(row));
    },
  );
};

const revoking: FastifyPluginAsyncTypebox = async (app) => {
  app.delete(
    "/claims/:id",
    {
      config: { right: "claims:write" },
      schema: { params: ClaimParams, headers: IfMatch, response: { 204: Type.Null(), ...CHANGE_FAILURES } },
    },
    async (request, reply) => {
      const actor = callerOf(request);
      await asOperator(app.databases.app, actor, async (tx) => {
        const row = await lockClaim(tx, request.params.id);
        if (row === undefined) throw new ProblemError("no-such-claim");
        requireMatch(request, viewOf(row));
        if (row.state !== "open") throw new ProblemError("claim-over", row.state);
        await revokeClaim(tx, actor, row);
      });
      return reply.code(204).send(null);
    },
  );
};

function pageOf(path: string, publicUrl: string | undefined): Pick<NewClaim, "path" | "link" | "qrSvg"> {
  if (publicUrl === undefined) return { path, link: null, qrSvg: null };
  const link = publicUrl + path;
  return { path, link, qrSvg: qrSvg(link) };
}

function viewOf({ createdAt, expiresAt, usedAt, serials, ...row }: ClaimRow): Claim {
  const { id, note, state, usedBy } = row;
  return {
    ...{ id, note, state, usedBy },
    serials: [...serials],
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    usedAt: usedAt?.toISOString() ?? null,
  };
}
