/** Documents on their way to a machine: kept as a version and queued as an order, in one transaction. */
import type { DocumentName } from "../../../shared/records/kinds.js";
import { DOCUMENTS } from "../../../shared/records/kinds.js";
import { encodePutDocument } from "../../../shared/wire/documents.js";
import type { Actor } from "../../store/audit-log.js";
import type { Transaction } from "../../store/databases.js";
import { addDocument, type DocumentMachine, documentMachine } from "../../store/documents.js";
import { queueOrder } from "../../store/orders.js";
import { ProblemError } from "../problems.js";
import { type Order, orderView } from "./schema.js";

/** The machine, with its documents locked. Throws ProblemError `no-such-machine`. */
export async function mustTakeDocuments(tx: Transaction, operatorId: string, serial: string): Promise<DocumentMachine> {
  const machine = await documentMachine(tx, operatorId, serial);
  if (machine === undefined) throw new ProblemError("no-such-machine", serial);
  return machine;
}

/** Repeated until the machine answers, or a newer version takes its place. Throws ProblemError `too-many-orders`. */
export async function orderDocument(
  tx: Transaction,
  { userId, keyId }: Actor,
  machine: DocumentMachine,
  name: DocumentName,
  version: number,
  bytes: Uint8Array,
): Promise<Order> {
  await addDocument(tx, name, machine.id, { version, bytes, userId, keyId });
  const queued = await queueOrder(tx, {
    machineId: machine.id,
    kind: "putDocument",
    args: encodePutDocument({ doc: DOCUMENTS.indexOf(name), bytes }),
    userId,
    keyId,
    document: { name, version },
  });
  if (queued === undefined) throw new ProblemError("too-many-orders", machine.serial);
  return orderView(queued);
}
