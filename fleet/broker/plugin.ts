/** Runs the embedded broker, or names the external one: `app.broker.url` is where the fleet connects. */
import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import type { Config } from "../config.js";
import { randomSecret } from "../store/data-folder.js";
import { checkMachine } from "../store/provision.js";
import { FLEET_USER, startBroker } from "./embedded.js";

export interface Broker {
  /** mqtt[s]://user:password@host:port of the fleet's own connection. */
  readonly url: string;
  /** Port machines connect to; undefined for an external broker. */
  readonly port: number | undefined;
  /** How many are connected to the embedded broker. */
  readonly connections?: () => number;
}

declare module "fastify" {
  interface FastifyInstance {
    /** Absent without the role `ingest`. */
    readonly broker?: Broker;
  }
}

export const brokerPlugin = fp(
  async (app: FastifyInstance, { config }: { readonly config: Config }) => {
    if (config.mqttUrl !== undefined) {
      app.decorate("broker", { url: config.mqttUrl, port: undefined });
      return;
    }
    const fleetPassword = randomSecret();
    const broker = await startBroker({
      host: config.host,
      port: config.mqttPort,
      fleetPassword,
      checkMachine: (serial, password) => checkMachine(app.databases.ingest, serial, password),
    });
    const host = config.host.includes(":") ? `[${config.host}]` : config.host;
    const url = `mqtt://${FLEET_USER}:${fleetPassword}@${host}:${broker.port}`;
    app.decorate("broker", { url, port: broker.port, connections: broker.connections });
    app.addHook("onClose", () => broker.close());
  },
  { name: "broker", dependencies: ["store"] },
);
