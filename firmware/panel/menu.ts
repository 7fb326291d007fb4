/**
 * The technician's menu as a pure step. Everything it does is a ledger record: a kind of its own (stock, price, cash
 * box, coins) or `serviceDone`; what it refuses is none. It never touches credit: it opens only while nobody is owed
 * anything.
 */
import { fitsClaimDigits } from "../../shared/claim-code.js";
import { FAULTS, faultOf } from "../../shared/faults.js";
import { formatMinor } from "../../shared/money/amounts.js";
import { nextLanguage } from "../../shared/panel-phrases.js";
import { type Durable, hasFault, type OpenFault } from "../../shared/records/durable.js";
import { SERVICE_ACTS, type ServiceAct } from "../../shared/records/kinds.js";
import {
  type ListName,
  LOCK_MS,
  MAX_CLAIM_TYPED,
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
  RIGHTS,
  type Screen,
} from "./menu-state.js";
import { type MenuText, type MenuWords, words } from "./menu-texts.js";
import { type Paged, pagesOf } from "./menu-view.js";

const ENTER = "#";
const BACK = "*";
type Open = Extract<MenuState, { at: "open" }>;
type Code = Extract<MenuState, { at: "code" }>;
const BUSY: MenuText = "Wait, a motor is running";
const MAIN: Screen = Object.freeze<Screen>({ is: "main", page: 0 });
const CLAIM: Screen = Object.freeze<Screen>({ is: "claim", typed: "", slip: false });
const UNLOCKED: MenuEffect = Object.freeze<MenuEffect>({ do: "fault", fault: "serviceLockedOut", present: false });
const READ: { readonly [list in ListName]: ServiceAct } = Object.freeze({
  faults: "faultsRead",
  counters: "countersRead",
  network: "networkRead",
});

/**
 * At power-up: wrong codes count on, and a lock begins anew, or the plug would be the key. nowMs: start of the
 * machine's time.
 */
export function menuAtBoot(durable: Readonly<Durable>, nowMs: number): MenuState {
  const { wrongCodes } = durable;
  const locked = wrongCodes >= MAX_WRONG_CODES || hasFault(durable, FAULTS.serviceLockedOut.code);
  return { at: "closed", wrong: locked ? 0 : wrongCodes, lockedUntilMs: locked ? nowMs + LOCK_MS : 0 };
}

export function stepMenu(state: MenuState, input: MenuInput, facts: MenuFacts, nowMs: number): MenuStep {
  const lockIsOver = state.at !== "open" && state.lockedUntilMs > 0 && nowMs >= state.lockedUntilMs;
  if (!lockIsOver) return step(state, input, facts, nowMs);
  const next = step({ ...state, lockedUntilMs: 0 }, input, facts, nowMs);
  return { ...next, effects: [UNLOCKED, ...next.effects], taken: next.taken || input.on === "tick" };
}

function step(state: MenuState, input: MenuInput, facts: MenuFacts, nowMs: number): MenuStep {
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
  const unlockMs = state.at === "open" || state.lockedUntilMs === 0 ? Infinity : state.lockedUntilMs;
  return state.at === "closed" ? unlockMs : Math.min(state.untilMs, unlockMs);
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
  // Nothing typed: every keypad has this key, and whoever cannot read the menu finds his language before it.
  if (key === ENTER && state.typed === "") {
    return taken(state, order({ menu: "speak", language: nextLanguage(facts.language) }));
  }
  if (key !== ENTER) return taken({ ...state, typed: typedOn(state.typed, key), untilMs: nowMs + MENU_IDLE_MS });
  const pass = facts.passOf(state.typed);
  if (pass === undefined) return refuse(state, nowMs);
  const screen = facts.opensToClaim ? CLAIM : MAIN;
  const open: Open = { at: "open", ...pass, screen, read: [], untilMs: nowMs + MENU_IDLE_MS };
  return taken(open, note("entered", pass.who));
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
      if (key === BACK) return leave(state);
      return key === ENTER ? turnPage(state, screen, facts) : choose(state, key, facts);
    case "fill":
      return key === BACK || key === ENTER ? show(state, MAIN, ...endFill(who)) : show(state, screen);
    case "cashBox":
      return key === ENTER ? cashBoxTaken(state, facts) : show(state, key === BACK ? MAIN : screen);
    case "said":
    case "test":
      return show(state, MAIN);
    case "list":
      return onList(state, screen, key, facts);
    case "claim":
      return onClaim(state, screen, key);
    case "selfTest":
      if (key === BACK) return show(state, MAIN);
      return key === ENTER ? turnPage(state, screen, facts) : show(state, screen);
    default:
      return onTyping(state, screen, key, facts);
  }
}

