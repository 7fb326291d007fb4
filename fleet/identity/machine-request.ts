/**
 * Who sends a machine's request by HTTP. TLS ends at a proxy before us, so what proves a machine is in the request: the
 * signature of its certificate's key over address, number and body, or a password where passwords open the broker, too.
 * A number is taken once, so nobody sends the same again. It needs no clock: a machine may not know the time.
 */
import { createHash, verify, X509Certificate } from "node:crypto";
import { requestText } from "../../shared/wire/sync.js";
import { isMachineId } from "../../shared/wire/topics.js";
import { type Standing, standingOf } from "../store/certificates.js";
import type { Sql } from "../store/databases.js";
import type { MachineState } from "../store/ledger.js";
import { type RequestKind, shownCertificate, takeNumber } from "../store/machine-requests.js";
import { checkMachine } from "../store/provision.js";

export interface ShownRequest {
  readonly kind: RequestKind;
  readonly method: "GET" | "POST";
  /** Path and query as asked for. */
  readonly target: string;
  /** Of the header Authorization. */
  readonly authorization: string;
  readonly number: number;
  readonly body: Uint8Array;
}

export type RequestVerdict =
  /** fingerprint: of its certificate; null: by password. */
  | {
      readonly is: "machine";
      readonly serial: string;
      readonly fingerprint: Uint8Array | null;
      readonly state: MachineState;
    }
  /** Nothing is proved. */
  | { readonly is: "nobody" }
  /** The key is that of the certificate, and it opens nothing now. */
  | { readonly is: "shutOut"; readonly why: Standing }
  | { readonly is: "repeated"; readonly next: number };

/** `passwords`: whether these open anything. Rejects if it cannot be known now. */
export async function judgeRequest(ingest: Sql, request: ShownRequest, passwords: boolean): Promise<RequestVerdict> {
  const proved = await proofOf(ingest, request, passwords);
  if (proved === undefined) return NOBODY;
  const { serial, fingerprint, standing } = proved;
  // Of whom it is another's or nobody's is told no more than that.
  if (standing === "unknown" || standing === "otherName") return NOBODY;
  if (standing !== "good") return { is: "shutOut", why: standing };
  const numbered = await takeNumber(ingest, serial, request.kind, request.number);
  return numbered.is === "taken" ? { is: "machine", serial, fingerprint, state: numbered.state } : numbered;
}

const NOBODY: RequestVerdict = { is: "nobody" };

interface Proved {
  readonly serial: string;
  readonly fingerprint: Uint8Array | null;
  readonly standing: Standing;
}

/** Serial, SHA-256 of the certificate in hexadecimal, signature in base64. */
const SIGNED = /^Spiral ([A-Z0-9-]{1,32})\.([0-9a-f]{64})\.([A-Za-z0-9+/]{1,686}={0,2})$/;
const BASIC = /^Basic ([A-Za-z0-9+/]{1,300}={0,2})$/;

async function proofOf(ingest: Sql, request: ShownRequest, passwords: boolean): Promise<Proved | undefined> {
  const { authorization } = request;
  const [, serial, print, proof] = SIGNED.exec(authorization) ?? [];
  if (serial !== undefined && print !== undefined && proof !== undefined) {
    return signatureOf(ingest, request, { serial, print, proof: Buffer.from(proof, "base64") });
  }
  const [, login] = BASIC.exec(authorization) ?? [];
  return login === undefined || !passwords ? undefined : passwordOf(ingest, Buffer.from(login, "base64"));
}

async function signatureOf(
  ingest: Sql,
  { method, target, number, body }: ShownRequest,
  { serial, print, proof }: { readonly serial: string; readonly print: string; readonly proof: Uint8Array },
): Promise<Proved | undefined> {
  const fingerprint = Buffer.from(print, "hex");
  const der = await shownCertificate(ingest, fingerprint);
  if (der === undefined) return undefined;
  const text = requestText(method, target, number, print, createHash("sha256").update(body).digest("hex"));
  if (!verify("sha256", Buffer.from(text), new X509Certificate(der).publicKey, proof)) return undefined;
  return { serial, fingerprint, standing: await standingOf(ingest, serial, fingerprint) };
}

/** RFC 7617: serial and password around the first colon. Compared as hashes, so that time tells nothing of it. */
async function passwordOf(ingest: Sql, login: Uint8Array): Promise<Proved | undefined> {
  const colon = login.indexOf(0x3a);
  const serial = Buffer.from(login.subarray(0, Math.max(0, colon))).toString("latin1");
  if (!isMachineId(serial)) return undefined;
  return { serial, fingerprint: null, standing: await checkMachine(ingest, serial, login.subarray(colon + 1)) };
}
