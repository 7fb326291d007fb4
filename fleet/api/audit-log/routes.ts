/** The record of changes, newest first. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { listChanges } from "../../store/change-log.js";
import { asOperator } from "../../store/tenancy.js";
import { DEFAULT_PAGE } from "../common.js";
import { decodeCursor, encodeCursor } from "../cursor.js";
import { ALLOWED_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { ChangeList, ChangeQuery } from "./schema.js";

const BeforeId = Type.Tuple([Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })]);

export const auditLogRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/audit-log",
    {
      config: { right: "log:read" },
      schema: { querystring: ChangeQuery, response: { 200: ChangeList, ...ALLOWED_FAILURES } },
    },
    async (request) => {
      const caller = callerOf(request);
      const { limit = DEFAULT_PAGE, cursor, ...filter } = request.query;
      const before = decodeCursor(BeforeId, cursor)?.[0];
      const page = await asOperator(app.databases.app, caller, (tx) =>
        listChanges(tx, caller.operatorId, { ...filter, limit, before }),
      );
      return {
        changes: page.items.map(({ at, userName, keyName, ...row }) => ({
          ...row,
          at: at.toISOString(),
          user: userName,
          key: keyName,
        })),
        nextCursor: encodeCursor(page.next === undefined ? undefined : [page.next]),
      };
    },
  );
};
