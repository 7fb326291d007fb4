/** The real machine with satellites and an age verification device on its bus, word by word. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FAULTS, type FaultName } from "../../../shared/faults.js";
import { hasFault } from "../../../shared/records/durable.js";
import { FITTED } from "../../../shared/wire/documents.js";
import { Cabinet } from "../../../tools/bench/cabinet.js";
import { DEMO_SETTINGS } from "../../../tools/bench/demo.js";
import { silence } from "../../../tools/bench/wire-faults.js";

const test = suite("bench: satellites");
const ALL = 0b1111 << FITTED.indexOf("satellite1");

function open(): Cabinet {
  const satellites = ["satellite1", "satellite2", "satellite3", "ageVerifier"] as const;
  const cabinet = new Cabinet({ satellites, settings: { ...DEMO_SETTINGS, fitted: 0b11 | ALL } });
  cabinet.untilSelling();
  cabinet.runFor(5_000);
  return cabinet;
}

function fault(cabinet: Cabinet, name: FaultName): boolean {
  return hasFault(cabinet.durable, FAULTS[name].code);
}

test("all four are set up once and polled beside a sale; one is asked DRAVP", () => {
  const cabinet = open();
  assert.equal(
    cabinet.satellites.map(({ setUps, questions }) => [setUps, questions]),
    [
      [1, 0],
      [1, 0],
      [1, 0],
      [1, 1],
    ],
  );
  assert.is(cabinet.machine?.snapshot().bus.ageVerifier.ageStatus, cabinet.satellites[3]?.ageStatus);
  cabinet.select("A5");
  cabinet.insertCoin(100);
  cabinet.until("it falls", () => cabinet.truth.productsAt("tray") === 1);
  cabinet.untilRest();
  cabinet.assertSound("after the sale", true);
  assert.equal(cabinet.durable.faults, []);
});

test("a thousand bytes come through the link in blocks of 31, though some words of them are lost", () => {
  const cabinet = open();
  const [satellite] = cabinet.satellites;
  satellite?.sendFile(1, new Uint8Array(1_000).fill(0x55));
  cabinet.runFor(1_500);
  const silent = silence(cabinet.wire, 0x40);
  cabinet.runFor(400);
  silent.remove();
  cabinet.until("the file is taken", () => satellite?.filesTaken === 1);
  assert.is(satellite?.setUps, 1);
});

test("one that falls silent is a fault of its own, and nobody else waits for it", () => {
  const cabinet = open();
  const silent = silence(cabinet.wire, 0x50);
  cabinet.runFor(8_000);
  assert.equal([fault(cabinet, "satellite3Offline"), fault(cabinet, "satellite2Offline")], [true, false]);
  assert.is(cabinet.view?.selling, true);
  silent.remove();
  cabinet.runFor(15_000);
  assert.is(fault(cabinet, "satellite3Offline"), false);
});

test("without power they forget, and are set up again", () => {
  const cabinet = open();
  cabinet.powerCycle();
  cabinet.untilSelling();
  cabinet.runFor(5_000);
  assert.equal(
    cabinet.satellites.map(({ setUps }) => setUps),
    [2, 2, 2, 2],
  );
});

test.run();