function choose(state: Open, key: string, facts: MenuFacts): MenuStep {
  const item = MENU_ITEMS.find((candidate) => candidate.key === key);
  if (item === undefined || (item.name === "claim" && facts.claim === undefined)) return show(state, MAIN);
  if (item.right !== 0 && (state.rights & item.right) === 0) return say(state, "Not allowed with this code");
  return enter(state, item, facts);
}

function enter(state: Open, item: MenuItem, facts: MenuFacts): MenuStep {
  switch (item.name) {
    case "fill":
      if (facts.coinValuesMinor.length === 0) return say(state, "No coin changer");
      return show(state, { is: "fill" }, note("fillStarted", state.who), order({ menu: "fill", on: true }));
    case "empty":
      if (facts.coinValuesMinor.length === 0) return say(state, "No coin changer");
      return show(state, { is: "emptyType", typed: "", page: 0 });
    case "cashBox":
      return show(state, { is: "cashBox" });
    case "home":
      return home(state, facts);
    case "testVend":
    case "count":
    case "price":
      return show(state, { is: "slot", of: item.name, typed: "" });
    case "faults":
    case "counters":
    case "network":
      return read(state, item.name);
    case "clearFaults":
      return clearFaults(state, facts);
    case "selfTest":
      return selfTest(state, facts);
    case "claim":
      return show(state, CLAIM);
  }
}

function home(state: Open, facts: MenuFacts): MenuStep {
  const count = facts.spiralsAway;
  const hindrance = hindranceOf(facts);
  if (hindrance !== undefined) return say(state, hindrance);
  if (count === 0) return say(state, "All spirals are home");
  const said = count === 1 ? words("1 spiral is brought home") : words("{} spirals are brought home", count);
  return say(state, said, note("homeColumns", state.who, { value: count }), order({ menu: "home" }));
}

/** Why no spiral can be made to turn now; undefined if one can. */
function hindranceOf({ turning }: MenuFacts): MenuText | undefined {
  if (turning === "free") return undefined;
  return turning === "busy" ? BUSY : "Not now: the machine is not ready";
}

/** Nothing turns, so it needs no products; with a motor running its lines would not be what they seem. */
function selfTest(state: Open, facts: MenuFacts): MenuStep {
  if (facts.turning === "busy") return say(state, BUSY);
  const { findings, bad } = facts.selfTest();
  return show(state, { is: "selfTest", findings, page: 0 }, note("selfTested", state.who, { value: bad }));
}

/** To look is a record too, once a visit. */
function read(state: Open, of: ListName): MenuStep {
  const screen: Screen = { is: "list", of, page: 0 };
  if (state.read.includes(of)) return show(state, screen);
  return taken({ ...state, screen, read: [...state.read, of] }, note(READ[of], state.who));
}

/** What only a person can deal with; the rest goes when its cause does. */
function clearFaults(state: Open, { durable }: MenuFacts): MenuStep {
  const value = durable.faults.filter(waitsForPerson).length;
  const left = durable.faults.length - value;
  if (value === 0 && left === 0) return say(state, "No faults");
  const one = left === 1;
  if (value === 0) return say(state, one ? "Nothing to clear, 1 remains" : words("Nothing to clear, {} remain", left));
  const said = one ? words("{} cleared, 1 remains", value) : words("{} cleared, {} remain", value, left);
  const done = note("faultsCleared", state.who, { value });
  return say(state, said, done, order({ menu: "clearFaults" }));
}

function waitsForPerson({ fault }: OpenFault): boolean {
  const name = faultOf(fault);
  return name !== undefined && FAULTS[name].clears === "person";
}

type Typing = Exclude<Extract<Screen, { readonly typed: string }>, { is: "claim" }>;

function onTyping(state: Open, screen: Typing, key: string, facts: MenuFacts): MenuStep {
  if (key === BACK) return show(state, screen.typed === "" ? MAIN : { ...screen, typed: "" });
  if (key !== ENTER) return show(state, { ...screen, typed: typedOn(screen.typed, key) });
  switch (screen.is) {
    case "slot":
      return slotTyped(state, screen.of, screen.typed, facts);
    case "number":
      return numberTyped(state, screen, facts);
    case "emptyType": {
      if (screen.typed === "" && facts.textDisplay) return turnPage(state, screen, facts);
      const type = numberOf(screen.typed);
      const value = type === undefined ? 0 : (facts.coinValuesMinor[type] ?? 0);
      if (type === undefined || value === 0) return say(state, "No such coin type");
      return show(state, { is: "emptyCount", type, typed: "" });
    }
    case "emptyCount": {
      const count = numberOf(screen.typed);
      const { type } = screen;
      if (count === undefined || count < 1 || count > MAX_EMPTY_COUNT)
        return say(state, words("1 to {} coins", MAX_EMPTY_COUNT));
      if (count > (facts.durable.tubes[type] ?? 0)) return say(state, "So many are not in the tube");
      return say(state, words("{} coins are paid out", count), order({ menu: "empty", type, count }));
    }
  }
}

