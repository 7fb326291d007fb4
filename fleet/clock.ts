/** Time as presence and alerts ask for it (`app.clock`): handed in, so that a test may set it on. */

export interface Clock {
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Milliseconds that only rise, whoever sets the wall clock. */
  readonly monotonic: () => number;
}

export const SYSTEM_CLOCK: Clock = Object.freeze({ now: Date.now, monotonic: () => performance.now() });

declare module "fastify" {
  interface FastifyInstance {
    readonly clock: Clock;
  }
}
