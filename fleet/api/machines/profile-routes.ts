/** What an operator says of a machine, and taking it out of service. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { recordChange } from "../../store/audit-log.js";
import type { Transaction } from "../../store/databases.js";
import { readProfile } from "../../store/machine-profiles.js";
import { asOperator } from "../../store/tenancy.js";
import { SerialParams } from "../common.js";
import { IfMatch, requireMatch, tagged } from "../etags.js";
import { ProblemError } from "../problems.js";
import { CHANGE_FAILURES, ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { patchProfile } from "./profile-change.js";
import { MachineProfile, ProfilePatch } from "./profile-schema.js";

export const profileRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/machines/:serial/profile",
    {
      config: { right: "machines:read" },
      schema: { params: SerialParams, response: { 200: MachineProfile, ...ONE_FAILURES } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { operatorId } = caller;
      const { serial } = request.params;
      return tagged(reply, await asOperator(app.databases.app, caller, (tx) => mustFind(tx, operatorId, serial)));
    },
  );

  app.patch(
    "/machines/:serial/profile",
    {
      config: { right: "machines:write" },
      schema: {
        params: SerialParams,
        headers: IfMatch,
        body: ProfilePatch,
        response: { 200: MachineProfile, ...CHANGE_FAILURES },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { serial } = request.params;
      const { before, after } = await asOperator(app.databases.app, caller, async (tx) => {
        const before = await mustFind(tx, caller.operatorId, serial, true);
        requireMatch(request, before);
        const unfit = await patchProfile(tx, caller.operatorId, before, request.body);
        if (unfit !== undefined) throw new ProblemError(unfit.code, `${unfit.field}: ${unfit.why}`);
        const after = await mustFind(tx, caller.operatorId, serial);
        await recordChange(tx, caller, { action: "changed", subject: "machine", subjectId: serial, before, after });
        return { before, after };
      });
      // Out of service: who is connected is cut off. Back again: a broker of others has to hear of it.
      if ((before.decommissionedAt === null) !== (after.decommissionedAt === null)) await app.door.changed(serial);
      return tagged(reply, after);
    },
  );
};

async function mustFind(tx: Transaction, operatorId: string, serial: string, lock = false): Promise<MachineProfile> {
  const found = await readProfile(tx, operatorId, serial, lock);
  if (found === undefined) throw new ProblemError("no-such-machine", serial);
  return found;
}
