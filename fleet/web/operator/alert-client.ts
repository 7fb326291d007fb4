/** What the inbox asks of the API. */
import type Type from "typebox";
import type { Alert, AlertDetail, AlertList } from "../../api/alerts/schema.js";
import { call, queryText } from "./client.js";

export type { Alert };

export interface AlertFilter {
  /** Undefined: open ones and those that are over. */
  readonly open?: boolean | undefined;
  readonly severity?: Alert["severity"] | undefined;
  readonly machine?: string | undefined;
}

export function readAlerts(
  { open, severity, machine }: AlertFilter,
  cursor?: string,
  signal?: AbortSignal,
): Promise<Type.Static<typeof AlertList>> {
  const wanted = { open: open === undefined ? undefined : String(open), severity, machine, limit: 50, cursor };
  return call("GET", `alerts${queryText(wanted)}`, undefined, signal);
}

export function readAlert(id: string, signal?: AbortSignal): Promise<Type.Static<typeof AlertDetail>> {
  return call("GET", `alerts/${id}`, undefined, signal);
}

export function acknowledge(id: string): Promise<Alert> {
  return call("POST", `alerts/${id}/acknowledge`);
}

/** `user`: name; null: nobody. */
export function assign(id: string, user: string | null): Promise<Alert> {
  return call("POST", `alerts/${id}/assign`, { user });
}

export function resolve(id: string): Promise<Alert> {
  return call("POST", `alerts/${id}/resolve`, {});
}

export function snooze(id: string, hours: number, nowMs: number): Promise<unknown> {
  return call("POST", `alerts/${id}/snooze`, { untilAt: new Date(nowMs + hours * 3_600_000).toISOString() });
}

export function comment(id: string, note: string): Promise<unknown> {
  return call("POST", `alerts/${id}/comments`, { note });
}
