/**
 * The machines' door by HTTP: a claim code becomes an identity, an old certificate a new one. Nobody is signed in here:
 * what is presented proves itself, tries are counted by address, and a refusal tells only who holds a code of ours.
 */

import { X509Certificate } from "node:crypto";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { renewAfter } from "../../identity/authority.js";
import { claim, type Granted, machineKeys, renew } from "../../identity/claiming.js";
import type { MachineBroker } from "../../identity/plugin.js";
import { ProblemError } from "../problems.js";
import { limitRequests } from "../rate-limits.js";
import { DOOR_FAILURES } from "../responses.js";
import { ClaimUse, Identity, RenewalBody, Renewed } from "./schema.js";

/** Tries from one address, for claims and renewals each. */
export const DOOR_TRIES = { max: 60, timeWindow: "1 minute" } as const;

export const machineDoor: FastifyPluginAsyncTypebox<{ readonly master: Uint8Array }> = async (app, { master }) => {
  await limitRequests(app);
  const ports = () => ({ app: app.databases.app, authorities: app.door.authorities, nowMs: Date.now() });
  const brokerOr503 = (): MachineBroker => {
    const broker = app.door.machineBroker();
    if (broker === undefined) throw new ProblemError("no-machine-broker");
    return broker;
  };

  app.post(
    "/claims",
    {
      config: { rateLimit: DOOR_TRIES },
      schema: { body: ClaimUse, response: { 200: Identity, ...DOOR_FAILURES } },
    },
    async (request, reply) => {
      const broker = brokerOr503();
      const { code, serial } = request.body;
      const granted = await claim(ports(), { code, serial, request: bytesOf(request.body.request) });
      if (granted.is === "badRequest") throw new ProblemError("certificate-request", granted.why);
      if (granted.is === "refused") throw new ProblemError("claim-refused", granted.why);
      if (granted.replaced) await app.door.changed(serial);
      reply.header("cache-control", "no-store");
      return { ...viewOf(serial, granted, broker), keys: machineKeys(master, serial, granted.epoch) };
    },
  );

  app.post(
    "/renewals",
    {
      config: { rateLimit: DOOR_TRIES },
      schema: { body: RenewalBody, response: { 200: Renewed, ...DOOR_FAILURES } },
    },
    async (request, reply) => {
      const broker = brokerOr503();
      const { certificate, proof } = request.body;
      const asked = {
        certificate: bytesOf(certificate),
        request: bytesOf(request.body.request),
        proof: bytesOf(proof),
      };
      const granted = await renew(ports(), asked);
      if (granted.is === "refused") throw new ProblemError("renewal-refused");
      reply.header("cache-control", "no-store");
      return viewOf(granted.serial, granted, broker);
    },
  );
};

function viewOf(serial: string, { epoch, certificate, authorities }: Granted, { host, port }: MachineBroker): Renewed {
  const read = new X509Certificate(certificate);
  const span = { notBefore: new Date(read.validFrom), notAfter: new Date(read.validTo) };
  return {
    serial,
    epoch,
    certificate: read.toString(),
    authorities: [...authorities],
    broker: { host, port },
    renewAfter: renewAfter(span).toISOString(),
  };
}

function bytesOf(base64: string): Uint8Array {
  return Buffer.from(base64, "base64");
}
