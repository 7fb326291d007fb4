/** One turn and its drop: what the beam, the home switch and five seconds amount to. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  BLIND_MS,
  DROP_WINDOW_MS,
  deliveryAtBoot,
  HOMING_MAX_MS,
  TURN_MAX_MS,
} from "../../../firmware/delivery/state.js";
import { COLUMN, DeliveryRoom } from "./room.js";

const test = suite("firmware/delivery drops");
/** Start of the turn: two edges of the self-test after 10 s. */
const T = 10_006;
const TURN = { delivery: "turn", column: COLUMN, homeOnly: false, retry: false } as const;
const PREPARE = { delivery: "prepare", column: COLUMN, homeOnly: false } as const;
const FINISH = { delivery: "finish", column: COLUMN, homeOnly: false } as const;
const BLIND = { delivery: "trouble", fault: "beamBlind", present: true } as const;
const SEES = { ...BLIND, present: false } as const;
const MOTOR = { do: "motor", column: COLUMN, maxMs: TURN_MAX_MS, noted: true } as const;

function drop(room: DeliveryRoom, atMs: number, darkMs = 40): void {
  room.edge(true, atMs);
  room.edge(false, atMs + darkMs);
}

test("the product falls: dropped, with its time; then the machine is at rest", () => {
  const room = DeliveryRoom.prepared();
  room.order(TURN);
  assert.equal(room.take(), [MOTOR]);
  room.leaves(T + 80);
  assert.equal(room.told(), [{ delivery: "leftHome", turn: 1 }]);
  room.stops("home", T + 1_500);
  assert.is(room.state.phase.is, "watching");
  assert.equal(room.told(), []);
  drop(room, T + 1_700);
  assert.equal(room.told(), [{ delivery: "dropped", fallMs: 1_700 }]);
  assert.equal(room.state.phase, { is: "idle", answer: "dropped" });
  room.wait(T + 60_000);
  assert.equal(room.told(), []);
});

test("it falls while the motor still runs: answered at once, the next order waits for the motor", () => {
  const room = DeliveryRoom.turning();
  room.leaves(T + 80);
  drop(room, T + 900);
  assert.equal(room.told().at(-1), { delivery: "dropped", fallMs: 900 });
  room.order(PREPARE);
  assert.equal(room.take(), []);
  room.stops("home", T + 1_500);
  assert.equal(room.take(), [{ do: "emitter", on: false }]);
  assert.is(room.state.phase.is, "selfTest");
});

test("nothing falls within 5 s: jam, not before", () => {
  const room = DeliveryRoom.turning();
  room.leaves(T + 80);
  room.stops("home", T + 1_500);
  room.take();
  room.wait(T + DROP_WINDOW_MS - 1);
  assert.equal(room.told(), []);
  room.wait(T + DROP_WINDOW_MS + 100);
  assert.equal(room.told(), [{ delivery: "failed", cause: "jam" }]);
});

test("a drop at 5.000 s counts, one at 5.001 s comes after the refund", () => {
  for (const [atMs, told] of [
    [5_000, [{ delivery: "dropped", fallMs: 5_000 }]],
    [5_001, [{ delivery: "failed", cause: "jam" }, { delivery: "strayDrop" }]],
  ] as const) {
    const room = DeliveryRoom.turning();
    room.leaves(T + 80);
    room.stops("home", T + 1_500);
    room.take();
    drop(room, T + atMs, 300);
    room.wait(T + 10_000);
    assert.equal(room.told(), told);
  }
});

test("late drop after the refund: stray", () => {
  const room = DeliveryRoom.turning();
  room.leaves(T + 80);
  room.stops("home", T + 1_500);
  room.wait(T + 6_000);
  room.take();
  drop(room, T + 8_000);
  assert.equal(room.told(), [{ delivery: "strayDrop" }]);
});

test("double drop: one is charged, the other named", () => {
  const room = DeliveryRoom.turning();
  room.leaves(T + 80);
  drop(room, T + 900);
  drop(room, T + 1_000);
  room.stops("home", T + 1_500);
  drop(room, T + 20_000);
  assert.equal(room.told(), [
    { delivery: "leftHome", turn: 1 },
    { delivery: "dropped", fallMs: 900 },
    { delivery: "extraDrop" },
    { delivery: "extraDrop" },
  ]);
  room.order(PREPARE);
  room.edge(true, room.nowMs + 3);
  room.edge(false, room.nowMs + 3);
  room.take();
  drop(room, T + 30_000);
  assert.equal(room.told(), [{ delivery: "strayDrop" }], "the next order ended that sale's time");
});

