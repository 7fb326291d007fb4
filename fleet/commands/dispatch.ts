/**
 * Sends what waits in the outbox, signed as it goes: the key is made of the master key and never stored. Several
 * processes may dispatch; a row is taken by one of them at a time, and a machine takes each counter once.
 */
import { orderKey, signOrder } from "../../shared/orders.js";
import { encodeOrder } from "../../shared/wire/messages.js";
import type { DueOrder } from "../store/orders.js";

/** Orders taken in one go. */
export const MAX_DUE_AT_ONCE = 200;
/** An order without an expiry of its own is good for so long each time it is sent. */
const GOOD_FOR_S = 86_400;

export interface DispatchPorts {
  takeDue(limit: number): Promise<readonly DueOrder[]>;
  expire(): Promise<unknown>;
  /** False if the line to the broker is down: the order is sent again later. */
  send(serial: string, payload: Uint8Array): boolean;
  now(): number;
}

/** `keyVersion`: of the key that the machine was given. */
export function signedPayload(due: DueOrder, master: Uint8Array, keyVersion: number, nowMs: number): Uint8Array {
  const { id, serial, epoch, counter, kind, args, expiresAt, nonce } = due;
  const expiresS = expiresAt === null ? nowMs / 1_000 + GOOD_FOR_S : expiresAt.getTime() / 1_000;
  const order = {
    id,
    kind,
    args: Uint8Array.from(args),
    counter,
    expiresS: Math.floor(expiresS),
    ...(nonce === null ? {} : { nonce }),
  };
  return encodeOrder(signOrder(orderKey(master, serial, epoch, keyVersion), serial, epoch, order));
}

/** Sends everything that is due. Returns how many orders went out. */
export async function dispatchDue(
  ports: DispatchPorts,
  { master, keyVersion }: { readonly master: Uint8Array; readonly keyVersion: number },
): Promise<number> {
  await ports.expire();
  let sent = 0;
  for (;;) {
    const due = await ports.takeDue(MAX_DUE_AT_ONCE);
    for (const order of due) {
      if (ports.send(order.serial, signedPayload(order, master, keyVersion, ports.now()))) sent += 1;
    }
    if (due.length < MAX_DUE_AT_ONCE) return sent;
  }
}
