/** Ethernet over hours: leases renewed, moved, refused and lost, a router that comes late, a supply that dips. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { START_SPREAD_MS } from "../../../../../firmware/io/net/w5500/dhcp.js";
import { EthernetBench } from "../../../../support/io/ethernet.js";

const test = suite("firmware/io Ethernet over hours");
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

test("the chip's supply dips, at any moment of its way up: it comes up in the end", () => {
  for (let bytes = 20; bytes < 3_000; bytes += 197) {
    const { bench, ups } = shop();
    bench.model.dipsAfterBytes = bytes;
    bench.runMs(20_000);
    assert.ok(ups.at(-1), `after ${bytes} bytes`);
    assert.is(bench.model.address, "10.0.0.77");
  }
});

test.run();
