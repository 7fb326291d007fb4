/**
 * What the technician's menu shows: a title, lines, what is being typed. On a graphic panel a page of lines; on a text
 * display one line at a time, which `text-display.ts` fits to its two.
 */
import { formatMinor } from "../../shared/money/amounts.js";
import type { MenuKey, MenuView } from "../../shared/panel-view.js";
import { LINES_PER_PAGE, MENU_ITEMS, type MenuFacts, type MenuState, RIGHTS, type Screen } from "./menu-state.js";

type List = Extract<Screen, { is: "list" }>;
type SelfTest = Extract<Screen, { is: "selfTest" }>;
/** Screens with more than a text display shows at once; `#` turns the page. */
export type Paged = Extract<Screen, { readonly page: number }>;
/** What a screen says itself; the hint follows from its keys. */
type Words = Omit<MenuView, "hint" | "keys" | "typed" | "choice">;
const BACK: MenuKey = Object.freeze({ key: "*", does: "back" });
const LEAVE: MenuKey = Object.freeze({ key: "*", does: "leave" });
const MORE: MenuKey = Object.freeze({ key: "#", does: "more" });
const ENTER: MenuKey = Object.freeze({ key: "#", does: "enter" });
const DONE: MenuKey = Object.freeze({ key: "#", does: "done" });
const TAKEN: MenuKey = Object.freeze({ key: "#", does: "taken" });
const SELF_TEST: MenuKey = Object.freeze({ key: "1", does: "test" });
const CLEAR: MenuKey = Object.freeze({ key: "0", does: "clear" });

/** Undefined while it is closed. */
export function menuView(state: MenuState, facts: MenuFacts, nowMs: number): MenuView | undefined {
  switch (state.at) {
    case "closed":
      return undefined;
    case "code": {
      const locked = nowMs < state.lockedUntilMs;
      const lines = locked ? ["Locked: too many wrong codes"] : state.wrong > 0 ? ["Wrong code"] : [];
      return typing({ title: "Service code", lines, entry: "*".repeat(state.typed.length) }, "slot");
    }
    case "open":
      return screenView(state.screen, state.rights, facts);
  }
}

function withKeys(words: Words, keys: readonly MenuKey[], choice = false): MenuView {
  const hint = keys.length === 0 ? "any key" : keys.map(({ key, does }) => `${key} ${does}`).join("  ");
  return { ...words, hint, keys, typed: "nothing", choice };
}

function typing(words: Words, typed: MenuView["typed"], enter = ENTER): MenuView {
  return { ...withKeys(words, [enter, BACK]), typed };
}

function screenView(screen: Screen, rights: number, facts: MenuFacts): MenuView {
  const money = (minor: number): string => formatMinor(minor, facts.currency);
  const { durable } = facts;
  switch (screen.is) {
    case "main": {
      const { lines, pages, page } = pageOf(screen, rights, facts);
      if (pages === 1) return withKeys({ title: "Service menu", lines, entry: "" }, [LEAVE], true);
      return withKeys({ title: `Menu ${page + 1}/${pages}`, lines, entry: "" }, [MORE, LEAVE], true);
    }
    case "fill": {
      const lines = ["Put coins in; they are not credit", `Filled in all: ${money(durable.counters.filledMinor)}`];
      return withKeys({ title: "Fill tubes", lines, entry: "" }, [DONE]);
    }
    case "cashBox": {
      const lines = [`Coins ${money(durable.boxCoinsMinor)}`, `Bills ${money(durable.boxBillsMinor)}`];
      return withKeys({ title: "Cash box taken?", lines, entry: "" }, [TAKEN, BACK]);
    }
    case "emptyType": {
      const { lines, pages } = pageOf(screen, rights, facts);
      const words = { title: "Empty: which coin?", lines, entry: screen.typed };
      return typing(words, "number", pages > 1 ? MORE : ENTER);
    }
    case "emptyCount": {
      const title = `Empty: how many of ${money(facts.coinValuesMinor[screen.type] ?? 0)}?`;
      const lines = [`In the tube: ${durable.tubes[screen.type] ?? 0}`];
      return typing({ title, lines, entry: screen.typed }, "number");
    }
    case "slot":
      return typing({ title: SLOT_TITLES[screen.of], lines: [], entry: screen.typed }, "slot");
    case "number":
      return numberView(screen, facts);
    case "list":
    case "selfTest":
      return listView(screen, rights, facts);
    case "test":
      return withKeys({ title: `Test vend ${screen.slot}`, lines: [testLine(screen, facts)], entry: "" }, []);
    case "said":
      return withKeys({ title: screen.line, lines: [], entry: "" }, []);
  }
}

const SLOT_TITLES = Object.freeze({
  testVend: "Test vend: which slot?",
  count: "Count: which slot?",
  price: "Price: which slot?",
});

