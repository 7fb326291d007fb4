/**
 * The embedded MQTT broker (aedes, MQTT 3.1.1): one port without TLS, for loopback, and one where a certificate of ours
 * is the way in. Who may do what is said by login.ts and permissions.ts; connections are cut here when that changes.
 */
import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";
import { Aedes, type AuthenticateError, type Client } from "aedes";
import { MAX_MESSAGE_BYTES } from "../../shared/wire/messages.js";
import { ConfigError } from "../config.js";
import type { Connected } from "../store/certificates.js";
import { judgeLogin, type LoginChecks, REFUSED, type Shown } from "./login.js";
import { packetGauge } from "./packet-gauge.js";
import { type Identity, mayPublish, maySubscribe } from "./permissions.js";

/** Machines of one small installation; external brokers carry more. */
const MAX_CONNECTIONS = 2_000;
/** Our largest message, with room for its topic; a CONNECT with a will is no larger. */
export const MAX_PACKET_BYTES = MAX_MESSAGE_BYTES + 1_024;
/** A machine that is gone is noticed after one and a half times this. */
export const KEEPALIVE_LIMIT_S = 3_600;
/** A machine's handshake takes seconds of its JavaScript. */
const HANDSHAKE_WITHIN_MS = 30_000;

/** Key and certificate of the broker, and who may sign for machines. All PEM. */
export type Credentials = Pick<TlsOptions, "key" | "cert"> & { readonly ca: string[] };

export interface EmbeddedBrokerOptions extends LoginChecks {
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly tls?: { readonly host: string; readonly port: number; readonly credentials: Credentials };
  /** A machine's connection from `by` threw out one from `displaced` that lived. */
  readonly onTakeover?: (serial: string, by: string, displaced: string) => void;
  readonly maxConnections?: number;
}

export interface EmbeddedBroker {
  readonly port: number;
  /** How many machines are connected. */
  connections(): number;
  readonly tlsPort: number | undefined;
  /** Machines that are connected. */
  connected(): readonly Connected[];
  /** Ends the machine's connection, if it has one; its will is published. */
  cut(serial: string): Promise<void>;
  /** For connections from now on. */
  setCredentials(credentials: Credentials): void;
  close(): Promise<void>;
}

interface Guest {
  readonly client: Client;
  readonly address: string;
  readonly fingerprint: Uint8Array | null;
}

/** Machines that are connected, by serial. */
class Guests {
  readonly #machines = new Map<string, Guest>();
  readonly #onTakeover: EmbeddedBrokerOptions["onTakeover"];

  constructor(onTakeover: EmbeddedBrokerOptions["onTakeover"]) {
    this.#onTakeover = onTakeover;
  }