test("without any order a drop is stray", () => {
  const room = new DeliveryRoom();
  drop(room, 11_000);
  assert.equal(room.told(), [{ delivery: "strayDrop" }]);
});

test("retry: the second turn only after the first window has passed without a drop, and only one", () => {
  const room = DeliveryRoom.turning({ retry: true });
  room.leaves(T + 80);
  room.stops("home", T + 1_500);
  room.take();
  room.wait(T + DROP_WINDOW_MS);
  assert.equal(room.take(), []);
  room.wait(T + DROP_WINDOW_MS + 100);
  assert.equal(room.take(), [MOTOR]);
  const again = room.state.phase.is === "turning" ? room.state.phase.turn.startedMs : 0;
  assert.ok(again >= T + DROP_WINDOW_MS);
  room.leaves(again + 80);
  room.stops("home", again + 1_500);
  assert.equal(room.told(), [{ delivery: "leftHome", turn: 2 }]);
  room.wait(again + DROP_WINDOW_MS + 100);
  assert.equal(room.told(), [{ delivery: "failed", cause: "jam" }]);
});

test("retry: both products fall in the second turn, one is charged", () => {
  const room = DeliveryRoom.turning({ retry: true });
  room.leaves(T + 80);
  room.stops("home", T + 1_500);
  room.wait(T + 5_200);
  room.leaves(T + 5_300);
  room.take();
  drop(room, T + 6_000);
  room.stops("home", T + 6_500);
  drop(room, T + 6_600);
  const told = room.told();
  assert.is(told[0]?.delivery, "dropped");
  assert.equal(told.slice(1), [{ delivery: "extraDrop" }]);
});

test("the motor never left home: nothing was turned", () => {
  const room = DeliveryRoom.turning({ retry: true });
  room.stops("timeout", T + TURN_MAX_MS);
  room.wait(T + 6_000);
  assert.equal(room.take(), [{ do: "tellSale", event: { delivery: "failed", cause: "neverTurned" } }]);
});

test("stuck away from home: the beam stays armed up to 5 s, no second turn, the next order is refused", () => {
  const room = DeliveryRoom.turning({ retry: true });
  room.leaves(T + 80);
  room.stops("stall", T + 2_000);
  room.take();
  room.wait(T + 4_900);
  assert.equal(room.told(), []);
  room.wait(T + 5_100);
  assert.equal(room.take(), [{ do: "tellSale", event: { delivery: "failed", cause: "motorStuck" } }]);
  room.order(PREPARE);
  assert.equal(room.told(), [{ delivery: "unready", cause: "notHome" }]);
});

test("stuck away from home, but the product fell: sold, and the column is reported", () => {
  const room = DeliveryRoom.turning();
  room.leaves(T + 80);
  room.stops("timeout", T + TURN_MAX_MS);
  room.take();
  drop(room, T + 4_700);
  assert.equal(room.told(), [
    { delivery: "dropped", fallMs: 4_700 },
    { delivery: "trouble", fault: "motorStuck", present: true, column: COLUMN },
  ]);
});

test("a motor whose end is never reported is stopped", () => {
  const jam = DeliveryRoom.turning();
  jam.leaves(T + 80);
  jam.take();
  jam.wait(T + 6_000);
  assert.equal(jam.take(), [
    { do: "motorStop" },
    { do: "tellSale", event: { delivery: "failed", cause: "motorStuck" } },
  ]);
  const sold = DeliveryRoom.turning();
  sold.leaves(T + 80);
  drop(sold, T + 900);
  sold.take();
  sold.wait(T + 6_000);
  assert.equal(sold.take()[0], { do: "motorStop" });
  assert.is(sold.state.phase.is, "idle");
});

test("blocked for more than 500 ms is blind, not a drop: nobody knows", () => {
  const room = DeliveryRoom.turning();
  room.leaves(T + 80);
  room.stops("home", T + 1_500);
  room.take();
  drop(room, T + 2_000, BLIND_MS + 1);
  room.wait(T + 6_000);
  assert.equal(room.told(), [{ delivery: "unknown" }], "lit again before anyone looked");
  const long = DeliveryRoom.turning({ retry: true });
  long.leaves(T + 80);
  long.stops("home", T + 1_500);
  long.take();
  long.edge(true, T + 2_000);
  long.wait(T + 6_000);
  assert.equal(long.told(), [BLIND, { delivery: "unknown" }]);
  long.edge(false, T + 20_000);
  assert.equal(long.told(), [SEES]);
});

