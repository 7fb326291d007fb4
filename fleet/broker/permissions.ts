/**
 * Who may publish and subscribe where: a machine only under its own `fleet/{machine_id}/`, in its direction; the fleet
 * the other way round. Pure, so that the external brokers' rules can be compared with it.
 */
import { deepFreeze } from "../../shared/freeze.js";
import { MAX_MESSAGE_BYTES } from "../../shared/wire/messages.js";
import { FLEET_CHANNELS, MACHINE_CHANNELS, parseTopic, topicOf } from "../../shared/wire/topics.js";

export type Identity = { readonly is: "machine"; readonly serial: string } | { readonly is: "fleet" };

export interface Subscription {
  readonly topic: string;
  readonly qos: 0 | 1;
}

/** Births and wills. Plainly, never through a shared subscription: those get no retained messages. */
export const STATUS_SUBSCRIPTION: Subscription = deepFreeze({ topic: "fleet/+/status", qos: 1 });

const SHARED: readonly Subscription[] = deepFreeze([
  { topic: "fleet/+/events", qos: 1 },
  { topic: "fleet/+/telemetry", qos: 1 },
  { topic: "fleet/+/audit", qos: 1 },
]);

/** What the fleet listens to at the embedded broker, which grants `$share/...` and delivers nothing through it. */
export const FLEET_SUBSCRIPTIONS: readonly Subscription[] = deepFreeze([...SHARED, STATUS_SUBSCRIPTION]);

/** What each ingest process listens to at a broker of others: every message goes to one of them. */
export const SHARED_SUBSCRIPTIONS: readonly Subscription[] = deepFreeze(
  SHARED.map(({ topic, qos }) => ({ topic: `$share/spiral/${topic}`, qos })),
);

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
