/** Wi-Fi and Ethernet kept up through refusals, silence and loss. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readFixedAddress } from "../../../../firmware/io/net/fixed-address.js";
import {
  CONNECT_MS,
  type InterfaceOptions,
  NetInterface,
  RETRY_FIRST_MS,
  RETRY_MAX_MS,
} from "../../../../firmware/io/net/interface.js";
import { SimInterfaces } from "../../../../tools/bench/net-interface.js";
import { SimClockwork } from "../../../../tools/bench/sockets.js";

const test = suite("network interface");

function world(change: Partial<InterfaceOptions> = {}) {
  const clock = new SimClockwork();
  const interfaces = new SimInterfaces();
  const ups: boolean[] = [];
  const open = (): NetInterface =>
    new NetInterface({
      io: interfaces.io,
      ssid: "cellar",
      password: "12345678",
      clockwork: clock,
      random: (bound) => bound - 1,
      onUp: (up) => ups.push(up),
      ...change,
    });
  return { clock, interfaces, ups, open };
}

test("connects with name and password, or with neither for Ethernet and open networks", () => {
  const secured = world();
  secured.open();
  assert.equal(secured.interfaces.last.connects, [{ SSID: "cellar", password: "12345678" }]);
  secured.interfaces.last.becomes(400);
  assert.equal(secured.ups, [], "associated is not up: there is no address yet");
  secured.interfaces.last.becomes(500);
  assert.equal(secured.ups, [true]);
  assert.is(secured.clock.ringAtMs, Infinity);
  const open = world({ password: undefined });
  open.open();
  assert.equal(open.interfaces.last.connects, [{ SSID: "cellar" }]);
  const wired = world({ ssid: undefined, password: undefined });
  wired.interfaces.connection = 500;
  assert.is(wired.open().up, true, "a link that is up already is taken as it is");
  assert.equal(wired.interfaces.last.connects, []);
});

test("an address by hand is set before it connects; an interface that cannot have one is not opened", () => {
  const fixed = readFixedAddress({ address: "10.0.0.9", mask: "255.0.0.0", gateway: "10.0.0.1", dns: ["10.0.0.1"] });
  assert.ok(typeof fixed !== "string");
  const shop = world({ fixed });
  const link = shop.open();
  const { last } = shop.interfaces;
  assert.equal(last.configured, [{ static: { address: "10.0.0.9", mask: "255.0.0.0", gateway: "10.0.0.1" } }]);
  assert.is(last.connects.length, 1);
  assert.is(link.address, undefined, "not connected yet");
  const byDhcp = world();
  byDhcp.open();
  assert.equal(byDhcp.interfaces.last.configured, []);
  class Plain {
    connection = 200;
    closed = false;
    connect(): void {}
    disconnect(): void {}
    close(): void {
      closed += 1;
    }
  }
  let closed = 0;
  assert.throws(() => world({ fixed, io: Plain }).open(), /no fixed address/);
  assert.is(closed, 1);
});

test("tries again after refusal, silence and exceptions, ever later, and soon after a loss", () => {
  const { clock, interfaces, ups, open } = world();
  const link = open();
  interfaces.last.becomes(200);
  assert.is(clock.ringAtMs - clock.nowMs(), RETRY_FIRST_MS);
  clock.pass(RETRY_FIRST_MS);
  clock.pass(CONNECT_MS);
  assert.is(interfaces.last.disconnects, 2);
  interfaces.last.refuses = true;
  const waits: number[] = [];
  for (let i = 0; i < 8; i++) {
    waits.push(clock.ringAtMs - clock.nowMs());
    clock.pass(clock.ringAtMs - clock.nowMs());
  }
  assert.equal(waits.slice(0, 2), [2 * RETRY_FIRST_MS, 4 * RETRY_FIRST_MS]);
  assert.is(waits.at(-1), RETRY_MAX_MS);
  assert.is(link.failures, 10);
  interfaces.last.refuses = false;
  clock.pass(RETRY_MAX_MS);
  interfaces.last.becomes(500);
  interfaces.last.becomes(200);
  assert.equal(ups, [true, false]);
  assert.is(clock.ringAtMs - clock.nowMs(), RETRY_FIRST_MS, "the back-off began anew");
  clock.pass(RETRY_FIRST_MS);
  interfaces.last.becomes(500);
  assert.equal(ups, [true, false, true]);
});

test("refuses bad options; after close nothing happens any more", () => {
  for (const change of [
    { ssid: "" },
    { ssid: "x".repeat(33) },
    { password: "1234567" },
    { password: "x".repeat(64) },
    { ssid: undefined },
  ]) {
    assert.throws(() => world(change).open(), RangeError);
  }
  const { clock, interfaces, ups, open } = world();
  const link = open();
  link.close();
  link.close();
  assert.ok(interfaces.last.closed);
  interfaces.last.becomes(500);
  clock.pass(CONNECT_MS);
  assert.equal(ups, []);
});

test.run();
