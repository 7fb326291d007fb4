/**
 * What fleet tests share: a whole service with an embedded database of its own on free ports, a ledger that chains like
 * a machine's, and a machine's MQTT side, packet by packet. Nothing here sleeps: everything waits for what must come.
 */
import { readFile, rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Packet, parser, writeToStream } from "mqtt-packet";
import type { Config } from "../../fleet/config.js";
import type { Ingest } from "../../fleet/ingest/plugin.js";
import { type Fleet, startFleet } from "../../fleet/server.js";
import { randomSecret, rolePasswords } from "../../fleet/store/data-folder.js";
import { DATABASE_NAME } from "../../fleet/store/embedded.js";
import {
  addOperator,
  addProduct,
  addSlots,
  type MachineCredentials,
  registerMachine,
} from "../../fleet/store/provision.js";
import { chainNext, chainStart, codeOf, encodeBody } from "../../shared/records/codec.js";
import type { NewRecord, NewRecordOf } from "../../shared/records/kinds.js";
import {
  type AckMessage,
  type BatchMessage,
  decodeAck,
  encodeBatch,
  encodeStatus,
  type RawRecord,
  type StatusMessage,
  type TelemetryMessage,
} from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import { begunFolder, testConfig } from "./folders.js";

export { begunFolder, temporaryFolder, testConfig } from "./folders.js";

/** Longest any step of a test may take. */
export const PATIENCE_MS = 20_000;

export interface TestFleet extends Fleet {
  readonly operatorId: string;
  readonly config: Config;
  /** Registers a machine with slots B4 (Coke, 6 of 8) and B5 and connects nothing yet. */
  addMachine(serial: string, password?: string): Promise<MachineCredentials>;
}

