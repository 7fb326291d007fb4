/** Response schemas of failures, so that every route states each code it can answer with. */
import { Problem } from "./common.js";

const problem = { content: { "application/problem+json": { schema: Problem } } };

/** Any route may answer these. */
export const FAILURES = { 400: problem, 500: problem } as const;
/** Under the API's prefix, where requests are counted. */
export const SIGNED_IN_FAILURES = { ...FAILURES, 401: problem, 403: problem, 429: problem } as const;
/** Behind the sign-in, where a right is asked for. */
export const ALLOWED_FAILURES = { ...SIGNED_IN_FAILURES } as const;
export const ONE_FAILURES = { ...ALLOWED_FAILURES, 404: problem } as const;
export const REDEEM_FAILURES = { ...ONE_FAILURES, 409: problem, 413: problem, 415: problem } as const;
export const SIGN_IN_FAILURES = { ...SIGNED_IN_FAILURES, 413: problem, 415: problem } as const;
export const LISTEN_FAILURES = { ...ALLOWED_FAILURES, 503: problem } as const;
/** What a body adds: too large, not JSON. */
const BODY_FAILURES = { 413: problem, 415: problem } as const;
/** Something is made: 409 where it is there already or the key is in flight, 422 where the key was for another. */
export const MAKE_FAILURES = { ...ONE_FAILURES, ...BODY_FAILURES, 409: problem, 422: problem } as const;
/** Something is changed: 412 where it is another than If-Match names. */
export const CHANGE_FAILURES = { ...ONE_FAILURES, ...BODY_FAILURES, 409: problem, 412: problem } as const;
/** Something follows the feed from a cursor on: 410 where what is behind it is not all there. */
export const FOLLOW_FAILURES = { ...MAKE_FAILURES, 410: problem } as const;
export const CLAIM_FAILURES = { ...MAKE_FAILURES, 503: problem } as const;
export const REVOKE_FAILURES = { ...ONE_FAILURES, 409: problem } as const;
/** At the machines' door: nobody is signed in there. */
export const DOOR_FAILURES = {
  ...FAILURES,
  403: problem,
  413: problem,
  415: problem,
  429: problem,
  503: problem,
} as const;
/** A machine's own requests: what it sends proves it. */
export const SYNC_FAILURES = { ...DOOR_FAILURES, 401: problem, 409: problem } as const;
export const EXPORT_FAILURES = { ...ONE_FAILURES, 503: problem } as const;
export const FEED_FAILURES = { ...ALLOWED_FAILURES, 410: problem, 503: problem } as const;
