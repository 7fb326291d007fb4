/**
 * How many requests a minute: by key, by a person's session, by address for whoever is nobody yet. Counted in the live
 * store, so with Redis together over all processes; where it is away each process counts for itself. Answers say what
 * is left in RateLimit-* headers (draft-ietf-httpapi-ratelimit-headers).
 */
import rateLimit, { type FastifyRateLimitStore, normalizeIP } from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import Type from "typebox";
import { Value } from "typebox/value";
import { createInProcessLive } from "../live/in-process.js";
import type { Count, LiveStore } from "../live/live-store.js";
import { ProblemError } from "./problems.js";

const WINDOW_MS = 60_000;
/** From one address, of requests that are nobody's. */
export const NOBODYS_REQUESTS_PER_MINUTE = 120;
/** Of keys and cookies that are none, from one address. */
export const BAD_CREDENTIALS_PER_MINUTE = 60;

const OfRoute = Type.Object({
  routeInfo: Type.Object({ method: Type.Optional(Type.String()), url: Type.Optional(Type.String()) }),
});

/** To be registered where the routes to be counted are. */
export async function limitRequests(api: FastifyInstance): Promise<void> {
  const countOne = counterOf(api.live);
  class LiveCounts implements FastifyRateLimitStore {
    readonly #about: string;

    constructor(_options: object, about = "all") {
      this.#about = about;
    }

    incr(
      key: string,
      done: (error: Error | null, result?: { current: number; ttl: number }) => void,
      windowMs: number,
    ): void {
      const name = `${this.#about} ${key}`;
      countOne(name, windowMs).then(
        ({ count, endsInMs }) => done(null, { current: count, ttl: endsInMs }),
        (error: Error) => done(error),
      );
    }

    /** A route with a limit of its own is counted by itself. The library's types leave out where the route stands. */
    child(options: object): LiveCounts {
      const route = Value.Check(OfRoute, options) ? options.routeInfo : {};
      return new LiveCounts({}, `${route.method ?? ""} ${route.url ?? ""}`);
    }
  }
  await api.register(rateLimit, {
    global: true,
    timeWindow: WINDOW_MS,
    max: (request) => request.caller?.requestsPerMinute ?? NOBODYS_REQUESTS_PER_MINUTE,
    keyGenerator: whoOf,
    enableDraftSpec: true,
    store: LiveCounts,
    errorResponseBuilder: (_request, { ttl }) => new ProblemError("too-many-requests", undefined, ttl),
  });
}

/** Counts in the live store, and here alone while that is away. */
export function counterOf(live: LiveStore): (name: string, windowMs: number) => Promise<Count> {
  const alone = createInProcessLive();
  return (name, windowMs) => live.count(name, windowMs).catch(() => alone.count(name, windowMs));
}

/** By what a caller is told from others. */
export function whoOf({ caller, user, ip }: FastifyRequest): string {
  if (caller?.keyId !== undefined && caller.keyId !== null) return `key ${caller.keyId}`;
  if (user !== null) return `session ${user.sessionId}`;
  return `address ${addressOf(ip)}`;
}

/** One customer of a provider may have a whole /64 of IPv6: it counts as one. */
export function addressOf(ip: string): string {
  return normalizeIP(ip);
}
