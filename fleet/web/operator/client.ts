/** The fleet's API as the page calls it: same origin, the session in a cookie that no script sees. */

import type { Static } from "typebox";
import type { Problem } from "../../api/common.js";
import type { FaultList } from "../../api/faults/schema.js";
import type { Location, LocationList } from "../../api/locations/schema.js";
import type { MachineDetail, MachineList, MachineStatus } from "../../api/machines/schema.js";
import type { Overview } from "../../api/overview/schema.js";
import type { OwedList } from "../../api/owed/schema.js";
import type { ProductList } from "../../api/products/schema.js";
import type { RevenueSeries } from "../../api/revenue/schema.js";
import type { Session, SignIn } from "../../api/session/schema.js";
import type { SlotList } from "../../api/slots/schema.js";
import type { TagList } from "../../api/tags/schema.js";
import type { TelemetrySeries } from "../../api/telemetry/schema.js";
import type { TransactionList } from "../../api/transactions/schema.js";

const PLACES_A_PAGE = 200;
/** More would be no list to choose from: the search finds places by their words. */
const MAX_PLACES = 1_000;

/** Relative, so that the pages also work below a path of a proxy. */
const BASE = "api/v1/";

/** A request that failed; `status` 0: nobody answered. `message` is for the operator. */
export class RequestError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "RequestError";
    this.status = status;
    this.code = code;
  }
}

export function readSession(): Promise<Session> {
  return call("GET", "session");
}

export function signIn(credentials: SignIn): Promise<Session> {
  return call("POST", "session", credentials);
}

export function signOut(): Promise<void> {
  return call("DELETE", "session");
}

export interface MachinePage {
  readonly status?: MachineStatus | undefined;
  readonly q?: string | undefined;
  readonly soldOut?: number | undefined;
  readonly tag?: string | undefined;
  readonly location?: string | undefined;
  readonly region?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit?: number;
}

export function readMachines(page: MachinePage, signal?: AbortSignal): Promise<MachineList> {
  return call("GET", `machines${queryText({ ...page })}`, undefined, signal);
}

export function readOverview(signal?: AbortSignal): Promise<Overview> {
  return call("GET", "overview", undefined, signal);
}

export function readRevenue(
  about: { readonly machine?: string; readonly simulated?: boolean },
  signal?: AbortSignal,
): Promise<RevenueSeries> {
  const { machine, simulated } = about;
  return call(
    "GET",
    `revenue${queryText({ machine, simulated: simulated === true ? "true" : undefined })}`,
    undefined,
    signal,
  );
}

/** The last day, in steps as fit a chart. */
export function readTelemetry(serial: string, signal?: AbortSignal): Promise<TelemetrySeries> {
  return call("GET", `machines/${encodeURIComponent(serial)}/telemetry`, undefined, signal);
}

export function readProducts(signal?: AbortSignal): Promise<ProductList> {
  return call("GET", "products", undefined, signal);
}

/** Tags in use. */
export function readTags(signal?: AbortSignal): Promise<Static<typeof TagList>> {
  return call("GET", "tags", undefined, signal);
}

/** All places, by name, up to `MAX_PLACES`. */
export async function readPlaces(signal?: AbortSignal): Promise<readonly Location[]> {
  const places: Location[] = [];
  let cursor: string | undefined;
  do {
    const path = `locations${queryText({ limit: PLACES_A_PAGE, cursor })}`;
    const page: Static<typeof LocationList> = await call("GET", path, undefined, signal);
    places.push(...page.locations);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && places.length < MAX_PLACES);
  return places;
}

export function readMachine(serial: string, signal?: AbortSignal): Promise<MachineDetail> {
  return call("GET", `machines/${encodeURIComponent(serial)}`, undefined, signal);
}

export function readSlots(serial: string, signal?: AbortSignal): Promise<SlotList> {
  return call("GET", `machines/${encodeURIComponent(serial)}/slots`, undefined, signal);
}

export function readTransactions(machine: string, cursor?: string, signal?: AbortSignal): Promise<TransactionList> {
  return call("GET", `transactions${queryText({ machine, limit: 50, cursor })}`, undefined, signal);
}

export function readFaults(machine: string, signal?: AbortSignal): Promise<FaultList> {
  return call("GET", `faults${queryText({ machine, limit: 50 })}`, undefined, signal);
}

export function readOwed(serial: string, signal?: AbortSignal): Promise<OwedList> {
  return call("GET", `machines/${encodeURIComponent(serial)}/owed${queryText({ limit: 50 })}`, undefined, signal);
}

/** Where live changes come from; all machines without `machine`. */
export function eventsUrl(machine: string | undefined): string {
  return `${BASE}events${queryText({ machine })}`;
}

/** "?name=value…", without what is undefined; empty for nothing. */
export function queryText(parts: { readonly [name: string]: string | number | undefined }): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parts)) {
    if (value !== undefined) search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

/** The service checks its answers against the schemas these types come from: they are not checked again here. */
export async function call<T>(method: string, path: string, body?: object, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = { method, headers: { accept: "application/json" }, credentials: "same-origin" };
  if (signal !== undefined) init.signal = signal;
  if (body !== undefined) {
    init.headers = { accept: "application/json", "content-type": "application/json" };
    init.body = JSON.stringify(body);
  }
  const response = await fetch(BASE + path, init).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new RequestError(0, "no-answer", "The fleet service does not answer.");
  });
  if (!response.ok) throw await problemOf(response);
  const text = await response.text();
  return text === "" ? JSON.parse("null") : JSON.parse(text);
}

async function problemOf(response: Response): Promise<RequestError> {
  const fallback = new RequestError(response.status, "unknown", `The fleet service failed (${response.status}).`);
  if (!(response.headers.get("content-type") ?? "").includes("json")) return fallback;
  const problem: Partial<Problem> | undefined = await response.json().catch(() => undefined);
  if (problem?.title === undefined) return fallback;
  const detail = problem.detail === undefined ? "" : ` ${problem.detail}`;
  return new RequestError(response.status, problem.code ?? "unknown", `${problem.title}.${detail}`);
}
