/** Ethernet from the cable to an address and back: a router that gives, refuses, moves, is silent, and cables pulled. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { START_SPREAD_MS } from "../../../../../firmware/io/net/w5500/dhcp.js";
import { LINK_GRACE_MS } from "../../../../../firmware/io/net/w5500/ethernet.js";
import { EthernetBench, HARDWARE_ADDRESS } from "../../../../support/io/ethernet.js";

const test = suite("firmware/io Ethernet");
/** Reset, look, spread, offer and ACK. */
const UP_MS = 500 + START_SPREAD_MS;

function shop() {
  const bench = new EthernetBench();
  const { dhcp, names } = bench.router();
  const ups: boolean[] = [];
  const ethernet = bench.ethernet();
  ethernet.open((up) => ups.push(up));
  return { bench, dhcp, names, ups, ethernet };
}

test("a cable, an address by DHCP, and names by the servers it told of", () => {
  const { bench, dhcp, names, ups, ethernet } = shop();
  assert.is(ethernet.state, "noChip");
  bench.runMs(UP_MS);
  assert.equal(ups, [true]);
  assert.is(ethernet.state, "up");
  assert.is(ethernet.address, "10.0.0.77");
  assert.is(bench.model.address, "10.0.0.77");
  assert.equal([...bench.model.common.subarray(0x01, 0x09)], [10, 0, 0, 1, 255, 255, 255, 0]);
  assert.equal(dhcp.kinds(), [1, 3]);
  const [discover] = dhcp.heard;
  assert.ok(discover?.broadcast, "without an address it hears broadcasts only");
  assert.equal(discover?.options.get(61), [1, ...HARDWARE_ADDRESS]);
  assert.equal(
    discover?.options.get(12),
    [..."M-1"].map((letter) => letter.charCodeAt(0)),
  );
  names.names.set("time.example", [{ name: "time.example", address: "10.3.3.3" }]);
  const answers: (string | undefined)[] = [];
  ethernet.resolve("time.example", (address) => answers.push(address));
  bench.runMs(20);
  assert.equal(answers, ["10.3.3.3"]);
  assert.is(bench.model.sockets.filter(({ status }) => status !== 0).length, 0, "nothing stays open");
});

test("who opens it when it is up already is told at once", () => {
  const bench = new EthernetBench();
  bench.router();
  const ethernet = bench.ethernet();
  bench.runMs(UP_MS);
  const ups: boolean[] = [];
  ethernet.open((up) => ups.push(up));
  assert.equal(ups, [true]);
});

test("renewed at half its time with its connections standing; given up when nobody renews it", () => {
  const { bench, dhcp, ups, ethernet } = shop();
  bench.runMs(UP_MS);
  const errors: string[] = [];
  const tcp = new ethernet.tcp({
    address: "10.0.0.1",
    host: "router",
    port: 80,
    onReadable: () => {},
    onWritable: () => {},
    onError: () => errors.push("error"),
  });
  bench.lan.serve("10.0.0.1", 80, () => {});
  bench.runMs(1_800_000);
  assert.equal(dhcp.kinds(), [1, 3, 3]);
  assert.equal([dhcp.heard[2]?.to, dhcp.heard[2]?.ours, dhcp.heard[2]?.broadcast], ["10.0.0.1", "10.0.0.77", false]);
  bench.runMs(1_000);
  assert.equal(ups, [true], "renewing is nobody's business");
  assert.not.ok(errors.length > 1);
  tcp.close();
  dhcp.silent = true;
  bench.runMs(3_600_000);
  assert.equal(ups, [true, false]);
  assert.is(bench.model.address, "0.0.0.0");
  dhcp.silent = false;
  bench.runMs(200_000);
  assert.equal(ups, [true, false, true]);
});

