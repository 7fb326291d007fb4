/** The fleet orders another planogram or other settings. */
import { signOrder } from "../../shared/orders.js";
import { DOCUMENTS, type DocumentName, ORDER_KINDS } from "../../shared/records/kinds.js";
import { encodePutDocument } from "../../shared/wire/documents.js";
import { encodeOrder } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import type { Cabinet } from "./cabinet.js";

/** Seconds the order is good for. */
const GOOD_FOR_S = 3_600;

/** As it arrives at the machine. */
export function documentOrder(cabinet: Cabinet, counter: number, name: DocumentName, bytes: Uint8Array) {
  const { machineId, epoch, orderKey } = cabinet.identity;
  const args = encodePutDocument({ doc: DOCUMENTS.indexOf(name), bytes });
  const kind = ORDER_KINDS.indexOf("putDocument");
  const order = { id: `d-${counter}`, kind, args, counter, expiresS: cabinet.wallS + GOOD_FOR_S };
  const payload = encodeOrder(signOrder(orderKey, machineId, epoch, order));
  return { topic: topicOf(machineId, "commands"), payload };
}

/** Over whatever connection there is, once: the fleet sends it again until it is answered. */
export function putDocument(cabinet: Cabinet, counter: number, name: DocumentName, bytes: Uint8Array): void {
  const { topic, payload } = documentOrder(cabinet, counter, name, bytes);
  cabinet.fleet.send(cabinet.identity.machineId, topic, payload);
}
