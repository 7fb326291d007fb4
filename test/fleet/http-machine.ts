/** A machine's side of the HTTP fallback for tests: numbers, proofs, and requests as they stand in the contract. */
import { createHash, type KeyObject, sign } from "node:crypto";
import type { BatchMessage } from "../../shared/wire/messages.js";
import { type AckMessage, decodeAck, encodeBatch } from "../../shared/wire/messages.js";
import {
  decodeSyncAnswer,
  encodeSync,
  requestText,
  type SyncAnswer,
  type SyncMessage,
} from "../../shared/wire/sync.js";
import { within } from "./support.js";

export type Credential =
  | { readonly password: string }
  | { readonly key: KeyObject /** SHA-256 of the certificate, hexadecimal. */; readonly certificate: string };

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

export class HttpMachine {
  readonly serial: string;
  /** Of the request before, by address. */
  readonly numbers = { sync: 0, orders: 0 };
  private readonly url: string;
  private readonly credential: Credential;

  constructor(url: string, serial: string, credential: Credential) {
    this.url = url;
    this.serial = serial;
    this.credential = credential;
  }

  /** The headers by which a request is this machine's. */
  headersOf(method: "GET" | "POST", target: string, number: number, body: Uint8Array): Record<string, string> {
    const { credential, serial } = this;
    if ("password" in credential) {
      const login = Buffer.from(`${serial}:${credential.password}`).toString("base64");
      return { authorization: `Basic ${login}`, "spiral-number": String(number) };
    }
    const hash = createHash("sha256").update(body).digest("hex");
    const text = requestText(method, target, number, credential.certificate, hash);
    const proof = sign("sha256", Buffer.from(text), credential.key).toString("base64");
    return { authorization: `Spiral ${serial}.${credential.certificate}.${proof}`, "spiral-number": String(number) };
  }

  /** Sends `message` under the next number, or the one given. */
  async sync(message: SyncMessage, number = ++this.numbers.sync): Promise<Answer> {
    return this.syncBytes(encodeSync(message), number);
  }

  syncBytes(body: Uint8Array, number = ++this.numbers.sync): Promise<Answer> {
    const headers = this.headersOf("POST", "/machine/v1/sync", number, body);
    return this.send("POST", "/machine/v1/sync", headers, body);
  }

  orders(waitS: number, number = ++this.numbers.orders): Promise<Answer> {
    const target = `/machine/v1/orders?waitS=${waitS}`;
    return this.send("GET", target, this.headersOf("GET", target, number, new Uint8Array()));
  }

  async send(
    method: "GET" | "POST",
    target: string,
    headers: Record<string, string>,
    body?: Uint8Array,
  ): Promise<Answer> {
    const asked = { method, headers: { "content-type": "application/cbor", ...headers } };
    const request = body === undefined ? { ...asked, headers } : { ...asked, body: Buffer.from(body) };
    const answer = await within(fetch(`${this.url}${target}`, request), `no answer to ${target}`, 40_000);
    return { status: answer.status, headers: answer.headers, bytes: new Uint8Array(await answer.arrayBuffer()) };
  }

  async batch(batch: BatchMessage): Promise<AckMessage> {
    return ackOf(await this.sync({ events: encodeBatch(batch) }));
  }
}

export function contentOf({ status, bytes }: Answer): SyncAnswer {
  const decoded = status === 200 ? decodeSyncAnswer(bytes) : undefined;
  if (decoded?.ok !== true) throw new Error(`${status} ${Buffer.from(bytes).toString()}`);
  return decoded.message;
}

/** The one ack of an answer. */
export function ackOf(answer: Answer): AckMessage {
  const { acks } = contentOf(answer);
  const ack = decodeAck(acks[0] ?? new Uint8Array());
  if (!ack.ok || acks.length !== 1) throw new Error(`${acks.length} acks`);
  const { epoch, mark, incarnation, waitMs } = ack.message;
  return waitMs === undefined ? { epoch, mark, incarnation } : { epoch, mark, incarnation, waitMs };
}

export function problemOf({ status, bytes }: Answer): string {
  const { code }: { code: string } = JSON.parse(Buffer.from(bytes).toString());
  return `${status} ${code}`;
}
