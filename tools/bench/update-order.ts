/** The fleet orders another firmware. */
import { signOrder } from "../../shared/orders.js";
import { ORDER_KINDS } from "../../shared/records/kinds.js";
import { encodeOrder } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import { encodeUpdateFirmware } from "../../shared/wire/update-order.js";
import type { Cabinet } from "./cabinet.js";
import { type SimImage, simManifest } from "./update.js";

/** Seconds the order is good for. */
const GOOD_FOR_S = 3_600;

/** Over whatever connection there is, once: the fleet sends it again until it is answered. */
export function orderUpdate(cabinet: Cabinet, counter: number, version: string, image: SimImage = "good"): void {
  const { machineId, epoch, orderKey } = cabinet.identity;
  const args = encodeUpdateFirmware({ version, manifest: simManifest(version, image) });
  const kind = ORDER_KINDS.indexOf("updateFirmware");
  const order = { id: `u-${counter}`, kind, args, counter, expiresS: cabinet.wallS + GOOD_FOR_S };
  cabinet.fleet.send(
    machineId,
    topicOf(machineId, "commands"),
    encodeOrder(signOrder(orderKey, machineId, epoch, order)),
  );
}
