/** The beam before a turn: lit, dark, lit, each in its time; and a blind beam told once and tried again. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  BLIND_FAULT_MS,
  deliveryAtBoot,
  EMITTER_MS,
  LIT_MS,
  LOOK_AGAIN_MS,
  RETEST_MS,
} from "../../../firmware/delivery/state.js";
import { COLUMN, DeliveryRoom } from "./room.js";

const test = suite("firmware/delivery self-test");
const PREPARE = { delivery: "prepare", column: COLUMN, homeOnly: false } as const;
const OFF = { do: "emitter", on: false } as const;
const ON = { do: "emitter", on: true } as const;
const T = 10_000;
const tell = (event: object) => ({ do: "tellSale", event });
const BLIND = tell({ delivery: "trouble", fault: "beamBlind", present: true });
const SEES = tell({ delivery: "trouble", fault: "beamBlind", present: false });
const UNREADY = tell({ delivery: "unready", cause: "beamBlind" });

function preparing(room = new DeliveryRoom()): DeliveryRoom {
  room.order(PREPARE);
  return room;
}

test("lit, dark, lit: ready", () => {
  const room = preparing();
  assert.equal(room.take(), [OFF]);
  room.edge(true, T + 2);
  assert.equal(room.take(), [ON]);
  room.edge(false, T + 4);
  assert.equal(room.take(), [tell({ delivery: "ready" })]);
  assert.equal(room.state.phase, { is: "prepared", column: COLUMN });
});

test("a beam stuck lit is blind: it never went dark", () => {
  const room = preparing();
  room.take();
  room.wait(T + EMITTER_MS + LOOK_AGAIN_MS);
  assert.equal(room.take(), [ON, BLIND, UNREADY]);
  room.edge(true, T + 700);
  room.edge(false, T + 705);
  assert.equal(room.take(), [SEES], "a late answer of the emitter is no drop");
});

test("a beam stuck dark after the test is blind", () => {
  const room = preparing();
  room.edge(true, T + 2);
  room.take();
  room.wait(T + 2 + EMITTER_MS + LOOK_AGAIN_MS);
  assert.equal(room.take(), [BLIND, UNREADY]);
  room.edge(false, T + 900);
  assert.equal(room.take(), [SEES]);
});

test("an edge latched too late does not pass, whenever it is heard", () => {
  const room = preparing();
  room.take();
  room.edge(true, T + EMITTER_MS + 1);
  assert.equal(room.take(), [ON, BLIND, UNREADY]);
});

test("something in the way is waited for, then the test goes on; not longer", () => {
  const room = new DeliveryRoom();
  room.edge(true, T - 100);
  room.order(PREPARE);
  assert.equal(room.take(), []);
  room.edge(false, T + 200);
  assert.equal(room.take(), [tell({ delivery: "strayDrop" }), OFF]);
  const blocked = new DeliveryRoom();
  blocked.edge(true, T - 100);
  blocked.order(PREPARE);
  blocked.wait(T + LIT_MS + LOOK_AGAIN_MS);
  assert.equal(blocked.take(), [BLIND, UNREADY]);
});

test("dark before the emitter was switched off, but heard after it, proves nothing: from the start", () => {
  const room = preparing();
  room.take();
  room.input({ on: "beam", dark: true, atMs: T - 5 });
  assert.equal(room.take(), [ON]);
  room.edge(false, T + 50);
  assert.equal(room.take(), [OFF]);
  room.edge(true, T + 52);
  room.edge(false, T + 54);
  assert.equal(room.take(), [ON, tell({ delivery: "ready" })]);
});

test("the spiral stands away from home: not ready; a column without beam needs no test", () => {
  const away = new DeliveryRoom(deliveryAtBoot({ beamDark: false, awayFromHome: [COLUMN] }, 0));
  away.order(PREPARE);
  assert.equal(away.take(), [tell({ delivery: "unready", cause: "notHome" })]);
  const homeOnly = new DeliveryRoom(deliveryAtBoot({ beamDark: true, awayFromHome: [] }, 0));
  homeOnly.order({ ...PREPARE, homeOnly: true });
  assert.equal(homeOnly.take(), [tell({ delivery: "ready" })]);
});

test("a test that is broken off does not leave the emitter off", () => {
  for (const order of [
    { ...PREPARE, homeOnly: true },
    { delivery: "turn", column: COLUMN, homeOnly: false, retry: false },
    { delivery: "finish", column: COLUMN, homeOnly: false },
  ] as const) {
    const room = preparing();
    assert.equal(room.take(), [OFF]);
    room.order(order);
    assert.equal(room.take()[0], ON);
  }
});

test("prepared anew while the beam is dark: waits for light, then from the start", () => {
  const room = preparing();
  room.edge(true, T + 2);
  room.take();
  room.order(PREPARE);
  assert.equal(room.take(), []);
  room.edge(false, T + 4);
  assert.equal(room.take(), [OFF]);
});

test("a hand in the tray is no fault, a beam dark for long is; told once, and over when it is lit", () => {
  const room = new DeliveryRoom();
  room.edge(true, T);
  room.wait(T + BLIND_FAULT_MS - 1);
  assert.equal(room.take(), []);
  room.wait(T + BLIND_FAULT_MS + 100);
  assert.equal(room.take(), [BLIND]);
  room.edge(false, T + 30_000);
  assert.equal(room.take(), [SEES]);
});

test("a blind beam is tried again every minute until it passes", () => {
  const room = preparing();
  room.wait(T + 1_000);
  room.take();
  room.wait(T + 1_200 + RETEST_MS);
  assert.equal(room.take(), [OFF, ON], "still stuck lit: nothing new to tell");
  room.wait(T + 2 * RETEST_MS + 1_100);
  assert.equal(room.take(), [OFF]);
  room.edge(true, room.nowMs + 2);
  room.edge(false, room.nowMs + 2);
  assert.equal(room.take(), [ON, SEES]);
  assert.is(room.state.phase.is, "idle");
});

test.run();