test("blocked for exactly 500 ms is a drop", () => {
  const room = DeliveryRoom.turning();
  room.take();
  drop(room, T + 2_000, BLIND_MS);
  assert.equal(room.told(), [{ delivery: "dropped", fallMs: 2_000 }]);
});

test("a clean drop wins over blindness, before or after it", () => {
  const before = DeliveryRoom.turning();
  before.leaves(T + 80);
  drop(before, T + 1_000);
  before.edge(true, T + 1_200);
  before.stops("home", T + 1_500);
  before.wait(T + 8_000);
  assert.equal(before.told(), [
    { delivery: "leftHome", turn: 1 },
    { delivery: "dropped", fallMs: 1_000 },
  ]);
  const after = DeliveryRoom.turning();
  after.leaves(T + 80);
  after.stops("home", T + 1_500);
  after.take();
  drop(after, T + 1_600, 900);
  drop(after, T + 3_000);
  assert.equal(after.told(), [{ delivery: "dropped", fallMs: 3_000 }]);
});

test("a drop that began in the window is waited for, also if it ends after it", () => {
  const room = DeliveryRoom.turning();
  room.leaves(T + 80);
  room.stops("home", T + 1_500);
  room.take();
  room.edge(true, T + 4_950);
  room.wait(T + 5_300);
  assert.equal(room.told(), []);
  room.edge(false, T + 5_350);
  assert.equal(room.told(), [{ delivery: "dropped", fallMs: 4_950 }]);
});

test("a column without beam: the home switch is the proof", () => {
  const room = DeliveryRoom.turning({ homeOnly: true });
  room.leaves(10_080);
  drop(room, 11_000);
  room.stops("home", 11_500);
  assert.equal(room.told(), [
    { delivery: "leftHome", turn: 1 },
    { delivery: "strayDrop" },
    { delivery: "dropped", fallMs: undefined },
  ]);
  const stuck = DeliveryRoom.turning({ homeOnly: true });
  stuck.leaves(10_080);
  stuck.stops("timeout", 14_500);
  assert.equal(stuck.told().at(-1), { delivery: "failed", cause: "motorStuck" });
  const still = DeliveryRoom.turning({ homeOnly: true });
  still.stops("timeout", 14_500);
  assert.equal(still.told(), [{ delivery: "failed", cause: "neverTurned" }]);
});

test("the motor starts only after the self-test, in the column that was tested, at home, with the beam lit", () => {
  for (const spoil of [
    (room: DeliveryRoom) => room.order({ ...TURN, column: 8 }),
    (room: DeliveryRoom) => {
      room.leaves(10_500);
      room.order(TURN);
    },
    (room: DeliveryRoom) => {
      room.edge(true, 10_500);
      room.order(TURN);
    },
    (room: DeliveryRoom) => {
      room.state = new DeliveryRoom().state;
      room.order(TURN);
    },
  ]) {
    const room = DeliveryRoom.prepared();
    spoil(room);
    assert.equal(room.take(), [{ do: "tellSale", event: { delivery: "failed", cause: "neverTurned" } }]);
  }
});

test("with nobody's product due only the last of the way home is run; what falls is a stray drop", () => {
  const away = deliveryAtBoot({ beamDark: false, awayFromHome: [COLUMN] }, 0);
  const arrives = new DeliveryRoom(away);
  arrives.order({ delivery: "home", column: COLUMN, attended: false });
  assert.equal(arrives.take(), [{ ...MOTOR, maxMs: HOMING_MAX_MS, noted: false }]);
  drop(arrives, 10_100);
  arrives.stops("home", 10_400);
  assert.equal(arrives.told(), [{ delivery: "strayDrop" }, { delivery: "dropped", fallMs: undefined }]);
  assert.equal(arrives.state.away, []);
  drop(arrives, 10_500);
  assert.equal(arrives.told(), [{ delivery: "strayDrop" }], "also when it stands");
  const watched = new DeliveryRoom(away);
  watched.order({ delivery: "home", column: COLUMN, attended: true });
  assert.equal(watched.take(), [{ ...MOTOR, noted: false }], "a technician stands before it");
  const stays = new DeliveryRoom(away);
  stays.order({ delivery: "home", column: COLUMN, attended: false });
  stays.take();
  stays.stops("timeout", 10_000 + HOMING_MAX_MS);
  assert.equal(stays.told(), [
    { delivery: "unknown" },
    { delivery: "trouble", fault: "motorStuck", present: true, column: COLUMN },
  ]);
  assert.equal(stays.state.away, [COLUMN]);
});

