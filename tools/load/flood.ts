/**
 * A flood: the messages of many machines over a few connections, as a bridge between brokers would bring them, prepared
 * beforehand so that publishing costs next to nothing. One unacknowledged batch a machine; as many batches under way as
 * the window allows, telemetry between them. Run as a process of its own, told what to do by its parent (floods.ts).
 */
import { connect, type Socket } from "node:net";
import { generate, parser } from "mqtt-packet";
import { decodeAck, encodeBatch, encodeTelemetry } from "../../shared/wire/messages.js";
import { parseTopic, topicOf } from "../../shared/wire/topics.js";
import { FLOOD_LOGIN } from "./brokers.js";
import type { FloodOrder, FloodPart, FloodResult } from "./floods.js";
import { serialOf } from "./roster.js";
import { SellingLedger } from "./selling-ledger.js";

const MAX_PACKET_ID = 65_535;
/** Published and not yet taken by the broker. */
const MAX_PUBLISHED = 10_000;
const TICK_MS = 5;
/** What was sent last has that long to be acknowledged. */
const LAST_ACK_WITHIN_MS = 60_000;

/** A batch holds 64 records: the longest sale still fits. */
const ROOM_FOR_A_SALE = 52;
const FAR_AHEAD = 4_000_000_000;
const ANY_MARK = 0;
const NO_RECORD = Object.freeze({ code: 2, body: Uint8Array.of(0x80) });

interface Flooding {
  readonly serial: string;
  readonly ledger: SellingLedger;
  /** Whole PUBLISH packets. */
  telemetry: Buffer;
  batches: { readonly packet: Buffer; readonly lastSeq: number }[];
  sentMs: number;
  /** The mark that answers the batch under way. */
  awaited: number | undefined;
}

/** A connection that only publishes: all it hears is 4 bytes a PUBACK. */
class Pipe {
  readonly #socket: Socket;
  #packetId = 0;
  published = 0;
  acked = 0;
  #heardBytes = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => {
      this.#heardBytes += chunk.length;
      this.acked = this.#heardBytes >> 2;
    });
  }

  get hasRoom(): boolean {
    return this.published - this.acked < MAX_PUBLISHED && this.#socket.writableLength < 1_048_576;
  }

  publish(packet: Buffer): void {
    this.#packetId = (this.#packetId % MAX_PACKET_ID) + 1;
    // The identifier stands behind the topic (MQTT 3.1.1 §3.3.2.2).
    packet.writeUInt16BE(this.#packetId, idPlace(packet));
    this.#socket.write(packet);
    this.published++;
  }

  together(work: () => void): void {
    this.#socket.cork();
    work();
    this.#socket.uncork();
  }

  close(): void {
    this.#socket.destroy();
  }
}

function idPlace(packet: Buffer): number {
  let at = 1;
  while ((packet[at] ?? 0) >= 0x80) at++;
  const topicBytes = packet.readUInt16BE(at + 1);
  return at + 3 + topicBytes;
}

function publishPacket(topic: string, payload: Uint8Array): Buffer {
  const message = { topic, payload: Buffer.from(payload), qos: 1, messageId: 1 } as const;
  return generate({ cmd: "publish", ...message, dup: false, retain: false });
}

/** Resolves with a socket whose CONNECT was accepted. */
function dial(port: number, password: string, clientId: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    socket.once("error", reject);
    socket.once("data", (connack) => {
      if (connack[3] === 0) resolve(socket);
      else reject(new Error(`refused with code ${connack[3]}`));
    });
    const login = { username: FLOOD_LOGIN, password: Buffer.from(password) };
    const about = { protocolId: "MQTT", protocolVersion: 4, clean: true, keepalive: 0 } as const;
    socket.write(generate({ cmd: "connect", clientId, ...about, ...login }));
  });
}

class Flood {
  readonly #machines: Flooding[];
  readonly #bySerial: Map<string, Flooding>;
  readonly #pipes: Pipe[] = [];
  #hearing: Socket | undefined;
  #nextPipe = 0;
  #nextBatch = 0;
  #nextTelemetry = 0;
  #unacked = 0;
  #ackedBatches = 0;
  #sentBatches = 0;
  #sentTelemetry = 0;
  /** Sales of the batches at hand. */
  #salesEach = 0;
  #latencies: number[] = [];
  #onAck: () => void = () => undefined;

