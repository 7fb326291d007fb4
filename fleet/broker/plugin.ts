/** Runs the embedded broker, or names the external one: `app.broker.url` is where the fleet connects. */
import { generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import type { Config } from "../config.js";
import type { Authorities } from "../identity/authorities.js";
import { issueServer, renewAfter } from "../identity/authority.js";
import { TakeoverWatch } from "../identity/takeovers.js";
import { noLongerGood, standingOf } from "../store/certificates.js";
import { randomSecret } from "../store/data-folder.js";
import { checkMachine } from "../store/provision.js";
import { type Credentials, type EmbeddedBroker, startBroker } from "./embedded.js";
import { FLEET_USER } from "./login.js";

export interface Broker {
  /** mqtt[s]://user:password@host:port of the fleet's own connection. */
  readonly url: string;
  /** Port machines connect to; undefined for an external broker. */
  readonly port: number | undefined;
  /** How many machines are connected to the embedded broker. */
  readonly connections?: () => number;
  /** Port machines with certificates connect to, where there is one. */
  readonly tlsPort: number | undefined;
}

declare module "fastify" {
  interface FastifyInstance {
    /** Absent without the role `ingest`. */
    readonly broker?: Broker;
  }
}

/** Another process, or time itself, may have ended what a connected machine came in with. */
const LOOK_AGAIN_MS = 5_000;
const LOOK_AT_CREDENTIALS_MS = 60_000;
const generateKey = promisify(generateKeyPair);

export const brokerPlugin = fp(
  async (app: FastifyInstance, { config }: { readonly config: Config }) => {
    const { mqttUrl } = config;
    if (mqttUrl !== undefined) {
      app.decorate("broker", { url: mqttUrl, port: undefined, tlsPort: undefined });
      return;
    }
    const { host, mqttPort: port, door } = config;
    const fleetPassword = randomSecret();
    const tls = door.tlsPort === undefined ? undefined : await credentialsOf(app, config);
    const takeovers = new TakeoverWatch();
    const broker = await startBroker({
      host,
      port,
      fleetPassword,
      ...(door.passwords
        ? { checkMachine: (serial, password) => checkMachine(app.databases.ingest, serial, password) }
        : {}),
      ...(tls === undefined || door.tlsPort === undefined
        ? {}
        : {
            tls: { host: door.tlsHost, port: door.tlsPort, credentials: tls.first },
            checkCertificate: (serial, fingerprint) => standingOf(app.databases.ingest, serial, fingerprint),
          }),
      onTakeover: (serial, by, displaced) => {
        if (!takeovers.tookOver(serial, by, displaced, Date.now())) return;
        takeovers.forget(serial);
        app.door.suspend(serial, `taken over to and fro, last from ${displaced} by ${by}`);
      },
    });
    const name = host.includes(":") ? `[${host}]` : host;
    const url = `mqtt://${FLEET_USER}:${fleetPassword}@${name}:${broker.port}`;
    const { port: plainPort, tlsPort, connections } = broker;
    app.decorate("broker", { url, port: plainPort, tlsPort, connections });
    app.door.cutBy((serial) => broker.cut(serial));
    const timers = [setInterval(() => lookAgain(app, broker), LOOK_AGAIN_MS)];
    if (tls !== undefined) {
      app.door.onAuthorities((authorities) => tls.renew(broker, authorities));
      timers.push(setInterval(() => renewCredentials(app, tls, broker), LOOK_AT_CREDENTIALS_MS));
    }
    app.addHook("onClose", async () => {
      for (const timer of timers) clearInterval(timer);
      await broker.close();
    });
  },
  { name: "broker", dependencies: ["store", "door"] },
);

/** Cuts whoever would not be let in any more. */
function lookAgain(app: FastifyInstance, broker: EmbeddedBroker): void {
  noLongerGood(app.databases.ingest, broker.connected())
    .then((serials) => Promise.all(serials.map((serial) => broker.cut(serial))))
    .catch((error: unknown) => app.log.warn(error, "connected machines were not looked at again"));
}

interface ServerCredentials {
  readonly first: Credentials;
  /** Where the certificate grows old or an authority was added or retired. */
  renew(broker: EmbeddedBroker, authorities: Authorities): Promise<void>;
}

function renewCredentials(app: FastifyInstance, tls: ServerCredentials, broker: EmbeddedBroker): void {
  app.door
    .authorities()
    .then((authorities) => tls.renew(broker, authorities))
    .catch((error: unknown) => app.log.error(error, "the broker's certificate was not renewed"));
}

async function credentialsOf(app: FastifyInstance, { host, door }: Config): Promise<ServerCredentials> {
  // Made anew at each start: nothing has to keep it.
  const { publicKey, privateKey } = await generateKey("rsa", { modulusLength: 2_048 });
  const hosts = [...new Set([...(door.broker === undefined ? [] : [door.broker.host]), door.tlsHost, host])];
  const names = hosts.filter((name) => name !== "0.0.0.0" && name !== "::");
  const make = async (authorities: Authorities) => {
    const issued = await issueServer(authorities.brokers, names, spkiOf(publicKey), Date.now());
    const key = privateKey.export({ type: "pkcs8", format: "pem" });
    const credentials: Credentials = { key, cert: issued.pem, ca: [...authorities.bundle] };
    return { credentials, dueMs: renewAfter(issued).getTime(), bundle: authorities.bundle.join() };
  };
  let present = await make(await app.door.authorities());
  return {
    first: present.credentials,
    renew: async (broker, authorities) => {
      if (Date.now() < present.dueMs && authorities.bundle.join() === present.bundle) return;
      present = await make(authorities);
      broker.setCredentials(present.credentials);
    },
  };
}

function spkiOf(key: KeyObject): Uint8Array {
  return key.export({ type: "spki", format: "der" });
}
