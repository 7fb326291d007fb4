/**
 * What the technician's menu shows: a title, lines, what is being typed. On a graphic panel a page of lines; on a text
 * display one line at a time, which `text-display.ts` fits to its two.
 */
import type { ClaimState } from "../../shared/claim-states.js";
import { deepFreeze } from "../../shared/freeze.js";
import { formatMinor } from "../../shared/money/amounts.js";
import { LANGUAGE_NAMES, nextLanguage } from "../../shared/panel-phrases.js";
import type { MenuKey, MenuView } from "../../shared/panel-view.js";
import { findingText } from "../../shared/self-test-texts.js";
import type { NetAddresses } from "../ports/hardware.js";
import {
  LINES_PER_PAGE,
  type ListName,
  MAX_CLAIM_TYPED,
  MENU_ITEMS,
  type MenuFacts,
  type MenuState,
  RIGHTS,
  type Screen,
} from "./menu-state.js";
import { type MenuText, menuText, words } from "./menu-texts.js";

/** A key and the text of what it does. */
interface KeyText {
  readonly key: string;
  readonly does: MenuText;
}
type List = Extract<Screen, { is: "list" }>;
type UsedAddress = NonNullable<NetAddresses["used"]>;
type Code = Extract<MenuState, { at: "code" }>;
type SelfTest = Extract<Screen, { is: "selfTest" }>;
/** Screens with more than a text display shows at once; `#` turns the page. */
export type Paged = Extract<Screen, { readonly page: number }>;
/** What a screen says itself; the hint follows from its keys. */
interface Words {
  readonly title: string;
  readonly lines: readonly string[];
  readonly entry?: string;
}
const BACK: KeyText = Object.freeze({ key: "*", does: "back" });
const LEAVE: KeyText = Object.freeze({ key: "*", does: "leave" });
const MORE: KeyText = Object.freeze({ key: "#", does: "more" });
const ENTER: KeyText = Object.freeze({ key: "#", does: "enter" });
const DONE: KeyText = Object.freeze({ key: "#", does: "done" });
const TAKEN: KeyText = Object.freeze({ key: "#", does: "taken" });
const SELF_TEST: KeyText = Object.freeze({ key: "1", does: "test" });
const CLAIM: KeyText = Object.freeze({ key: "1", does: "claim" });
const AGAIN: KeyText = Object.freeze({ key: "#", does: "again" });
const CLEAR: KeyText = Object.freeze({ key: "0", does: "clear" });

/** Undefined while it is closed. */
export function menuView(state: MenuState, facts: MenuFacts, nowMs: number): MenuView | undefined {
  switch (state.at) {
    case "closed":
      return undefined;
    case "code":
      return codeView(state, facts, nowMs);
    case "open":
      return screenView(state.screen, state.rights, facts);
  }
}

/** With nothing typed, `#` leads to the other language, which is named by its own name. */
function codeView({ typed, wrong, lockedUntilMs }: Code, facts: MenuFacts, nowMs: number): MenuView {
  const say = speaker(facts);
  const locked = nowMs < lockedUntilMs;
  const lines = locked ? [say("Locked: too many wrong codes")] : wrong > 0 ? [say("Wrong code")] : [];
  if (facts.opensToClaim) lines.push(say("No codes yet: any digit opens"));
  const view = typing({ title: say("Service code"), lines, entry: "*".repeat(typed.length) }, "slot", facts);
  if (locked || typed !== "") return view;
  const keys = [{ key: "#", does: LANGUAGE_NAMES[nextLanguage(facts.language)] }, ...view.keys.slice(1)];
  return { ...view, keys, hint: hintOf(keys) };
}

type Say = (text: MenuText, ...values: readonly (string | number)[]) => string;

function speaker({ language }: MenuFacts): Say {
  return (text, ...values) => menuText(words(text, ...values), language);
}

function hintOf(keys: readonly MenuKey[]): string {
  return keys.map(({ key, does }) => `${key} ${does}`).join("  ");
}

function withKeys(shown: Words, texts: readonly KeyText[], facts: MenuFacts, choice = false): MenuView {
  const say = speaker(facts);
  const keys = texts.map(({ key, does }) => ({ key, does: say(does) }));
  const hint = keys.length === 0 ? say("any key") : hintOf(keys);
  return { entry: "", ...shown, language: facts.language, hint, keys, typed: "nothing", choice };
}

function typing(shown: Words, typed: MenuView["typed"], facts: MenuFacts, enter = ENTER): MenuView {
  return { ...withKeys(shown, [enter, BACK], facts), typed };
}

