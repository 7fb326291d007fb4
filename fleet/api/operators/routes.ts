/** GET and PATCH /operator: the caller's own; nobody sees another. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { recordChange } from "../../store/audit-log.js";
import { changeOperator, ownOperator } from "../../store/operators.js";
import { asOperator } from "../../store/tenancy.js";
import { IfMatch, requireMatch, tagged } from "../etags.js";
import { ProblemError } from "../problems.js";
import { ALLOWED_FAILURES, CHANGE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { lookAtListeners } from "../session/watch.js";
import { mustBeZone } from "../zones.js";
import { Operator, OperatorChange } from "./schema.js";

export const operatorRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/operator",
    { config: { right: "machines:read" }, schema: { response: { 200: Operator, ...ALLOWED_FAILURES } } },
    async (request, reply) =>
      tagged(reply, await asOperator(app.databases.app, callerOf(request), (tx) => ownOperator(tx, false))),
  );

  app.patch(
    "/operator",
    {
      config: { right: "operator:write" },
      schema: { headers: IfMatch, body: OperatorChange, response: { 200: Operator, ...CHANGE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { timeZone } = request.body;
      if (timeZone !== undefined) mustBeZone(timeZone);
      const changed = await asOperator(app.databases.app, caller, async (tx) => {
        const before = await ownOperator(tx, true);
        requireMatch(request, before);
        const after = { ...before, ...request.body };
        if (!(await changeOperator(tx, after))) throw new ProblemError("name-taken", after.name);
        const { id: subjectId } = before;
        await recordChange(tx, caller, { action: "changed", subject: "operator", subjectId, before, after });
        return after;
      });
      await lookAtListeners(app, caller.operatorId);
      return tagged(reply, changed);
    },
  );
};
