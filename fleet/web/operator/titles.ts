/** What the browser's tab and history call each page. */
import { useEffect } from "react";
import type { Route } from "./route.js";

const NAMES: Readonly<Record<Exclude<Route["page"], "machine">, string>> = {
  fleet: "Fleet",
  alerts: "Alerts",
  claims: "New machines",
  board: "At the board",
  people: "People",
  keys: "Keys",
  changes: "Changes",
  account: "Your account",
  password: "Your password",
  unknown: "No such page",
};

/** Whatever page the address names: nobody is let in there yet. */
export const SIGN_IN = "Sign in";

export function nameOf(route: Route): string {
  return route.page === "machine" ? route.serial : NAMES[route.page];
}

export function useTitle(name: string): void {
  useEffect(() => {
    document.title = `${name} - Spiral`;
  }, [name]);
}