  welcome(client: Client, serial: string, { address, shown }: Peer): void {
    const before = this.#machines.get(serial);
    if (before !== undefined) this.#onTakeover?.(serial, address, before.address);
    const guest: Guest = { client, address, fingerprint: shown?.fingerprint ?? null };
    this.#machines.set(serial, guest);
    client.conn.once("close", () => {
      if (this.#machines.get(serial) === guest) this.#machines.delete(serial);
    });
  }

  list(): readonly Connected[] {
    return [...this.#machines].map(([serial, { fingerprint }]) => ({ serial, fingerprint }));
  }

  async cut(serial: string): Promise<void> {
    const guest = this.#machines.get(serial);
    if (guest !== undefined) await new Promise<void>((resolve) => guest.client.close(resolve));
  }
}

export async function startBroker(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
  const identities = new WeakMap<Client, Identity>();
  const peers = new WeakMap<Duplex, Peer>();
  const guests = new Guests(options.onTakeover);
  // Machines are let in once the fleet listens: what they sent before would be heard by nobody and cost a resend pause.
  const fleetListens = gate();
  const aedes = await Aedes.createBroker({
    keepaliveLimit: KEEPALIVE_LIMIT_S,
    authenticate: (client, username, password, done) => {
      const peer = peers.get(client.conn) ?? NOWHERE;
      const secret = password ?? Buffer.alloc(0);
      judgeLogin(options, { clientId: client.id, username: username ?? "", password: secret, shown: peer.shown }).then(
        async (verdict) => {
          if (!verdict.ok) return done(refusal(verdict.returnCode), null);
          const { identity } = verdict;
          if (identity.is === "machine") {
            await fleetListens.opened;
            // Gone while it waited: nothing would ever take it out again.
            if (client.conn.destroyed) return;
            guests.welcome(client, identity.serial, peer);
          }
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
  const take = (socket: Socket, shown: Shown | undefined): void => {
    peers.set(socket, { address: socket.remoteAddress ?? "", shown });
    socket.setNoDelay(true);
    limitPackets(socket);
    aedes.handle(socket);
  };
  const doors = doorsOf(options, take);
  const closeAedes = (): Promise<void> => new Promise((resolve) => aedes.close(() => resolve()));
  try {
    for (const door of doors.all) await door.open();
  } catch (error) {
    // Its timers would keep the process alive.
    await closeAedes();
    for (const door of doors.all) await door.close();
    throw error;
  }
  return {
    port: doors.plain.port(),
    tlsPort: doors.tls?.port(),
    connections: () => guests.list().length,
    connected: () => guests.list(),
    cut: (serial) => guests.cut(serial),
    setCredentials: (credentials) => doors.tls?.setCredentials(credentials),
    close: async () => {
      await closeAedes();
      for (const door of doors.all) await door.close();
    },
  };
}

interface Peer {
  readonly address: string;
  readonly shown: Shown | undefined;
}

const NOWHERE: Peer = { address: "", shown: undefined };

interface BrokerDoor {
  open(): Promise<void>;
  port(): number;
  close(): Promise<void>;
}

type Take = (socket: Socket, shown: Shown | undefined) => void;

function doorsOf({ host, port, tls, maxConnections = MAX_CONNECTIONS }: EmbeddedBrokerOptions, take: Take) {
  const plainServer = createServer((socket) => take(socket, undefined));
  const plain = doorOf(plainServer, maxConnections, { host, port, setting: "SPIRAL_MQTT_PORT" });
  if (tls === undefined) return { plain, tls: undefined, all: [plain] };
  const server = createTlsServer(
    {
      ...tls.credentials,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: "TLSv1.2",
      handshakeTimeout: HANDSHAKE_WITHIN_MS,
    },
    (socket) => take(socket, shownBy(socket)),
  );
  // Who does not get through the handshake is nobody; there are scanners everywhere.
  server.on("tlsClientError", () => undefined);
  const door = doorOf(server, maxConnections, { host: tls.host, port: tls.port, setting: "SPIRAL_MQTT_TLS_PORT" });
  const setCredentials = (credentials: Credentials): void => server.setSecureContext(credentials);
  return { plain, tls: { ...door, setCredentials }, all: [plain, door] };
}

/** The certificate has been verified by the handshake; a name that is no text of ours lets nobody in. */
function shownBy(socket: TLSSocket): Shown {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { name: "", fingerprint: new Uint8Array(0) };
  const name = /^CN=([A-Z0-9-]+)$/.exec(certificate.subject)?.[1] ?? "";
  return { name, fingerprint: Buffer.from(certificate.fingerprint256.replaceAll(":", ""), "hex") };
}

function doorOf(server: Server, maxConnections: number, where: Where): BrokerDoor {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.maxConnections = maxConnections;
  return {
    open: () => listen(server, where),
    port: () => {
      const address = server.address();
      return address === null || typeof address === "string" ? where.port : address.port;
    },
    close: async () => {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
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

function refusal(returnCode: number): AuthenticateError {
  return Object.assign(new Error("refused"), { returnCode });
}

interface Where {
  readonly host: string;
  readonly port: number;
  readonly setting: string;
}

async function listen(server: Server, { host, port, setting }: Where): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      const code = "code" in error ? error.code : undefined;
      const cure = "Stop what listens there, or set another port (0 takes a free one).";
      reject(code === "EADDRINUSE" ? new ConfigError(setting, `is ${port}, which is taken`, cure) : error);
    });
    server.listen(port, host, resolve);
  });
}
