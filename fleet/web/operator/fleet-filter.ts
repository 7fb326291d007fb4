/** What of the fleet is shown: kept in the address, so that it can be sent to somebody and survives a reload. */
import type { MachineStatus } from "../../api/machines/schema.js";

export interface FleetFilter {
  readonly status?: MachineStatus | undefined;
  /** As typed: words that begin words of serial number and place. */
  readonly q?: string | undefined;
  /** Product number that is sold out. */
  readonly soldOut?: number | undefined;
}

export const STATUSES: readonly MachineStatus[] = ["operational", "error", "offline", "maintenance"];

/** The part behind `#/`, e.g. "?status=error&q=gate"; empty for the whole fleet. */
export function filterQuery({ status, q, soldOut }: FleetFilter): string {
  const search = new URLSearchParams();
  if (status !== undefined) search.set("status", status);
  if (q !== undefined && q.trim() !== "") search.set("q", q);
  if (soldOut !== undefined) search.set("soldOut", String(soldOut));
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

/** What `query` says, with or without its question mark; what is no filter of ours is left out. */
export function filterOf(query: string): FleetFilter {
  const search = new URLSearchParams(query);
  const status = STATUSES.find((one) => one === search.get("status"));
  const q = search.get("q")?.slice(0, 200);
  const number = search.get("soldOut") ?? "";
  const soldOut = /^[0-9]{1,15}$/.test(number) ? Number(number) : undefined;
  return {
    ...(status === undefined ? {} : { status }),
    ...(q === undefined || q === "" ? {} : { q }),
    ...(soldOut === undefined ? {} : { soldOut }),
  };
}

export function isWhole({ status, q, soldOut }: FleetFilter): boolean {
  return status === undefined && (q ?? "").trim() === "" && soldOut === undefined;
}
