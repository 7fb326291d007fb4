/** The self-test's look at a W5500: there or not, cable or none, and its pins free again. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lookAtW5500 } from "../../../../firmware/io/boards/cable-look.js";
import { DEVKIT } from "../../../../firmware/io/boards/devkit.js";
import { TOUCH } from "../../../../firmware/io/boards/touch.js";
import { EthernetBench } from "../../../support/io/ethernet.js";

const test = suite("firmware/io w5500 look");

test("there, with a link and without; its pins are free for the network afterwards", () => {
  const bench = new EthernetBench();
  assert.is(lookAtW5500(DEVKIT, bench.spi.SPI), "link");
  assert.is(bench.spi.frames, 3, "the first one brings select to rest");
  bench.model.plug(false);
  assert.is(lookAtW5500(DEVKIT, bench.spi.SPI), "noLink");
  bench.model.plug(true);
  bench.router();
  assert.ok(bench.driver().ready);
});

test("another chip, and none: zeros or ones", () => {
  const bench = new EthernetBench();
  bench.model.version = 0x51;
  bench.model.reset();
  assert.is(lookAtW5500(DEVKIT, bench.spi.SPI), undefined);
  bench.spi.device = undefined;
  for (const idle of [0x00, 0xff]) {
    bench.spi.idle = idle;
    assert.is(lookAtW5500(DEVKIT, bench.spi.SPI), undefined);
  }
  assert.not.ok(bench.chip.isOwned(bench.wiring.clock));
});

test("pins in use, a board without one", () => {
  const bench = new EthernetBench();
  const driver = bench.driver();
  assert.throws(() => lookAtW5500(DEVKIT, bench.spi.SPI), /in use/);
  driver.close();
  assert.throws(() => lookAtW5500(TOUCH, bench.spi.SPI), /no w5500/);
});

test.run();
