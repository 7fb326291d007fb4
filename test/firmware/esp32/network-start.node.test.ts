/**
 * What the worker's entries of both boards put together, on stand-ins for the SDK's modules: the W5500's way and the
 * broker behind it, Wi-Fi with the platform's sockets, names and time; and the negative tests of those sockets.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeConfig, type NetConfig } from "../../../firmware/io/net/config.js";
import { fixedAddressBytes, readFixedAddress } from "../../../firmware/io/net/fixed-address.js";
import type { FromWorker } from "../../../firmware/io/net/frames.js";
import type { InterfaceClass } from "../../../firmware/io/net/interface.js";
import type { Clockwork } from "../../../firmware/io/net/sockets.js";
import type { Way } from "../../../firmware/io/net/ways.js";
import { SimInterfaces } from "../../../tools/bench/net-interface.js";
import { EthernetBench, HARDWARE_ADDRESS } from "../../support/io/ethernet.js";
import { LanBroker } from "../../support/io/lan-broker.js";
import { SimKeyValueStorage } from "../../support/io/storage.js";
import { SelfOfWorker, WorkerSdk } from "../../support/sdk/net.js";
import { load, standIn } from "../../support/sdk/stand-in.js";
import { CONNACK, puback, readAll, suback } from "../io/net/line.js";

/** firmware/io/net/platform.ts, as far as it is used here. */
interface Platform {
  readonly ChipClockwork: new () => Clockwork;
  random(bound: number): number;
  platformWay(name: Way["name"], io: InterfaceClass, wifi: object, fixed: undefined): Way;
}

const test = suite("firmware/esp32 network");
const bench = new EthernetBench();
const { world } = bench;
const sdk = new WorkerSdk(world);
const wifi = new SimInterfaces();
const FACTORY_ADDRESS = Uint8Array.from(HARDWARE_ADDRESS);
FACTORY_ADDRESS[5] = 3;
const BROKER = "10.0.0.5";
const TIME_S = 1_790_000_000;
const NTP_EPOCH_S = 2_208_988_800;
const CONFIG: NetConfig = {
  ...{ machineId: "M-1", brokerHost: "broker.example", brokerPort: 8883, timeHost: "time.example", board: "devkit" },
  ...{ brokerCa: Uint8Array.of(1), certificate: Uint8Array.of(2), key: Uint8Array.of(3), imageKey: Uint8Array.of(4) },
  floorS: 1_770_000_000,
};
sdk.brought.set("embedded:network/interface/wifi", wifi.io);
standIn({
  ...sdk.modules(),
  "embedded:io/digital": { default: bench.chip.Digital },
  "embedded:io/spi": { default: bench.spi.SPI },
  "embedded:storage/key-value": { default: new SimKeyValueStorage() },
  chip: { hardwareAddress: () => FACTORY_ADDRESS.slice().buffer },
  "firmware-image": { ImageWriter: class {} },
});
const platform = await load<Platform>("firmware/io/net/platform.ts");

/** A worker just started, whose machine answers what it is asked for. */
function started(): SelfOfWorker {
  const self = new SelfOfWorker(world);
  self.answer = (told) => {
    if (told.frame !== "ask") return;
    const { connection } = told;
    self.say({ frame: "announcement", connection, birth: Uint8Array.of(1), will: Uint8Array.of(0) });
  };
  return self;
}

const run = (ms: number): void => world.runFor(ms * 1_000);
const ups = ({ told }: SelfOfWorker): readonly FromWorker[] => told.filter(({ frame }) => frame === "up");

/** An answer of a time server to `request`. */
function timeFor(request: Uint8Array): Uint8Array {
  const answer = new Uint8Array(48);
  answer[0] = (4 << 3) | 4;
  answer[1] = 2;
  answer.set(request.subarray(40, 48), 24);
  new DataView(answer.buffer).setUint32(40, TIME_S + NTP_EPOCH_S);
  return answer;
}

