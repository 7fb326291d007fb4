/**
 * Who may publish and subscribe where: a machine only under its own `fleet/{machine_id}/`, in its direction; the fleet
 * the other way round. Pure, so that the external brokers' rules can be compared with it.
 */
import { deepFreeze } from "../../shared/freeze.js";
import { MAX_MESSAGE_BYTES } from "../../shared/wire/messages.js";
import { FLEET_CHANNELS, MACHINE_CHANNELS, parseTopic, topicOf } from "../../shared/wire/topics.js";

export type Identity = { readonly is: "machine"; readonly serial: string } | { readonly is: "fleet" };

/** What the fleet listens to. `status` plainly, never through a shared subscription: those get no retained messages. */
export const FLEET_SUBSCRIPTIONS = deepFreeze([
  { topic: "fleet/+/events", qos: 1 },
  { topic: "fleet/+/status", qos: 1 },
  { topic: "fleet/+/telemetry", qos: 0 },
] as const);

/** Only births and wills are kept by the broker. */
const RETAINED_CHANNEL = "status";

export interface Publication {
  readonly topic: string;
  readonly retain: boolean;
  readonly payloadBytes: number;
}

export function mayPublish(who: Identity, { topic, retain, payloadBytes }: Publication): boolean {
  const parsed = parseTopic(topic);
  if (parsed === undefined || payloadBytes > MAX_MESSAGE_BYTES) return false;
  const { machineId, channel } = parsed;
  if (who.is === "fleet") return !retain && FLEET_CHANNELS.some((own) => own === channel);
  if (machineId !== who.serial || !MACHINE_CHANNELS.some((own) => own === channel)) return false;
  return !retain || channel === RETAINED_CHANNEL;
}

/** `filter` must name a channel exactly: a machine's wildcard could reach others. */
export function maySubscribe(who: Identity, filter: string): boolean {
  if (who.is === "fleet") return FLEET_SUBSCRIPTIONS.some(({ topic }) => topic === filter);
  return FLEET_CHANNELS.some((channel) => filter === topicOf(who.serial, channel));
}