function numberView({ of, slot, typed }: Extract<Screen, { is: "number" }>, facts: MenuFacts): MenuView {
  const planned = facts.slots.find((candidate) => candidate.slot === slot);
  if (of === "count") {
    const now = facts.durable.stock[slot] ?? 0;
    const lines = [`Now ${now} of ${planned?.capacity ?? 0}`];
    return typing({ title: `${slot}: how many?`, lines, entry: typed }, "number");
  }
  const nowMinor = facts.durable.prices[slot] ?? planned?.priceMinor ?? 0;
  const lines = [`Now ${formatMinor(nowMinor, facts.currency)}`, "Smallest units, e.g. 150"];
  return typing({ title: `${slot}: which price?`, lines, entry: typed }, "number");
}

/** How far the test vend is, by the sale and by the records. */
function testLine({ slot, before }: Extract<Screen, { is: "test" }>, facts: MenuFacts): string {
  const { refusedTest, turning, durable } = facts;
  if (durable.counters.testVends > before) return "The product fell";
  if (refusedTest?.slot === slot) {
    return refusedTest.cause === "beamBlind" ? "Not turned: drop sensor blind" : "Not turned: spiral not at home";
  }
  return turning === "busy" ? "The spiral turns" : "No product was seen to fall";
}

/** Pages of a screen, at least one. */
export function pagesOf(screen: Paged, rights: number, facts: MenuFacts): number {
  return pageOf(screen, rights, facts).pages;
}

interface Page {
  readonly lines: readonly string[];
  readonly pages: number;
  readonly page: number;
}

function pageOf(screen: Paged, rights: number, facts: MenuFacts): Page {
  const all = linesOf(screen, rights, facts);
  // `#` enters what was typed, and turns no page any more
  const byOne = facts.textDisplay && !("typed" in screen && screen.typed !== "");
  const isList = screen.is === "list" || screen.is === "selfTest";
  const perPage = byOne ? 1 : isList ? LINES_PER_PAGE : all.length;
  const pages = Math.max(1, Math.ceil(all.length / Math.max(1, perPage)));
  const page = Math.min(screen.page, pages - 1);
  return { lines: all.slice(page * perPage, (page + 1) * perPage), pages, page };
}

function listView(list: List | SelfTest, rights: number, facts: MenuFacts): MenuView {
  const { lines, pages, page } = pageOf(list, rights, facts);
  const keys: MenuKey[] = [];
  const name = list.is === "list" ? list.of : list.is;
  if (name === "faults" && facts.durable.faults.length > 0) keys.push(CLEAR);
  // for keypads without letters
  if (name === "faults" && (rights & RIGHTS.tests) !== 0) keys.push(SELF_TEST);
  if (pages > 1) keys.push(MORE);
  keys.push(BACK);
  const title = MENU_ITEMS.find((item) => item.name === name)?.title ?? "";
  return withKeys({ title: pages > 1 ? `${title} ${page + 1}/${pages}` : title, lines, entry: "" }, keys);
}

function linesOf(screen: Paged, rights: number, facts: MenuFacts): string[] {
  switch (screen.is) {
    case "main": {
      const allowed = MENU_ITEMS.filter(({ right }) => right === 0 || (rights & right) !== 0);
      return allowed.map(({ key, title }) => `${key} ${title}`);
    }
    case "emptyType":
      return tubeLines(facts);
    case "selfTest":
      return [...screen.lines];
    case "list":
      return listLines(screen, facts);
  }
}

function listLines({ of }: List, facts: MenuFacts): string[] {
  const { durable } = facts;
  switch (of) {
    case "faults":
      if (durable.faults.length === 0) return ["No faults"];
      return durable.faults.map(({ fault, slot }) => facts.sentenceOf(fault, slot));
    case "network":
      return [
        facts.networkUp ? "Connected" : "Not connected",
        `Machine ${facts.machineId}`,
        `Records not yet at the fleet: ${facts.unackedRecords}`,
      ];
    case "counters":
      return counterLines(facts);
  }
}

function counterLines({ durable, currency }: MenuFacts): string[] {
  const { counters } = durable;
  const money = (minor: number): string => formatMinor(minor, currency);
  return [
    `Sales ${counters.sales}: ${money(counters.salesMinor)}`,
    `Cash sales ${money(counters.cashSalesMinor)}`,
    `Card sales ${money(counters.cardSalesMinor)}`,
    `Coins in ${money(counters.coinsInMinor)}`,
    `Bills in ${money(counters.billsInMinor)}`,
    `Paid out ${money(counters.paidOutMinor)}`,
    `Vouchers ${money(counters.vouchersMinor)}`,
    `Claims ${money(counters.claimsMinor)}`,
    `Tubes short ${money(counters.tubeShortMinor)}`,
    `Tubes over ${money(counters.tubeOverMinor)}`,
    `Test vends ${counters.testVends}`,
    `Failed vends ${counters.failedSales}`,
  ];
}

function tubeLines({ coinValuesMinor, durable, currency }: MenuFacts): string[] {
  const lines: string[] = [];
  coinValuesMinor.forEach((valueMinor, type) => {
    if (valueMinor > 0) lines.push(`${type}: ${formatMinor(valueMinor, currency)} × ${durable.tubes[type] ?? 0}`);
  });
  return lines;
}
