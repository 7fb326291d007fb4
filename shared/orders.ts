/**
 * Remote orders: what is signed, by which key, and what a signature is worth. An order is good for one machine and one
 * ledger epoch; its counter is never taken twice (`orderWasSeen`), its expiry counts only by a synchronised clock.
 */
import { encodeCbor } from "./cbor.js";
import { equalSecrets, hkdfSha256, hmacSha256, SHA256_BYTES } from "./sha256.js";
import type { OrderMessage } from "./wire/messages.js";

const KEY_BYTES = 32;

/**
 * The key under which the fleet signs orders for one machine in one epoch: as `voucherKey`, for another purpose. 32
 * bytes.
 */
export function orderKey(master: Uint8Array, machineId: string, epoch: number, version: number): Uint8Array {
  return hkdfSha256(master, new Uint8Array(0), encodeCbor([machineId, epoch, "order", version]), KEY_BYTES);
}

/** `order` with its signature: HMAC-SHA256 over machine, epoch and every field. */
export function signOrder(
  key: Uint8Array,
  machineId: string,
  epoch: number,
  order: Omit<OrderMessage, "mac">,
): OrderMessage {
  return { ...order, mac: macOf(key, machineId, epoch, order) };
}

/** True if the fleet made exactly this order for this machine and epoch. Takes as long for a wrong one. */
export function verifyOrder(key: Uint8Array, machineId: string, epoch: number, order: OrderMessage): boolean {
  return order.mac.length === SHA256_BYTES && equalSecrets(order.mac, macOf(key, machineId, epoch, order));
}

function macOf(key: Uint8Array, machineId: string, epoch: number, order: Omit<OrderMessage, "mac">): Uint8Array {
  const { id, kind, args, counter, expiresS, nonce } = order;
  return hmacSha256(key, encodeCbor(["order", machineId, epoch, id, kind, args, counter, expiresS, nonce ?? null]));
}
