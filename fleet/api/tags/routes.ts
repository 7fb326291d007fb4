/** Tags in use, and those of one machine: read and set. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { recordChange } from "../../store/audit-log.js";
import { lockMachineTags, machineTags, setMachineTags, tagsInUse } from "../../store/machine-tags.js";
import { asOperator } from "../../store/tenancy.js";
import { SerialParams } from "../common.js";
import { IfMatch, requireMatch, tagged } from "../etags.js";
import { mustOwn } from "../machines/known.js";
import { ALLOWED_FAILURES, CHANGE_FAILURES, ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { lookAtListeners } from "../session/watch.js";
import { MachineTags, TagList } from "./schema.js";

export const tagRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/tags",
    { config: { right: "machines:read" }, schema: { response: { 200: TagList, ...ALLOWED_FAILURES } } },
    async (request) => ({ tags: [...(await asOperator(app.databases.app, callerOf(request), tagsInUse))] }),
  );

  app.get(
    "/machines/:serial/tags",
    {
      config: { right: "machines:read" },
      schema: { params: SerialParams, response: { 200: MachineTags, ...ONE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const tags = await asOperator(app.databases.app, caller, async (tx) => {
        const { id } = await mustOwn(tx, caller.operatorId, request.params.serial);
        return machineTags(tx, id);
      });
      return tagged(reply, { tags: [...tags] });
    },
  );

  app.put(
    "/machines/:serial/tags",
    {
      config: { right: "tags:write" },
      schema: {
        params: SerialParams,
        headers: IfMatch,
        body: MachineTags,
        response: { 200: MachineTags, ...CHANGE_FAILURES },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { serial } = request.params;
      const tags = await asOperator(app.databases.app, caller, async (tx) => {
        const { id } = await mustOwn(tx, caller.operatorId, serial);
        await lockMachineTags(tx, id);
        const before = { tags: await machineTags(tx, id) };
        requireMatch(request, before);
        await setMachineTags(tx, caller.operatorId, id, request.body.tags);
        const after = { tags: await machineTags(tx, id) };
        await recordChange(tx, caller, { action: "tagged", subject: "machine", subjectId: serial, before, after });
        return after.tags;
      });
      // Whoever listens may see more or less by it.
      await lookAtListeners(app, caller.operatorId);
      return tagged(reply, { tags: [...tags] });
    },
  );
};
