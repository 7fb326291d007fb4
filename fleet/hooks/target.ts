/**
 * Where a webhook may go: https, and only to public addresses, judged after the name has been resolved. Whatever a
 * tenant writes as an address must not reach what stands beside us (loopback, private networks, the cloud's metadata).
 */
import { lookup } from "node:dns/promises";
import ipaddr from "ipaddr.js";

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** The world a webhook goes out to; tests hand in their own. */
export interface Reach {
  /** All addresses of a host name. May reject. */
  resolve(host: string): Promise<readonly Address[]>;
  allows(address: string): boolean;
  /** Authority to believe beside the known ones, PEM. */
  readonly ca?: string;
}

export const MAX_URL_LENGTH = 2_048;
const RESOLVE_WITHIN_MS = 5_000;
/** Names with more addresses are judged by none of them. */
const MAX_ADDRESSES = 32;

export const PUBLIC_REACH: Reach = Object.freeze<Reach>({
  resolve: async (host: string) =>
    (await lookup(host, { all: true })).map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 })),
  allows: isPublicAddress,
});

/** Addresses that look public and are answered by the cloud's own host. */
const HOST_SERVICES: readonly string[] = Object.freeze(["168.63.129.16"]);
const GLOBAL_UNICAST_V6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** True for an address of the public internet; an IPv4 address written as IPv6 is judged as what it is. */
export function isPublicAddress(text: string): boolean {
  if (text.includes("%") || !ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  if (address.range() !== "unicast" || HOST_SERVICES.includes(address.toString())) return false;
  return address.kind() === "ipv4" || address.match(GLOBAL_UNICAST_V6);
}

export type UrlVerdict = { readonly ok: true; readonly url: URL } | { readonly ok: false; readonly why: string };

/** What can be said of an address as it is written; where its name leads is said by `locate`. */
export function parseTarget(text: string): UrlVerdict {
  if (text.length > MAX_URL_LENGTH) return { ok: false, why: `is longer than ${MAX_URL_LENGTH} characters` };
  if (!URL.canParse(text)) return { ok: false, why: "is no address" };
  const url = new URL(text);
  if (url.protocol !== "https:") return { ok: false, why: "does not begin with https:" };
  if (url.username !== "" || url.password !== "") return { ok: false, why: "holds a name or password" };
  if (url.hash !== "") return { ok: false, why: "holds a fragment" };
  return { ok: true, url };
}

export type Located =
  | { readonly ok: true; readonly at: Address }
  /** refused: it leads where nothing may go. Otherwise it may lead somewhere later. */
  | { readonly ok: false; readonly refused: boolean; readonly why: string };

/** The one address to connect to. One forbidden address among many refuses the name: which is taken is chance. */
export async function locate(url: URL, reach: Reach): Promise<Located> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const found = ipaddr.isValid(host) ? [literal(host)] : await resolved(host, reach);
  if (typeof found === "string") return { ok: false, refused: false, why: found };
  const bad = found.find(({ address }) => !reach.allows(address));
  if (bad !== undefined) return { ok: false, refused: true, why: `${host} is ${bad.address}, which is not public` };
  const [at] = found;
  return at === undefined ? { ok: false, refused: false, why: `${host} has no address` } : { ok: true, at };
}

function literal(host: string): Address {
  return { address: host, family: ipaddr.IPv6.isValid(host) ? 6 : 4 };
}

async function resolved(host: string, reach: Reach): Promise<readonly Address[] | string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`${host} was not resolved in time`), RESOLVE_WITHIN_MS);
  });
  try {
    const found = await Promise.race([reach.resolve(host), late]);
    return typeof found !== "string" && found.length > MAX_ADDRESSES ? `${host} has too many addresses` : found;
  } catch (error) {
    return `${host} was not resolved (${error instanceof Error && "code" in error ? String(error.code) : "no answer"})`;
  } finally {
    clearTimeout(timer);
  }
}
