/**
 * Planograms of many machines from CSV: the lines of a machine are its whole planogram, which is made a new version and
 * queued as if it were posted. One that says what the newest says is left alone.
 */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import Type from "typebox";
import { MAX_SLOTS, type Planned, planDocument } from "../../commands/planning.js";
import { wakeOrders } from "../../commands/wake.js";
import type { Transaction } from "../../store/databases.js";
import { documentMachine, plannedProducts, readDocument } from "../../store/documents.js";
import { Serial } from "../common.js";
import { orderPlanogram, saysTheSame } from "../planograms/ordering.js";
import { SlotBody } from "../planograms/schema.js";
import { type Caller, callerOf } from "../rights.js";
import { type RowError, rowsOf } from "./rows.js";
import { IMPORT_SCHEMA, MAX_IMPORT_BYTES, type Outcome, sendImport } from "./run.js";

export const PlanogramLine = Type.Object({ machine: Serial, ...SlotBody.properties }, { additionalProperties: false });
type Slot = Type.Static<typeof SlotBody>;

export const PLANOGRAM_COLUMNS = {
  numbers: ["column", "productNumber", "capacity", "quantity"],
  booleans: ["retry", "homeOnly"],
} as const;

interface MachineLines {
  readonly serial: string;
  /** Of its first slot. */
  readonly line: number;
  readonly slots: readonly { readonly line: number; readonly slot: Slot }[];
}

export const planogramImports: FastifyPluginAsyncTypebox = async (app) => {
  app.post(
    "/planograms/imports",
    {
      config: { right: "planograms:write" },
      bodyLimit: MAX_IMPORT_BYTES,
      schema: {
        ...IMPORT_SCHEMA,
        description:
          "Columns: machine, slot, column, productNumber, price, capacity, quantity, retry, homeOnly. The lines of a " +
          "machine are its whole planogram: the version behind its newest, as if posted. Counted by machine: created " +
          "is the first one, changed a new version.",
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { rows, errors } = rowsOf(request.body, PlanogramLine, PLANOGRAM_COLUMNS);
      const items = byMachine(rows.map(({ line, value: { machine, ...slot } }) => ({ line, machine, slot })));
      const file = { rows: rows.length, errors, items };
      const dryRun = request.query.dryRun === true;
      const afterwards = async () => wakeOrders(app.live);
      return sendImport(app, request, reply, file, (tx, item) => putPlanogram(tx, caller, item), {
        dryRun,
        afterwards,
      });
    },
  );
};

/** In one order, so that two files at once never wait for each other. */
function byMachine(
  lines: readonly { readonly line: number; readonly machine: string; readonly slot: Slot }[],
): readonly MachineLines[] {
  const machines = new Map<string, { line: number; slot: Slot }[]>();
  for (const { line, machine, slot } of lines) {
    const slots = machines.get(machine);
    if (slots === undefined) machines.set(machine, [{ line, slot }]);
    else slots.push({ line, slot });
  }
  const items = [...machines].map(([serial, slots]) => ({ serial, line: slots[0]?.line ?? 1, slots }));
  return items.sort((a, b) => (a.serial < b.serial ? -1 : 1));
}

async function putPlanogram(tx: Transaction, caller: Caller, item: MachineLines): Promise<Outcome> {
  const { serial, line, slots } = item;
  const beyond = slots[MAX_SLOTS];
  if (beyond !== undefined)
    return { line: beyond.line, column: "machine", message: `has more than ${MAX_SLOTS} slots` };
  const machine = await documentMachine(tx, caller.operatorId, serial);
  if (machine === undefined) return { line, column: "machine", message: "is no machine of yours" };
  const newest = await readDocument(tx, "planogram", machine.id);
  const numbers = slots.map(({ slot }) => slot.productNumber);
  const products = await plannedProducts(tx, caller.operatorId, numbers);
  const plan = (version: number): Planned =>
    planDocument(
      version,
      slots.map(({ slot }) => slot),
      products,
      machine,
    );
  if (saysTheSame(newest, plan(newest?.version ?? 0), machine)) return "unchanged";
  const ordered = await orderPlanogram(tx, caller, machine, newest, plan);
  if (!ordered.ok) return errorOf(item, ordered);
  return newest === undefined ? "created" : "changed";
}

/** Of a slot that stands there twice, the later line. */
function errorOf({ line, slots }: MachineLines, wrong: Exclude<Planned, { readonly ok: true }>): RowError {
  const found = slots.filter(({ slot }) => slot.slot === wrong.slot).at(-1);
  return { line: found?.line ?? line, column: wrong.field ?? null, message: wrong.why };
}
