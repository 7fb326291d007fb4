/** Ethernet from the cable to an address and names, and back when the cable is pulled. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { START_SPREAD_MS } from "../../../../../firmware/io/net/w5500/dhcp.js";
import { LINK_GRACE_MS } from "../../../../../firmware/io/net/w5500/ethernet.js";
import { EthernetBench, HARDWARE_ADDRESS, STATION } from "../../../../support/io/ethernet.js";

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

test("an address by hand: up with the cable, nobody is asked for another, names by its own servers", () => {
  const bench = new EthernetBench();
  const { dhcp, names } = bench.router();
  names.names.set("time.example", [{ name: "time.example", address: "10.3.3.3" }]);
  const { address, mask, gateway: router } = STATION;
  const ups: boolean[] = [];
  const ethernet = bench.ethernet({ fixed: { address, mask, router, nameServers: [Uint8Array.of(10, 0, 0, 53)] } });
  const open = ethernet.open((up) => ups.push(up));
  bench.runMs(UP_MS);
  assert.equal(ups, [true]);
  assert.is(open.address, "10.0.0.9");
  assert.is(bench.model.address, "10.0.0.9");
  assert.equal([...bench.model.common.subarray(0x01, 0x09)], [10, 0, 0, 1, 255, 255, 255, 0]);
  const answers: (string | undefined)[] = [];
  ethernet.resolve("time.example", (found) => answers.push(found));
  bench.runMs(20);
  assert.equal(answers, ["10.3.3.3"]);
  bench.model.plug(false);
  bench.runMs(LINK_GRACE_MS + 300);
  assert.equal([ups, ethernet.address], [[true, false], undefined]);
  bench.model.plug(true);
  bench.runMs(UP_MS);
  assert.equal([ups, ethernet.address], [[true, false, true], "10.0.0.9"]);
  assert.equal(dhcp.kinds(), []);
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

test("a cable that comes back soon costs nothing; one that stays away ends it; the same address is asked for", () => {
  const { bench, dhcp, names, ups, ethernet } = shop();
  bench.runMs(UP_MS);
  bench.model.plug(false);
  bench.runMs(LINK_GRACE_MS - 200);
  bench.model.plug(true);
  bench.runMs(10_000);
  assert.equal(ups, [true]);
  assert.equal(dhcp.kinds(), [1, 3]);
  names.silent = true;
  const answers: (string | undefined)[] = [];
  bench.model.plug(false);
  bench.runMs(LINK_GRACE_MS - 300);
  ethernet.resolve("time.example", (address) => answers.push(address));
  bench.runMs(500);
  assert.equal(answers, [undefined], "who waits for a name is not left waiting");
  assert.equal(ups, [true, false]);
  assert.is(ethernet.state, "noCable");
  assert.is(ethernet.address, undefined);
  bench.model.plug(true);
  bench.runMs(UP_MS);
  assert.equal(ups, [true, false, true]);
  assert.equal(dhcp.heard[2]?.options.get(50), [10, 0, 0, 77]);
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
