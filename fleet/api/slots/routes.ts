/** The slots of one machine. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { listSlots } from "../../store/reading.js";
import { asOperator } from "../../store/tenancy.js";
import { SerialParams } from "../common.js";
import { mustOwn } from "../machines/known.js";
import { ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { SlotList } from "./schema.js";

export const slotRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/machines/:serial/slots",
    {
      config: { right: "machines:read" },
      schema: { params: SerialParams, response: { 200: SlotList, ...ONE_FAILURES } },
    },
    async (request) => {
      const caller = callerOf(request);
      const { operatorId } = caller;
      const { serial } = request.params;
      const slots = await asOperator(app.databases.app, caller, async (tx) => {
        const found = await listSlots(tx, operatorId, serial);
        if (found.length === 0) await mustOwn(tx, operatorId, serial);
        return found;
      });
      return { slots: [...slots] };
    },
  );
};