test("devkit: nothing before its configuration; then by the W5500 to time and broker", async () => {
  const router = bench.router();
  for (const [name, address] of [
    ["broker.example", BROKER],
    ["time.example", "10.0.0.6"],
  ] as const) {
    router.names.names.set(name, [{ name, address }]);
  }
  const broker = new LanBroker(bench.lan, BROKER, CONFIG.brokerPort);
  bench.lan.serveDatagrams("10.0.0.6", 123, ({ bytes }, reply) => reply(timeFor(bytes)));
  const self = started();
  await load("firmware/esp32/devkit-network.ts");
  run(1_000);
  assert.is(bench.spi.frames, 0);
  self.say({ frame: "config", config: encodeConfig(CONFIG) });
  run(6_000);
  assert.equal(
    ups(self).map((told) => told.frame === "up" && [told.up, told.way]),
    [[true, "ethernet"]],
  );
  assert.ok(self.told.some((told) => told.frame === "wall" && told.wallS === TIME_S));
  assert.equal(
    broker.published.map(({ topic }) => topic),
    ["fleet/M-1/status"],
  );
  self.say({ frame: "publish", topic: "fleet/M-1/events", payload: Uint8Array.of(7), qos: 1 });
  run(200);
  assert.ok(self.told.some((told) => told.frame === "done"));
  const [address] = router.dhcp.heard;
  assert.ok(address !== undefined);
  assert.equal([...bench.model.common.subarray(0x09, 0x0f)], [...HARDWARE_ADDRESS], "the board's own plus three");
  assert.equal([sdk.tcp.length, wifi.opened.length], [0, 0], "no radio without a name for it");
});

test("touch: by Wi-Fi, with the platform's names and sockets", async () => {
  sdk.names.set("broker.example", "192.0.2.5");
  sdk.names.set("time.example", "192.0.2.6");
  const self = started();
  await load("firmware/esp32/touch-network.ts");
  self.say({ frame: "config", config: encodeConfig({ ...CONFIG, ssid: "shop", password: "12345678" }) });
  run(100);
  assert.equal(wifi.last.connects, [{ SSID: "shop", password: "12345678" }]);
  wifi.last.becomes(500);
  run(100);
  assert.ok(sdk.asked.includes("time.example") && sdk.asked.includes("broker.example"));
  const [ask] = sdk.udp[0]?.sent ?? [];
  assert.equal([ask?.address, ask?.port], ["192.0.2.6", 123]);
  sdk.udp[0]?.arrive(timeFor(ask?.bytes ?? new Uint8Array(48)));
  assert.ok(self.told.some((told) => told.frame === "wall" && told.wallS === TIME_S));
  const [tcp] = sdk.tcp;
  if (tcp === undefined) return assert.unreachable("no connection");
  assert.equal([tcp.options.address, tcp.options.port, tcp.options.nodelay], ["192.0.2.5", 8883, true]);
  tcp.offer(4_096);
  run(100);
  tcp.offer(4_096);
  tcp.arrive(CONNACK);
  run(100);
  const subscribe = readAll(tcp.written).find(({ type }) => type === 8);
  tcp.arrive(suback(subscribe?.id ?? 0));
  for (const { type, id, flags } of readAll(tcp.written)) if (type === 3 && flags !== 0) tcp.arrive(puback(id));
  assert.equal(
    ups(self).map((told) => told.frame === "up" && [told.up, told.way]),
    [[true, "wifi"]],
  );
  wifi.last.becomes(200);
  run(100);
  assert.is(ups(self).length, 2);
  assert.is(tcp.closes, 1, "what went over a way that is gone is closed");
});

test("Wi-Fi with an address by hand: it is configured, and names are asked for at its own servers", async () => {
  const fixed = readFixedAddress({
    ...{ address: "192.168.1.20", mask: "255.255.255.0", gateway: "192.168.1.1", dns: ["192.168.1.2"] },
  });
  if (typeof fixed === "string") return assert.unreachable(fixed);
  const { startNetwork } = await load<{ startNetwork(): void }>("firmware/io/net/worker.ts");
  const self = started();
  startNetwork();
  const opened = sdk.udp.length;
  const wifiAddress = fixedAddressBytes(fixed);
  self.say({ frame: "config", config: encodeConfig({ ...CONFIG, ssid: "shop", wifiAddress }) });
  assert.equal(wifi.last.configured, [
    { static: { address: "192.168.1.20", mask: "255.255.255.0", gateway: "192.168.1.1" } },
  ]);
  wifi.last.becomes(500);
  run(100);
  const asked = sdk.udp.slice(opened).flatMap(({ sent }) => sent.map(({ address, port }) => `${address} ${port}`));
  assert.ok(asked.length > 0);
  assert.equal([...new Set(asked)], ["192.168.1.2 53"]);
});

test("a cable of the SDK's own interface, where a board's manifest brings it: before Wi-Fi", async () => {
  const cable = new SimInterfaces();
  sdk.brought.set("embedded:network/interface/ethernet", cable.io);
  const { startNetwork } = await load<{ startNetwork(): void }>("firmware/io/net/worker.ts");
  const self = started();
  startNetwork();
  self.say({ frame: "config", config: encodeConfig(CONFIG) });
  assert.equal(cable.last.connects, [undefined]);
  sdk.brought.delete("embedded:network/interface/ethernet");
});

