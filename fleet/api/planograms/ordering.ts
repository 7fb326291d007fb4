/** Planograms on their way to machines: the next version, kept and queued, whether one is posted or many imported. */
import { decodePlanogram } from "../../../shared/wire/documents.js";
import { type Planned, shownSlot } from "../../commands/planning.js";
import { recordChange } from "../../store/audit-log.js";
import type { Transaction } from "../../store/databases.js";
import { type DocumentMachine, type DocumentRow, readDocument } from "../../store/documents.js";
import { orderDocument } from "../orders/documents.js";
import type { Order } from "../orders/schema.js";
import { ProblemError } from "../problems.js";
import type { Caller } from "../rights.js";
import type { Planogram } from "./schema.js";

export type Ordered =
  | { readonly ok: true; readonly planogram: Planogram; readonly order: Order }
  | Exclude<Planned, { readonly ok: true }>;

/**
 * Makes the version behind `newest` and queues it for the machine. The machine's documents are locked
 * (`mustTakeDocuments`), so nobody else has made one since `newest` was read. Throws ProblemError `too-many-orders`.
 */
export async function orderPlanogram(
  tx: Transaction,
  caller: Caller,
  machine: DocumentMachine,
  newest: DocumentRow | undefined,
  plan: (version: number) => Planned,
): Promise<Ordered> {
  const version = Math.max(newest?.version ?? 0, machine.inForce) + 1;
  const planned = plan(version);
  if (!planned.ok) return planned;
  const order = await orderDocument(tx, caller, machine, "planogram", version, planned.bytes);
  const planogram = planogramView(await mustHave(tx, machine, version), machine);
  const before = newest === undefined ? null : planogramView(newest, machine);
  const about = { subject: "planogram", subjectId: machine.serial, before, after: planogram };
  await recordChange(tx, caller, { action: "planned", ...about });
  return { ok: true, planogram, order };
}

/** True if a machine that has `newest` would be given nothing new. Never where it has set a later one by itself. */
export function saysTheSame(newest: DocumentRow | undefined, planned: Planned, { inForce }: DocumentMachine): boolean {
  if (newest === undefined || newest.version < inForce || !planned.ok) return false;
  return slotsText(newest.document) === slotsText(planned.bytes);
}

function slotsText(document: Uint8Array): string {
  const slots = decodePlanogram(document)?.slots ?? [];
  return JSON.stringify([...slots].sort((a, b) => (a.slot < b.slot ? -1 : 1)));
}

export function planogramView({ document, ...row }: DocumentRow, { decimals }: DocumentMachine): Planogram {
  const slots = decodePlanogram(document)?.slots ?? [];
  return {
    version: row.version,
    createdAt: row.createdAt.toISOString(),
    createdBy: row.createdBy,
    appliedAt: row.appliedAt?.toISOString() ?? null,
    slots: slots.map((slot) => shownSlot(slot, decimals)),
  };
}

export async function mustHave(tx: Transaction, machine: DocumentMachine, version: number): Promise<DocumentRow> {
  const { id, serial } = machine;
  const found = version === 0 ? undefined : await readDocument(tx, "planogram", id, version);
  if (found === undefined) throw new ProblemError("no-such-version", `${serial} has no planogram ${version}`);
  return found;
}
