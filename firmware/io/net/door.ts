/**
 * One question to the fleet's door (`/machine/v1/…`): a JSON document is posted over TLS, status and body of the answer
 * come back. Decides nothing about it.
 */
import { concatBytes } from "../../../shared/bytes.js";
import { HttpExchange, type HttpHeader } from "./http-exchange.js";
import type { Clockwork, Resolve, SocketClass } from "./sockets.js";

/** Longest answer: a certificate and the authorities of one fleet, in PEM and JSON. */
export const MAX_ANSWER_BYTES = 12_288;
export const GRANTED = 200;
export const REFUSED = 403;
export const TOO_MANY = 429;

/** undefined: there was no answer, or not the whole of it. */
export type DoorAnswer = { readonly status: number; readonly body: Uint8Array } | undefined;

export interface DoorQuestion {
  /** TLS. */
  readonly io: SocketClass;
  readonly resolve: Resolve;
  readonly clockwork: Clockwork;
  readonly door: { readonly host: string; readonly port: number };
  readonly path: string;
  readonly body: Uint8Array;
  /** Once, unless it is closed before. */
  readonly onAnswer: (answer: DoorAnswer) => void;
}

export function askDoor({ io, resolve, clockwork, door, path, body, onAnswer }: DoorQuestion): HttpExchange {
  let header: HttpHeader | undefined;
  let wanted = 0;
  let answer: Uint8Array = new Uint8Array(0);
  return new HttpExchange({
    io,
    resolve,
    clockwork,
    request: { ...door, method: "POST", target: path, fields: ["Content-Type: application/json"], body },
    onHeader: (said) => {
      header = said;
      wanted = lengthOf(said) ?? 0;
      return wanted;
    },
    onBody: (bytes) => {
      answer = concatBytes(answer, bytes);
    },
    onEnd: () => {
      if (header === undefined || answer.length < wanted) return onAnswer(undefined);
      onAnswer({ status: header.status, body: answer });
    },
  });
}

/** Undefined: the answer does not say, or is too long. */
function lengthOf({ field }: HttpHeader): number | undefined {
  const length = field("content-length") ?? "";
  if (!/^\d{1,6}$/.test(length)) return undefined;
  return Number(length) <= MAX_ANSWER_BYTES ? Number(length) : undefined;
}
