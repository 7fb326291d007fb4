/** The ack, and the PUBACK to the broker, go out after the commit and never before. */
import { createServer, type Server, type Socket } from "node:net";
import { type Packet, parser, writeToStream } from "mqtt-packet";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Arrival, type FleetConnection, openFleetConnection } from "../../fleet/broker/connection.js";
import { FLEET_SUBSCRIPTIONS } from "../../fleet/broker/permissions.js";
import { topicOf } from "../../shared/wire/topics.js";
import { startTestFleet, type TestFleet, TestLedger, TestMachine, untilBlocked, within } from "./support.js";

const test = suite<{ fleet: TestFleet }>("fleet/commit");

test.before(async (context) => {
  context.fleet = await startTestFleet();
});
test.after(async ({ fleet }) => fleet.close());

test("while the commit waits there is no ack; after it there is", async ({ fleet }) => {
  const machine = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine("COMMIT-1"));
  const { migrate } = fleet.databases;
  const ledger = new TestLedger().boot().sellCoke(1);
  let ack: Promise<unknown> | undefined;
  await migrate.begin(async (tx) => {
    await tx`LOCK TABLE payments IN ACCESS EXCLUSIVE MODE`;
    ack = machine.send(ledger.batch());
    // The lock's own session sees when the booking one stands before it.
    await within(untilBlocked(tx), "booking never came to the lock");
    assert.is(machine.client.arrived(topicOf("COMMIT-1", "acks")), 0);
    const rows = await migrate`SELECT 1 FROM ledger_records`;
    assert.is(rows.length, 0);
  });
  assert.equal(await ack, { epoch: 1, mark: ledger.newest, incarnation: 1 });
  assert.is((await migrate`SELECT 1 FROM ledger_records`).length, ledger.newest);
});

test("a database session that dies in mid-commit costs a retry, not a record", async ({ fleet }) => {
  const machine = await TestMachine.connect(fleet.mqttPort, await fleet.addMachine("COMMIT-2"));
  const { migrate, ingest } = fleet.databases;
  const ledger = new TestLedger().boot().sellCoke(1);
  const [own] = await ingest<{ name: string }[]>`SELECT current_user AS name`;
  assert.is(own?.name, "spiral_ingest");
  let ack: Promise<unknown> | undefined;
  await migrate.begin(async (tx) => {
    await tx`LOCK TABLE payments IN ACCESS EXCLUSIVE MODE`;
    ack = machine.send(ledger.batch());
    await within(untilBlocked(tx), "booking never came to the lock");
    // The ingest role may end its own sessions.
    await ingest`
      SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE usename = 'spiral_ingest' AND pid <> pg_backend_pid()`;
  });
  assert.equal(await ack, { epoch: 1, mark: ledger.newest, incarnation: 1 });
  const [sales] = await migrate<{ count: number }[]>`
    SELECT count(*)::int AS count FROM transactions t JOIN machines m ON m.id = t.machine_id
    WHERE m.serial_number = 'COMMIT-2'`;
  assert.is(sales?.count, 1);
});

/** A broker of one client that does only what the test says. */
class ScriptedBroker {
  readonly url: string;
  private readonly server: Server;
  private readonly clients: ((socket: Socket) => void)[] = [];
  private readonly connected: Socket[] = [];

  private constructor(server: Server, port: number) {
    this.server = server;
    this.url = `mqtt://fleet:secret@127.0.0.1:${port}`;
    server.on("connection", (socket) => {
      const next = this.clients.shift();
      if (next === undefined) this.connected.push(socket);
      else next(socket);
    });
  }

