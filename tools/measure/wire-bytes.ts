/**
 * `wire-bytes`: bytes on a machine's connection in a month of 30 days: TLS with its handshakes, MQTT, keep-alive,
 * acknowledgements, reconnects. Beside them what IP and TCP put around each segment, the time and the name server: with
 * it the target is out of reach, however small reports are: `ipFloorBytes` is the sum of what stays with reports that
 * say nothing (288 a day: 40 bytes and 40 of the segment that acknowledges it, 29 of TLS, 26 of MQTT), the batches of
 * the sales and the handshakes. The real core sells in the simulated cabinet for a day and speaks through the device's
 * own network side; TLS is measured on a real connection.
 */
import { type Channel, topicOf } from "../../shared/wire/topics.js";
import { Cabinet } from "../bench/cabinet.js";
import { DEMO_MACHINE_ID, DEMO_PLANOGRAM } from "../bench/demo.js";
import type { FleetEnd, MqttMessage } from "../bench/network.js";
import type { Bench } from "./bench.js";
import { finish, payBill, payCoins, SELLS } from "./selling.js";
import { measureTls } from "./tls-bytes.js";
import { type Cause, type Seen, WireNetwork } from "./wire-world.js";

const SALES_A_DAY = 50;
const DAYS = 30;
const TARGET = 1_500_000;
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
/** After so many sales of the day the connection ends without our doing (provider, router, broker restart). */
const CUT_AFTER_SALES = 25;
/** What nothing can take from a report every five minutes: a TLS record's bytes, MQTT's fixed header and topic. */
const REPORTS_A_DAY = 288;
const TLS_RECORD = 29;
const MQTT_REPORT = 2 + 2 + topicOf(DEMO_MACHINE_ID, "telemetry").length;

export const WIRE_BYTES: Bench = {
  name: "wire-bytes",
  about: [
    `bytes a machine and month on its connection: TLS records and handshakes, MQTT, keep-alive; 50 sales a day;`,
    `target ${TARGET}. Beside it ipLevelBytes, with IP, TCP, DNS and time; ipFloorBytes: nothing brings those below`,
  ].join("\n               "),
  async run(say) {
    const { seen, batches, reports, connects } = sellForADay(say);
    const tls = await measureTls(seen);
    const mqtt = seen.reduce((sum, { bytes }) => sum + bytes, 0);
    const records = tls.records.reduce((sum, bytes) => sum + bytes, 0);
    const segments = tls.records.reduce((sum, bytes) => sum + Math.ceil(bytes / SEGMENT), 0);
    const acks = bareAcks(seen);
    const handshakes = connects * (tls.handshakeUp + tls.handshakeDown);
    // hello, certificates and keys go and come in two flights each way, the first two of which carry no data of ours
    const around = connects * (NAME + OPENING + CLOSING + 8 * HEADERS) + TIME;
    const ofCause = (cause: Cause): number =>
      DAYS * seen.reduce((sum, write, at) => sum + (write.cause === cause ? (tls.records[at] ?? 0) : 0), 0);
    return {
      name: "wire-bytes",
      value: (records + handshakes) * DAYS,
      unit: "B/month",
      target: { value: TARGET, is: "most" },
      counted: {
        salesADay: SALES_A_DAY,
        telemetryADay: reports,
        batchesADay: batches,
        reconnectsADay: connects,
        telemetryBytes: ofCause("telemetry"),
        batchBytes: ofCause("events"),
        ackBytes: ofCause("acks"),
        pubackBytes: ofCause("puback"),
        connectBytes: ofCause("connect"),
        pingBytes: ofCause("ping"),
        otherBytes: ofCause("other"),
        handshakeBytes: handshakes * DAYS,
        mqttBytes: mqtt * DAYS,
        tlsOverheadARecord: Number(((records - mqtt) / seen.length).toFixed(1)),
        ipLevelBytes: (records + handshakes + (segments + acks) * HEADERS + around) * DAYS,
        segmentsADay: segments,
        bareAcksADay: acks,
        headersOfIpAndTcp: (segments + acks) * HEADERS * DAYS,
        ipFloorBytes:
          REPORTS_A_DAY * (2 * HEADERS + TLS_RECORD + MQTT_REPORT) * DAYS + handshakes * DAYS + ofCause("events"),
      },
    };
  },
};

interface Day {
  readonly seen: readonly Seen[];
  readonly batches: number;
  readonly reports: number;
  readonly connects: number;
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
  // what the boot has recorded is no part of the day; its connection is made anew in the course of it
  cabinet.runFor(60_000);
  warmAndCool(cabinet);
  fleet.counts.clear();
  network.seen.length = 0;
  const startUs = cabinet.world.nowUs;
  for (let sale = 0; sale < SALES_A_DAY; sale++) {
    sell(cabinet, sale);
    cabinet.runFor((startUs + ((sale + 1) * DAY_MS * 1_000) / SALES_A_DAY - cabinet.world.nowUs) / 1_000);
    if (sale + 1 === CUT_AFTER_SALES) network.cut();
    if (sale % 10 === 9) say(`${sale + 1} of ${SALES_A_DAY} sales`);
  }
  cabinet.assertSound("after the day");
  const connects = network.connections - 1;
  if (connects !== 1) throw new Error(`${connects} reconnects in a day that was to have one`);
  return { seen: [...network.seen], batches: fleet.count("events"), reports: fleet.count("telemetry"), connects };
}

/** As a compressor keeps it, between 3 and 5 °C in 40 minutes, in steps of the sensor: hardly two reports are alike. */
function warmAndCool(cabinet: Cabinet): void {
  const minute = Math.floor(cabinet.world.nowUs / 60_000_000) % 40;
  cabinet.thermometer.milliC = 3_000 + Math.floor(62.5 * Math.floor(1.6 * Math.min(minute, 40 - minute)));
  cabinet.world.after(60_000_000, () => warmAndCool(cabinet));
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
