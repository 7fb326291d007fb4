/** Puts the marks on the app before ingest (`app.alertMarks`), and after it the loop that looks at what is marked. */
import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import type { Config } from "../config.js";
import { PUBLIC_REACH } from "../hooks/target.js";
import { announceAlerts } from "../live/announce.js";
import { mailServerOf } from "../mail.js";
import { putNews } from "../store/deliveries.js";
import { masterKey } from "../store/master-key.js";
import { isConnectionFailure } from "../store/transact.js";
import { emailChannel } from "./channels/email.js";
import { webhookChannel } from "./channels/webhook.js";
import { Marks, SHARED_SEEN_FOR_MS } from "./marks.js";
import { type SenderPorts, startSender } from "./sender.js";
import { type AlertPorts, startAlerts } from "./worker.js";

declare module "fastify" {
  interface FastifyInstance {
    /** Absent without the role `ingest`. */
    readonly alertMarks?: Marks;
  }
}

export const marksPlugin = fp(
  async (app: FastifyInstance) => {
    // At a broker of others all ingest processes share what machines tell.
    const isShared = app.broker !== undefined && app.broker.port === undefined;
    app.decorate("alertMarks", new Marks(isShared ? { seenForMs: SHARED_SEEN_FOR_MS } : {}));
  },
  { name: "alert-marks", dependencies: ["broker"] },
);

export const alertsPlugin = fp(
  async (app: FastifyInstance) => {
    let worker: { close(): Promise<void> } | undefined;
    app.addHook("onReady", async () => {
      if (app.alertMarks !== undefined) worker = startAlerts(app.alertMarks, alertPorts(app));
    });
    app.addHook("onClose", async () => worker?.close());
  },
  { name: "alerts", dependencies: ["store", "live", "alert-marks", "ingest"] },
);

/** Sends what the alerts put into the outbox. Several processes may: each holds the channel it sends by. */
export const senderPlugin = fp(
  async (app: FastifyInstance, { config }: { readonly config: Config }) => {
    let sender: { close(): Promise<void> } | undefined;
    const ports = await senderPorts(app, config);
    app.addHook("onReady", async () => {
      sender = startSender(ports);
    });
    app.addHook("onClose", async () => sender?.close());
  },
  { name: "sender", dependencies: ["store"] },
);

export async function senderPorts(app: FastifyInstance, config: Config): Promise<SenderPorts> {
  const webhook = webhookChannel(await masterKey(config), config.hookReach ?? PUBLIC_REACH);
  return {
    ingest: () => app.databases.ingest,
    now: Date.now,
    chance: Math.random,
    channels: { email: emailChannel(mailServerOf(config)), webhook },
    log: logOf(app),
  };
}

/** The loop's ports on a running service. */
export function alertPorts(app: FastifyInstance): AlertPorts {
  return {
    ingest: () => app.databases.ingest,
    hearing: () => app.ingest?.hears() ?? false,
    now: app.clock.now,
    tell: putNews,
    announce: (news) => {
      announceAlerts(app.live, news).catch((error: unknown) => app.log.warn(error, "alerts were not announced"));
    },
    log: logOf(app),
  };
}

function logOf(app: FastifyInstance): (text: string, error: unknown) => void {
  return (text, error) => {
    if (isConnectionFailure(error)) app.databases.renew();
    app.log.warn(error, text);
  };
}