  constructor({ seed, machines, bootUnixMs }: FloodPart) {
    this.#machines = Array.from({ length: machines }, (_, index) => {
      const ledger = new SellingLedger(seed * 1_000_003 + index, bootUnixMs);
      return {
        serial: serialOf(index),
        ledger,
        telemetry: Buffer.alloc(0),
        batches: [],
        sentMs: 0,
        awaited: undefined,
      };
    });
    this.#bySerial = new Map(this.#machines.map((machine) => [machine.serial, machine]));
  }

  /** Connects to another broker, and hears what the fleet says there. */
  async aim(port: number, password: string, pipes: number): Promise<void> {
    for (const pipe of this.#pipes.splice(0)) pipe.close();
    this.#hearing?.destroy();
    for (let i = 0; i < pipes; i++) this.#pipes.push(new Pipe(await dial(port, password, `flood-${port}-${i}`)));
    const hearing = await dial(port, password, `flood-${port}-acks`);
    this.#hearing = hearing;
    const packets = parser({ protocolVersion: 4 });
    const subscribed = new Promise<void>((resolve) => packets.once("packet", () => resolve()));
    packets.on("packet", (packet) => {
      if (packet.cmd === "publish") this.#hear(packet.topic, Buffer.from(packet.payload));
    });
    hearing.on("data", (chunk) => packets.parse(chunk));
    hearing.write(generate({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "fleet/+/acks", qos: 0 }] }));
    await subscribed;
  }

  /**
   * Each machine gets up to `each` batches of `sales` sales, and a fresh report. 0 sales: batches that leave a gap, so
   * that nothing is stored and the ack says only that the fleet has come so far.
   */
  prepare(each: number, sales: number): void {
    const unixMs = Date.now();
    for (const machine of this.#machines) {
      const { ledger, serial, batches } = machine;
      // Left over from a flood of another kind; whatever was sent has been acknowledged.
      if (sales !== this.#salesEach) batches.length = 0;
      while (batches.length < each) {
        const from = batches.at(-1)?.lastSeq ?? ledger.mark;
        for (let n = 0; n < sales && ledger.newestSeq - from < ROOM_FOR_A_SALE; n++) ledger.sell(unixMs);
        const batch = ledger.batchFrom(from + 1) ?? { epoch: 1, chain: 0, firstSeq: 0, records: [] };
        const message = sales === 0 ? { ...batch, firstSeq: FAR_AHEAD, records: [NO_RECORD] } : batch;
        const lastSeq = sales === 0 ? ANY_MARK : batch.firstSeq + batch.records.length - 1;
        batches.push({ packet: publishPacket(topicOf(serial, "events"), encodeBatch(message)), lastSeq });
      }
      const payload = encodeTelemetry(ledger.telemetry(unixMs));
      machine.telemetry = publishPacket(topicOf(serial, "telemetry"), payload);
    }
    this.#salesEach = sales;
  }

  /** Publishes for `ms`: `telemetryEach` reports a batch, at most `window` batches under way, or at `perS` messages. */
  async run({ ms, telemetryEach, window, perS }: Extract<FloodOrder, { readonly do: "run" }>): Promise<FloodResult> {
    this.#ackedBatches = this.#sentBatches = this.#sentTelemetry = 0;
    this.#latencies = [];
    const began = performance.now();
    const endMs = began + ms;
    const fill = (): void => {
      const nowMs = performance.now();
      if (nowMs >= endMs) return;
      const pipe = this.#pipes[this.#nextPipe++ % this.#pipes.length];
      if (pipe === undefined) return;
      const due = ((nowMs - began) / 1_000) * perS;
      pipe.together(() => {
        while (pipe.hasRoom && (perS > 0 ? this.#sentBatches + this.#sentTelemetry < due : this.#unacked < window)) {
          if (!this.#sendBatch(pipe, nowMs)) return;
          for (let i = 0; i < telemetryEach; i++) this.#sendTelemetry(pipe);
        }
      });
    };
    this.#onAck = perS > 0 ? () => undefined : fill;
    const timer = setInterval(fill, TICK_MS);
    await new Promise((resolve) => setTimeout(resolve, ms));
    clearInterval(timer);
    this.#onAck = () => undefined;
    const ended = performance.now();
    while (this.#unacked > 0 && performance.now() < ended + LAST_ACK_WITHIN_MS) {
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    const sorted = Float64Array.from(this.#latencies).sort();
    const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return {
      sentBatches: this.#sentBatches,
      sentTelemetry: this.#sentTelemetry,
      ackedBatches: this.#ackedBatches,
      ms: performance.now() - began,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
    };
  }

  #sendBatch(pipe: Pipe, nowMs: number): boolean {
    const machine = this.#machines[this.#nextBatch % this.#machines.length];
    if (machine === undefined || machine.awaited !== undefined) return false;
    const batch = machine.batches.shift();
    if (batch === undefined) return false;
    this.#nextBatch++;
    this.#sentBatches++;
    this.#unacked++;
    machine.sentMs = nowMs;
    machine.awaited = batch.lastSeq;
    pipe.publish(batch.packet);
    return true;
  }

  #sendTelemetry(pipe: Pipe): void {
    const machine = this.#machines[this.#nextTelemetry++ % this.#machines.length];
    if (machine === undefined) return;
    pipe.publish(machine.telemetry);
    this.#sentTelemetry++;
  }

  #hear(topic: string, payload: Uint8Array): void {
    const machine = this.#bySerial.get(parseTopic(topic)?.machineId ?? "");
    const ack = decodeAck(payload);
    if (machine === undefined || !ack.ok || machine.awaited === undefined) return;
    if (ack.message.mark < machine.awaited) return;
    machine.awaited = undefined;
    machine.ledger.acknowledge(ack.message.mark);
    this.#unacked--;
    this.#ackedBatches++;
    this.#latencies.push(performance.now() - machine.sentMs);
    this.#onAck();
  }
}

const part: FloodPart = JSON.parse(process.argv[2] ?? "{}");
const flood = new Flood(part);

async function carryOut(order: FloodOrder): Promise<FloodResult | undefined> {
  switch (order.do) {
    case "aim":
      await flood.aim(order.port, order.password, order.pipes);
      return undefined;
    case "prepare":
      flood.prepare(order.each, order.sales);
      return undefined;
    case "run":
      return flood.run(order);
  }
}

process.on("message", (order: FloodOrder) => {
  carryOut(order).then(
    (result) => process.send?.({ done: true, result }),
    (error: unknown) => process.send?.({ done: false, why: String(error) }),
  );
});
process.once("disconnect", () => process.exit(0));
