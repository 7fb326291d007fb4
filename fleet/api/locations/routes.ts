/** Places: made, read, changed, and removed where no machine stands. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { recordChange } from "../../store/audit-log.js";
import type { Transaction } from "../../store/databases.js";
import { addLocation, changeLocation, dropLocation, listLocations, readLocation } from "../../store/locations.js";
import { asOperator } from "../../store/tenancy.js";
import { DEFAULT_PAGE } from "../common.js";
import { decodeCursor, encodeCursor } from "../cursor.js";
import { IfMatch, requireMatch, tagged } from "../etags.js";
import { IdempotencyKey, once } from "../idempotency.js";
import { ProblemError } from "../problems.js";
import { ALLOWED_FAILURES, CHANGE_FAILURES, MAKE_FAILURES, ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { mustBeZone } from "../zones.js";
import { IdParams, Location, LocationBody, LocationList, LocationPatch, LocationQuery } from "./schema.js";

const After = Type.Tuple([Type.String({ maxLength: 255 }), Type.String({ pattern: "^[0-9a-f-]{36}$" })]);

export const locationRoutes: FastifyPluginAsyncTypebox = async (app) => {
  await app.register(reads);
  await app.register(making);
  await app.register(changes);
};

const reads: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/locations",
    {
      config: { right: "locations:read" },
      schema: { querystring: LocationQuery, response: { 200: LocationList, ...ALLOWED_FAILURES } },
    },
    async (request) => {
      const caller = callerOf(request);
      const { operatorId } = caller;
      const { limit = DEFAULT_PAGE, cursor, ...filter } = request.query;
      const after = decodeCursor(After, cursor);
      const page = await asOperator(app.databases.app, caller, (tx) =>
        listLocations(tx, operatorId, { ...filter, limit, after }),
      );
      return { locations: [...page.items], nextCursor: encodeCursor(page.next) };
    },
  );

  app.get(
    "/locations/:id",
    {
      config: { right: "locations:read" },
      schema: { params: IdParams, response: { 200: Location, ...ONE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { operatorId } = caller;
      const { id } = request.params;
      return tagged(reply, await asOperator(app.databases.app, caller, (tx) => mustFind(tx, operatorId, id)));
    },
  );
};

const making: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    "/locations",
    {
      config: { right: "locations:write" },
      schema: { headers: IdempotencyKey, body: LocationBody, response: { 201: Location, ...MAKE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      mustBeZone(request.body.timeZone);
      return once(app, request, reply, async (tx) => {
        const id = await addLocation(tx, caller.operatorId, request.body);
        if (id === undefined) throw new ProblemError("name-taken", request.body.name);
        const made = await mustFind(tx, caller.operatorId, id);
        await recordChange(tx, caller, {
          action: "created",
          subject: "location",
          subjectId: id,
          before: null,
          after: made,
        });
        return { status: 201, body: made };
      });
    },
  );
};

const changes: FastifyPluginAsyncTypebox = async (app) => {
  app.patch(
    "/locations/:id",
    {
      config: { right: "locations:write" },
      schema: {
        params: IdParams,
        headers: IfMatch,
        body: LocationPatch,
        response: { 200: Location, ...CHANGE_FAILURES },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { operatorId } = caller;
      const { id } = request.params;
      if (request.body.timeZone !== undefined) mustBeZone(request.body.timeZone);
      const changed = await asOperator(app.databases.app, caller, async (tx) => {
        const before = await mustFind(tx, operatorId, id, true);
        requireMatch(request, before);
        const after = { ...before, ...request.body };
        if (!(await changeLocation(tx, operatorId, after))) throw new ProblemError("name-taken", after.name);
        // As the database tells it: it has its own way to write a number.
        const kept = await mustFind(tx, operatorId, id);
        await recordChange(tx, caller, {
          action: "changed",
          subject: "location",
          subjectId: id,
          before,
          after: kept,
        });
        return kept;
      });
      return tagged(reply, changed);
    },
  );

  app.delete(
    "/locations/:id",
    {
      config: { right: "locations:write" },
      schema: { params: IdParams, headers: IfMatch, response: { 204: Type.Null(), ...CHANGE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { operatorId } = caller;
      const { id } = request.params;
      await asOperator(app.databases.app, caller, async (tx) => {
        const before = await mustFind(tx, operatorId, id, true);
        requireMatch(request, before);
        if (before.machines > 0) throw new ProblemError("in-use", `${before.machines} machines stand there`);
        await dropLocation(tx, operatorId, id);
        await recordChange(tx, caller, { action: "removed", subject: "location", subjectId: id, before, after: null });
      });
      return reply.code(204).send(null);
    },
  );
};

async function mustFind(tx: Transaction, operatorId: string, id: string, lock = false): Promise<Location> {
  const found = await readLocation(tx, operatorId, id, lock);
  if (found === undefined) throw new ProblemError("no-such-location", id);
  return found;
}
