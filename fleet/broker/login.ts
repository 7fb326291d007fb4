/**
 * Who stands at the embedded broker: the fleet by its password of this start, a machine by its certificate on the port
 * with TLS or by its password on the other. A machine's client id is its serial, so that nobody can take over another's
 * session.
 */
import { timingSafeEqual } from "node:crypto";
import { isMachineId } from "../../shared/wire/topics.js";
import type { Standing } from "../store/certificates.js";
import type { Identity } from "./permissions.js";

/** User name of the fleet's own connection: lower case, so no serial can be it. */
export const FLEET_USER = "spiral-fleet";
/** CONNACK return codes, MQTT 3.1.1 §3.2.2.3. */
export const REFUSED = { unavailable: 3, badPassword: 4, notAuthorised: 5 } as const;

/** What came over TLS showed. */
export interface Shown {
  /** Common name of the certificate. */
  readonly name: string;
  /** SHA-256 of it. */
  readonly fingerprint: Uint8Array;
}

export interface LoginChecks {
  /** Password of the fleet's own connection, made anew at each start. */
  readonly fleetPassword: string;
  /** What a machine with this password is worth; rejects if that cannot be known. Absent: passwords open nothing. */
  readonly checkMachine?: (serial: string, password: Uint8Array) => Promise<Standing>;
  /** The same of a certificate. */
  readonly checkCertificate?: (serial: string, fingerprint: Uint8Array) => Promise<Standing>;
}

export interface Login {
  readonly clientId: string;
  readonly username: string;
  readonly password: Uint8Array;
  /** Undefined: not on the port with TLS. */
  readonly shown: Shown | undefined;
}

export type LoginVerdict =
  | { readonly ok: true; readonly identity: Identity }
  | { readonly ok: false; readonly returnCode: number };

/** Rejects if it cannot be known now. */
export async function judgeLogin(checks: LoginChecks, login: Login): Promise<LoginVerdict> {
  const { clientId, username, password, shown } = login;
  if (shown !== undefined) {
    const { name, fingerprint } = shown;
    // A user name may be left out; another than the certificate's is a mistake or a try.
    if (!isMachineId(name) || clientId !== name || (username !== "" && username !== name)) return NOBODY;
    return verdictOf(name, (await checks.checkCertificate?.(name, fingerprint)) ?? "unknown");
  }
  if (username === FLEET_USER) {
    return sameSecret(password, checks.fleetPassword) ? { ok: true, identity: { is: "fleet" } } : NOBODY;
  }
  if (!isMachineId(username) || clientId !== username) return NOBODY;
  return verdictOf(username, (await checks.checkMachine?.(username, password)) ?? "unknown");
}

const NOBODY: LoginVerdict = { ok: false, returnCode: REFUSED.badPassword };

function verdictOf(serial: string, standing: Standing): LoginVerdict {
  if (standing === "good") return { ok: true, identity: { is: "machine", serial } };
  return standing === "unknown" ? NOBODY : { ok: false, returnCode: REFUSED.notAuthorised };
}

function sameSecret(given: Uint8Array, secret: string): boolean {
  const wanted = Buffer.from(secret);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
