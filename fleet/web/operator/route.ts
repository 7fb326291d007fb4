/** Which page the address names: `#/` the fleet (with a filter), `#/machines/SERIAL` one machine, `#/people` … */
import { useSyncExternalStore } from "react";
import { fitsClaimDigits } from "../../../shared/claim-code.js";
import { type FleetFilter, filterOf, filterQuery } from "./fleet-filter.js";

export type Route =
  | { readonly page: "fleet"; readonly filter: FleetFilter }
  | { readonly page: "machine"; readonly serial: string }
  | { readonly page: DeskPage }
  /** Opened by the QR of a claim code. */
  | { readonly page: "board"; readonly id: string; readonly digits: string }
  /** Reached without signing in, by a link that was sent. */
  | { readonly page: "password"; readonly token: string }
  | { readonly page: "unknown" };

/** Pages without anything behind their name, in the order of the menu. */
export const DESK_PAGES = ["alerts", "claims", "people", "keys", "changes", "account"] as const;
export type DeskPage = (typeof DESK_PAGES)[number];

const MACHINE = "#/machines/";

export function routeOf(hash: string): Route {
  if (hash === "" || hash === "#" || hash === "#/") return { page: "fleet", filter: {} };
  if (hash.startsWith("#/?")) return { page: "fleet", filter: filterOf(hash.slice(2)) };
  const desk = DESK_PAGES.find((page) => hash === `#/${page}`);
  if (desk !== undefined) return { page: desk };
  const link = /^#\/password\/([A-Za-z0-9_-]{1,100})$/.exec(hash)?.[1];
  if (link !== undefined) return { page: "password", token: link };
  const [, id, digits] = /^#\/claims\/([0-9a-f-]{36})\/([0-9]{1,100})$/.exec(hash) ?? [];
  if (id !== undefined && digits !== undefined && fitsClaimDigits(digits)) return { page: "board", id, digits };
  if (!hash.startsWith(MACHINE)) return { page: "unknown" };
  const serial = hash.slice(MACHINE.length);
  return /^[A-Z0-9-]{1,32}$/.test(serial) ? { page: "machine", serial } : { page: "unknown" };
}

/** Shows the fleet by this filter; the back button leads to the one before only if `keeps`. */
export function goToFleet(filter: FleetFilter, keeps: boolean): void {
  const hash = `#/${filterQuery(filter)}`;
  if (keeps) location.hash = hash;
  else {
    history.replaceState(null, "", hash);
    dispatchEvent(new HashChangeEvent("hashchange"));
  }
}

export function machineHref(serial: string): string {
  return MACHINE + serial;
}

/** `path` as the service names it, whole. The pages may lie below a path of a proxy. */
export function pagesUrl(path: string): string {
  return new URL(path.replace(/^\//, ""), location.href.split("#")[0]).href;
}

export function useRoute(): Route {
  return routeOf(useSyncExternalStore(follow, () => location.hash));
}

function follow(changed: () => void): () => void {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
}