test("with nobody there and nothing that would see a fall, a spiral stays where it is", () => {
  const home = { delivery: "home", column: COLUMN } as const;
  for (const spoil of [
    { on: "beam", dark: true, atMs: 9_000 },
    { on: "glare", present: true, atMs: 9_000 },
  ] as const) {
    const blind = new DeliveryRoom(deliveryAtBoot({ beamDark: false, awayFromHome: [COLUMN] }, 0));
    blind.input(spoil);
    blind.take();
    blind.order({ ...home, attended: false });
    assert.equal(blind.take(), [{ do: "tellSale", event: { delivery: "unknown" } }]);
    blind.order({ ...home, attended: true });
    assert.equal(blind.take(), [{ ...MOTOR, noted: false }], "a technician sees what falls");
  }
});

test("after a power cut away from home: the turn is finished with the beam armed", () => {
  const away = deliveryAtBoot({ beamDark: false, awayFromHome: [COLUMN] }, 0);
  const falls = new DeliveryRoom(away);
  falls.order(FINISH);
  assert.equal(falls.take(), [{ ...MOTOR, noted: false }]);
  drop(falls, 10_400);
  falls.stops("home", 10_900);
  assert.equal(falls.told(), [{ delivery: "dropped", fallMs: 400 }]);
  assert.equal(falls.state.away, []);
  const nothing = new DeliveryRoom(away);
  nothing.order(FINISH);
  nothing.stops("home", 10_900);
  nothing.take();
  nothing.wait(16_000);
  assert.equal(nothing.told(), [{ delivery: "unknown" }], "it may have fallen while there was no power");
  const homeOnly = new DeliveryRoom(away);
  homeOnly.order({ ...FINISH, homeOnly: true });
  homeOnly.stops("home", 10_900);
  assert.equal(homeOnly.told(), [{ delivery: "dropped", fallMs: undefined }]);
  const stuck = new DeliveryRoom(away);
  stuck.order(FINISH);
  stuck.stops("timeout", 14_500);
  stuck.take();
  stuck.wait(16_000);
  assert.equal(stuck.told(), [
    { delivery: "unknown" },
    { delivery: "trouble", fault: "motorStuck", present: true, column: COLUMN },
  ]);
});

test("a spiral at home is never turned to finish anything", () => {
  const room = new DeliveryRoom();
  room.order(FINISH);
  assert.equal(room.take(), [{ do: "tellSale", event: { delivery: "unknown" } }]);
});

test("foreign light in a turn: nobody knows what fell, the outcome is unknown and the spiral not turned again", () => {
  for (const atMs of [T + 500, T + 1_600, T + DROP_WINDOW_MS - 50]) {
    const room = DeliveryRoom.turning({ retry: true });
    room.leaves(T + 80);
    if (atMs < T + 1_500) room.input({ on: "glare", present: true, atMs }, atMs);
    room.stops("home", T + 1_500);
    if (atMs > T + 1_500) room.input({ on: "glare", present: true, atMs }, atMs);
    room.input({ on: "glare", present: false, atMs: atMs + 20 }, atMs + 20);
    room.wait(T + DROP_WINDOW_MS + 100);
    assert.equal(
      room.told().filter(({ delivery }) => delivery !== "leftHome"),
      [BLIND, { delivery: "unknown" }],
    );
  }
});

test("foreign light, and the drop was seen all the same: dropped, and the beam sees again", () => {
  const room = DeliveryRoom.turning();
  room.leaves(T + 80);
  room.input({ on: "glare", present: true, atMs: T + 300 }, T + 300);
  room.input({ on: "glare", present: false, atMs: T + 340 }, T + 340);
  drop(room, T + 900);
  room.stops("home", T + 1_500);
  const told = room.told().filter(({ delivery }) => delivery !== "leftHome");
  assert.equal(told, [BLIND, { delivery: "dropped", fallMs: 900 }, SEES]);
});

test("no turn begins under foreign light; a column without beam does not care", () => {
  const room = DeliveryRoom.prepared();
  room.input({ on: "glare", present: true, atMs: T }, T);
  room.order(TURN);
  assert.equal(room.told(), [{ delivery: "failed", cause: "neverTurned" }]);
  const blindColumn = DeliveryRoom.turning({ homeOnly: true });
  blindColumn.input({ on: "glare", present: true, atMs: T + 10 }, T + 10);
  blindColumn.leaves(T + 80);
  blindColumn.stops("home", T + 1_500);
  assert.equal(blindColumn.told().at(-1), { delivery: "dropped", fallMs: undefined });
});

test.run();
