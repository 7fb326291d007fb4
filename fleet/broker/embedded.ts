/**
 * The embedded MQTT broker (aedes, MQTT 3.1.1): every machine with its own password, its serial as user name and client
 * id, so that nobody can take over another's session.
 */
import { timingSafeEqual } from "node:crypto";
import { createServer, type Socket } from "node:net";
import { Aedes, type AuthenticateError, type Client } from "aedes";
import { MAX_MESSAGE_BYTES } from "../../shared/wire/messages.js";
import { isMachineId } from "../../shared/wire/topics.js";
import { ConfigError } from "../config.js";
import { packetGauge } from "./packet-gauge.js";
import { type Identity, mayPublish, maySubscribe } from "./permissions.js";

/** User name of the fleet's own connection: lower case, so no serial can be it. */
export const FLEET_USER = "spiral-fleet";
/** Machines of one small installation; external brokers carry more. */
const MAX_CONNECTIONS = 2_000;
/** Our largest message, with room for its topic; a CONNECT with a will is no larger. */
export const MAX_PACKET_BYTES = MAX_MESSAGE_BYTES + 1_024;
/** A machine that is gone is noticed after one and a half times this. */
export const KEEPALIVE_LIMIT_S = 3_600;
/** CONNACK return codes, MQTT 3.1.1 §3.2.2.3. */
const REFUSED = { unavailable: 3, badPassword: 4, notAuthorised: 5 } as const;

export interface EmbeddedBrokerOptions {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Password of the fleet's own connection, made anew at each start. */
  readonly fleetPassword: string;
  /** True if the password is the machine's. Rejects if that cannot be known now. */
  readonly checkMachine: (serial: string, password: Uint8Array) => Promise<boolean>;
  readonly maxConnections?: number;
}

export interface EmbeddedBroker {
  readonly port: number;
  /** How many are connected, our own included. */
  connections(): number;
  close(): Promise<void>;
}

export async function startBroker(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
  const identities = new WeakMap<Client, Identity>();
  // Machines are let in once the fleet listens: what they sent before would be heard by nobody and cost a resend pause.
  const fleetListens = gate();
  const aedes = await Aedes.createBroker({
    keepaliveLimit: KEEPALIVE_LIMIT_S,
    authenticate: (client, username, password, done) => {
      identify(options, client.id, username ?? "", password ?? Buffer.alloc(0)).then(
        async (identity) => {
          if (identity === undefined) return done(refusal(REFUSED.badPassword), null);
          if (identity.is === "machine") await fleetListens.opened;
          identities.set(client, identity);
          done(null, true);
        },
        () => done(refusal(REFUSED.unavailable), null),
      );
    },
    authorizePublish: (client, packet, done) => {
      const who = client === null ? undefined : identities.get(client);
      const { topic, retain, payload } = packet;
      const allowed = who !== undefined && mayPublish(who, { topic, retain, payloadBytes: payload.length });
      done(allowed ? null : refusal(REFUSED.notAuthorised));
    },
    authorizeSubscribe: (client, subscription, done) => {
      const who = identities.get(client);
      done(null, who !== undefined && maySubscribe(who, subscription.topic) ? subscription : null);
    },
  });
  aedes.on("subscribe", (_, client) => {
    if (identities.get(client)?.is === "fleet") fleetListens.open();
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.setNoDelay(true);
    limitPackets(socket);
    aedes.handle(socket);
  });
  server.maxConnections = options.maxConnections ?? MAX_CONNECTIONS;
  const port = await listen(server, options).catch(async (error: unknown) => {
    // Its timers would keep the process alive.
    await new Promise<void>((resolve) => aedes.close(() => resolve()));
    throw error;
  });
  return {
    port,
    connections: () => aedes.connectedClients,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Ends the connection before aedes reads a packet that is too long. aedes reads by `read()` alone. */
function limitPackets(socket: Socket): void {
  const fits = packetGauge(MAX_PACKET_BYTES);
  const read = socket.read.bind(socket);
  socket.read = (size?: number) => {
    const chunk: unknown = read(size);
    if (chunk instanceof Uint8Array && !fits(chunk)) {
      socket.destroy();
      return null;
    }
    return chunk;
  };
}

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  const box: { open?: () => void } = {};
  const opened = new Promise<void>((resolve) => {
    box.open = resolve;
  });
  return { opened, open: () => box.open?.() };
}

async function identify(
  { fleetPassword, checkMachine }: EmbeddedBrokerOptions,
  clientId: string,
  username: string,
  password: Buffer,
): Promise<Identity | undefined> {
  if (username === FLEET_USER) return sameSecret(password, fleetPassword) ? { is: "fleet" } : undefined;
  if (!isMachineId(username) || clientId !== username) return undefined;
  return (await checkMachine(username, password)) ? { is: "machine", serial: username } : undefined;
}

function sameSecret(given: Buffer, secret: string): boolean {
  const wanted = Buffer.from(secret);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function refusal(returnCode: number): AuthenticateError {
  return Object.assign(new Error("refused"), { returnCode });
}

async function listen(server: ReturnType<typeof createServer>, { host, port }: EmbeddedBrokerOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      const taken = "code" in error && error.code === "EADDRINUSE";
      const cure = "Stop what listens there, or set another port (0 takes a free one).";
      reject(taken ? new ConfigError("SPIRAL_MQTT_PORT", `is ${port}, which is taken`, cure) : error);
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return address === null || typeof address === "string" ? port : address.port;
}
