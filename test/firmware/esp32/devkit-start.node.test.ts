/** What the devkit's manifest starts, on stand-ins for the SDK's modules: self-test, machine, a sale, its network. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEVKIT } from "../../../firmware/io/boards/devkit.js";
import { ethernetWiringOf } from "../../../firmware/io/boards/ethernet.js";
import { SimLan } from "../../support/io/lan.js";
import { W5500Model } from "../../support/io/w5500.js";
import { load, standIn } from "../../support/sdk/stand-in.js";
import { ProvisionedBoard } from "../../support/sdk/started.js";

const test = suite("firmware/esp32 devkit");
const board = new ProvisionedBoard(DEVKIT);
const { kit, machine, fleet } = board;
machine.keyState = "making";
const wiring = ethernetWiringOf(DEVKIT);
const { chip } = kit.carrier;
machine.spi.device = new W5500Model(chip, new SimLan(chip.world), { interrupt: wiring?.interrupt ?? -1 });
standIn(machine.modules());

test("power: the watchdog is fed at once, the parts' displays have time, then each port says its line", async () => {
  kit.setButton(true);
  await load("firmware/esp32/devkit.ts");
  kit.run(400);
  assert.equal(machine.lines, []);
  kit.run(12_000);
  assert.is(machine.lines[0], "board: devkit (ESP32-WROOM-32E-N8), started by power");
  assert.ok(kit.fed >= 4, `${kit.fed} times`);
});

test("the service button held: the self-test again and again; let go, the machine starts", () => {
  const ended = machine.lines.filter((line) => line.startsWith("self-test: "));
  assert.ok(ended.length >= 2, `${ended.length} times`);
  assert.match(machine.lines.find((line) => line.startsWith("self-test: ")) ?? "", /all 32 well/);
  for (const line of ["Ethernet: answers, cable has a link", "Wi-Fi: set up for shop", "device key: being made"]) {
    assert.ok(machine.lines.includes(line), line);
  }
  assert.not.ok(chip.isOwned(wiring?.clock ?? -1), "the worker's from now on");
  assert.equal(machine.workers, []);
  kit.setButton(false);
  kit.run(20_000);
  assert.match(kit.shows(), /Choose|product/i);
});

test("its key is still being made: it sells, and its network opens when the key is there", () => {
  assert.ok(machine.lines.includes("network: keyMaking"));
  board.pay(4);
  kit.press("A5");
  kit.run(15_000);
  assert.is(kit.carrier.cabinet.spirals.turns, 1);
  assert.equal(machine.workers, []);
  machine.keyState = "ready";
  machine.keyReady();
  assert.is(machine.lines.at(-1), "device key: ready");
  kit.run(5_000);
});

test("its network's worker is started with its memory, told its configuration, and goes up", async () => {
  const { WORKER_MEMORY } = await load<{ WORKER_MEMORY: object }>("firmware/io/net/start-worker.ts");
  assert.equal(machine.workers, [{ module: "firmware/esp32/network", memory: WORKER_MEMORY }]);
  assert.is(fleet.heard[0]?.frame, "config");
  assert.ok(fleet.heard.some(({ frame }) => frame === "announcement"));
});

test("a sale by coins and keys, to the product's fall and the fleet's books", () => {
  board.pay(4);
  kit.press("A5");
  kit.run(15_000);
  assert.is(kit.carrier.cabinet.spirals.turns, 2);
  kit.run(60_000);
  assert.is(board.sales, 2);
});

test("the machine feeds the watchdog from now on, and the door is heard", () => {
  const { fed } = kit;
  kit.run(10_000);
  assert.ok(kit.fed > fed);
  kit.setDoor(true);
  kit.run(2_000);
  assert.not.match(kit.shows(), /Choose/);
  kit.setDoor(false);
  kit.run(2_000);
});

test("the mains fail: the board restarts once they are back", () => {
  kit.carrier.cabinet.failMains();
  kit.run(1_400);
  assert.is(kit.restarts, 0);
  kit.run(200);
  assert.is(kit.restarts, 1);
});

test.run();
