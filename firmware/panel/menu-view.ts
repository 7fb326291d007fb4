/** What the technician's menu shows: a title, lines, what is being typed. Two lines of text suffice for every one. */
import { formatMinor } from "../../shared/money/amounts.js";
import type { MenuView } from "../../shared/panel-view.js";
import { LINES_PER_PAGE, MENU_ITEMS, type MenuFacts, type MenuState, type Screen } from "./menu-state.js";

type List = Extract<Screen, { is: "list" }>;
const BACK = "* back";

/** Undefined while it is closed. */
export function menuView(state: MenuState, facts: MenuFacts, nowMs: number): MenuView | undefined {
  switch (state.at) {
    case "closed":
      return undefined;
    case "code": {
      const locked = nowMs < state.lockedUntilMs;
      const lines = locked ? ["Locked: too many wrong codes"] : state.wrong > 0 ? ["Wrong code"] : [];
      return { title: "Service code", lines, entry: "*".repeat(state.typed.length), hint: `# enter  ${BACK}` };
    }
    case "open":
      return screenView(state.screen, state.rights, facts);
  }
}

function screenView(screen: Screen, rights: number, facts: MenuFacts): MenuView {
  const money = (minor: number): string => formatMinor(minor, facts.currency);
  const { durable } = facts;
  switch (screen.is) {
    case "main": {
      const allowed = MENU_ITEMS.filter(({ right }) => right === 0 || (rights & right) !== 0);
      const lines = allowed.map(({ key, title }) => `${key} ${title}`);
      return { title: "Service menu", lines, entry: "", hint: "* leave" };
    }
    case "fill":
      return {
        title: "Fill tubes",
        lines: ["Put coins in; they are not credit", `Filled in all: ${money(durable.counters.filledMinor)}`],
        entry: "",
        hint: "# done",
      };
    case "cashBox":
      return {
        title: "Cash box taken?",
        lines: [`Coins ${money(durable.boxCoinsMinor)}`, `Bills ${money(durable.boxBillsMinor)}`],
        entry: "",
        hint: `# taken  ${BACK}`,
      };
    case "emptyType":
      return { title: "Empty: which coin?", lines: tubeLines(facts), entry: screen.typed, hint: `# enter  ${BACK}` };
    case "emptyCount":
      return {
        title: `Empty: how many of ${money(facts.coinValuesMinor[screen.type] ?? 0)}?`,
        lines: [`In the tube: ${durable.tubes[screen.type] ?? 0}`],
        entry: screen.typed,
        hint: `# enter  ${BACK}`,
      };
    case "slot":
      return { title: SLOT_TITLES[screen.of], lines: [], entry: screen.typed, hint: `# enter  ${BACK}` };
    case "number":
      return numberView(screen, facts);
    case "list":
      return listView(screen, facts);
    case "said":
      return { title: screen.line, lines: [], entry: "", hint: "any key" };
  }
}

const SLOT_TITLES = Object.freeze({
  testVend: "Test vend: which slot?",
  count: "Count: which slot?",
  price: "Price: which slot?",
});

function numberView({ of, slot, typed }: Extract<Screen, { is: "number" }>, facts: MenuFacts): MenuView {
  const planned = facts.slots.find((candidate) => candidate.slot === slot);
  const hint = `# enter  ${BACK}`;
  if (of === "count") {
    const now = facts.durable.stock[slot] ?? 0;
    return { title: `${slot}: how many?`, lines: [`Now ${now} of ${planned?.capacity ?? 0}`], entry: typed, hint };
  }
  const nowMinor = facts.durable.prices[slot] ?? planned?.priceMinor ?? 0;
  const lines = [`Now ${formatMinor(nowMinor, facts.currency)}`, "Smallest units, e.g. 150"];
  return { title: `${slot}: which price?`, lines, entry: typed, hint };
}

/** Pages of a list, at least one. */
export function pagesOf(list: List, facts: MenuFacts): number {
  return Math.max(1, Math.ceil(linesOf(list, facts).length / LINES_PER_PAGE));
}

function listView(list: List, facts: MenuFacts): MenuView {
  const all = linesOf(list, facts);
  const pages = pagesOf(list, facts);
  const page = Math.min(list.page, pages - 1);
  const lines = all.slice(page * LINES_PER_PAGE, (page + 1) * LINES_PER_PAGE);
  const more = pages > 1 ? "# more  " : "";
  const clear = list.of === "faults" && facts.durable.faults.length > 0 ? "0 clear  " : "";
  const title = MENU_ITEMS.find(({ name }) => name === list.of)?.title ?? "";
  return { title: pages > 1 ? `${title} ${page + 1}/${pages}` : title, lines, entry: "", hint: clear + more + BACK };
}

function linesOf({ of }: List, facts: MenuFacts): string[] {
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
