/** The REST API under /api/v1, health outside of it. Everything but signing in needs a session or a key. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Config } from "../config.js";
import { createMailer, mailServerOf } from "../mail.js";
import { masterKey } from "../store/master-key.js";
import { type Seal, sealOf } from "../store/sealing.js";
import { passwordRoutes } from "./account/passwords.js";
import { accountRoutes } from "./account/routes.js";
import { alertRuleRoutes } from "./alert-rules/routes.js";
import { alertRoutes } from "./alerts/routes.js";
import { auditLogRoutes } from "./audit-log/routes.js";
import { auditRoutes } from "./audits/routes.js";
import { changeRoutes } from "./changes/routes.js";
import { channelRoutes } from "./channels/routes.js";
import { claimRoutes } from "./claims/routes.js";
import { docsRoutes, documentRoutes } from "./docs/plugin.js";
import { sendProblem } from "./errors.js";
import { conditionalReads } from "./etags.js";
import { eventRoutes } from "./events/routes.js";
import { faultRoutes } from "./faults/routes.js";
import { healthRoutes } from "./health/routes.js";
import { identityRoutes } from "./identity/routes.js";
import { importRoutes } from "./imports/routes.js";
import { keyRoutes } from "./keys/routes.js";
import { locationRoutes } from "./locations/routes.js";
import { machineDoor } from "./machine-door/routes.js";
import { machineSync } from "./machine-sync/routes.js";
import { profileRoutes } from "./machines/profile-routes.js";
import { machineRoutes } from "./machines/routes.js";
import { operatorRoutes } from "./operators/routes.js";
import { orderRoutes } from "./orders/routes.js";
import { overviewRoutes } from "./overview/routes.js";
import { owedRoutes } from "./owed/routes.js";
import { paymentRoutes } from "./payments/routes.js";
import { planogramRoutes } from "./planograms/routes.js";
import { ProblemError } from "./problems.js";
import { productRoutes } from "./products/routes.js";
import { addressOf, BAD_CREDENTIALS_PER_MINUTE, limitRequests } from "./rate-limits.js";
import { revenueRoutes } from "./revenue/routes.js";
import { requireRights } from "./rights.js";
import { oidcRoutes } from "./session/oidc-routes.js";
import { sessionPlugin } from "./session/plugin.js";
import { createProvider } from "./session/provider.js";
import { sessionRoutes } from "./session/routes.js";
import { settingsRoutes } from "./settings/routes.js";
import { slotRoutes } from "./slots/routes.js";
import { tagRoutes } from "./tags/routes.js";
import { telemetryRoutes } from "./telemetry/routes.js";
import { transactionExport } from "./transactions/export.js";
import { transactionRoutes } from "./transactions/routes.js";
import { transferRoutes } from "./transfers/routes.js";
import { updateRoutes } from "./updates/routes.js";
import { startLetters } from "./users/letters.js";
import { userRoutes } from "./users/routes.js";
import { voucherRoutes } from "./vouchers/routes.js";
import { webhookRoutes } from "./webhooks/routes.js";

export const API_PREFIX = "/api/v1";
/** Where machines come in by HTTP. */
export const MACHINE_PREFIX = "/machine/v1";

/** Where machines are booked, they may also come by HTTP. */
export async function machineSyncRoutes(app: FastifyInstance, { door }: Config): Promise<void> {
  const { ingest, orderDesk: desk } = app;
  if (ingest === undefined || desk === undefined) return;
  await app.register(machineSync, { prefix: MACHINE_PREFIX, ingest, desk, passwords: door.passwords });
}

/** `seal`, where letters are mailed: from the start of the service to its end. */
function sendingLetters(app: FastifyInstance, config: Config, seal: Seal): Seal | undefined {
  const { publicUrl } = config;
  const mailServer = mailServerOf(config);
  if (mailServer === undefined || publicUrl === undefined) return undefined;
  const mailer = createMailer(mailServer);
  const log = (text: string, detail: unknown): void => app.log.error(detail, text);
  const ingest = () => app.databases.ingest;
  let letters: { close(): Promise<void> } | undefined;
  app.addHook("onReady", async () => {
    letters = startLetters({ ingest, now: Date.now, chance: Math.random, mailer, publicUrl, seal, log });
  });
  app.addHook("onClose", async () => {
    await letters?.close();
    mailer.close();
  });
  return seal;
}