  static async start(): Promise<ScriptedBroker> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    return new ScriptedBroker(server, address !== null && typeof address !== "string" ? address.port : 0);
  }

  /** Takes the next connection through CONNECT and SUBSCRIBE; returns what it sends from then on. */
  async accept(): Promise<{ readonly socket: Socket; readonly next: () => Promise<Packet> }> {
    const waiting = this.connected.shift();
    const socket = waiting ?? (await new Promise<Socket>((resolve) => this.clients.push(resolve)));
    const packets: Packet[] = [];
    const takers: ((packet: Packet) => void)[] = [];
    const reader = parser({ protocolVersion: 4 });
    reader.on("packet", (packet: Packet) => {
      const taker = takers.shift();
      if (taker === undefined) packets.push(packet);
      else taker(packet);
    });
    socket.on("data", (chunk: Buffer) => reader.parse(chunk));
    socket.on("error", () => undefined);
    const next = (): Promise<Packet> => {
      const found = packets.shift();
      if (found !== undefined) return Promise.resolve(found);
      return within(new Promise((resolve) => takers.push(resolve)), "the fleet sent nothing");
    };
    const greeting = await next();
    assert.is(greeting.cmd, "connect");
    if (greeting.cmd === "connect") assert.is(greeting.password?.toString(), "secret");
    writeToStream({ cmd: "connack", returnCode: 0, sessionPresent: false }, socket);
    const subscribe = await next();
    assert.is(subscribe.cmd, "subscribe");
    writeToStream({ cmd: "suback", messageId: subscribe.messageId ?? 0, granted: [1, 1, 0] }, socket);
    return { socket, next };
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.server.close(resolve));
  }
}

test("the fleet's connection acknowledges when told to, in order, on the connection it came by", async () => {
  const broker = await ScriptedBroker.start();
  const arrivals: Arrival[] = [];
  const news: (() => void)[] = [];
  const arrival = async (count: number): Promise<void> => {
    while (arrivals.length < count) await within(new Promise<void>((resolve) => news.push(resolve)), "no message");
  };
  const states: boolean[] = [];
  const fleet: FleetConnection = openFleetConnection({
    url: broker.url,
    clientId: "fleet-1",
    subscriptions: FLEET_SUBSCRIPTIONS,
    onArrival: (item) => {
      arrivals.push(item);
      for (const tell of news.splice(0)) tell();
    },
    onState: (connected) => states.push(connected),
  });
  const first = await broker.accept();
  const send = (socket: Socket, messageId: number): void => {
    const common = { cmd: "publish", payload: Buffer.from("x"), qos: 1, dup: false, retain: false } as const;
    writeToStream({ ...common, topic: "fleet/M-1/events", messageId }, socket);
  };
  send(first.socket, 11);
  send(first.socket, 12);
  await arrival(2);
  arrivals[1]?.ack();
  arrivals[1]?.ack();
  arrivals[0]?.reply("fleet/M-1/acks", new Uint8Array([7]));
  // The first message is still ours: the second's PUBACK waits for it (MQTT 3.1.1 §4.6), the reply does not.
  const reply = await first.next();
  assert.is(reply.cmd === "publish" && reply.topic, "fleet/M-1/acks");
  arrivals[0]?.ack();
  const pubacks = [await first.next(), await first.next()].map(({ cmd, messageId }) => `${cmd} ${messageId}`);
  assert.equal(pubacks, ["puback 11", "puback 12"]);
  send(first.socket, 13);
  await arrival(3);
  assert.is(fleet.isConnected(), true);

  first.socket.destroy();
  const second = await broker.accept();
  send(second.socket, 13);
  await arrival(4);
  // Message 13 of the first connection is nobody's any more.
  arrivals[2]?.ack();
  assert.is(arrivals[2]?.reply("fleet/M-1/acks", new Uint8Array([7])), false);
  arrivals[3]?.reply("fleet/M-1/acks", new Uint8Array([8]));
  arrivals[3]?.ack();
  const after = [await second.next(), await second.next()];
  assert.equal(
    after.map(({ cmd }) => cmd),
    ["publish", "puback"],
  );
  assert.equal(states, [true, false, true]);
  await fleet.close();
  await broker.close();
});

test.run();
