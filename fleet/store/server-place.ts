/** Where a URL of PostgreSQL leads. */
export interface ServerPlace {
  readonly url: string;
  /** Instead of the one in the URL; a folder is that of a Unix socket. */
  readonly host?: string;
}

/**
 * libpq lets `?host=` stand above the host before the database's name (its manual, "Connection URIs"), which is how a
 * Unix socket is named: `?host=/run/postgresql`. The driver (postgres 3.4) would send that to the server as a setting.
 */
export function serverPlace(url: string): ServerPlace {
  const [before = "", query = ""] = url.split("?", 2);
  const settings = new URLSearchParams(query);
  const host = settings.get("host");
  if (host === null) return { url };
  settings.delete("host");
  return { url: settings.size === 0 ? before : `${before}?${settings}`, host };
}