export async function apiPlugin(app: FastifyInstance, { config }: { readonly config: Config }): Promise<void> {
  const { publicUrl, sessionHours } = config;
  const master = await masterKey(config);
  const post = { letters: sendingLetters(app, config, sealOf(master, "letter")) };
  await app.register(sessionPlugin, { publicUrl });
  await documentRoutes(app);
  await app.register(docsRoutes);
  await app.register(healthRoutes);
  await app.register(machineDoor, { prefix: MACHINE_PREFIX, master });
  await machineSyncRoutes(app, config);
  await app.register(
    async (api) => {
      api.setNotFoundHandler((_request, reply) => sendProblem(reply, "no-such-route"));
      await limitRequests(api);
      const seal = sealOf(master, "totp");
      await api.register(sessionRoutes, { sessionHours, seal });
      await api.register(accountRoutes, { seal });
      await api.register(passwordRoutes, post);
      const { oidc } = config;
      const provider = oidc === undefined || publicUrl === undefined ? undefined : createProvider(oidc, publicUrl);
      await api.register(oidcRoutes, { provider, seal: sealOf(master, "oidc"), sessionHours, publicUrl });
      await api.register(async (inside) => {
        inside.addHook("onRequest", knownCaller(inside));
        requireRights(inside);
        conditionalReads(inside);
        await inside.register(overviewRoutes);
        await inside.register(machineRoutes);
        await inside.register(profileRoutes);
        await inside.register(slotRoutes);
        await inside.register(revenueRoutes);
        await inside.register(telemetryRoutes, config.telemetryKept);
        await inside.register(transactionRoutes);
        await inside.register(transactionExport);
        await inside.register(paymentRoutes);
        await inside.register(faultRoutes);
        await inside.register(alertRoutes);
        await inside.register(alertRuleRoutes);
        await inside.register(channelRoutes, { master: await masterKey(config) });
        await inside.register(owedRoutes);
        await inside.register(voucherRoutes, { master });
        await inside.register(productRoutes);
        await inside.register(locationRoutes);
        await inside.register(importRoutes);
        await inside.register(planogramRoutes);
        await inside.register(settingsRoutes);
        await inside.register(updateRoutes);
        await inside.register(orderRoutes);
        await inside.register(auditRoutes);
        await inside.register(claimRoutes, { publicUrl });
        await inside.register(identityRoutes);
        await inside.register(eventRoutes);
        await inside.register(changeRoutes);
        await inside.register(webhookRoutes, { master });
        await inside.register(keyRoutes);
        await inside.register(userRoutes, post);
        await inside.register(operatorRoutes);
        await inside.register(transferRoutes);
        await inside.register(tagRoutes);
        await inside.register(auditLogRoutes);
      });
    },
    { prefix: API_PREFIX },
  );
}

/** `requireCaller`, and who keeps coming with what is no key and no session is slowed down by address. */
function knownCaller(inside: FastifyInstance): (request: FastifyRequest) => Promise<void> {
  const bad = inside.createRateLimit({
    max: BAD_CREDENTIALS_PER_MINUTE,
    keyGenerator: ({ ip }) => `bad ${addressOf(ip)}`,
  });
  return async (request) => {
    try {
      await inside.requireCaller(request);
    } catch (error) {
      const isRefusal = error instanceof ProblemError && error.code === "not-signed-in";
      const counted = isRefusal ? await bad(request) : undefined;
      if (counted?.isAllowed === false && counted.isExceeded) {
        throw new ProblemError("too-many-requests", undefined, counted.ttl);
      }
      throw error;
    }
  };
}