function screenView(screen: Screen, rights: number, facts: MenuFacts): MenuView {
  const say = speaker(facts);
  const money = (minor: number): string => formatMinor(minor, facts.currency);
  const { durable } = facts;
  switch (screen.is) {
    case "main": {
      const { lines, pages, page } = pageOf(screen, rights, facts);
      if (pages === 1) return withKeys({ title: say("Service menu"), lines }, [LEAVE], facts, true);
      return withKeys({ title: say("Menu {}/{}", page + 1, pages), lines }, [MORE, LEAVE], facts, true);
    }
    case "fill": {
      const filled = say("Filled in all: {}", money(durable.counters.filledMinor));
      return withKeys(
        { title: say("Fill tubes"), lines: [say("Put coins in; they are not credit"), filled] },
        [DONE],
        facts,
      );
    }
    case "cashBox": {
      const lines = [say("Coins {}", money(durable.boxCoinsMinor)), say("Bills {}", money(durable.boxBillsMinor))];
      return withKeys({ title: say("Cash box taken?"), lines }, [TAKEN, BACK], facts);
    }
    case "emptyType": {
      const { lines, pages } = pageOf(screen, rights, facts);
      const shown = { title: say("Empty: which coin?"), lines, entry: screen.typed };
      return typing(shown, "number", facts, pages > 1 ? MORE : ENTER);
    }
    case "emptyCount": {
      const title = say("Empty: how many of {}?", money(facts.coinValuesMinor[screen.type] ?? 0));
      const lines = [say("In the tube: {}", durable.tubes[screen.type] ?? 0)];
      return typing({ title, lines, entry: screen.typed }, "number", facts);
    }
    case "slot":
      return typing({ title: say(SLOT_TITLES[screen.of]), lines: [], entry: screen.typed }, "slot", facts);
    case "number":
      return numberView(screen, facts);
    case "list":
    case "selfTest":
      return listView(screen, rights, facts);
    case "claim":
      return claimView(screen, facts);
    case "test":
      return withKeys({ title: say("Test vend {}", screen.slot), lines: [say(testText(screen, facts))] }, [], facts);
    case "said":
      return withKeys({ title: menuText(screen.said, facts.language), lines: [] }, [], facts);
  }
}

const SLOT_TITLES = Object.freeze<{ readonly [of in Extract<Screen, { is: "slot" }>["of"]]: MenuText }>({
  testVend: "Test vend: which slot?",
  count: "Count: which slot?",
  price: "Price: which slot?",
});

function numberView({ of, slot, typed }: Extract<Screen, { is: "number" }>, facts: MenuFacts): MenuView {
  const say = speaker(facts);
  const planned = facts.slots.find((candidate) => candidate.slot === slot);
  if (of === "count") {
    const now = facts.durable.stock[slot] ?? 0;
    const lines = [say("Now {} of {}", now, planned?.capacity ?? 0)];
    return typing({ title: say("{}: how many?", slot), lines, entry: typed }, "number", facts);
  }
  const nowMinor = facts.durable.prices[slot] ?? planned?.priceMinor ?? 0;
  const lines = [say("Now {}", formatMinor(nowMinor, facts.currency)), say("Smallest units, e.g. 150")];
  return typing({ title: say("{}: which price?", slot), lines, entry: typed }, "number", facts);
}

/** What the claim waits for and what to do about it, as texts of the menu. */
const CLAIM_TEXTS = deepFreeze<{ readonly [state in ClaimState]: readonly MenuText[] }>({
  keyMaking: ["The board makes its key", "Wait some minutes"],
  keyFailed: ["The board's key cannot be made", "Replace the board"],
  noCode: ["No claim code yet", "Type its digits and #"],
  noNetwork: ["No network", "Look at cable, router and Wi-Fi"],
  clockUnknown: ["Clock not set: no time server answers", "Open UDP port 123 to it"],
  asking: ["The fleet is asked"],
  noAnswer: ["The fleet does not answer, or proves to be another", "Look at firewall and door address"],
  rateLimited: ["Too many tries from this place", "Wait, it tries again"],
  unsound: ["The answer is no identity of this board", "Tell the fleet's operator"],
  flash: ["The board cannot keep it", "Cut the power once; else replace the board"],
  unknown: ["The fleet knows no such code", "Compare the digits, or get a new code"],
  expired: ["The code is over", "Get a new code"],
  revoked: ["The code was revoked", "Get a new code"],
  used: ["The code was used by another board", "Get a new code"],
  otherMachine: ["The code is not for this machine", "Compare the serial number, or get a code for it"],
  refused: ["The fleet refuses the claim", "Tell the fleet's operator"],
  claimed: ["Claimed", "The machine restarts"],
});

/** The digits last typed, and how many there are: all of them would be on no line. */
const TYPED_SHOWN = 6;

function claimView({ typed, slip }: Extract<Screen, { is: "claim" }>, facts: MenuFacts): MenuView {
  const say = speaker(facts);
  const texts = facts.claim === undefined ? CLAIM_TEXTS.claimed : CLAIM_TEXTS[facts.claim];
  const state = slip ? [say("The digits do not fit together"), say("Compare them")] : texts.map((text) => say(text));
  const lines = typed === "" || slip ? [...state, say("Machine {}", facts.machineId)] : [];
  const entry = typed === "" ? "" : `${typed.length}/${MAX_CLAIM_TYPED} ${typed.slice(-TYPED_SHOWN)}`;
  const enter = typed === "" && facts.claim !== "noCode" ? AGAIN : ENTER;
  return typing({ title: say("Claim"), lines, entry }, "number", facts, enter);
}