test("the router gives another address when it renews: down and up, connections end", () => {
  const { bench, dhcp, ups, ethernet } = shop();
  bench.lan.serve("10.0.0.1", 80, () => {});
  bench.runMs(UP_MS + 1_700_000);
  const errors: string[] = [];
  const callbacks = { onReadable: () => {}, onWritable: () => {}, onError: () => errors.push("error") };
  new ethernet.tcp({ address: "10.0.0.1", host: "router", port: 80, ...callbacks });
  dhcp.offers = "10.0.0.99";
  bench.runMs(110_000);
  assert.equal(ups, [true, false, true]);
  assert.equal(errors, ["error"]);
  assert.is(bench.model.address, "10.0.0.99");
});

test("refused when it renews, a conflict: the address is given up at once, and another asked for", () => {
  const { bench, dhcp, ups } = shop();
  bench.runMs(UP_MS);
  dhcp.refuses = true;
  bench.runMs(1_801_000);
  assert.equal(ups, [true, false]);
  dhcp.refuses = false;
  bench.runMs(20_000);
  assert.equal(ups, [true, false, true]);
  bench.model.conflict();
  bench.runMs(100);
  assert.equal(ups, [true, false, true, false]);
  assert.is(dhcp.kinds().at(-1), 4, "the server is told");
  assert.equal(dhcp.heard.at(-1)?.options.get(50), [10, 0, 0, 77]);
  bench.runMs(20_000);
  assert.equal(ups, [true, false, true, false, true]);
});

test("no router for an hour: it asks on, ever less; then one comes", () => {
  const bench = new EthernetBench();
  const ups: boolean[] = [];
  const ethernet = bench.ethernet();
  ethernet.open((up) => ups.push(up));
  bench.runMs(3_600_000);
  assert.is(ethernet.state, "noAddress");
  const discovers = bench.lan.datagrams.length;
  assert.ok(discovers > 90 && discovers < 120, `${discovers} in an hour`);
  bench.router();
  bench.runMs(200_000);
  assert.equal(ups, [true]);
});

test("a cable that comes back soon costs nothing; one that stays away ends it, and is asked for the same address", () => {
  const { bench, dhcp, ups, ethernet } = shop();
  bench.runMs(UP_MS);
  bench.model.plug(false);
  bench.runMs(LINK_GRACE_MS - 200);
  bench.model.plug(true);
  bench.runMs(10_000);
  assert.equal(ups, [true]);
  assert.equal(dhcp.kinds(), [1, 3]);
  bench.model.plug(false);
  bench.runMs(LINK_GRACE_MS + 200);
  assert.equal(ups, [true, false]);
  assert.is(ethernet.state, "noCable");
  assert.is(ethernet.address, undefined);
  bench.model.plug(true);
  bench.runMs(UP_MS);
  assert.equal(ups, [true, false, true]);
  assert.equal(dhcp.heard[2]?.options.get(50), [10, 0, 0, 77]);
});

test("the chip's supply dips, at any moment of its way up: it comes up in the end", () => {
  for (let bytes = 20; bytes < 3_000; bytes += 197) {
    const { bench, ups } = shop();
    bench.model.dipsAfterBytes = bytes;
    bench.runMs(20_000);
    assert.ok(ups.at(-1), `after ${bytes} bytes`);
    assert.is(bench.model.address, "10.0.0.77");
  }
});

test("close: twice is once; pins are free, nothing is told or sent any more", () => {
  const { bench, ups, ethernet } = shop();
  bench.runMs(UP_MS);
  ethernet.close();
  ethernet.close();
  const { frames } = bench.spi;
  bench.model.plug(false);
  bench.runMs(4_000_000);
  assert.is(bench.spi.frames, frames);
  assert.equal(ups, [true]);
  assert.not.ok(bench.chip.isOwned(bench.wiring.clock));
  assert.throws(() => ethernet.resolve("time.example", () => {}), /closed/);
  bench.ethernet().close();
  assert.throws(() => bench.ethernet({ hz: 0 }), RangeError);
});

test.run();
