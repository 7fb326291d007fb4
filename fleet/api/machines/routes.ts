/** The fleet list, and one machine with its newest telemetry. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyInstance } from "fastify";
import Type from "typebox";
import { viewOfBytes, viewOfState } from "../../live/view.js";
import { listMachines, MAX_WORDS, wordsOf } from "../../store/machine-list.js";
import { newestTelemetry } from "../../store/reading.js";
import { asOperator, type Scope } from "../../store/tenancy.js";
import { DEFAULT_PAGE, SerialParams } from "../common.js";
import { decodeCursor, encodeCursor } from "../cursor.js";
import { ProblemError } from "../problems.js";
import { ALLOWED_FAILURES, ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { mustKnow } from "./known.js";
import { MachineDetail, MachineList, MachineListQuery, type MachineSummary, type Telemetry } from "./schema.js";

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
      const { status, q, soldOut, limit = DEFAULT_PAGE, cursor } = request.query;
      const words = wordsOf(q ?? "");
      if (words.length > MAX_WORDS) throw new ProblemError("bad-request", `q has more than ${MAX_WORDS} words`);
      const after = decodeCursor(AfterSerial, cursor)?.[0];
      const page = await asOperator(app.databases.app, caller, (tx) =>
        listMachines(tx, operatorId, { status, words, soldOut, limit, after }),
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
      const { summary, epoch, mark } = await asOperator(app.databases.app, caller, (tx) =>
        mustKnow(tx, operatorId, serial),
      );
      return { ...summary, epoch, mark, telemetry: await telemetryOf(app, caller, summary) };
    },
  );
};

/** From the live store, else from the store. */
async function telemetryOf(
  app: FastifyInstance,
  scope: Scope,
  { serial, currencyDecimals }: MachineSummary,
): Promise<Telemetry | null> {
  const state = await app.live.getState(serial).catch(() => undefined);
  const live = state === undefined ? undefined : viewOfState(state, currencyDecimals);
  if (live !== undefined) return live;
  const stored = await asOperator(app.databases.app, scope, (tx) => newestTelemetry(tx, scope.operatorId, serial));
  return stored === undefined ? null : (viewOfBytes(stored.body, stored.receivedMs, currencyDecimals) ?? null);
}
