/** The fleet list, and one machine with its newest telemetry. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { viewOfBytes, viewOfState } from "../../live/view.js";
import type { Transaction } from "../../store/databases.js";
import { listMachines, MAX_WORDS, wordsOf } from "../../store/machine-list.js";
import { newestTelemetry } from "../../store/reading.js";
import { asOperator } from "../../store/tenancy.js";
import { DEFAULT_PAGE, SerialParams } from "../common.js";
import { decodeCursor, encodeCursor } from "../cursor.js";
import { ProblemError } from "../problems.js";
import { ALLOWED_FAILURES, ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { mustRead } from "./known.js";
import { MachineDetail, MachineList, MachineListQuery, type Telemetry } from "./schema.js";

const AfterSerial = Type.Tuple([Type.String({ maxLength: 32 })]);

export const machineRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/machines",
    {
      config: { right: "machines:read" },
      schema: { querystring: MachineListQuery, response: { 200: MachineList, ...ALLOWED_FAILURES } },
    },
    async (request) => {
      const caller = callerOf(request);
      const { operatorId } = caller;
      const { q, limit = DEFAULT_PAGE, cursor, ...filter } = request.query;
      const words = wordsOf(q ?? "");
      if (words.length > MAX_WORDS) throw new ProblemError("bad-request", `q has more than ${MAX_WORDS} words`);
      const after = decodeCursor(AfterSerial, cursor)?.[0];
      const page = await asOperator(app.databases.app, caller, (tx) =>
        listMachines(tx, operatorId, { ...filter, words, limit, after }),
      );
      const next = page.next === undefined ? undefined : [page.next];
      return { machines: [...page.items], nextCursor: encodeCursor(next) };
    },
  );

  app.get(
    "/machines/:serial",
    {
      config: { right: "machines:read" },
      schema: { params: SerialParams, response: { 200: MachineDetail, ...ONE_FAILURES } },
    },
    async (request) => {
      const caller = callerOf(request);
      const { operatorId } = caller;
      const { serial } = request.params;
      const state = await app.live.getState(serial).catch(() => undefined);
      return asOperator(app.databases.app, caller, async (tx) => {
        const { summary, epoch, mark } = await mustRead(tx, operatorId, serial);
        const { currencyDecimals } = summary;
        const live = state === undefined ? undefined : viewOfState(state, currencyDecimals);
        const telemetry = live ?? (await storedTelemetry(tx, operatorId, serial, currencyDecimals));
        return { ...summary, epoch, mark, telemetry: telemetry ?? null };
      });
    },
  );
};

/** Of a machine that the live store knows nothing of. */
async function storedTelemetry(
  tx: Transaction,
  operatorId: string,
  serial: string,
  decimals: number,
): Promise<Telemetry | undefined> {
  const stored = await newestTelemetry(tx, operatorId, serial);
  return stored === undefined ? undefined : viewOfBytes(stored.body, stored.receivedMs, decimals);
}
