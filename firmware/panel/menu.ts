/**
 * The technician's menu as a pure step. Everything it does is a ledger record: a kind of its own (stock, price, cash
 * box, coins) or `serviceDone`. It never touches credit: it opens only while nobody is owed anything.
 */
import { formatMinor } from "../../shared/money/amounts.js";
import { SERVICE_ACTS, type ServiceAct } from "../../shared/records/kinds.js";
import {
  LOCK_MS,
  MAX_EMPTY_COUNT,
  MAX_TYPED,
  MAX_WRONG_CODES,
  MENU_CLOSED,
  MENU_IDLE_MS,
  MENU_ITEMS,
  type MenuEffect,
  type MenuFacts,
  type MenuInput,
  type MenuItem,
  type MenuOrder,
  type MenuState,
  type MenuStep,
  type Screen,
} from "./menu-state.js";
import { pagesOf } from "./menu-view.js";

const ENTER = "#";
const BACK = "*";
type Open = Extract<MenuState, { at: "open" }>;
type Code = Extract<MenuState, { at: "code" }>;
const MAIN: Screen = Object.freeze<Screen>({ is: "main" });

export function stepMenu(state: MenuState, input: MenuInput, facts: MenuFacts, nowMs: number): MenuStep {
  if (input.on === "doorShut") return leave(state);
  if (input.on === "tick") return state.at !== "closed" && nowMs >= state.untilMs ? leave(state) : ignored(state);
  switch (state.at) {
    case "closed":
      return knock(state, input.key, facts, nowMs);
    case "code":
      return typeCode(state, input.key, facts, nowMs);
    case "open":
      return onScreen({ ...state, untilMs: nowMs + MENU_IDLE_MS }, input.key, facts);
  }
}

/** When the menu wants a tick, absolute ms. */
export function menuDueMs(state: MenuState): number {
  return state.at === "closed" ? Infinity : state.untilMs;
}

// ---- getting in and out --------------------------------------------------------------------------------------------

/** `#` behind an open door, with nobody's money inside. */
function knock(state: Extract<MenuState, { at: "closed" }>, key: string, facts: MenuFacts, nowMs: number): MenuStep {
  const { creditMinor, vend, hold } = facts.durable;
  const free = creditMinor === 0 && vend === undefined && hold === undefined;
  if (key !== ENTER || !facts.doorOpen || !free) return ignored(state);
  const { wrong, lockedUntilMs } = state;
  return taken({ at: "code", typed: "", wrong, lockedUntilMs, untilMs: nowMs + MENU_IDLE_MS });
}

function typeCode(state: Code, key: string, facts: MenuFacts, nowMs: number): MenuStep {
  const { wrong, lockedUntilMs } = state;
  if (key === BACK) return taken({ at: "closed", wrong, lockedUntilMs });
  // Locked: keys are swallowed, so that nobody learns anything by trying.
  if (nowMs < lockedUntilMs) return taken(state);
  if (key !== ENTER) return taken({ ...state, typed: typedOn(state.typed, key), untilMs: nowMs + MENU_IDLE_MS });
  const pass = facts.passOf(state.typed);
  if (pass === undefined) return refuse(state, nowMs);
  const open: Open = { at: "open", ...pass, screen: MAIN, untilMs: nowMs + MENU_IDLE_MS };
  return taken(open, note("entered", pass.who), { do: "fault", fault: "serviceLockedOut", present: false });
}

function refuse(state: Code, nowMs: number): MenuStep {
  const wrong = state.wrong + 1;
  const locks = wrong >= MAX_WRONG_CODES;
  const next = { ...state, typed: "", wrong: locks ? 0 : wrong, lockedUntilMs: locks ? nowMs + LOCK_MS : 0 };
  const effects: MenuEffect[] = [note("wrongCode", 0)];
  if (locks) effects.push({ do: "fault", fault: "serviceLockedOut", present: true });
  return taken(next, ...effects);
}

function leave(state: MenuState): MenuStep {
  if (state.at === "closed") return ignored(state);
  if (state.at === "code") return taken({ at: "closed", wrong: state.wrong, lockedUntilMs: state.lockedUntilMs });
  const ended = state.screen.is === "fill" ? endFill(state.who) : [];
  return taken(MENU_CLOSED, ...ended, note("left", state.who));
}

// ---- inside --------------------------------------------------------------------------------------------------------

function onScreen(state: Open, key: string, facts: MenuFacts): MenuStep {
  const { screen, who } = state;
  switch (screen.is) {
    case "main":
      return key === BACK ? leave(state) : choose(state, key, facts);
    case "fill":
      return key === BACK || key === ENTER ? show(state, MAIN, ...endFill(who)) : show(state, screen);
    case "cashBox":
      return key === ENTER ? cashBoxTaken(state, facts) : show(state, key === BACK ? MAIN : screen);
    case "said":
      return show(state, MAIN);
    case "list":
      return turnPage(state, screen, key, facts);
    default:
      return onTyping(state, screen, key, facts);
  }
}

function choose(state: Open, key: string, facts: MenuFacts): MenuStep {
  const item = MENU_ITEMS.find((candidate) => candidate.key === key);
  if (item === undefined) return show(state, MAIN);
  if (item.right !== 0 && (state.rights & item.right) === 0) return say(state, "Not allowed with this code");
  return enter(state, item, facts);
}

