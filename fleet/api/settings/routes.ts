/** Settings of a machine: the newest version made here, and a new one, which goes to it as a signed order. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { decodeSettings } from "../../../shared/wire/documents.js";
import { codeItems, settingsDocument, shownSettings } from "../../commands/settings-document.js";
import { wakeOrders } from "../../commands/wake.js";
import { recordChange } from "../../store/audit-log.js";
import type { Transaction } from "../../store/databases.js";
import { type DocumentMachine, readDocument } from "../../store/documents.js";
import { asOperator } from "../../store/tenancy.js";
import { SerialParams } from "../common.js";
import { tagged } from "../etags.js";
import { IdempotencyKey, once } from "../idempotency.js";
import { mustTakeDocuments, orderDocument } from "../orders/documents.js";
import { ProblemError } from "../problems.js";
import { MAKE_FAILURES, ONE_FAILURES } from "../responses.js";
import { callerOf } from "../rights.js";
import { Settings, SettingsBody, SettingsOrdered } from "./schema.js";

export const settingsRoutes: FastifyPluginAsyncTypebox = async (app) => {
  app.get(
    "/machines/:serial/settings",
    {
      config: { right: "planograms:read" },
      schema: { params: SerialParams, response: { 200: Settings, ...ONE_FAILURES } },
    },
    async (request, reply) => {
      const { operatorId } = callerOf(request);
      const { serial } = request.params;
      const found = await asOperator(app.databases.app, callerOf(request), async (tx) =>
        newestSettings(tx, await mustTakeDocuments(tx, operatorId, serial)),
      );
      if (found === undefined) throw new ProblemError("no-such-version", `${serial} was given no settings from here`);
      return tagged(reply, found);
    },
  );

  app.post(
    "/machines/:serial/settings",
    {
      config: { right: "planograms:write" },
      schema: {
        params: SerialParams,
        headers: IdempotencyKey,
        body: SettingsBody,
        response: { 202: SettingsOrdered, ...MAKE_FAILURES },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { basedOn, serviceCodes, ...wanted } = request.body;
      const { serial } = request.params;
      await once(app, request, reply, async (tx) => {
        const machine = await mustTakeDocuments(tx, caller.operatorId, serial);
        const newest = await readDocument(tx, "settings", machine.id);
        const version = newest?.version ?? 0;
        if (version !== basedOn) throw new ProblemError("stale-version", `newest is ${version}`);
        if (serviceCodes === undefined && newest === undefined) {
          throw new ProblemError("bad-settings", "serviceCodes: nobody here knows which the machine has");
        }
        const kept = newest === undefined ? undefined : decodeSettings(newest.document)?.serviceCodes;
        const codes = serviceCodes === undefined ? (kept ?? []) : codeItems(serial, serviceCodes);
        // A machine begins with a version of its own, 1.
        const next = Math.max(version, FACTORY_VERSION) + 1;
        const made = settingsDocument(next, wanted, codes, machine);
        if (!made.ok) throw new ProblemError("bad-settings", made.why);
        const before = newest === undefined ? null : await newestSettings(tx, machine);
        const order = await orderDocument(tx, caller, machine, "settings", next, made.bytes);
        const after = (await newestSettings(tx, machine)) ?? null;
        await recordChange(tx, caller, {
          action: "set",
          subject: "settings",
          subjectId: serial,
          before: before ?? null,
          after,
        });
        return { status: 202, body: { settings: after, order } };
      });
      wakeOrders(app.live);
    },
  );
};

const FACTORY_VERSION = 1;

async function newestSettings(tx: Transaction, machine: DocumentMachine): Promise<Settings | undefined> {
  const row = await readDocument(tx, "settings", machine.id);
  const settings = row === undefined ? undefined : decodeSettings(row.document);
  if (row === undefined || settings === undefined) return undefined;
  const { floatCounts, ...shown } = shownSettings(settings);
  return {
    version: row.version,
    createdAt: row.createdAt.toISOString(),
    createdBy: row.createdBy,
    ...shown,
    ...(floatCounts === undefined ? {} : { floatCounts: [...floatCounts] }),
  };
}
