/**
 * No other site's page acts with a person's cookie. The cookie is SameSite=Strict; beside it every request that could
 * change something and comes with the cookie must say that our own page sent it (OWASP, Cross-Site Request Forgery
 * Prevention: Fetch Metadata, with Origin where a browser does not send it). Chosen over a token: nothing to hand out,
 * keep or leak, and no page can forget it. Not for keys: no browser sends a key by itself.
 */
import type { FastifyRequest } from "fastify";
import { ProblemError } from "../problems.js";

const READING: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/** Throws cross-site. For requests whose right is the cookie's: one that says nothing of itself is no browser's. */
export function mustBeOurPage(request: FastifyRequest): void {
  if (!READING.includes(request.method) && senderOf(request) !== "ours") throw new ProblemError("cross-site");
}

/** Throws cross-site if another site's page sends it; for signing in, where no cookie is needed yet. */
export function mustNotBeForeign(request: FastifyRequest): void {
  if (senderOf(request) === "foreign") throw new ProblemError("cross-site");
}

/** Fetch Metadata first: a page cannot set it. Behind a proxy the Host must be passed on, as proxies do. */
function senderOf({ headers }: FastifyRequest): "ours" | "foreign" | "silent" {
  const site = headers["sec-fetch-site"];
  if (typeof site === "string") return site === "same-origin" ? "ours" : "foreign";
  const { origin, host } = headers;
  if (origin === undefined) return "silent";
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host.toLowerCase() ? "ours" : "foreign";
}
