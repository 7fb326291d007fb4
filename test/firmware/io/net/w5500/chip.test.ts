/** The W5500's driver: finding the chip, setting it up, watching it, and everything that can be wrong with it. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  AGAIN_FIRST_MS,
  AGAIN_MAX_MS,
  LOOK_MS,
  MAX_ROUNDS,
  RESET_MS,
  SETTLE_MS,
  W5500,
} from "../../../../../firmware/io/net/w5500/chip.js";
import { EthernetBench, HARDWARE_ADDRESS, STATION } from "../../../../support/io/ethernet.js";

const test = suite("firmware/io W5500 chip");

test("is reset, checked and set up: address of its own, buffers, masks; then its cable is seen", () => {
  const bench = new EthernetBench();
  const driver = new W5500(bench.options());
  assert.is(bench.chip.driven(bench.wiring.reset ?? -1), 0, "held in reset first");
  bench.runMs(RESET_MS);
  assert.is(bench.chip.driven(bench.wiring.reset ?? -1), 1);
  assert.not.ok(driver.ready, "it needs its time");
  bench.runMs(SETTLE_MS);
  assert.ok(driver.ready);
  assert.not.ok(driver.linked);
  bench.runMs(LOOK_MS);
  assert.ok(driver.linked);
  assert.equal(bench.changes, ["changed", "changed"]);
  const { common, sockets } = bench.model;
  assert.equal(common.slice(0x09, 0x0f), HARDWARE_ADDRESS);
  assert.is(common[0x16], 0x80, "conflicts interrupt");
  assert.is(common[0x18], 0xff, "every socket interrupts");
  assert.equal(
    sockets.map(({ registers }) => [registers[0x1e], registers[0x1f]]),
    [4, 4, 2, 2, 2, 2, 0, 0].map((kiB) => [kiB, kiB]),
  );
  driver.setStation(STATION);
  assert.is(bench.model.address, "10.0.0.9");
  assert.equal(common.slice(0x01, 0x05), STATION.gateway);
  assert.equal(common.slice(0x05, 0x09), STATION.mask);
  driver.setStation(undefined);
  assert.is(bench.model.address, "0.0.0.0");
  assert.ok(bench.spi.longestBytes <= 1_024);
});

test("not there, or another chip: looked for ever later, never an exception, and found when it comes", () => {
  for (const spoil of [
    (bench: EthernetBench) => {
      bench.spi.device = undefined;
    },
    (bench: EthernetBench) => {
      bench.spi.device = undefined;
      bench.spi.idle = 0;
    },
    (bench: EthernetBench) => {
      bench.model.version = 0x51;
      bench.model.reset();
    },
  ]) {
    const bench = new EthernetBench();
    spoil(bench);
    const driver = bench.driver();
    assert.not.ok(driver.ready);
    assert.is(driver.failures, 1);
    bench.runMs(2 * AGAIN_FIRST_MS);
    assert.ok(driver.failures >= 2);
    bench.runMs(600_000);
    const before = driver.failures;
    bench.runMs(600_000);
    const often = driver.failures - before;
    assert.ok(often >= 9 && often <= 21, `${often} looks in 10 min, the last waits are 30 to 60 s`);
    bench.spi.device = bench.model;
    bench.model.version = 4;
    bench.model.reset();
    bench.runMs(AGAIN_MAX_MS + 1_000);
    assert.ok(driver.ready && driver.linked);
  }
});

test("a chip that hangs is freed by its reset line; without one it stays lost, and nothing else happens", () => {
  const bench = new EthernetBench();
  const driver = bench.driver();
  bench.model.hangs = true;
  bench.runMs(LOOK_MS);
  assert.not.ok(driver.ready);
  assert.equal(bench.changes, ["changed", "changed", "changed"]);
  bench.runMs(AGAIN_FIRST_MS + SETTLE_MS + LOOK_MS + RESET_MS);
  assert.ok(driver.ready && driver.linked);
  const without = new EthernetBench();
  const lost = without.driver({ reset: undefined });
  assert.ok(lost.ready, "it runs without the line");
  without.model.hangs = true;
  without.runMs(200_000);
  assert.not.ok(lost.ready);
});

test("a dip of its supply between two frames leaves a chip that answers and is not ours: that is seen, too", () => {
  const bench = new EthernetBench();
  const driver = bench.station();
  const lost: string[] = [];
  driver.openSocket({ onEvents: () => {}, onLost: () => lost.push("lost") }, "small", 2, 0x22, 500);
  bench.model.reset();
  bench.runMs(LOOK_MS);
  assert.equal(lost, ["lost"]);
  assert.not.ok(driver.ready || driver.hasAddress);
  bench.runMs(AGAIN_FIRST_MS + 400);
  assert.ok(driver.ready && driver.linked);
});

test("a dip of its supply in the middle of any frame is noticed, its sockets are lost, and it is begun anew", () => {
  for (let bytes = 1; bytes <= 90; bytes += 1) {
    const bench = new EthernetBench();
    const driver = bench.station();
    const lost: string[] = [];
    driver.openSocket({ onEvents: () => {}, onLost: () => lost.push("lost") }, "small", 2, 0x22, 500);
    bench.model.dipsAfterBytes = bytes;
    bench.runMs(2 * LOOK_MS);
    assert.equal(lost, ["lost"], `${bytes}`);
    assert.not.ok(driver.hasAddress);
    bench.runMs(AGAIN_FIRST_MS + 400);
    assert.ok(driver.ready && driver.linked, `${bytes}`);
  }
});

test("the cable: pulled and plugged, told each time", () => {
  const bench = new EthernetBench();
  const driver = bench.driver();
  bench.model.plug(false);
  bench.runMs(LOOK_MS);
  assert.ok(driver.ready && !driver.linked);
  bench.model.plug(true);
  bench.runMs(LOOK_MS);
  assert.ok(driver.linked);
  assert.is(bench.changes.length, 4);
});

test("a conflict is told once for each time it is seen, by interrupt or by look", () => {
  const bench = new EthernetBench();
  bench.driver();
  bench.model.conflict();
  bench.runMs(1);
  assert.is(bench.conflicts, 1, "at once");
  bench.model.mute = true;
  bench.model.conflict();
  bench.runMs(LOOK_MS);
  assert.is(bench.conflicts, 2, "the line said nothing");
  bench.runMs(1_000);
  assert.is(bench.conflicts, 2);
});

test("news without end are looked at so often in one go, and the rest at the next look", () => {
  const bench = new EthernetBench();
  let told = 0;
  bench.driver({
    onConflict: () => {
      told += 1;
      bench.model.conflict();
    },
  });
  bench.model.mute = true;
  bench.model.conflict();
  bench.runMs(LOOK_MS);
  assert.is(told, MAX_ROUNDS);
  bench.runMs(LOOK_MS);
  assert.is(told, 2 * MAX_ROUNDS);
});

test("sockets: the largest for TCP, the smallest for the rest; no more than there are; left ones come back", () => {
  const bench = new EthernetBench();
  const driver = bench.station();
  const user = { onEvents: () => {}, onLost: () => {} };
  const open = (size: "large" | "small") => driver.openSocket(user, size, 2, 0x22, 0);
  const opened = [open("large"), open("small"), open("large"), open("small"), open("large"), open("large")];
  assert.equal(
    opened.map(({ receiveBytes }) => receiveBytes),
    [4_096, 2_048, 4_096, 2_048, 2_048, 2_048],
  );
  assert.throws(() => open("small"), /no socket/);
  opened[0]?.close();
  assert.is(open("large").receiveBytes, 4_096);
});

test("a socket that the chip does not open, and a command that it does not take, are no sockets", () => {
  const bench = new EthernetBench();
  const driver = bench.station();
  const user = { onEvents: () => {}, onLost: () => {} };
  for (const socket of bench.model.sockets) socket.stuck = true;
  assert.throws(() => driver.openSocket(user, "large", 2, 0x22, 0), /opens no socket/);
  for (const socket of bench.model.sockets) socket.stuck = false;
  assert.throws(() => driver.openSocket(user, "large", 0, 0x22, 0), /opens no socket/);
  assert.ok(driver.openSocket(user, "large", 2, 0x22, 0).index === 0, "none was lost by it");
});

test("pins in use and bad options are refused, and nothing is held afterwards", () => {
  const bench = new EthernetBench();
  const { chip, wiring } = bench;
  for (const pin of [wiring.clock, wiring.in, wiring.out, wiring.select, wiring.interrupt, wiring.reset ?? -1]) {
    const owner = new chip.Digital({ pin, mode: chip.Digital.Input });
    assert.throws(() => new W5500(bench.options()), /in use/);
    owner.close();
  }
  for (const change of [
    { hz: 0 },
    { hz: 40_000_000 },
    { hardwareAddress: Uint8Array.of(1, 2, 3) },
    { hardwareAddress: Uint8Array.of(1, 2, 3, 4, 5, 6) },
    { buffersKiB: [3, 0, 0, 0, 0, 0, 0, 0] },
    { buffersKiB: [16, 1, 0, 0, 0, 0, 0, 0] },
    { buffersKiB: [0, 0, 0, 0, 0, 0, 0, 0] },
    { buffersKiB: [16] },
    { port: 9 },
  ]) {
    assert.throws(() => new W5500(bench.options(change)), RangeError);
  }
  new W5500(bench.options()).close();
  for (const pin of [wiring.clock, wiring.interrupt, wiring.reset ?? -1]) assert.not.ok(chip.isOwned(pin));
});

test("close: twice is once, its sockets are lost, nothing after it", () => {
  const bench = new EthernetBench();
  const driver = bench.station();
  const lost: string[] = [];
  driver.openSocket({ onEvents: () => {}, onLost: () => lost.push("lost") }, "small", 2, 0x22, 0);
  driver.close();
  driver.close();
  assert.equal(lost, ["lost"]);
  const { frames } = bench.spi;
  bench.model.conflict();
  bench.runMs(100_000);
  assert.is(bench.spi.frames, frames);
  assert.throws(() => driver.setStation(STATION), /closed/);
  const user = { onEvents: () => {}, onLost: () => {} };
  assert.throws(() => driver.openSocket(user, "small", 2, 0x22, 0), /closed/);
  new W5500(bench.options()).close();
});

test.run();
