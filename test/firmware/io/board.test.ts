/**
 * The real machine on the real drivers on a simulated devkit: a sale from the coin to the change, by keys, motor, beam
 * and text display; what the board itself sees to: alarm, watchdog, restart after the mains have failed.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readNote } from "../../../firmware/delivery/turn-note.js";
import { boardOf, HEARTBEAT_MS, RESTART_AFTER_POWER_FAIL_MS } from "../../../firmware/io/board.js";
import type { Parts } from "../../../firmware/io/parts.js";
import type { Machine } from "../../../firmware/machine/machine.js";
import { startMachine } from "../../../firmware/main.js";
import type { WorldInput } from "../../../firmware/ports/inputs.js";
import { openDocuments } from "../../../firmware/settings.js";
import type { PanelView } from "../../../shared/panel-view.js";
import { encodePlanogram, encodeSettings } from "../../../shared/wire/documents.js";
import { DEMO_PLANOGRAM, DEMO_SETTINGS, demoIdentity } from "../../../tools/bench/demo.js";
import { NOTE_AFTER_US } from "../../../tools/bench/rim-note.js";
import { SimDevkit } from "../../support/io/devkit.js";

const test = suite("firmware/io board");
const COLUMNS = DEMO_PLANOGRAM.slots.map(({ column }) => column);
const CHANGER_ONLY = { ...DEMO_SETTINGS, fitted: 0b1 };

function boardOn(kit: SimDevkit, parts: Parts<PanelView>) {
  const board = boardOf({ parts, chip: kit.chipPort(), identity: demoIdentity(), columns: COLUMNS });
  if (board === undefined) throw new Error("the devkit lacks nothing");
  return board;
}

function running(): { kit: SimDevkit; parts: Parts<PanelView>; machine: Machine } {
  const kit = new SimDevkit(COLUMNS);
  const parts = kit.parts();
  if (parts.documentFlash === undefined) throw new Error("no flash for documents");
  const documents = openDocuments(parts.documentFlash);
  documents.store("planogram", encodePlanogram(DEMO_PLANOGRAM));
  documents.store("settings", encodeSettings(CHANGER_ONLY));
  kit.run(500);
  const machine = startMachine(boardOn(kit, parts));
  kit.run(10_000);
  return { kit, parts, machine };
}

test("a sale: coins, keys, one turn, a drop, the change, on two lines of text", () => {
  const { kit } = running();
  const { cabinet } = kit.carrier;
  for (let i = 0; i < 4; i++) {
    kit.changer.insertCoin(25);
    kit.run(1_500);
  }
  assert.match(kit.shows(), /1\.00/);
  kit.press("A5");
  kit.run(15_000);
  assert.is(cabinet.spirals.turns, 1);
  const { products, coins } = cabinet.truth;
  assert.is(products.filter(({ place }) => place === "tray").length, 1);
  assert.is(
    coins.filter(({ place }) => place === "cup").reduce((sum, { valueMinor }) => sum + valueMinor, 0),
    25,
  );
  assert.equal(kit.carrier.selected(), []);
  assert.ok(kit.fed > 10);
});

test("a motor that cannot be selected: money back, nothing turned", () => {
  const { kit } = running();
  const { cabinet, motorExpander } = kit.carrier;
  for (let i = 0; i < 3; i++) {
    kit.changer.insertCoin(25);
    kit.run(1_500);
  }
  motorExpander.shorts.set(12, 0);
  kit.press("A5");
  kit.run(30_000);
  assert.is(cabinet.spirals.turns, 0);
  const paid = cabinet.truth.coins.filter(({ place }) => place === "cup");
  assert.is(
    paid.reduce((sum, { valueMinor }) => sum + valueMinor, 0),
    75,
  );
});

test("a cold cabinet rests its compressor, a warm one cools", () => {
  const { kit } = running();
  kit.sensor.milliC = 8_000;
  kit.run(301_000);
  assert.is(kit.carrier.chip.driven(32), 1);
  kit.sensor.milliC = 2_500;
  kit.run(130_000);
  assert.is(kit.carrier.chip.driven(32), 0);
});

test("the door opened is told, and the service menu answers its key", () => {
  const { kit } = running();
  kit.setDoor(true);
  kit.run(5_000);
  kit.press("#");
  kit.run(1_000);
  assert.match(kit.shows(), /[Cc]ode/);
});

test("a handset at the DEX socket is answered", () => {
  const { kit } = running();
  kit.socket.say([0x05]);
  kit.run(1_000);
  assert.ok(kit.socket.heard.length > 0);
});

test("the loop turns in a quiet night too, or the watchdog would bark", () => {
  const kit = new SimDevkit(COLUMNS);
  const board = boardOn(kit, kit.parts());
  const inputs: WorldInput[] = [];
  board.listen((input) => {
    inputs.push(input);
    board.wakeAt(Infinity);
  });
  board.wakeAt(Infinity);
  kit.run(HEARTBEAT_MS * 5);
  assert.ok(inputs.length >= 5);
  assert.ok(kit.fed >= 5);
  board.wakeAt(board.nowMs() + 10);
  kit.run(10);
  assert.is(inputs.at(-1)?.on, "tick");
  const before = inputs.length;
  kit.run(10);
  assert.is(inputs.length, before);
});

test("after the mains have failed and come back the board restarts", () => {
  const { kit } = running();
  kit.carrier.cabinet.failMains();
  kit.run(RESTART_AFTER_POWER_FAIL_MS - 10);
  assert.is(kit.restarts, 0);
  kit.run(20);
  assert.is(kit.restarts, 1);
});

test("the mains fail in a sale's turn: the rim notes it for the next start, whatever the program does", () => {
  const { kit } = running();
  const { cabinet } = kit.carrier;
  for (let i = 0; i < 4; i++) {
    kit.changer.insertCoin(25);
    kit.run(1_500);
  }
  kit.press("A5");
  while (cabinet.spirals.turning === undefined) kit.run(10);
  kit.run(500);
  cabinet.failMains();
  kit.run(NOTE_AFTER_US / 1_000 + 10);
  const note = readNote(cabinet.noteFlash);
  assert.is(note?.saleNo, 1);
  assert.equal(
    note?.inputs.map(({ on }) => on),
    ["leftHome", "motorStopped", "powerFail"],
  );
});

test("a board without a part that every machine needs is none", () => {
  const options = { identity: demoIdentity(), columns: COLUMNS };
  const noLedger = new SimDevkit(COLUMNS);
  noLedger.flash.partitions.delete("ledger");
  const parts = noLedger.parts();
  assert.is(boardOf({ ...options, parts, chip: noLedger.chipPort() }), undefined);
  assert.equal(
    parts.troubles.map(({ part }) => part),
    ["ledger flash"],
  );
  parts.close();
  parts.close();
});

test("random numbers are below their bound, every one of them", () => {
  const kit = new SimDevkit(COLUMNS);
  const { random } = boardOn(kit, kit.parts()).ports;
  const seen = new Set<number>();
  for (let i = 0; i < 200; i++) seen.add(random.below(6));
  assert.equal([...seen].sort(), [0, 1, 2, 3, 4, 5]);
  assert.ok(random.below(0x1_0000_0000) < 0x1_0000_0000);
});

test("without a network nothing is sent, and the ledger keeps it", () => {
  const kit = new SimDevkit(COLUMNS);
  const { network } = boardOn(kit, kit.parts()).ports;
  network.announce({ birth: () => new Uint8Array(0), will: () => new Uint8Array(0) });
  assert.not.ok(network.publish("fleet/M-1234/events", new Uint8Array(1), 1));
});

test.run();
