/** The pages that whoever is signed in may open. */
import type { Route } from "./route.js";

interface Item {
  readonly page: Route["page"];
  readonly href: string;
  readonly name: string;
  /** Undefined: for everybody. */
  readonly right?: string;
}

const ITEMS: readonly Item[] = [
  { page: "fleet", href: "#/", name: "Fleet" },
  { page: "alerts", href: "#/alerts", name: "Alerts", right: "alerts:read" },
  { page: "claims", href: "#/claims", name: "New machines", right: "claims:write" },
  { page: "people", href: "#/people", name: "People", right: "users:read" },
  { page: "keys", href: "#/keys", name: "Keys", right: "keys:write" },
  { page: "changes", href: "#/changes", name: "Changes", right: "log:read" },
];

export function Menu({ rights, page }: { readonly rights: readonly string[]; readonly page: Route["page"] }) {
  return (
    <nav className="menu" aria-label="Pages">
      {ITEMS.filter(({ right }) => right === undefined || rights.includes(right)).map((item) => (
        <a key={item.page} href={item.href} aria-current={item.page === page ? "page" : undefined}>
          {item.name}
        </a>
      ))}
    </nav>
  );
}
