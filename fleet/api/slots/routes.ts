/** The slots of one machine. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { listSlots, readMachine } from "../../store/reading.js";
import { SerialParams } from "../common.js";
import { ProblemError } from "../problems.js";
import { ONE_FAILURES } from "../responses.js";
import { userOf } from "../session/plugin.js";
import { SlotList } from "./schema.js";

export const slotRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/machines/:serial/slots",
    { schema: { params: SerialParams, response: { 200: SlotList, ...ONE_FAILURES } } },
    async (request) => {
      const { operatorId } = userOf(request);
      const { serial } = request.params;
      const slots = await listSlots(app.databases.app, operatorId, serial);
      if (slots.length === 0 && (await readMachine(app.databases.app, operatorId, serial)) === undefined) {
        throw new ProblemError("no-such-machine", serial);
      }
      return { slots: [...slots] };
    },
  );
};
