/**
 * HTTPS in front of a service, as a proxy gives it: a certificate of the fleet's authority, and answers that get lost.
 */
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { Authorities } from "../../../fleet/identity/authorities.js";
import { issueServer } from "../../../fleet/identity/authority.js";
import { SUITE } from "../../../tools/measure/tls-bytes.js";

export class Door {
  /** So many answers do not come through: the connection breaks once the service has given them. */
  losesAnswers = 0;
  /** Of the answers, in order. */
  readonly statuses: number[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** url: of the service. */
  static async open(url: string, { brokers }: Authorities): Promise<Door> {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    const spki = publicKey.export({ type: "spki", format: "der" });
    const { pem } = await issueServer(brokers, ["localhost"], spki, Date.now());
    const key = privateKey.export({ type: "pkcs8", format: "pem" });
    const server = createServer({ key, cert: pem, ciphers: SUITE, maxVersion: "TLSv1.2" });
    const door = new Door(server);
    server.on("request", (incoming, outgoing) => {
      const { method, headers } = incoming;
      const onwards = request(`${url}${incoming.url}`, { method, headers }, (answer) => {
        door.statuses.push(answer.statusCode ?? 0);
        if (door.losesAnswers > 0) {
          door.losesAnswers -= 1;
          answer.resume();
          outgoing.destroy();
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      incoming.pipe(onwards);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return door;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}
