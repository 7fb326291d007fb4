/** Tells whichever process sends orders that something was queued; without it the order goes out at the next look. */
import type { LiveStore } from "../live/live-store.js";

export const ORDERS_CHANNEL = "orders";

export function wakeOrders(live: LiveStore): void {
  live.publish(ORDERS_CHANNEL, "queued").catch(() => undefined);
}
