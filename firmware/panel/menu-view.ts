/**
 * What the technician's menu shows: a title, lines, what is being typed. On a graphic panel a page of lines; on a text
 * display one line at a time, which `text-display.ts` fits to its two.
 */
import { formatMinor } from "../../shared/money/amounts.js";
import type { MenuView } from "../../shared/panel-view.js";
import { LINES_PER_PAGE, MENU_ITEMS, type MenuFacts, type MenuState, type Screen } from "./menu-state.js";

type List = Extract<Screen, { is: "list" }>;
/** Screens with more than a text display shows at once; `#` turns the page. */
export type Paged = Extract<Screen, { readonly page: number }>;
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
      const { lines, pages, page } = pageOf(screen, rights, facts);
      if (pages === 1) return { title: "Service menu", lines, entry: "", hint: "* leave" };
      return { title: `Menu ${page + 1}/${pages}`, lines, entry: "", hint: "# more  * leave" };
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
    case "emptyType": {
      const { lines, pages } = pageOf(screen, rights, facts);
      const enter = pages > 1 ? "# more" : "# enter";
      return { title: "Empty: which coin?", lines, entry: screen.typed, hint: `${enter}  ${BACK}` };
    }
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
      return listView(screen, rights, facts);
    case "test":
      return { title: `Test vend ${screen.slot}`, lines: [testLine(screen, facts)], entry: "", hint: "any key" };
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
  const perPage = byOne ? 1 : screen.is === "list" ? LINES_PER_PAGE : all.length;
  const pages = Math.max(1, Math.ceil(all.length / Math.max(1, perPage)));
  const page = Math.min(screen.page, pages - 1);
  return { lines: all.slice(page * perPage, (page + 1) * perPage), pages, page };
}

function listView(list: List, rights: number, facts: MenuFacts): MenuView {
  const { lines, pages, page } = pageOf(list, rights, facts);
  const more = pages > 1 ? "# more  " : "";
  const clear = list.of === "faults" && facts.durable.faults.length > 0 ? "0 clear  " : "";
  const title = MENU_ITEMS.find(({ name }) => name === list.of)?.title ?? "";
  return { title: pages > 1 ? `${title} ${page + 1}/${pages}` : title, lines, entry: "", hint: clear + more + BACK };
}

function linesOf(screen: Paged, rights: number, facts: MenuFacts): string[] {
  switch (screen.is) {
    case "main": {
      const allowed = MENU_ITEMS.filter(({ right }) => right === 0 || (rights & right) !== 0);
      return allowed.map(({ key, title }) => `${key} ${title}`);
    }
    case "emptyType":
      return tubeLines(facts);
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
