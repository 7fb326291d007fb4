/**
 * Remote orders as a machine meets them in the field: genuine ones, doubled, late by the clock, without the nonce of
 * the latest birth; forged, and meant for another machine or another epoch. They go by the network as it happens to be.
 */
import { encodeCbor } from "../../shared/cbor.js";
import { signOrder } from "../../shared/orders.js";
import { encodeOrder } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import type { Rng } from "../bench/rng.js";
import { pick } from "./money.js";
import type { SimCabinet } from "./sim-cabinet.js";

const WAYS = [
  "genuine",
  "genuine",
  "genuine",
  "doubled",
  "late",
  "forged",
  "otherMachine",
  "otherEpoch",
  "odd",
] as const;
type Way = (typeof WAYS)[number];

/** Seconds an order is good for. */
const GOOD_FOR_S = 60;
const REPEATS_AFTER_US = 4_000_000;
/** An order kind that no firmware knows. */
const UNKNOWN_KIND = 200;

/** Sends one, of a way that is drawn. What was sent is noted in `cabinet.orders`. */
export function sendOrder(cabinet: SimCabinet, rng: Rng): void {
  const way = pick(rng, WAYS);
  const { machineId, epoch, orderKey } = cabinet.identity;
  const topic = topicOf(machineId, "commands");
  if (way === "odd") {
    cabinet.fleet.send(
      machineId,
      topic,
      Uint8Array.from({ length: rng.below(80) }, () => rng.below(256)),
    );
    return;
  }
  const counter = 1 + Math.max(0, ...cabinet.orders.keys()) + rng.below(3);
  const expiresS = cabinet.wallS + (way === "late" ? -1 - rng.below(3_600) : GOOD_FOR_S);
  const newest = cabinet.fleet.machine(machineId).statuses.at(-1)?.nonce;
  const nonce = rng.chance(300_000) ? undefined : newest;
  const unsigned = {
    id: `sim-${counter}`,
    kind: rng.chance(200_000) ? UNKNOWN_KIND : 0,
    args: encodeCbor(rng.chance(500_000) ? { 0: true } : {}),
    counter,
    expiresS,
    ...(nonce === undefined ? {} : { nonce }),
  };
  const to = way === "otherMachine" ? `${machineId}X` : machineId;
  const key = way === "forged" ? orderKey.map((byte) => byte ^ 0x55) : orderKey;
  const signed = signOrder(key, to, way === "otherEpoch" ? epoch + 1 : epoch, unsigned);
  const genuine = isGenuine(way);
  cabinet.orders.set(counter, { genuine, late: way === "late" && nonce === undefined });
  const payload = encodeOrder(signed);
  cabinet.fleet.send(machineId, topic, payload);
  if (way !== "doubled") return;
  cabinet.fleet.send(machineId, topic, payload);
  cabinet.world.after(REPEATS_AFTER_US, () => cabinet.fleet.send(machineId, topic, payload));
}

function isGenuine(way: Way): boolean {
  return way === "genuine" || way === "doubled" || way === "late";
}