function slotTyped(state: Open, of: "testVend" | "count" | "price", slot: string, facts: MenuFacts): MenuStep {
  if (!facts.slots.some((candidate) => candidate.slot === slot)) return say(state, words("No slot {}", slot));
  if (of !== "testVend") return show(state, { is: "number", of, slot, typed: "" });
  const hindrance = hindranceOf(facts);
  if (hindrance !== undefined) return say(state, hindrance);
  // The sale puts it on record, when column and beam are ready.
  const screen: Screen = { is: "test", slot, before: facts.durable.counters.testVends };
  return show(state, screen, order({ menu: "testVend", slot, who: state.who }));
}

function numberTyped(state: Open, screen: Extract<Screen, { is: "number" }>, facts: MenuFacts): MenuStep {
  const { slot, of, typed } = screen;
  const value = numberOf(typed);
  const planned = facts.slots.find((candidate) => candidate.slot === slot);
  if (value === undefined || planned === undefined) return say(state, "A number is needed");
  if (of === "count") {
    if (value > planned.capacity) return say(state, words("At most {}", planned.capacity));
    return say(state, words("{}: {} pieces", slot, value), {
      do: "append",
      record: { kind: "stockSet", slot, quantity: value },
    });
  }
  const wrong = wrongPrice(value, facts);
  if (wrong !== undefined) return say(state, wrong);
  const record = { kind: "priceSet", slot, priceMinor: value } as const;
  return say(state, words("{}: price set", slot), { do: "append", record });
}

/** What is wrong with a price; undefined: nothing. */
function wrongPrice(priceMinor: number, { prices, currency }: MenuFacts): MenuWords | undefined {
  const { stepMinor, highestMinor } = prices;
  if (priceMinor > highestMinor) return words("At most {} can be paid", formatMinor(highestMinor, currency));
  if (priceMinor < stepMinor) return words("A price is at least {}", formatMinor(stepMinor, currency));
  // Or nobody could be given the change.
  if (priceMinor % stepMinor !== 0) return words("A price is a multiple of {}", formatMinor(stepMinor, currency));
  return undefined;
}

function cashBoxTaken(state: Open, { durable }: MenuFacts): MenuStep {
  const { boxCoinsMinor: coinsMinor, boxBillsMinor: billsMinor } = durable;
  return say(state, "Cash box taken", { do: "append", record: { kind: "cashBoxTaken", coinsMinor, billsMinor } });
}

function onList(state: Open, screen: Extract<Screen, { is: "list" }>, key: string, facts: MenuFacts): MenuStep {
  if (key === BACK) return show(state, MAIN);
  if (screen.of === "faults" && key === "0") return clearFaults(state, facts);
  if (screen.of === "network" && key === "1" && facts.claim !== undefined) return show(state, CLAIM);
  if (screen.of === "faults" && key === "1" && (state.rights & RIGHTS.tests) !== 0) return selfTest(state, facts);
  return key === ENTER ? turnPage(state, screen, facts) : show(state, screen);
}

/** `*` takes back a digit, and with none leaves; `#` with none has the code there is tried again. */
function onClaim(state: Open, screen: Extract<Screen, { is: "claim" }>, key: string): MenuStep {
  const { typed } = screen;
  if (key === BACK) {
    return typed === "" ? show(state, MAIN) : show(state, { ...screen, typed: typed.slice(0, -1), slip: false });
  }
  if (key !== ENTER) {
    const longer = numberOf(key) === undefined ? typed : (typed + key).slice(0, MAX_CLAIM_TYPED);
    return show(state, { ...screen, typed: longer, slip: false });
  }
  if (typed !== "" && !fitsClaimDigits(typed)) return show(state, { ...screen, slip: true });
  return show(state, CLAIM, order({ menu: "claim", code: typed }));
}

/** After the last page comes the first. */
function turnPage(state: Open, screen: Paged, facts: MenuFacts): MenuStep {
  const page = (screen.page + 1) % pagesOf(screen, state.rights, facts);
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

function say(state: Open, what: MenuText | MenuWords, ...effects: readonly MenuEffect[]): MenuStep {
  const said = typeof what === "string" ? words(what) : what;
  return show(state, { is: "said", said }, ...effects);
}

function order(what: MenuOrder): MenuEffect {
  return { do: "menu", order: what };
}

function note(act: ServiceAct, who: number, more: { readonly value?: number } = {}): MenuEffect {
  return { do: "append", record: { kind: "serviceDone", act: SERVICE_ACTS.indexOf(act), who, ...more } };
}

function endFill(who: number): MenuEffect[] {
  return [order({ menu: "fill", on: false }), note("fillEnded", who)];
}

function typedOn(typed: string, key: string): string {
  return (typed + key).slice(0, MAX_TYPED);
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
