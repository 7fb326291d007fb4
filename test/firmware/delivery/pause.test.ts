/** The mains fail in the turn: the rim has stopped the motor, the beam is watched until nothing can fall any more. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BLIND_MS, deliveryAtBoot, LOOK_AGAIN_MS, PAUSE_WATCH_MS } from "../../../firmware/delivery/state.js";
import { COLUMN, DeliveryRoom } from "./room.js";

const test = suite("firmware/delivery pause");
/** Start of the turn: two edges of the self-test after 10 s. */
const T = 10_006;
const FAIL = T + 1_000;

function failing(): DeliveryRoom {
  const room = DeliveryRoom.turning();
  room.leaves(T + 80);
  room.stops("ordered", FAIL);
  room.input({ on: "powerFail", atMs: FAIL });
  room.take();
  return room;
}

test("nothing falls: paused, not before the longest fall is over, and once", () => {
  const room = failing();
  room.wait(FAIL + PAUSE_WATCH_MS - 1);
  assert.equal(room.told(), []);
  room.wait(FAIL + PAUSE_WATCH_MS + LOOK_AGAIN_MS);
  assert.equal(room.told(), [{ delivery: "paused" }]);
  room.wait(FAIL + 60_000);
  assert.equal(room.told(), []);
});

test("it is told within 800 ms, with time left for one append", () => {
  assert.ok(PAUSE_WATCH_MS + LOOK_AGAIN_MS + 20 < 800);
  assert.ok(PAUSE_WATCH_MS > 600 + 80, "the longest fall and the darkness it makes");
});

test("what falls in that time is the sale's drop", () => {
  const room = failing();
  room.edge(true, FAIL + 590);
  room.edge(false, FAIL + 670);
  assert.equal(room.told(), [{ delivery: "dropped", fallMs: 1_590 }]);
  room.wait(FAIL + 5_000);
  assert.equal(room.told(), []);
});

test("stopped on its way home after the drop, a spiral is no trouble", () => {
  const room = DeliveryRoom.turning();
  room.leaves(T + 80);
  room.take();
  room.edge(true, FAIL - 80);
  room.edge(false, FAIL - 30);
  assert.equal(room.told(), [{ delivery: "dropped", fallMs: FAIL - 80 - T }]);
  room.stops("ordered", FAIL);
  room.input({ on: "powerFail", atMs: FAIL });
  room.wait(FAIL + 60_000);
  assert.equal(room.told(), []);
});

test("a slot proved by its home switch alone: stopped on the way it has neither sold nor failed", () => {
  const room = DeliveryRoom.turning({ homeOnly: true });
  room.leaves(room.nowMs + 80);
  room.take();
  room.stops("ordered", room.nowMs + 500);
  room.input({ on: "powerFail", atMs: room.nowMs });
  room.wait(room.nowMs + 60_000);
  assert.equal(room.told(), []);
});

test("a turn that was prepared is not begun any more", () => {
  const room = DeliveryRoom.prepared();
  room.input({ on: "powerFail", atMs: room.nowMs });
  room.take();
  room.order({ delivery: "turn", column: COLUMN, homeOnly: false, retry: false });
  assert.not.ok(room.known);
  assert.equal(room.take(), []);
});

test("nothing is begun any more: orders mean nothing", () => {
  const room = failing();
  room.order({ delivery: "turn", column: COLUMN, homeOnly: false, retry: false });
  assert.not.ok(room.known);
  room.order({ delivery: "prepare", column: COLUMN, homeOnly: false });
  assert.equal(room.take(), []);
});

test("a beam that was blind in the turn proves nothing", () => {
  const room = DeliveryRoom.turning();
  room.leaves(T + 80);
  room.edge(true, T + 100);
  room.wait(T + 100 + BLIND_MS + LOOK_AGAIN_MS);
  room.input({ on: "powerFail", atMs: FAIL });
  room.take();
  room.wait(FAIL + 2_000);
  assert.equal(room.told(), []);
});

test("a beam that is dark when the watch ends proves nothing, however short a time it has been", () => {
  const room = failing();
  room.edge(true, FAIL + PAUSE_WATCH_MS - 300);
  room.wait(FAIL + 5_000);
  assert.equal(room.told(), []);
});

test("a paused turn finished behind something that covers the beam: nobody knows, unless the drop is seen", () => {
  const hidden = new DeliveryRoom(deliveryAtBoot({ beamDark: true, awayFromHome: [COLUMN] }, 10_000));
  hidden.order({ delivery: "finish", column: COLUMN, homeOnly: false, proven: true });
  hidden.stops("home", hidden.nowMs + 800);
  hidden.wait(hidden.nowMs + 6_000);
  assert.equal(hidden.told().at(-1), { delivery: "unknown" });
  const seen = new DeliveryRoom(deliveryAtBoot({ beamDark: true, awayFromHome: [COLUMN] }, 10_000));
  seen.order({ delivery: "finish", column: COLUMN, homeOnly: false, proven: true });
  seen.edge(false, 10_200);
  seen.edge(true, 10_700);
  seen.edge(false, 10_760);
  assert.equal(seen.told().at(-1), { delivery: "dropped", fallMs: 700 });
});

test("a paused turn that is finished and drops nothing is a jam; without the pause nobody knows", () => {
  for (const proven of [true, false]) {
    const room = new DeliveryRoom(deliveryAtBoot({ beamDark: false, awayFromHome: [COLUMN] }, 10_000));
    room.order({ delivery: "finish", column: COLUMN, homeOnly: false, proven });
    room.stops("home", room.nowMs + 800);
    room.wait(room.nowMs + 6_000);
    const expected = proven ? { delivery: "failed", cause: "jam" } : { delivery: "unknown" };
    assert.equal(room.told(), [expected], `proven ${proven}`);
  }
});

test("a turn finished after a pause can be paused again, one after a plain cut cannot", () => {
  for (const proven of [true, false]) {
    const room = new DeliveryRoom(deliveryAtBoot({ beamDark: false, awayFromHome: [COLUMN] }, 10_000));
    room.order({ delivery: "finish", column: COLUMN, homeOnly: false, proven });
    room.input({ on: "powerFail", atMs: room.nowMs + 100 });
    room.take();
    room.wait(room.nowMs + 2_000);
    assert.equal(room.told(), proven ? [{ delivery: "paused" }] : []);
  }
});

test.run();
