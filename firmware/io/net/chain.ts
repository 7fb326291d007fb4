/**
 * Whether the certificates a server shows vouch for it (RFC 5280 §6, RFC 6125 §6.4). Why not by the SDK's own
 * `ssl/cert` (8.2.3): there a link that does not verify is passed over while the name found before it is kept, so
 * that anybody's certificate followed by any that our authority has issued is believed; who may issue is not looked
 * at; and a server that shows its own certificate alone is refused.
 */
import { equalBytes } from "../../../shared/bytes.js";
import { type Certificate, parseCertificate } from "./certificate.js";
import { isSignedBy } from "./rsa-signature.js";

/** Server, intermediates, and the authority if it is shown too. */
export const MAX_CHAIN = 4;

export interface Trust {
  /** Those we trust, each DER: more than one while the next takes over from the one before. */
  readonly authorities: readonly Uint8Array[];
  /** Name or dotted address that was connected to. */
  readonly host: string;
  readonly now: TrustedTime;
}

/**
 * Unix seconds. synced: a time server has said so. Without it `wallS` is a floor: it proves that something is over, not
 * that something has not begun.
 */
export interface TrustedTime {
  readonly wallS: number;
  readonly synced: boolean;
}

export type ChainFault =
  | "noChain"
  | "tooLong"
  | "malformed"
  | "algorithm"
  | "critical"
  | "badAuthority"
  | "wrongName"
  | "notForServers"
  | "expired"
  | "notYetValid"
  | "notAnAuthority"
  | "notIssuedByTheNext"
  | "badSignature"
  | "unknownAuthority";

export type ChainVerdict =
  | { readonly ok: true; readonly server: Certificate }
  | { readonly ok: false; readonly why: ChainFault };

/** One of the authorities has to vouch for the chain. The fault is that of the one whose name the chain bears. */
export function judgeChain(chain: readonly Uint8Array[], trust: Trust): ChainVerdict {
  let verdict = no("badAuthority");
  for (const authority of trust.authorities) {
    const judged = judgeBy(authority, chain, trust);
    if (judged.ok) return judged;
    if (verdict.ok || verdict.why === "badAuthority" || verdict.why === "unknownAuthority") verdict = judged;
  }
  return verdict;
}

function judgeBy(authority: Uint8Array, chain: readonly Uint8Array[], trust: Trust): ChainVerdict {
  const root = parseCertificate(authority);
  if (!root.ok || !root.certificate.authority) return no("badAuthority");
  const certificates: Certificate[] = [];
  if (chain.length > MAX_CHAIN) return no("tooLong");
  for (const der of chain) {
    // the authority itself adds nothing to what we know
    if (equalBytes(der, authority)) break;
    const parsed = parseCertificate(der);
    if (!parsed.ok) return no(parsed.why);
    certificates.push(parsed.certificate);
  }
  const [server] = certificates;
  if (server === undefined) return no("noChain");
  if (!bears(server, trust.host)) return no("wrongName");
  if (server.serves === false || server.maySign === false) return no("notForServers");
  for (const [at, certificate] of [...certificates, root.certificate].entries()) {
    const issuer = certificates[at + 1] ?? root.certificate;
    const fault =
      timeFault(certificate, trust.now) ??
      (certificate === root.certificate ? undefined : linkFault(certificate, issuer, at, root.certificate));
    if (fault !== undefined) return no(fault);
  }
  return { ok: true, server };
}

/** below: authorities between `issuer` and the server. */
function linkFault(
  certificate: Certificate,
  issuer: Certificate,
  below: number,
  root: Certificate,
): ChainFault | undefined {
  const last = issuer === root;
  if (!equalBytes(certificate.issuer, issuer.subject)) return last ? "unknownAuthority" : "notIssuedByTheNext";
  if (!issuer.authority || issuer.mayCertify === false) return "notAnAuthority";
  if (issuer.pathLength !== undefined && below > issuer.pathLength) return "notAnAuthority";
  return isSignedBy(issuer.modulus, certificate.tbs, certificate.signature) ? undefined : "badSignature";
}

function timeFault({ fromS, toS }: Certificate, { wallS, synced }: TrustedTime): ChainFault | undefined {
  if (wallS > toS) return "expired";
  return synced && wallS < fromS ? "notYetValid" : undefined;
}

/** RFC 6125 §6.4: a name whole, or with `*` for its first label; an address only as an address. */
function bears({ dnsNames, addresses }: Certificate, host: string): boolean {
  const wanted = host.toLowerCase();
  if (addresses.includes(wanted)) return true;
  if (isAddress(wanted)) return false;
  const dot = wanted.indexOf(".");
  return dnsNames.some(
    (name) =>
      name === wanted ||
      (dot > 0 && name.startsWith("*.") && name.indexOf(".", 2) > 0 && name.slice(1) === wanted.slice(dot)),
  );
}

export function isAddress(host: string): boolean {
  const parts = host.split(".");
  return parts.length === 4 && parts.every((part) => part !== "" && Number(part) >= 0 && Number(part) <= 255);
}

function no(why: ChainFault): ChainVerdict {
  return { ok: false, why };
}
