/**
 * `wire-bytes`: bytes per machine and month of 30 days, everything that crosses the network counted: IP, TCP, TLS,
 * MQTT, keep-alive, acknowledgements, reconnects, time. The real core sells in the simulated cabinet for a day and
 * speaks through the device's own network side; TLS is measured on a real connection.
 */
import { type Channel, topicOf } from "../../shared/wire/topics.js";
import { Cabinet } from "../bench/cabinet.js";
import { DEMO_MACHINE_ID, DEMO_PLANOGRAM } from "../bench/demo.js";
import type { FleetEnd, MqttMessage } from "../bench/network.js";
import type { Bench } from "./bench.js";
import { finish, payBill, payCoins, SELLS } from "./selling.js";
import { measureTls } from "./tls-bytes.js";
import { type Seen, WireNetwork } from "./wire-world.js";

const SALES_A_DAY = 50;
const DAYS = 30;
const DAY_MS = 86_400_000;
/** Products the ledger believes in the one column that sells. */
const PLENTY = 200;

/** IPv4 and TCP without options: lwIP as the SDK configures it uses no time stamps. */
const HEADERS = 40;
/** CONFIG_LWIP_TCP_MSS of the SDK's sdkconfig. */
const SEGMENT = 1_436;
/** SYN and SYN-ACK bear the maximum segment size. */
const OPENING = HEADERS + 4 + (HEADERS + 4) + HEADERS;
const CLOSING = 4 * HEADERS;
/** A question to the time server and its answer, once a day: IPv4, UDP, 48 bytes. */
const TIME = 2 * (20 + 8 + 48);
/** A name looked up and answered, at each connect: IPv4, UDP, DNS of a name of about 30 letters. */
const NAME = 2 * 28 + 48 + 64;
/** A receiver acknowledges with what it sends itself, if that comes so soon; else with a segment of its own. */
const ACK_WITHIN_US = 200_000;
/** Connections that end without our doing (provider, router, broker restart) and are made anew. */
const RECONNECTS_A_DAY = 1;

export const WIRE_BYTES: Bench = {
  name: "wire-bytes",
  about: "bytes a machine and month on the network, IP headers to MQTT, 50 sales a day; target 1500000",
  async run(say) {
    const { seen, batches, reports } = sellForADay(say);
    const tls = await measureTls(seen);
    const mqtt = seen.reduce((sum, { bytes }) => sum + bytes, 0);
    const records = tls.records.reduce((sum, bytes) => sum + bytes, 0);
    const segments = tls.records.reduce((sum, bytes) => sum + Math.ceil(bytes / SEGMENT), 0);
    const acks = bareAcks(seen);
    const handshake = tls.handshakeUp + tls.handshakeDown;
    // hello, certificates and keys go and come in two flights each way, the first two of which carry no data of ours
    const connect = NAME + OPENING + CLOSING + handshake + 8 * HEADERS;
    const day = records + (segments + acks) * HEADERS + RECONNECTS_A_DAY * connect + TIME;
    return {
      name: "wire-bytes",
      value: day * DAYS,
      unit: "B/month",
      counted: {
        salesADay: SALES_A_DAY,
        telemetryADay: reports,
        batchesADay: batches,
        mqttBytes: mqtt * DAYS,
        tlsBytes: (records + RECONNECTS_A_DAY * handshake) * DAYS,
        tlsOverheadARecord: Number(((records - mqtt) / seen.length).toFixed(1)),
        handshakeBytes: handshake,
        reconnectsADay: RECONNECTS_A_DAY,
        segmentsADay: segments,
        bareAcksADay: acks,
        headersOfIpAndTcp: (segments + acks) * HEADERS * DAYS,
      },
    };
  },
};

interface Day {
  readonly seen: readonly Seen[];
  readonly batches: number;
  readonly reports: number;
}

/** What the fleet's stand-in gets, counted by channel. */
class CountingFleet implements FleetEnd {
  readonly counts = new Map<string, number>();
  readonly #sink: FleetEnd;

  constructor(sink: FleetEnd) {
    this.#sink = sink;
  }

  count(channel: Channel): number {
    return this.counts.get(topicOf(DEMO_MACHINE_ID, channel)) ?? 0;
  }

  connected(machineId: string, deliver: (topic: string, payload: Uint8Array) => void): void {
    this.#sink.connected(machineId, deliver);
  }

  published(machineId: string, message: MqttMessage): void {
    this.counts.set(message.topic, (this.counts.get(message.topic) ?? 0) + 1);
    this.#sink.published(machineId, message);
  }

  disconnected(machineId: string): void {
    this.#sink.disconnected(machineId);
  }
}

/** One day, its sales spread evenly, seven of eight paid with bills. */
function sellForADay(say: (line: string) => void): Day {
  let network: WireNetwork | undefined;
  const slots = DEMO_PLANOGRAM.slots.map((slot) => (slot.slot === SELLS ? { ...slot, quantity: PLENTY } : slot));
  const cabinet = new Cabinet({
    planogram: { ...DEMO_PLANOGRAM, slots },
    columns: slots.map(({ column }) => ({ column, products: 0 })),
    ledgerBlocks: 32,
    network: (deliver) => {
      network = new WireNetwork(DEMO_MACHINE_ID, deliver);
      return network;
    },
  });
  if (network === undefined) throw new Error("the board asked for no network");
  const fleet = new CountingFleet(cabinet.fleet);
  network.attach(cabinet.world, fleet);
  cabinet.untilSelling();
  // birth, first report, what the boot has recorded: these belong to the connect that is counted apart
  cabinet.runFor(60_000);
  fleet.counts.clear();
  network.seen.length = 0;
  const startUs = cabinet.world.nowUs;
  for (let sale = 0; sale < SALES_A_DAY; sale++) {
    sell(cabinet, sale);
    cabinet.runFor((startUs + ((sale + 1) * DAY_MS * 1_000) / SALES_A_DAY - cabinet.world.nowUs) / 1_000);
    if (sale % 10 === 9) say(`${sale + 1} of ${SALES_A_DAY} sales`);
  }
  cabinet.assertSound("after the day");
  if (network.connections !== 1) throw new Error("the connection did not last the day");
  return { seen: [...network.seen], batches: fleet.count("events"), reports: fleet.count("telemetry") };
}

/** Acknowledgements that nothing of one's own goes with: one for each two segments, at least one for each burst. */
function bareAcks(seen: readonly Seen[]): number {
  let acks = 0;
  let unacknowledged = 0;
  seen.forEach((write, at) => {
    const next = seen[at + 1];
    unacknowledged += 1;
    const answered = next !== undefined && next.atUs - write.atUs <= ACK_WITHIN_US;
    if (answered && next.from !== write.from) {
      // goes with the answer
      unacknowledged = 0;
    } else if (unacknowledged === 2 || !answered) {
      acks += 1;
      unacknowledged = 0;
    }
  });
  return acks;
}

function sell(cabinet: Cabinet, sale: number): void {
  const column = cabinet.planogram.slots.find(({ slot }) => slot === SELLS)?.column ?? 0;
  cabinet.spirals.fill(column, 1);
  cabinet.validator?.path.emptyStacker();
  cabinet.select(SELLS);
  if (sale % 8 === 7) {
    payCoins(cabinet, [25, 25, 25, 25, 25, 25, 25]);
  } else {
    payBill(cabinet);
    payBill(cabinet);
  }
  finish(cabinet);
}
