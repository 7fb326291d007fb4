/** MQTT topics between machine and fleet: `fleet/{machine_id}/…`. machine_id is the cabinet's serial number. */
import { deepFreeze } from "../freeze.js";

/** Published by the machine / by the fleet. */
export const MACHINE_CHANNELS = deepFreeze(["telemetry", "events", "status", "audit"] as const);
export const FLEET_CHANNELS = deepFreeze(["acks", "commands"] as const);
const CHANNELS = deepFreeze([...MACHINE_CHANNELS, ...FLEET_CHANNELS] as const);
export type Channel = (typeof MACHINE_CHANNELS)[number] | (typeof FLEET_CHANNELS)[number];

export const MAX_MACHINE_ID_LENGTH = 32;
const MACHINE_ID_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

/** `[A-Z0-9-]{1,32}`. Spelled out: a live RegExp at module level cannot be kept in flash. */
export function isMachineId(text: string): boolean {
  if (text.length === 0 || text.length > MAX_MACHINE_ID_LENGTH) return false;
  for (let i = 0; i < text.length; i++) {
    if (!MACHINE_ID_CHARACTERS.includes(text.charAt(i))) return false;
  }
  return true;
}

export function topicOf(machineId: string, channel: Channel): string {
  return `fleet/${machineId}/${channel}`;
}

/** Who and which channel; undefined for a topic that is none of ours. */
export function parseTopic(topic: string): { readonly machineId: string; readonly channel: Channel } | undefined {
  const parts = topic.split("/");
  const machineId = parts[1] ?? "";
  if (parts.length !== 3 || parts[0] !== "fleet" || !isMachineId(machineId)) return undefined;
  for (const channel of CHANNELS) {
    if (channel === parts[2]) return { machineId, channel };
  }
  return undefined;
}
