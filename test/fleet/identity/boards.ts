/** Boards for tests at the door: a key as the firmware's key store hands it out, and what is asked with it. */
import {
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  privateEncrypt,
  sign,
  X509Certificate,
} from "node:crypto";
import { certificateRequest, type RequestKey } from "../../../firmware/io/certificate-request.js";
import type { NewClaim } from "../../../fleet/api/claims/schema.js";
import type { Identity, Renewed } from "../../../fleet/api/machine-door/schema.js";
import { hashPassword } from "../../../fleet/api/password.js";
import type { Role } from "../../../fleet/api/roles.js";
import type { DoorConfig } from "../../../fleet/config.js";
import { addUser } from "../../../fleet/store/users.js";
import { renewalText } from "../../../shared/wire/renewal.js";
import { OUR_PAGE, type TestFleet } from "../support.js";

/** DigestInfo of SHA-256 (RFC 8017 §9.2, note 1): what a key store puts before the digest it is given. */
const DIGEST_INFO = Buffer.from("3031300d060960864801650304020105000420", "hex");

export function boardKey(key: KeyObject): RequestKey {
  const toBuffer = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;
  return {
    publicKey: () => toBuffer(createPublicKey(key).export({ type: "pkcs1", format: "der" })),
    sign: (digest) => toBuffer(privateEncrypt(key, Buffer.concat([DIGEST_INFO, digest]))),
  };
}

function fail(): never {
  throw new Error("no key");
}

export interface Board {
  readonly serial: string;
  readonly key: KeyObject;
  readonly keyPem: string;
  readonly request: Uint8Array;
}

/** Making a key takes a while: so many boards in a row have one of their own. */
const KEYS = 5;
const keys: KeyObject[] = [];

/** A board with another key than those before it. */
export function newBoard(serial: string): Board {
  const key =
    keys.length < KEYS ? generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey : (keys.shift() ?? fail());
  keys.push(key);
  const keyPem = key.export({ type: "pkcs8", format: "pem" }).toString();
  return { serial, key, keyPem, request: certificateRequest(serial, boardKey(key)) };
}

/** A port with TLS beside the other; authorities in `folder`. */
export function openDoor(folder: string, more: Partial<DoorConfig> = {}): DoorConfig {
  const door = {
    authorityDir: `${folder}/authority`,
    tlsHost: "127.0.0.1",
    tlsPort: 0,
    broker: undefined,
    renewals: undefined,
  };
  return { ...door, passwords: true, revocationFile: undefined, revocationPidFile: undefined, ...more };
}

const PASSWORD = "correct horse battery staple";
let addresses = 0;

/** Signs in as a new person of `operatorId`; the cookie. */
export async function signedIn({ app, databases }: TestFleet, operatorId: string, role: Role): Promise<string> {
  const name = `${role}-${++addresses}`;
  await addUser(databases, operatorId, name, await hashPassword(PASSWORD), role);
  const remoteAddress = `127.1.0.${addresses}`;
  const payload = { name, password: PASSWORD };
  const answer = await app.inject({ method: "POST", url: "/api/v1/session", payload, remoteAddress });
  return String(answer.headers["set-cookie"]).split(";")[0] ?? "";
}

export async function newClaim({ app }: TestFleet, cookie: string, serials: readonly string[]): Promise<NewClaim> {
  const answer = await app.inject({
    method: "POST",
    url: "/api/v1/claims",
    headers: { ...OUR_PAGE, cookie },
    payload: { serials },
  });
  if (answer.statusCode !== 201) throw new Error(answer.body);
  return answer.json();
}

/** What the door answers to a board that presents `code`. */
export function present({ app }: Pick<TestFleet, "app">, board: Board, code: string, remoteAddress = "127.2.0.1") {
  const payload = { code, serial: board.serial, request: base64(board.request) };
  return app.inject({ method: "POST", url: "/machine/v1/claims", payload, remoteAddress });
}

/** A board that has become the machine. */
export async function claimed(fleet: TestFleet, cookie: string, board: Board): Promise<Identity> {
  const { code } = await newClaim(fleet, cookie, [board.serial]);
  const answer = await present(fleet, board, code);
  if (answer.statusCode !== 200) throw new Error(answer.body);
  return answer.json();
}

/** Asks for the next certificate, the proof made with the key of `board`. */
export function askRenewal({ app }: TestFleet, board: Board, certificate: string, request = board.request) {
  const der = new X509Certificate(certificate).raw;
  const proof = sign("sha256", renewalText(der, request), board.key);
  const payload = { certificate: base64(der), request: base64(request), proof: base64(proof) };
  return app.inject({ method: "POST", url: "/machine/v1/renewals", payload, remoteAddress: "127.2.0.2" });
}

export async function renewed(fleet: TestFleet, board: Board, certificate: string): Promise<Renewed> {
  const answer = await askRenewal(fleet, board, certificate);
  if (answer.statusCode !== 200) throw new Error(answer.body);
  return answer.json();
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