/** How far the test vend is, by the sale and by the records. */
function testText({ slot, before }: Extract<Screen, { is: "test" }>, facts: MenuFacts): MenuText {
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
  const keys: KeyText[] = [];
  const name = list.is === "list" ? list.of : list.is;
  if (name === "faults" && facts.durable.faults.length > 0) keys.push(CLEAR);
  // for keypads without letters
  if (name === "faults" && (rights & RIGHTS.tests) !== 0) keys.push(SELF_TEST);
  if (name === "network" && facts.claim !== undefined) keys.push(CLAIM);
  if (pages > 1) keys.push(MORE);
  keys.push(BACK);
  const title = speaker(facts)(LIST_TITLES[name]);
  return withKeys({ title: pages > 1 ? `${title} ${page + 1}/${pages}` : title, lines }, keys, facts);
}

const LIST_TITLES = Object.freeze<{ readonly [name in ListName | "selfTest"]: MenuText }>({
  faults: "Faults",
  counters: "Counters",
  network: "Network",
  selfTest: "Self-test",
});

function linesOf(screen: Paged, rights: number, facts: MenuFacts): string[] {
  switch (screen.is) {
    case "main": {
      const allowed = MENU_ITEMS.filter(({ name, right }) => {
        if (name === "claim") return facts.claim !== undefined;
        return right === 0 || (rights & right) !== 0;
      });
      const say = speaker(facts);
      return allowed.map(({ key, title }) => `${key} ${say(title)}`);
    }
    case "emptyType":
      return tubeLines(facts);
    case "selfTest":
      return screen.findings.map((finding) => {
        const text = findingText(finding, facts.language);
        return finding.cure === undefined ? text : `! ${text}`;
      });
    case "list":
      return listLines(screen, facts);
  }
}

function listLines({ of }: List, facts: MenuFacts): string[] {
  const { durable } = facts;
  const say = speaker(facts);
  switch (of) {
    case "faults":
      if (durable.faults.length === 0) return [say("No faults")];
      return durable.faults.map(({ fault, slot }) => facts.sentenceOf(fault, slot));
    case "network":
      return [
        say(facts.networkUp ? "Connected" : "Not connected"),
        ...addressLines(facts),
        say("Machine {}", facts.machineId),
        say("Records not yet at the fleet: {}", facts.unackedRecords),
      ];
    case "counters":
      return counterLines(facts);
  }
}

const WAYS = Object.freeze<{ readonly [way in UsedAddress["way"]]: MenuText }>({
  ethernet: "By cable: {}",
  wifi: "By Wi-Fi: {}",
  host: "Address: {}",
});

/** The address in use, and whatever somebody has set by hand. */
function addressLines(facts: MenuFacts): string[] {
  const say = speaker(facts);
  const { used, cable, wifi } = facts.addresses ?? {};
  const lines = used === undefined ? [] : [say(WAYS[used.way], used.address)];
  for (const [text, fixed] of [
    ["Set for cable: {}", cable],
    ["Set for Wi-Fi: {}", wifi],
  ] as const) {
    if (fixed === undefined) continue;
    lines.push(say(text, fixed.address), say("Mask: {}", fixed.mask), say("Gateway: {}", fixed.gateway));
    for (const server of fixed.dns) lines.push(say("DNS: {}", server));
  }
  return lines;
}

function counterLines(facts: MenuFacts): string[] {
  const { counters } = facts.durable;
  const say = speaker(facts);
  const money = (minor: number): string => formatMinor(minor, facts.currency);
  return [
    say("Sales {}: {}", counters.sales, money(counters.salesMinor)),
    say("Cash sales {}", money(counters.cashSalesMinor)),
    say("Card sales {}", money(counters.cardSalesMinor)),
    say("Coins in {}", money(counters.coinsInMinor)),
    say("Bills in {}", money(counters.billsInMinor)),
    say("Paid out {}", money(counters.paidOutMinor)),
    say("Vouchers {}", money(counters.vouchersMinor)),
    say("Claims {}", money(counters.claimsMinor)),
    say("Tubes short {}", money(counters.tubeShortMinor)),
    say("Tubes over {}", money(counters.tubeOverMinor)),
    say("Test vends {}", counters.testVends),
    say("Failed vends {}", counters.failedSales),
  ];
}

function tubeLines({ coinValuesMinor, durable, currency }: MenuFacts): string[] {
  const lines: string[] = [];
  coinValuesMinor.forEach((valueMinor, type) => {
    if (valueMinor > 0) lines.push(`${type}: ${formatMinor(valueMinor, currency)} × ${durable.tubes[type] ?? 0}`);
  });
  return lines;
}
