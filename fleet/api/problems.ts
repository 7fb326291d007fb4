/**
 * Every way a request can fail, with its stable code, as RFC 9457 problem documents. Codes are for ever: clients branch
 * on them. A test keeps this catalogue and the places that use it the same.
 */
import { deepFreeze } from "../../shared/freeze.js";
import type { Problem } from "./common.js";

export const PROBLEMS = deepFreeze({
  "bad-request": { status: 400, title: "The request does not fit the resource's schema" },
  "bad-cursor": { status: 400, title: "The cursor is not one this list gave out" },
  "bad-range": { status: 400, title: "The range of time does not fit" },
  "not-signed-in": { status: 401, title: "Sign in first" },
  "wrong-password": { status: 401, title: "Name or password is wrong" },
  "code-needed": { status: 401, title: "The password is right; send it again with the code of your device" },
  "wrong-code": { status: 401, title: "The code is wrong, over, or was used before" },
  "second-factor-needed": {
    status: 403,
    title: "Your operator asks for a second factor: set one up at /account/totp first",
  },
  "not-allowed": { status: 403, title: "Your role or key does not have the right this needs" },
  "cross-site": {
    status: 403,
    title: "With the sign-in's cookie only our own pages may change things: send Origin, or use a key",
  },
  "no-such-route": { status: 404, title: "Nothing lives at this address" },
  "no-such-machine": { status: 404, title: "No machine has this serial number" },
  "no-such-user": { status: 404, title: "No user of yours has this id" },
  "no-such-session": { status: 404, title: "You have no such session" },
  "no-such-link": { status: 404, title: "The link is none, was used, or is over" },
  "no-such-transfer": { status: 404, title: "No machine is offered by this id or code" },
  "last-owner": { status: 409, title: "Somebody must stay an owner who can sign in" },
  "too-many-users": { status: 409, title: "There are as many users as there may be" },
  "second-factor-on": { status: 409, title: "A second factor is set up already; remove it first" },
  "second-factor-off": { status: 409, title: "There is no second factor, or none that waits to be confirmed" },
  "identity-taken": { status: 409, title: "This sign-in elsewhere is somebody's already" },
  "already-offered": { status: 409, title: "The machine is offered already; withdraw that first" },
  "own-machine": { status: 409, title: "The machine is yours already" },
  "weak-password": { status: 422, title: "This cannot be a password" },
  "no-provider": { status: 404, title: "There is no identity provider to sign in by" },
  "provider-refused": { status: 401, title: "Signing in at the identity provider did not succeed" },
  "unknown-identity": { status: 401, title: "Nobody here is linked with this sign-in; link it at /account first" },
  "no-such-key": { status: 404, title: "You have no such key" },
  "no-such-voucher": { status: 404, title: "No machine of yours made this code for this amount" },
  "too-many-keys": { status: 409, title: "Too many keys are in force; revoke one first" },
  "claim-refused": { status: 403, title: "The claim code is not good for this machine, or not any more" },
  "renewal-refused": { status: 403, title: "This certificate cannot be renewed with this request and proof" },
  "certificate-request": { status: 400, title: "The certificate request cannot be signed" },
  "no-such-claim": { status: 404, title: "There is no such claim" },
  "claim-over": { status: 409, title: "The claim is used or over: there is nothing to revoke" },
  "not-suspended": { status: 409, title: "The machine is not suspended" },
  "no-machine-broker": { status: 503, title: "No broker takes machines by certificate: SPIRAL_MQTT_TLS_PORT" },
  "voucher-redeemed": { status: 409, title: "The voucher has been redeemed, or its redemption is under way" },
  "voucher-is-claim": { status: 409, title: "The code is a claim's: support decides, it is no voucher" },
  "voucher-amount": { status: 409, title: "The voucher is of another amount" },
  "no-such-alert": { status: 404, title: "No alert of yours has this id" },
  "no-such-channel": { status: 404, title: "No channel of yours has this id" },
  "no-such-webhook": { status: 404, title: "No webhook of yours has this id" },
  "too-many-webhooks": { status: 409, title: "There are as many webhooks as there may be; remove one first" },
  "no-such-person": { status: 404, title: "No person of yours has this name" },
  "alert-resolved": { status: 409, title: "The alert is resolved" },
  "alert-of-many": { status: 409, title: "The alert is of many machines: there is none to snooze" },
  "no-such-location": { status: 404, title: "No location of yours has this id" },
  "no-such-product": { status: 404, title: "No product of yours has this number" },
  "no-such-order": { status: 404, title: "No order of yours has this id" },
  "no-such-version": { status: 404, title: "The machine has no such version of this document" },
  "stale-version": { status: 409, title: "There is a newer version than the one this is based on" },
  "too-many-orders": { status: 409, title: "Too many orders wait for this machine" },
  "no-such-audit": { status: 404, title: "No such report has come, or not all of it" },
  "update-waits": { status: 409, title: "An update waits for this machine or is under way there" },
  "bad-image": { status: 422, title: "No machine could run an image of this manifest" },
  "bad-settings": { status: 422, title: "No machine could work by these settings" },
  "bad-planogram": { status: 422, title: "No machine could sell by this planogram" },
  "name-taken": { status: 409, title: "Another one has this name or number" },
  "in-use": { status: 409, title: "It cannot go while others depend on it" },
  "feed-gone": { status: 410, title: "What follows this cursor is not all there: read the resources, then begin anew" },
  "changed-meanwhile": { status: 412, title: "It is no longer what If-Match names: read it again" },
  "key-in-flight": { status: 409, title: "A request with this Idempotency-Key is being carried out" },
  "shown-once": {
    status: 409,
    title: "It was carried out; the answer held a secret, which is shown once and kept nowhere: make another",
  },
  "key-reused": { status: 422, title: "This Idempotency-Key was used for another request" },
  "body-too-large": { status: 413, title: "The body is too large" },
  "too-many-rows": { status: 413, title: "The file has more rows than are taken at once; split it" },
  "address-too-long": { status: 414, title: "A part of the address is too long" },
  "unsupported-media-type": { status: 415, title: "The body is of no type that is read here" },
  "too-many-requests": { status: 429, title: "Too many requests or attempts; wait and try again" },
  "too-many-failures": { status: 429, title: "Too many failed attempts to sign in; wait and try again" },
  "machine-unproved": {
    status: 401,
    title: "No machine is proved by this: certificate, signature or password is wrong",
  },
  "machine-shut-out": { status: 403, title: "The machine or its certificate is not let in now" },
  "number-used": { status: 409, title: "The request was sent before: number it as Spiral-Next-Number says, or above" },
  "machines-wait": { status: 503, title: "More machines wait than are taken at once; come again after Retry-After" },
  "too-many-exports": { status: 503, title: "Too many exports run; wait for one to end" },
  "too-many-listeners": { status: 503, title: "Too many pages listen for live changes" },
  internal: { status: 500, title: "Something failed here; the log names it" },
});

