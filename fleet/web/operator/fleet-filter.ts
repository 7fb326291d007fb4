/** What of the fleet is shown: kept in the address, so that it can be sent to somebody and survives a reload. */
import type { MachineStatus } from "../../api/machines/schema.js";

export interface FleetFilter {
  readonly status?: MachineStatus | undefined;
  /** As typed: words that begin words of serial number and place. */
  readonly q?: string | undefined;
  /** Product number that is sold out. */
  readonly soldOut?: number | undefined;
  readonly tag?: string | undefined;
  /** Id of the place where they stand. */
  readonly location?: string | undefined;
  /** Of that place. */
  readonly region?: string | undefined;
}

export const STATUSES: readonly MachineStatus[] = ["operational", "error", "offline", "maintenance"];

/** The part behind `#/`, e.g. "?status=error&q=gate"; empty for the whole fleet. */
export function filterQuery({ q = "", ...rest }: FleetFilter): string {
  const { status, soldOut, tag, location, region } = rest;
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries({
    status,
    q: q.trim() === "" ? undefined : q,
    soldOut,
    tag,
    location,
    region,
  })) {
    if (value !== undefined) search.set(name, String(value));
  }
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
  const tag = fitting(search, "tag", /^[a-z0-9][a-z0-9 ._:/-]{0,39}$/);
  const location = fitting(search, "location", /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const region = fitting(search, "region", /^.{1,100}$/s);
  return {
    ...(status === undefined ? {} : { status }),
    ...(q === undefined || q === "" ? {} : { q }),
    ...(soldOut === undefined ? {} : { soldOut }),
    ...(tag === undefined ? {} : { tag }),
    ...(location === undefined ? {} : { location }),
    ...(region === undefined ? {} : { region }),
  };
}

function fitting(search: URLSearchParams, name: string, pattern: RegExp): string | undefined {
  const value = search.get(name) ?? "";
  return pattern.test(value) ? value : undefined;
}

export function isWhole(filter: FleetFilter): boolean {
  return filterQuery(filter) === "";
}
