/** Which page the address names: `#/` the fleet, `#/machines/SERIAL` one machine. */
import { useSyncExternalStore } from "react";

export type Route =
  | { readonly page: "fleet" }
  | { readonly page: "machine"; readonly serial: string }
  | { readonly page: "unknown" };

const MACHINE = "#/machines/";

export function routeOf(hash: string): Route {
  if (hash === "" || hash === "#" || hash === "#/") return { page: "fleet" };
  if (!hash.startsWith(MACHINE)) return { page: "unknown" };
  const serial = hash.slice(MACHINE.length);
  return /^[A-Z0-9-]{1,32}$/.test(serial) ? { page: "machine", serial } : { page: "unknown" };
}

export function machineHref(serial: string): string {
  return MACHINE + serial;
}

export function useRoute(): Route {
  return routeOf(useSyncExternalStore(follow, () => location.hash));
}

function follow(changed: () => void): () => void {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
}
