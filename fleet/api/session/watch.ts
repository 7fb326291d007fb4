/**
 * A stream outlives the request that opened it: who listens is looked at again every few seconds, and at once when
 * somebody's session, key, role, tags or machines change. What he may see no more is not sent.
 */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { serialsInScope } from "../../store/machine-list.js";
import { asOperator } from "../../store/tenancy.js";
import { ProblemError } from "../problems.js";
import { callerOf } from "../rights.js";

const LOOK_EVERY_MS = 15_000;

export interface Watch {
  /** Whether the listener may see this machine; null: what is of the operator as a whole. */
  sees(serial: string | null): boolean;
  stop(): void;
}

/** Calls `over` once when the stream must end: its caller is nobody any more, or another than he was. */
export async function watchCaller(app: FastifyInstance, request: FastifyRequest, over: () => void): Promise<Watch> {
  const { operatorId, tags, rights } = callerOf(request);
  const began = JSON.stringify([tags, rights]);
  const seen = async (): Promise<ReadonlySet<string> | undefined> =>
    tags === null ? undefined : new Set(await asOperator(app.databases.app, { operatorId, tags }, serialsInScope));
  let serials = await seen();
  const look = async (): Promise<void> => {
    try {
      await app.requireCaller(request);
      const now = callerOf(request);
      if (JSON.stringify([now.tags, now.rights]) === began) serials = await seen();
      else over();
    } catch (error) {
      if (error instanceof ProblemError) over();
      else request.log.warn(error, "a listener could not be looked at again");
    }
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  let stopped = false;
  let leave: (() => Promise<void>) | undefined;
  app.live.subscribe(doorsChannel(operatorId), look).then(
    async (unsubscribe) => {
      leave = unsubscribe;
      if (stopped) await unsubscribe();
    },
    (error: unknown) => request.log.warn(error, "a listener is looked at only now and then"),
  );
  return {
    sees: (serial) => serials === undefined || (serial !== null && serials.has(serial)),
    stop: () => {
      stopped = true;
      clearInterval(timer);
      leave?.().catch(() => undefined);
    },
  };
}

/** Somebody's session, key, role or tags changed, or a machine's tags or owner: after the commit. */
export async function lookAtListeners(app: FastifyInstance, operatorId: string): Promise<void> {
  await app.live.publish(doorsChannel(operatorId), "look").catch(() => undefined);
}

function doorsChannel(operatorId: string): string {
  return `operator:${operatorId}:doors`;
}
