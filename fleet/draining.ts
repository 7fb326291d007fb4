/**
 * Leaving without harm: readiness fails first, so that a load balancer looks elsewhere; then nothing new is taken from
 * the broker, what was taken is booked and acknowledged, and requests under way are answered; all within a limit. What
 * is cut off by the limit, or by kill -9, is sent again by its machine.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { FastifyInstance, FastifyReply } from "fastify";
import fp from "fastify-plugin";

export interface Draining {
  isDraining(): boolean;
  /** Only tells readiness; see `drain`. */
  begin(): void;
  /** Resolves when every request under way is answered. */
  answered(): Promise<void>;
}

declare module "fastify" {
  interface FastifyInstance {
    readonly draining: Draining;
  }
}

export interface DrainTimes {
  /** Readiness fails for so long before anything else ends. */
  readonly noticeMs: number;
  /** The rest of it takes at most so long. */
  readonly withinMs: number;
}

/** Between two looks at the requests under way: their end tells nobody. */
const LOOK_EVERY_MS = 50;

export const drainingPlugin = fp(
  async (app: FastifyInstance) => {
    let began = false;
    const replies = new Set<FastifyReply>();
    app.addHook("onRequest", async (_request, reply) => {
      replies.add(reply);
      reply.raw.once("close", () => replies.delete(reply));
    });
    app.decorate("draining", {
      isDraining: () => began,
      begin: () => {
        began = true;
      },
      answered: async () => {
        // A stream of events counts as sent from its beginning: it has no end of its own.
        while ([...replies].some((reply) => !reply.sent)) await wait(LOOK_EVERY_MS);
      },
    });
  },
  { name: "draining" },
);

/** Drains and closes `app`. False if the limit cut something off. */
export async function drain(app: FastifyInstance, { noticeMs, withinMs }: DrainTimes): Promise<boolean> {
  app.draining.begin();
  app.log.info(`draining: not ready from now on, leaving in ${noticeMs} ms, at most ${withinMs} ms later`);
  if (noticeMs > 0) await wait(noticeMs);
  const limit = new AbortController();
  // Nobody has to wait for orders that others will give.
  app.orderDesk?.polls.close();
  const late = wait(withinMs, false, { signal: limit.signal }).catch(() => false);
  const done = Promise.all([app.ingest?.drain(), app.draining.answered()]).then(() => true);
  const drained = await Promise.race([done, late]);
  limit.abort();
  if (!drained) app.log.warn(`draining took longer than ${withinMs} ms; machines will send again what was cut off`);
  await app.close();
  return drained;
}