function enter(state: Open, item: MenuItem, facts: MenuFacts): MenuStep {
  const { who } = state;
  switch (item.name) {
    case "fill":
      if (facts.coinValuesMinor.length === 0) return say(state, "No coin changer");
      return show(state, { is: "fill" }, note("fillStarted", who), order({ menu: "fill", on: true }));
    case "empty":
      if (facts.coinValuesMinor.length === 0) return say(state, "No coin changer");
      return show(state, { is: "emptyType", typed: "" });
    case "cashBox":
      return show(state, { is: "cashBox" });
    case "home":
      return say(state, "Spirals are brought home", note("homeColumns", who), order({ menu: "home" }));
    case "testVend":
    case "count":
    case "price":
      return show(state, { is: "slot", of: item.name, typed: "" });
    case "faults":
    case "counters":
    case "network":
      return show(state, { is: "list", of: item.name, page: 0 });
  }
}

type Typing = Extract<Screen, { readonly typed: string }>;

function onTyping(state: Open, screen: Typing, key: string, facts: MenuFacts): MenuStep {
  if (key === BACK) return show(state, screen.typed === "" ? MAIN : { ...screen, typed: "" });
  if (key !== ENTER) return show(state, { ...screen, typed: typedOn(screen.typed, key) });
  switch (screen.is) {
    case "slot":
      return slotTyped(state, screen.of, screen.typed, facts);
    case "number":
      return numberTyped(state, screen, facts);
    case "emptyType": {
      const type = numberOf(screen.typed);
      const value = type === undefined ? 0 : (facts.coinValuesMinor[type] ?? 0);
      if (type === undefined || value === 0) return say(state, "No such coin type");
      return show(state, { is: "emptyCount", type, typed: "" });
    }
    case "emptyCount": {
      const count = numberOf(screen.typed);
      const { type } = screen;
      if (count === undefined || count < 1 || count > MAX_EMPTY_COUNT)
        return say(state, `1 to ${MAX_EMPTY_COUNT} coins`);
      if (count > (facts.durable.tubes[type] ?? 0)) return say(state, "So many are not in the tube");
      return say(state, `${count} coins are paid out`, order({ menu: "empty", type, count }));
    }
  }
}

function slotTyped(state: Open, of: "testVend" | "count" | "price", slot: string, facts: MenuFacts): MenuStep {
  if (!facts.slots.some((candidate) => candidate.slot === slot)) return say(state, `No slot ${slot}`);
  if (of !== "testVend") return show(state, { is: "number", of, slot, typed: "" });
  const done: MenuEffect = {
    do: "append",
    record: { kind: "serviceDone", act: actOf("testVend"), who: state.who, slot },
  };
  return say(state, `Test vend ${slot}`, done, order({ menu: "testVend", slot }));
}

function numberTyped(state: Open, screen: Extract<Screen, { is: "number" }>, facts: MenuFacts): MenuStep {
  const { slot, of, typed } = screen;
  const value = numberOf(typed);
  const planned = facts.slots.find((candidate) => candidate.slot === slot);
  if (value === undefined || planned === undefined) return say(state, "A number is needed");
  if (of === "count") {
    if (value > planned.capacity) return say(state, `At most ${planned.capacity}`);
    return say(state, `${slot}: ${value} pieces`, {
      do: "append",
      record: { kind: "stockSet", slot, quantity: value },
    });
  }
  const stepMinor = smallestCoinMinor(facts.coinValuesMinor);
  if (value === 0 || value % stepMinor !== 0) {
    return say(state, `A price is a multiple of ${formatMinor(stepMinor, facts.currency)}`);
  }
  return say(state, `${slot}: price set`, { do: "append", record: { kind: "priceSet", slot, priceMinor: value } });
}

function cashBoxTaken(state: Open, { durable }: MenuFacts): MenuStep {
  const { boxCoinsMinor: coinsMinor, boxBillsMinor: billsMinor } = durable;
  return say(state, "Cash box taken", { do: "append", record: { kind: "cashBoxTaken", coinsMinor, billsMinor } });
}

function turnPage(state: Open, screen: Extract<Screen, { is: "list" }>, key: string, facts: MenuFacts): MenuStep {
  if (key === BACK) return show(state, MAIN);
  if (screen.of === "faults" && key === "0") {
    return say(state, "Faults cleared", note("faultsCleared", state.who), order({ menu: "clearFaults" }));
  }
  if (key !== ENTER) return show(state, screen);
  const page = (screen.page + 1) % pagesOf(screen, facts);
  return show(state, { ...screen, page });
}

// ---- small things --------------------------------------------------------------------------------------------------

function taken(state: MenuState, ...effects: readonly MenuEffect[]): MenuStep {
  return { state, effects, taken: true };
}

function ignored(state: MenuState): MenuStep {
  return { state, effects: [], taken: false };
}

function show(state: Open, screen: Screen, ...effects: readonly MenuEffect[]): MenuStep {
  return taken({ ...state, screen }, ...effects);
}

function say(state: Open, line: string, ...effects: readonly MenuEffect[]): MenuStep {
  return show(state, { is: "said", line }, ...effects);
}

function order(what: MenuOrder): MenuEffect {
  return { do: "menu", order: what };
}

function note(act: ServiceAct, who: number): MenuEffect {
  return { do: "append", record: { kind: "serviceDone", act: actOf(act), who } };
}

function endFill(who: number): MenuEffect[] {
  return [order({ menu: "fill", on: false }), note("fillEnded", who)];
}

function actOf(act: ServiceAct): number {
  return SERVICE_ACTS.indexOf(act);
}

function typedOn(typed: string, key: string): string {
  return (typed + key).slice(0, MAX_TYPED);
}

/** Prices must be multiples of the smallest coin there is, or nobody could be given the change. */
function smallestCoinMinor(valuesMinor: readonly number[]): number {
  const values = valuesMinor.filter((valueMinor) => valueMinor > 0);
  return values.length === 0 ? 1 : Math.min(...values);
}

/** The number typed; undefined if it is none. */
function numberOf(typed: string): number | undefined {
  if (typed === "") return undefined;
  let value = 0;
  for (let i = 0; i < typed.length; i++) {
    const digit = typed.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}