const wayOf = (): Way => platform.platformWay("wifi", wifi.io, {}, undefined);
const SOCKET = { host: "h", address: "192.0.2.9", port: 443, onReadable() {}, onWritable() {}, onError() {} };

test("a name that is an address already is asked for nowhere", () => {
  const asked = sdk.asked.length;
  const answers: unknown[] = [];
  wayOf().resolve("192.0.2.77", (address) => answers.push(address));
  assert.equal([answers, sdk.asked.length], [["192.0.2.77"], asked]);
});

test("TCP of the chip: bad options, more than there is or was offered, closed twice, used after it", () => {
  const { tcp: Tcp } = wayOf();
  assert.throws(() => new Tcp({ ...SOCKET, address: "h" }), /invalid address/);
  assert.throws(() => new Tcp({ ...SOCKET, port: 0 }), /invalid port/);
  const offers: number[] = [];
  const socket = new Tcp({ ...SOCKET, onWritable: (room) => offers.push(room) });
  const below = sdk.tcp.at(-1);
  if (below === undefined) return assert.unreachable();
  assert.throws(() => socket.write(Uint8Array.of(1)), /not ready/);
  below.offer(3);
  assert.equal(offers, [3]);
  assert.throws(() => socket.write(new Uint8Array(4)), /would block/);
  assert.is(socket.write(new Uint8Array(2)), 1);
  assert.is(socket.read(1), undefined);
  below.arrive(Uint8Array.of(5, 6));
  assert.throws(() => socket.read(3), /invalid/);
  const bytes = socket.read(2);
  assert.equal(bytes instanceof ArrayBuffer && [...new Uint8Array(bytes)], [5, 6]);
  socket.close();
  socket.close();
  below.offer(9);
  assert.equal(offers, [3]);
  assert.throws(() => socket.read(1));
  assert.throws(() => socket.write(Uint8Array.of(1)));
});

test("UDP of the chip: its own port if it wants one, bad address, closed twice, used after it", () => {
  const { datagrams: Udp } = wayOf();
  const at68 = new Udp({ port: 68, onReadable() {}, onError() {} });
  assert.is(sdk.udp.at(-1)?.options.port, 68);
  at68.close();
  let packets = 0;
  const onReadable = (count: number): void => {
    packets += count;
  };
  const socket = new Udp({ onReadable, onError() {} });
  const below = sdk.udp.at(-1);
  if (below === undefined) return assert.unreachable();
  assert.not.ok("port" in below.options);
  assert.throws(() => socket.write(Uint8Array.of(1), "h", 53), /invalid IP address/);
  socket.write(Uint8Array.of(1), "192.0.2.9", 53);
  assert.is(below.sent.length, 1);
  below.arrive(Uint8Array.of(4));
  assert.is(packets, 1);
  assert.equal(new Uint8Array(socket.read() ?? new ArrayBuffer(0)), Uint8Array.of(4));
  assert.is(socket.read(), undefined);
  socket.close();
  socket.close();
  assert.is(below.closes, 1);
  assert.throws(() => socket.read(), /^udp is closed$/);
  assert.throws(() => socket.write(Uint8Array.of(1), "192.0.2.9", 53), /^udp is closed$/);
});

test("the chip's clock: monotonic, one alarm at a time, the newest order counts, none is none", () => {
  const clock = new platform.ChipClockwork();
  const from = clock.nowMs();
  const rang: string[] = [];
  clock.alarm(100, () => rang.push("old"));
  clock.alarm(200, () => rang.push("new"));
  run(150);
  assert.equal(rang, []);
  run(100);
  assert.equal(rang, ["new"]);
  assert.is(clock.nowMs() - from, 250);
  run(1_000);
  assert.equal(rang, ["new"], "once");
  assert.is(clock.nowMs() - from, 1_250);
  assert.is(clock.nowMs() - from, 1_250);
  clock.alarm(10, () => rang.push("taken back"));
  clock.alarm(undefined, () => {});
  clock.alarm(undefined, () => {});
  run(100);
  assert.equal(rang, ["new"]);
  clock.alarm(10, () => clock.alarm(10, () => rang.push("from within")));
  run(100);
  assert.equal(rang, ["new", "from within"]);
});

test("chance: every number below the bound, none at it", () => {
  const seen = new Set<number>();
  for (let i = 0; i < 500; i++) seen.add(platform.random(5));
  assert.equal([...seen].sort(), [0, 1, 2, 3, 4]);
  assert.is(platform.random(1), 0);
});

test.run();