export type ProblemCode = keyof typeof PROBLEMS;

/** In the order of the catalogue. */
export const PROBLEM_CODES: readonly ProblemCode[] = Object.keys(PROBLEMS).flatMap((name) => problemCodeOf(name) ?? []);

export function problemCodeOf(name: string): ProblemCode | undefined {
  return isProblemCode(name) ? name : undefined;
}

function isProblemCode(name: string): name is ProblemCode {
  return Object.hasOwn(PROBLEMS, name);
}

export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** Thrown by a route; the error handler turns it into its problem document. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly statusCode: number;
  /** Whoever comes again before is told the same. */
  readonly retryAfterS: number | undefined;

  constructor(code: ProblemCode, detail?: string, retryAfterMs?: number) {
    super(detail ?? PROBLEMS[code].title);
    this.name = "ProblemError";
    this.code = code;
    this.statusCode = PROBLEMS[code].status;
    this.retryAfterS = retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(retryAfterMs / 1_000));
  }
}

/** The document for `code`. */
export function problemOf(code: ProblemCode, detail?: string, errors?: Problem["errors"]): Problem {
  const { status, title } = PROBLEMS[code];
  return {
    type: `/problems/${code}`,
    code,
    title,
    status,
    ...(detail === undefined || detail === title ? {} : { detail }),
    ...(errors === undefined ? {} : { errors }),
  };
}