/** Starts a service with one operator and two products. `close` also removes its folder. */
export async function startTestFleet(more: Partial<Config> = {}): Promise<TestFleet> {
  const dataDir = await begunFolder();
  const config = testConfig(dataDir, more);
  const fleet = await startFleet(config);
  const operatorId = await addOperator(fleet.databases, "Test Vending");
  await addTestProducts(fleet, operatorId);
  return {
    ...fleet,
    operatorId,
    config,
    addMachine: (serial, password) => addTestMachine(fleet, operatorId, serial, password),
    close: async () => {
      await fleet.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Settings of a second service on the database of `fleet`, as if that were a server of others. */
export async function neighbourOf(
  { config }: { readonly config: Config },
  more: Partial<Config> = {},
): Promise<Config> {
  const passwords = await rolePasswords(config.dataDir);
  const lines = (await readFile(join(config.dataDir, "postgres", "postmaster.pid"), "utf8")).split("\n");
  const urlOf = (role: "spiral_migrate" | "spiral_ingest" | "spiral_app"): string =>
    `postgres://${role}:${passwords[role]}@127.0.0.1:${lines[3]}/${DATABASE_NAME}`;
  const database = { url: urlOf("spiral_migrate"), ingestUrl: urlOf("spiral_ingest"), appUrl: urlOf("spiral_app") };
  return { ...testConfig(config.dataDir, more), database };
}

/** The ingest side of a service that has that role. */
export function ingestOf({ app }: Pick<Fleet, "app">): Ingest {
  if (app.ingest === undefined) throw new Error("this service does not ingest");
  return app.ingest;
}

/** What a browser says of a request by our own page; whoever changes something with the cookie has to say it. */
export const OUR_PAGE = { "sec-fetch-site": "same-origin" } as const;

/** Why `work` failed; empty if it did not. */
export async function failure(work: PromiseLike<unknown>): Promise<string> {
  return Promise.resolve(work).then(
    () => "",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

export const COKE = 7;

export async function addTestProducts(fleet: Pick<Fleet, "databases">, operatorId: string): Promise<void> {
  const common = { category: "beverage", defaultPrice: "1.75", currency: "USD" } as const;
  await addProduct(fleet.databases, operatorId, { ...common, number: COKE, name: "Coke", sku: "COKE-12" });
  await addProduct(fleet.databases, operatorId, { ...common, number: 8, name: "Water", sku: "WATER-16" });
}

export async function addTestMachine(
  fleet: Pick<Fleet, "databases">,
  operatorId: string,
  serial: string,
  password: string = randomSecret(),
): Promise<MachineCredentials> {
  const installedAt = new Date(Date.now() - 86_400_000);
  const credentials = await registerMachine(fleet.databases, {
    serial,
    operatorId,
    installedAt,
    timeZone: "Asia/Kathmandu",
    password,
  });
  await addSlots(fleet.databases, serial, [
    { slotCode: "B4", productNumber: COKE, quantity: 6, maxCapacity: 8, price: "1.75" },
    { slotCode: "B5", productNumber: 8, quantity: 3, maxCapacity: 8, price: "1.25" },
  ]);
  return credentials;
}

/** Between two records of a test's ledger. */
const STEP_MS = 100;

/** A machine's ledger: bodies and chain as the firmware makes them. */
export class TestLedger {
  readonly epoch: number;
  readonly records: RawRecord[] = [];
  private readonly chains: number[];
  private atMs = 1_000;
  private bootS: number;

  /** `bootS`: Unix seconds at monotonic 0, ten minutes ago unless given. */
  constructor(epoch = 1, bootS: number = Math.floor(Date.now() / 1_000) - 600) {
    this.epoch = epoch;
    this.bootS = bootS;
    this.chains = [chainStart(epoch)];
  }

  /** Wall time of the next record, as a synchronised clock says it. */
  get wallS(): number {
    return this.bootS + Math.floor((this.atMs + STEP_MS) / 1_000);
  }

  /** Sequence of the last record. */
  get newest(): number {
    return this.records.length;
  }

  /** Time passes without a record. */
  rest(ms: number): this {
    this.atMs += ms;
    return this;
  }

  append(record: NewRecord, wallS?: number): number {
    this.atMs += STEP_MS;
    const stamp = wallS === undefined ? { atMs: this.atMs } : { atMs: this.atMs, wallS };
    return this.appendRaw(codeOf(record.kind), encodeBody(record, stamp));
  }

  appendRaw(code: number, body: Uint8Array): number {
    this.records.push({ code, body });
    this.chains.push(chainNext(this.chains.at(-1) ?? 0, code, this.records.length, body));
    return this.records.length;
  }

  /** Boots with a synchronised clock, so that what follows is dated by it. */
  boot(): this {
    this.append({ kind: "boot", bootNo: 1, cause: 0, firmware: "0.1.0" }, this.wallS);
    this.append({ kind: "clockSet", quality: 2 }, this.wallS);
    return this;
  }

  /** The worked example: two $1 bills, a Coke from B4 for $1.75, one quarter back. */
  sellCoke(saleNo: number, more: Partial<NewRecordOf<"saleSettled">> = {}): this {
    for (let i = 0; i < 2; i++) {
      this.append({ kind: "stackStarted", type: 0, valueMinor: 100, stackerCount: i });
      this.append({ kind: "billStacked", type: 0, valueMinor: 100, route: 0 });
    }
    const sale = { saleNo, slot: "B4", priceMinor: 175, paidMinor: 200, means: 0 };
    this.append({ kind: "vendStarted", ...sale });
    const about = { productId: COKE, planogramVersion: 1, changeMinor: 25, proof: 0 };
    this.append({ kind: "saleSettled", ...sale, ...about, ...more }, this.wallS);
    const tubes = new Uint8Array(16);
    this.append({
      kind: "payoutStarted",
      payoutNo: saleNo,
      reason: 0,
      dueMinor: 25,
      type: 2,
      count: 1,
      valueMinor: 25,
      tubes,
    });
    this.append({ kind: "payoutDone", payoutNo: saleNo, reason: 0, paidMinor: 25, tubes }, this.wallS);
    return this;
  }

  /** Records [firstSeq, lastSeq] as a batch. */
  batch(firstSeq = 1, lastSeq: number = Math.min(this.newest, firstSeq + 63)): BatchMessage {
    const chain = this.chains[firstSeq - 1] ?? 0;
    return { epoch: this.epoch, firstSeq, chain, records: this.records.slice(firstSeq - 1, lastSeq) };
  }
}

export interface TestLogin {
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
}

export interface TestWill {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain?: boolean;
}

export interface Opened {
  readonly client: TestClient;
  readonly code: number;
}

/** A raw MQTT 3.1.1 client. */
export class TestClient {
  private readonly socket: Socket;
  private readonly waiting: ((packet: Packet) => boolean)[] = [];
  private readonly unread: Packet[] = [];
  readonly closed: Promise<void>;
  private messageId = 1;

  private constructor(socket: Socket) {
    this.socket = socket;
    const packets = parser({ protocolVersion: 4 });
    packets.on("packet", (packet: Packet) => {
      const taker = this.waiting.findIndex((take) => take(packet));
      if (taker >= 0) this.waiting.splice(taker, 1);
      else this.unread.push(packet);
    });
    socket.on("data", (chunk: Buffer) => packets.parse(chunk));
    socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
  }

  /** Connects; resolves with the client and CONNACK's return code. */
  static open(port: number, login: TestLogin, will?: TestWill): Promise<Opened> {
    return TestClient.over(connect({ host: "127.0.0.1", port }), login, will);
  }

  /** The same over a connection that is there, or under way. Without a user name none is sent. */
  static async over(socket: Socket, login: TestLogin, will?: TestWill): Promise<Opened> {
    const client = new TestClient(socket);
    const connack = client.next((packet) => packet.cmd === "connack");
    const last = will === undefined ? {} : { will: { ...will, payload: Buffer.from(will.payload), qos: 1 as const } };
    const { clientId, username } = login;
    const password = Buffer.from(login.password);
    writeToStream(
      {
        cmd: "connect",
        protocolId: "MQTT",
        protocolVersion: 4,
        clientId,
        clean: true,
        keepalive: 60,
        ...(username === "" ? {} : { username, password }),
        ...last,
      },
      socket,
    );
    const packet = await connack;
    return { client, code: packet.cmd === "connack" ? (packet.returnCode ?? -1) : -1 };
  }

  /** The next packet that fits, read or yet to come. */
  next(fits: (packet: Packet) => boolean): Promise<Packet> {
    const at = this.unread.findIndex(fits);
    const [found] = at >= 0 ? this.unread.splice(at, 1) : [];
    if (found !== undefined) return Promise.resolve(found);
    const come = new Promise<Packet>((resolve) => {
      this.waiting.push((packet) => {
        if (!fits(packet)) return false;
        resolve(packet);
        return true;
      });
    });
    const ended = this.closed.then(() => Promise.reject(new Error("the connection ended")));
    return within(Promise.race([come, ended]), "no such packet came");
  }

  /** Granted QoS, 128 if refused. */
  async subscribe(topic: string): Promise<number> {
    const messageId = this.messageId++;
    writeToStream({ cmd: "subscribe", messageId, subscriptions: [{ topic, qos: 1 }] }, this.socket);
    const packet = await this.next((other) => other.cmd === "suback" && other.messageId === messageId);
    const granted = packet.cmd === "suback" ? packet.granted[0] : undefined;
    return typeof granted === "number" ? granted : 128;
  }

  /** Publishes with QoS 1 without waiting for the PUBACK. */
  publish(topic: string, payload: Uint8Array, retain = false): number {
    const messageId = this.messageId++;
    const message = {
      cmd: "publish",
      topic,
      payload: Buffer.from(payload),
      qos: 1,
      messageId,
      dup: false,
      retain,
    } as const;
    writeToStream(message, this.socket);
    return messageId;
  }

  async published(topic: string, payload: Uint8Array, retain = false): Promise<void> {
    const messageId = this.publish(topic, payload, retain);
    await this.next((packet) => packet.cmd === "puback" && packet.messageId === messageId);
  }

  /** Messages that have come on a topic and nobody asked for. */
  arrived(topic: string): number {
    return this.unread.filter((packet) => packet.cmd === "publish" && packet.topic === topic).length;
  }

  /** Ends without DISCONNECT: the broker publishes the will. */
  async cut(): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }

  async disconnect(): Promise<void> {
    writeToStream({ cmd: "disconnect" }, this.socket);
    this.socket.end();
    await this.closed;
  }
}

/** A machine's uplink: sends batches and waits for application acks. */
export class TestMachine {
  readonly serial: string;
  readonly client: TestClient;

  private constructor(serial: string, client: TestClient) {
    this.serial = serial;
    this.client = client;
  }

  static async connect(
    port: number,
    { serial, password }: Pick<MachineCredentials, "serial" | "password">,
    will?: StatusMessage,
  ): Promise<TestMachine> {
    const last =
      will === undefined
        ? undefined
        : { topic: topicOf(serial, "status"), payload: encodeStatus({ ...will, online: false }), retain: true };
    const { client, code } = await TestClient.open(port, { clientId: serial, username: serial, password }, last);
    return TestMachine.on(serial, { client, code });
  }

  /** On a connection that was opened. Throws if it was refused. */
  static async on(serial: string, { client, code }: Opened): Promise<TestMachine> {
    if (code !== 0) throw new Error(`refused with code ${code}`);
    const granted = await client.subscribe(topicOf(serial, "acks"));
    if (granted === 128) throw new Error("subscription to acks refused");
    return new TestMachine(serial, client);
  }

  send(batch: BatchMessage): Promise<AckMessage> {
    return this.sendBytes(encodeBatch(batch));
  }

  async sendBytes(payload: Uint8Array): Promise<AckMessage> {
    this.client.publish(topicOf(this.serial, "events"), payload);
    return this.nextAck();
  }

  async nextAck(): Promise<AckMessage> {
    const topic = topicOf(this.serial, "acks");
    const packet = await this.client.next((other) => other.cmd === "publish" && other.topic === topic);
    if (packet.cmd !== "publish") throw new Error("not a message");
    const ack = decodeAck(Buffer.from(packet.payload));
    if (!ack.ok) throw new Error(ack.error);
    const { epoch, mark, incarnation, waitMs } = ack.message;
    return waitMs === undefined ? { epoch, mark, incarnation } : { epoch, mark, incarnation, waitMs };
  }

  /** Sends the ledger batch by batch from `mark` until all is acknowledged. Throws if it does not get on. */
  async sync(ledger: TestLedger, mark = 0): Promise<number> {
    let acked = mark;
    while (acked < ledger.newest) {
      const ack = await this.send(ledger.batch(acked + 1));
      if (ack.mark === acked) throw new Error(`the fleet stays at ${acked}: ${JSON.stringify(ack)}`);
      acked = ack.mark;
    }
    return acked;
  }
}

export function statusOf(boot: number, connection: number, more: Partial<StatusMessage> = {}): StatusMessage {
  const firmware = "0.1.0";
  const model = "virtual";
  const ring = { oldestSeq: 1, newestSeq: 1, orderCounter: 0, nonce: 1 };
  return { online: true, epoch: 1, boot, connection, firmware, model, ...ring, ...more };
}

export function telemetryOf(more: Partial<TelemetryMessage> = {}): TelemetryMessage {
  return {
    epoch: 1,
    seq: 1,
    boot: 1,
    uptimeS: 60,
    planogramVersion: 1,
    inventory: new Uint8Array([6, 3]),
    revenueMinor: 175,
    vends: 1,
    faults: [],
    state: "IDLE",
    creditMinor: 25,
    tubes: new Uint8Array([0, 20, 30, 45]),
    clockQuality: 2,
    unackedRecords: 0,
    ...more,
  };
}

/** Rejects with `what` if `promise` takes longer than a test may. */
export async function within<T>(promise: Promise<T>, what: string, patienceMs = PATIENCE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(what)), patienceMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Between two looks at a condition that nothing tells of. */
const LOOK_EVERY_MS = 10;

/** Looks until `holds`; rejects with `what` if it takes longer than a test may. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what: string,
  patienceMs: number = PATIENCE_MS,
): Promise<void> {
  const deadlineMs = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > deadlineMs) throw new Error(what);
    await pause(LOOK_EVERY_MS);
  }
}

type Query = (text: TemplateStringsArray, ...values: readonly string[]) => PromiseLike<readonly unknown[]>;

/** Asks, in a session that has written rows, until another waits for one of them. */
export async function untilRowAwaited(tx: Query): Promise<void> {
  for (let waiting = 0; waiting === 0; ) {
    waiting = (await tx`SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'`).length;
  }
}

/** Asks, in a session that holds locks of its own, until another stands before the lock on `table`. */
export async function untilBlocked(tx: Query, table = "payments"): Promise<void> {
  for (;;) {
    const waiting = await tx`SELECT 1 FROM pg_locks WHERE NOT granted AND relation = ${table}::regclass`;
    if (waiting.length > 0) return;
  }
}
