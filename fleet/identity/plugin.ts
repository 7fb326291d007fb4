/**
 * What the rest of the service asks of the door, `app.door`: the authorities, where machines are sent, and what follows
 * once somebody is not to come in any more: the connection is cut, the list of revoked certificates written.
 */
import type { FastifyInstance } from "fastify";
import fp from "fastify-plugin";
import { takeOver } from "../broker/takeover.js";
import type { Config } from "../config.js";
import { recentlyShutOut } from "../store/certificates.js";
import { clearIfLifted, suspend } from "../store/suspensions.js";
import { type Authorities, openAuthorities } from "./authorities.js";
import { RevocationFile } from "./revocation-file.js";

export interface MachineBroker {
  readonly host: string;
  readonly port: number;
}

export interface Door {
  /** As they are in their folder now. */
  authorities(): Promise<Authorities>;
  /** `told` hears of each change of them that is noticed, before whoever noticed it goes on. */
  onAuthorities(told: (authorities: Authorities) => Promise<void>): void;
  /** Where machines with certificates connect to; undefined: nowhere yet. */
  machineBroker(): MachineBroker | undefined;
  /** Two boards have this identity: neither comes in until an operator has decided. Never rejects. */
  suspend(serial: string, evidence: string): void;
  /** Who may come in as this machine has changed. Never rejects. */
  changed(serial: string): Promise<void>;
  /** How this process cuts a machine's connection, once it runs the embedded broker. */
  cutBy(cut: (serial: string) => Promise<void>): void;
}

declare module "fastify" {
  interface FastifyInstance {
    readonly door: Door;
  }
}

/** A certificate of an authority that our own broker does not know yet would be of no use. */
class WatchedAuthorities {
  readonly #folder: string;
  #bundle = "";
  told: (authorities: Authorities) => Promise<void> = async () => undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(): Promise<Authorities> {
    const found = await openAuthorities(this.#folder, Date.now());
    const bundle = found.bundle.join();
    if (bundle !== this.#bundle) {
      this.#bundle = bundle;
      await this.told(found);
    }
    return found;
  }
}

/** Another process may have revoked something, and the list itself grows old. */
const WRITE_AGAIN_MS = 60_000;

export const doorPlugin = fp(
  async (app: FastifyInstance, { config }: { readonly config: Config }) => {
    const { authorityDir, broker, tlsHost, tlsPort, revocationFile: path, revocationPidFile: pidFile } = config.door;
    const { mqttUrl } = config;
    // Without the role `ingest` and a broker of others: the process with the embedded one looks by itself.
    let cut = async (serial: string): Promise<void> => {
      if (mqttUrl !== undefined) await takeOver(mqttUrl, serial);
    };
    const authorities = new WatchedAuthorities(authorityDir);
    const ports = { pidFile, authorities: () => authorities.read(), ingest: () => app.databases.ingest };
    const file = path === undefined ? undefined : new RevocationFile({ path, ...ports });
    const write = async (): Promise<void> => {
      try {
        const reread = (await file?.write(Date.now()))?.reread;
        if (reread?.is === "failed") app.log.error(`the broker does not know the new revocation list: ${reread.why}`);
      } catch (error) {
        app.log.error(error, "revocation list not written");
      }
    };
    const changed = async (serial: string): Promise<void> => {
      // The list first: whoever is cut comes back at once.
      await write();
      await clearIfLifted(app.databases.ingest, serial).catch((error: unknown) => app.log.warn(error, "still alarmed"));
      await cut(serial).catch((error: unknown) => app.log.error(error, `${serial} was not cut off`));
    };
    app.decorate("door", {
      authorities: () => authorities.read(),
      onAuthorities: (told) => {
        authorities.told = told;
      },
      machineBroker: () => {
        if (broker !== undefined) return broker;
        const port = app.broker?.tlsPort ?? tlsPort ?? 0;
        return port === 0 ? undefined : { host: tlsHost, port };
      },
      suspend: (serial, evidence) => {
        suspend(app.databases.ingest, serial, evidence)
          .then((isNew) => {
            if (isNew) app.log.error(`${serial}: suspended, for there seem to be two of it (${evidence})`);
            return isNew ? changed(serial) : undefined;
          })
          .catch((error: unknown) => app.log.error(error, `${serial}: was not suspended`));
      },
      changed,
      cutBy: (ours) => {
        cut = ours;
      },
    });
    await write();
    const again = async (): Promise<void> => {
      await write();
      for (const serial of await recentlyShutOut(app.databases.ingest)) await cut(serial);
    };
    // A broker of others may have let them in again before it read the list.
    const timer =
      file === undefined
        ? undefined
        : setInterval(() => {
            again().catch((error: unknown) => app.log.warn(error, "who is shut out was not looked at again"));
          }, WRITE_AGAIN_MS);
    app.addHook("onClose", async () => {
      clearInterval(timer);
      await file?.settled();
    });
  },
  { name: "door", dependencies: ["store"] },
);
