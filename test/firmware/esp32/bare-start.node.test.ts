/** A board that nobody has provisioned, with an image on trial: it says so, sells nothing, and stays awake. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEVKIT } from "../../../firmware/io/boards/devkit.js";
import { load, standIn } from "../../support/sdk/stand-in.js";
import { ProvisionedBoard } from "../../support/sdk/started.js";

const test = suite("firmware/esp32 bare board");
const board = new ProvisionedBoard(DEVKIT);
const { kit, machine } = board;
kit.keyValue.entries.clear();
machine.imageState = "trial";
machine.cause = "watchdog";
standIn(machine.modules());

test("the self-test says what is missing and why it started; no machine; the image before comes back", async () => {
  await load("firmware/esp32/devkit.ts");
  kit.run(10_000);
  assert.ok(machine.lines.includes("board: devkit (ESP32-WROOM-32E-N8), started by watchdog"));
  assert.ok(machine.lines.some((line) => line.startsWith("identity: none - provision the board")));
  assert.ok(machine.lines.includes("no machine: the board has no identity"));
  assert.equal(machine.image, ["rollBack"]);
  assert.equal(machine.workers, []);
});

test("whoever repairs it can read on: the watchdog is fed without a machine", () => {
  const { fed } = kit;
  kit.run(10_000);
  assert.ok(kit.fed - fed >= 4, `${kit.fed - fed} times`);
});

test.run();
