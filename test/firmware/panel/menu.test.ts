/** The technician's menu: who gets in, what each item does, what a code does not allow, every limit. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { menuAtBoot, menuDueMs, stepMenu } from "../../../firmware/panel/menu.js";
import {
  LINES_PER_PAGE,
  LOCK_MS,
  MAX_EMPTY_COUNT,
  MAX_TYPED,
  MAX_WRONG_CODES,
  MENU_CLOSED,
  MENU_IDLE_MS,
  MENU_ITEMS,
  RIGHTS,
} from "../../../firmware/panel/menu-state.js";
import { menuView } from "../../../firmware/panel/menu-view.js";
import { FAULTS } from "../../../shared/faults.js";
import { serviceCodeItem, serviceCodeOwner } from "../../../shared/menu-code.js";
import { emptyDurable } from "../../../shared/records/durable.js";
import { act, Room } from "./menu-room.js";

const test = suite("firmware/panel menu");
test("behind a shut door, or with somebody's money inside, keys are the customer's", () => {
  const shut = new Room();
  shut.doorOpen = false;
  assert.not.ok(shut.press("#").taken);
  for (const money of ["credit", "vend"] as const) {
    const room = new Room();
    if (money === "credit") room.durable.creditMinor = 25;
    else room.durable.vend = { saleNo: 1, slot: "B4", priceMinor: 1, paidMinor: 1, means: 0, turns: 0 };
    assert.not.ok(room.press("#").taken, money);
  }
  assert.not.ok(new Room().press("2").taken);
});

test("the right code opens and is recorded with its owner; what is typed shows as stars", () => {
  const room = new Room().press("#258");
  assert.is(menuView(room.state, room.facts, room.nowMs)?.entry, "***");
  room.press("0#");
  assert.equal(room.records(), [{ kind: "serviceDone", act: 0, who: 3 }]);
  // all but the claim of a board that is claimed
  assert.equal(room.lines.length, MENU_ITEMS.length - 1);
});

test("wrong codes are recorded; after five nobody may try for five minutes, not even with the right one", () => {
  const room = new Room().press("#");
  for (let i = 0; i < MAX_WRONG_CODES; i++) room.press("1#");
  assert.is(room.records().length, MAX_WRONG_CODES);
  assert.equal(room.effects.at(-1), { do: "fault", fault: "serviceLockedOut", present: true });
  room.press("2580#");
  assert.is(room.state.at, "code");
  assert.equal(room.lines, ["Locked: too many wrong codes"]);
  // Leaving and knocking again does not help.
  room.press("*#2580#");
  assert.is(room.state.at, "code");
  assert.is(menuDueMs(room.state), room.nowMs + LOCK_MS);
  room.nowMs += LOCK_MS;
  room.tick();
  assert.equal(room.effects.at(-1), { do: "fault", fault: "serviceLockedOut", present: false });
  assert.equal(room.lines, []);
  room.press("#2580#");
  assert.is(room.state.at, "open");
});

test("the lock ends by itself, nobody near it, and only once", () => {
  const room = new Room().press("#");
  for (let i = 0; i < MAX_WRONG_CODES; i++) room.press("1#");
  room.press("*");
  assert.is(menuDueMs(room.state), room.nowMs + LOCK_MS);
  room.nowMs += LOCK_MS;
  room.effects = [];
  room.tick().tick();
  assert.equal(room.effects, [{ do: "fault", fault: "serviceLockedOut", present: false }]);
  assert.is(menuDueMs(room.state), Infinity);
});

test("a power cycle is no key: the lock begins anew, wrong codes count on", () => {
  const nowMs = 50_000;
  const open = emptyDurable();
  assert.equal(menuAtBoot(open, nowMs), MENU_CLOSED);
  assert.equal(menuAtBoot({ ...open, wrongCodes: 4 }, nowMs), { at: "closed", wrong: 4, lockedUntilMs: 0 });
  const locked = { at: "closed", wrong: 0, lockedUntilMs: nowMs + LOCK_MS };
  assert.equal(menuAtBoot({ ...open, wrongCodes: MAX_WRONG_CODES }, nowMs), locked);
  const fault = { fault: FAULTS.serviceLockedOut.code };
  assert.equal(menuAtBoot({ ...open, faults: [fault] }, nowMs), locked);
});

test("a code longer than the longest is cut, and opens nothing", () => {
  const room = new Room().press(`#${"9".repeat(MAX_TYPED + 3)}`);
  assert.is(menuView(room.state, room.facts, room.nowMs)?.entry.length, MAX_TYPED);
});

test("each item needs its right; others do not even show", () => {
  for (const item of MENU_ITEMS.filter(({ name }) => name !== "claim")) {
    const room = Room.inside(0);
    room.press(item.key);
    const allowed = item.right === 0;
    assert.is(room.title === "Not allowed with this code", !allowed, item.name);
    assert.equal(room.orders(), [], item.name);
    assert.is(room.records().length, ["faults", "counters", "network"].includes(item.name) ? 1 : 0, item.name);
    assert.is(Room.inside(0).lines.includes(`${item.key} ${item.title}`), allowed);
  }
});

test("counts: what fits is recorded, what does not is refused", () => {
  const room = Room.inside(RIGHTS.stock).press("6B4#9#");
  assert.is(room.title, "At most 8");
  room.press("#6B4#8#");
  assert.equal(room.records(), [{ kind: "stockSet", slot: "B4", quantity: 8 }]);
  assert.is(Room.inside().press("6Z9#").title, "No slot Z9");
  assert.is(Room.inside().press("6B4#A#").title, "A number is needed");
});

test("prices: a multiple of the smallest coin, no less than it, no more than can be paid", () => {
  const room = Room.inside(RIGHTS.prices);
  const wrong = {
    "0": "A price is at least $0.05",
    "4": "A price is at least $0.05",
    "133": "A price is a multiple of $0.05",
    "2005": "At most $20.00 can be paid",
    "99999995": "At most $20.00 can be paid",
  };
  for (const [typed, sentence] of Object.entries(wrong)) {
    room.press(`7B4#${typed}#`);
    assert.is(room.title, sentence);
    room.press("#");
  }
  assert.equal(room.records(), []);
  room.press("7B4#2000##7B4#160#");
  assert.equal(room.records().shift(), { kind: "priceSet", slot: "B4", priceMinor: 2_000 });
  room.effects.shift();
  assert.equal(room.records(), [{ kind: "priceSet", slot: "B4", priceMinor: 160 }]);
});

test("fill: the coin slot is the operator's until it is left, also by shutting the door", () => {
  const room = Room.inside(RIGHTS.cash).press("1");
  assert.equal(room.orders(), [{ menu: "fill", on: true }]);
  const shut = stepMenu(room.state, { on: "doorShut" }, room.facts, room.nowMs);
  assert.equal(
    shut.effects.flatMap((effect) => (effect.do === "menu" ? [effect.order] : [])),
    [{ menu: "fill", on: false }],
  );
  assert.is(shut.state.at, "closed");
  room.press("#");
  assert.equal(room.orders().at(-1), { menu: "fill", on: false });
  assert.is(room.title, "Service menu");
});

test("empty: only what is in the tube, at most 15 at once", () => {
  const room = Room.inside(RIGHTS.cash).press("22#15#");
  assert.equal(room.orders(), [{ menu: "empty", type: 2, count: 15 }]);
  assert.is(Room.inside().press(`22#${MAX_EMPTY_COUNT + 1}#`).title, `1 to ${MAX_EMPTY_COUNT} coins`);
  const short = Room.inside();
  short.durable.tubes[2] = 4;
  assert.is(short.press("22#5#").title, "So many are not in the tube");
  assert.is(Room.inside().press("29#").title, "No such coin type");
});

test("without a changer there is nothing to fill or empty", () => {
  for (const key of ["1", "2"]) {
    const room = Room.inside();
    room.coinValuesMinor = [];
    assert.is(room.press(key).title, "No coin changer");
    assert.equal(room.orders(), []);
  }
});

test("the cash box is taken with what the records say was in it; # confirms, * does not", () => {
  const room = Room.inside();
  room.durable.boxCoinsMinor = 1_225;
  room.durable.boxBillsMinor = 4_000;
  room.press("3*");
  assert.equal(room.records(), []);
  room.press("3");
  assert.equal(room.lines, ["Coins $12.25", "Bills $40.00"]);
  room.press("#");
  assert.equal(room.records(), [{ kind: "cashBoxTaken", coinsMinor: 1_225, billsMinor: 4_000 }]);
});

test("a test vend is an order; the sale records it when it is one, and the screen follows it to its end", () => {
  const room = Room.inside(RIGHTS.tests).press("4B4#");
  assert.equal(room.orders(), [{ menu: "testVend", slot: "B4", who: 3 }]);
  assert.equal(room.records(), []);
  assert.is(room.title, "Test vend B4");
  room.turning = "busy";
  assert.equal(room.lines, ["The spiral turns"]);
  room.turning = "free";
  assert.equal(room.lines, ["No product was seen to fall"]);
  room.durable.counters.testVends = 1;
  assert.equal(room.lines, ["The product fell"]);
  assert.is(room.press("#").title, "Service menu");
});

test("a test vend for which column or beam is not ready says so", () => {
  const room = Room.inside(RIGHTS.tests).press("4B4#");
  room.refusedTest = { slot: "B4", cause: "beamBlind" };
  assert.equal(room.lines, ["Not turned: drop sensor blind"]);
  room.refusedTest = { slot: "B4", cause: "notHome" };
  assert.equal(room.lines, ["Not turned: spiral not at home"]);
});

test("while a motor runs, or none may: neither test nor home is ordered, and none is on record", () => {
  const said = { busy: "Wait, a motor is running", not: "Not now: the machine is not ready" };
  for (const turning of ["busy", "not"] as const) {
    const room = Room.inside(RIGHTS.tests);
    room.turning = turning;
    room.spiralsAway = 1;
    assert.is(room.press("4B4#").title, said[turning]);
    assert.is(room.press("#5").title, said[turning]);
    assert.equal(room.effects, []);
  }
});

test("home: says how many, or that there is nothing to bring", () => {
  const room = Room.inside(RIGHTS.tests).press("5");
  assert.is(room.title, "All spirals are home");
  assert.equal(room.effects, []);
  room.spiralsAway = 2;
  assert.is(room.press("#5").title, "2 spirals are brought home");
  assert.equal(room.orders(), [{ menu: "home" }]);
  assert.equal(room.records(), [{ kind: "serviceDone", act: act("homeColumns"), who: 3, value: 2 }]);
  room.spiralsAway = 1;
  assert.is(room.press("#5").title, "1 spiral is brought home");
});

test("faults by pages", () => {
  const room = Room.inside();
  room.durable.faults = Array.from({ length: LINES_PER_PAGE + 1 }, (_, i) => ({ fault: i + 1, slot: "B4" }));
  room.press("8");
  assert.is(room.title, "Faults 1/2");
  room.press("#");
  assert.equal(room.lines, [`fault ${LINES_PER_PAGE + 1} B4`]);
  room.press("#");
  assert.is(room.title, "Faults 1/2");
  assert.equal(Room.inside().press("8").lines, ["No faults"]);
});

test("clear faults: an item of its own and 0 among the faults; only what a person deals with, and what remains", () => {
  for (const keys of ["A", "80"]) {
    const room = Room.inside(0);
    const waiting = [{ fault: FAULTS.jam.code, slot: "B4" }, { fault: FAULTS.strayDrop.code }];
    room.durable.faults = [...waiting, { fault: FAULTS.tubeJam.code }, { fault: 9_999 }];
    room.press(keys);
    assert.is(room.title, "2 cleared, 2 remain");
    assert.equal(room.orders(), [{ menu: "clearFaults" }]);
    const [record] = room.records().slice(-1);
    assert.equal(record, { kind: "serviceDone", act: act("faultsCleared"), who: 3, value: 2 });
    room.durable.faults = [{ fault: FAULTS.tubeJam.code }];
    room.effects = [];
    assert.is(room.press("#A").title, "Nothing to clear, 1 remains");
    room.durable.faults = [];
    assert.is(room.press("#A").title, "No faults");
    assert.equal(room.effects, []);
  }
});

test("self-test: an item of its own, and 1 among the faults; one line a port, on record with what is not well", () => {
  for (const keys of ["B", "81"]) {
    const room = Room.inside(RIGHTS.tests).press(keys);
    assert.is(room.title, "Self-test");
    assert.equal(room.lines, [
      "door: open",
      "! thermometer: silent - no TMP117 answers: supply, SDA, SCL, address 48h",
    ]);
    const [record] = room.records().slice(-1);
    assert.equal(record, { kind: "serviceDone", act: act("selfTested"), who: 3, value: 1 });
    assert.equal(room.orders(), [], "nothing turns");
    assert.is(room.press("*").title, "Service menu");
  }
});

test("self-test: its lines stay as they were found, by pages; not with a motor running, not with every code", () => {
  const room = Room.inside();
  const parts = Array.from({ length: LINES_PER_PAGE + 1 }, (_, at) => `part ${at}`);
  room.selfTest = { findings: parts.map((part) => ({ part, saw: "there" })), bad: 0 };
  const lines = parts.map((part) => `${part}: there`);
  room.press("B");
  room.selfTest = { findings: [], bad: 0 };
  assert.is(room.title, "Self-test 1/2");
  assert.equal(room.press("#").lines, [`part ${LINES_PER_PAGE}: there`]);
  assert.equal(room.press("#7").lines, lines.slice(0, LINES_PER_PAGE));
  const busy = Room.inside();
  busy.turning = "busy";
  assert.is(busy.press("B").title, "Wait, a motor is running");
  assert.equal(busy.records(), []);
  assert.is(Room.inside(RIGHTS.stock).press("B").title, "Not allowed with this code");
  assert.is(Room.inside(RIGHTS.stock).press("81").title, "Faults");
});

test("counters and network can be read", () => {
  assert.ok(Room.inside().press("9").lines.includes("Sales 0: $0.00"));
  assert.equal(Room.inside().press("0").lines, ["Connected", "Machine M-1", "Records not yet at the fleet: 7"]);
});

test("looking is on record: once a visit and list, however often pages are turned", () => {
  const room = Room.inside(0).press("8##*8#*9##*0#*9*0");
  const seen = ["faultsRead", "countersRead", "networkRead"] as const;
  const notes = seen.map((name) => ({ kind: "serviceDone", act: act(name), who: 3 }));
  assert.equal(room.records(), notes);
  room.press("**#2580#8");
  assert.equal(room.records().at(-1), notes[0], "the next visit is another");
  assert.is(room.records().length, notes.length + 3);
});

test("nothing pressed for five minutes: it closes, and says so on flash", () => {
  const room = Room.inside();
  assert.is(menuDueMs(room.state), room.nowMs + MENU_IDLE_MS);
  const step = stepMenu(room.state, { on: "tick" }, room.facts, room.nowMs + MENU_IDLE_MS);
  assert.is(step.state.at, "closed");
  assert.equal(step.effects, [{ do: "append", record: { kind: "serviceDone", act: 1, who: 3 } }]);
  assert.is(menuDueMs(step.state), Infinity);
});

test("codes: by machine and hash; nothing else opens", () => {
  const items = [serviceCodeItem("M-1", "2580", 3, RIGHTS.stock), "x", [1], [1, 2, "3"]];
  assert.equal(serviceCodeOwner(items, "M-1", "2580"), { who: 3, rights: RIGHTS.stock });
  assert.is(serviceCodeOwner(items, "M-2", "2580"), undefined);
  assert.is(serviceCodeOwner(items, "M-1", "2581"), undefined);
  assert.is(serviceCodeOwner([], "M-1", ""), undefined);
});

test("network: the address in use, and those set by hand with all there is to compare", () => {
  const room = Room.inside();
  room.addresses = { used: undefined };
  assert.equal(room.press("0").lines, ["Connected", "Machine M-1", "Records not yet at the fleet: 7"]);
  const fixed = { address: "192.168.1.20", mask: "255.255.255.0", gateway: "192.168.1.1", dns: ["9.9.9.9"] };
  room.addresses = { used: { way: "wifi", address: "10.0.0.7" }, cable: fixed };
  assert.equal(
    [...room.lines, ...room.press("#").lines],
    [
      "Connected",
      "By Wi-Fi: 10.0.0.7",
      "Set for cable: 192.168.1.20",
      "Mask: 255.255.255.0",
      "Gateway: 192.168.1.1",
      "DNS: 9.9.9.9",
      "Machine M-1",
      "Records not yet at the fleet: 7",
    ],
  );
});

test.run();
