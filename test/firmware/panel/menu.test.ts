/** The technician's menu: who gets in, what each item does, what a code does not allow, every limit. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { menuDueMs, stepMenu } from "../../../firmware/panel/menu.js";
import {
  ALL_RIGHTS,
  LINES_PER_PAGE,
  LOCK_MS,
  MAX_EMPTY_COUNT,
  MAX_TYPED,
  MAX_WRONG_CODES,
  MENU_CLOSED,
  MENU_IDLE_MS,
  MENU_ITEMS,
  type MenuEffect,
  type MenuFacts,
  type MenuState,
  RIGHTS,
} from "../../../firmware/panel/menu-state.js";
import { menuView } from "../../../firmware/panel/menu-view.js";
import { serviceCodeItem, serviceCodeOwner } from "../../../shared/menu-code.js";
import { emptyDurable } from "../../../shared/records/durable.js";

const test = suite("firmware/panel menu");
const SLOT = { slot: "B4", column: 8, productId: 1, name: "Coke", priceMinor: 175, capacity: 8, quantity: 8 };

class Room {
  state: MenuState = MENU_CLOSED;
  nowMs = 1_000;
  effects: MenuEffect[] = [];
  taken = true;
  rights = ALL_RIGHTS;
  durable = { ...emptyDurable(), stock: { B4: 3 }, tubes: [40, 30, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] };
  doorOpen = true;
  coinValuesMinor: readonly number[] = [5, 10, 25];

  get facts(): MenuFacts {
    return {
      durable: this.durable,
      doorOpen: this.doorOpen,
      currency: "USD",
      slots: [SLOT],
      coinValuesMinor: this.coinValuesMinor,
      networkUp: true,
      machineId: "M-1",
      unackedRecords: 7,
      passOf: (code) => (code === "2580" ? { who: 3, rights: this.rights } : undefined),
      sentenceOf: (fault, slot) => `fault ${fault} ${slot ?? ""}`,
    };
  }

  press(keys: string): this {
    for (const key of keys) {
      const step = stepMenu(this.state, { on: "key", key }, this.facts, this.nowMs);
      this.state = step.state;
      this.taken = step.taken;
      this.effects.push(...step.effects);
    }
    return this;
  }

  /** Inside, with nothing told yet. */
  static inside(rights = ALL_RIGHTS): Room {
    const room = new Room();
    room.rights = rights;
    room.press("#2580#");
    room.effects = [];
    return room;
  }

  get title(): string | undefined {
    return menuView(this.state, this.facts, this.nowMs)?.title;
  }

  get lines(): readonly string[] {
    return menuView(this.state, this.facts, this.nowMs)?.lines ?? [];
  }

  records(): unknown[] {
    return this.effects.flatMap((effect) => (effect.do === "append" ? [effect.record] : []));
  }

  orders(): unknown[] {
    return this.effects.flatMap((effect) => (effect.do === "menu" ? [effect.order] : []));
  }
}

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
  assert.equal(room.lines.length, MENU_ITEMS.length);
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
  room.nowMs += LOCK_MS;
  room.press("2580#");
  assert.is(room.state.at, "open");
});

test("a code longer than the longest is cut, and opens nothing", () => {
  const room = new Room().press(`#${"9".repeat(MAX_TYPED + 3)}`);
  assert.is(menuView(room.state, room.facts, room.nowMs)?.entry.length, MAX_TYPED);
});

test("each item needs its right; others do not even show", () => {
  for (const item of MENU_ITEMS) {
    const room = Room.inside(0);
    room.press(item.key);
    const allowed = item.right === 0;
    assert.is(room.title === "Not allowed with this code", !allowed, item.name);
    assert.equal(room.effects, [], item.name);
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

test("prices: a multiple of the smallest coin, never 0", () => {
  const room = Room.inside(RIGHTS.prices);
  for (const wrong of ["0", "133"]) {
    room.press(`7B4#${wrong}#`);
    assert.is(room.title, "A price is a multiple of $0.05");
    room.press("#");
  }
  room.press("7B4#160#");
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

test("test vend and home are orders, recorded with who gave them", () => {
  const room = Room.inside(RIGHTS.tests).press("4B4#");
  assert.equal(room.orders(), [{ menu: "testVend", slot: "B4" }]);
  assert.equal(room.records(), [{ kind: "serviceDone", act: 5, who: 3, slot: "B4" }]);
  room.press("#5");
  assert.equal(room.orders().at(-1), { menu: "home" });
});

test("faults by pages, and cleared by key 0", () => {
  const room = Room.inside();
  room.durable.faults = Array.from({ length: LINES_PER_PAGE + 1 }, (_, i) => ({ fault: i + 1, slot: "B4" }));
  room.press("8");
  assert.is(room.title, "Faults 1/2");
  room.press("#");
  assert.equal(room.lines, [`fault ${LINES_PER_PAGE + 1} B4`]);
  room.press("#");
  assert.is(room.title, "Faults 1/2");
  room.press("0");
  assert.equal(room.orders(), [{ menu: "clearFaults" }]);
  assert.equal(Room.inside().press("8").lines, ["No faults"]);
});

test("counters and network can be read", () => {
  assert.ok(Room.inside().press("9").lines.includes("Sales 0: $0.00"));
  assert.equal(Room.inside().press("0").lines, ["Connected", "Machine M-1", "Records not yet at the fleet: 7"]);
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

test.run();
