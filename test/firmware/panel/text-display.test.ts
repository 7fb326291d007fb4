/** Two lines of text: every screen, every fault, every word to a customer fits, and nothing is left out. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MENU_ITEMS } from "../../../firmware/panel/menu-state.js";
import {
  PAGE_MS,
  pageAt,
  plainText,
  TEXT_COLUMNS,
  type TextPage,
  textPages,
} from "../../../firmware/panel/text-display.js";
import { type PanelFacts, panelView } from "../../../firmware/panel/view.js";
import { FAULTS, type FaultName, faultSentence } from "../../../shared/faults.js";
import { CURRENCIES } from "../../../shared/money/currencies.js";
import { LANGUAGES, type Language, PHRASES, phraseText } from "../../../shared/panel-phrases.js";
import type { MenuView, PanelView } from "../../../shared/panel-view.js";
import { Room } from "./menu-room.js";

const test = suite("panel: text display");

const COKE = { slot: "B4", productId: 7, name: "Coke", priceMinor: 175, price: "$1.75", stock: 3, available: true };
const LONG = { ...COKE, slot: "C1", name: "Crème brûlée mit Schlagobers, 250 g – glutenfrei" };
const NOTHING: PanelFacts = {
  state: "IDLE",
  slot: undefined,
  priceMinor: undefined,
  creditMinor: 0,
  currency: "USD",
  language: "en",
  notice: undefined,
  outCause: undefined,
  entry: "",
  exactChangeOnly: false,
  code: undefined,
  busy: false,
  pay: "cash",
  cardShown: false,
  topUp: false,
  readerText: undefined,
  products: [COKE, LONG],
};
const ON_THE_DISPLAY = /^[ -~€£¥₹₩₪äöüßÄÖÜ]*$/;
/** Signs before and words before, no, two and three decimals. */
const CURRENCIES_SHOWN = ["USD", "EUR", "INR", "NZD", "JPY", "VND", "KWD"] as const;
/**
 * Without blanks: ways to read pages one after the other, down both lines, or along one of them while the other stays.
 */
type Read = readonly [both: string, upper: string, lower: string];

/** Pages of a view, looked through: none has a line that is too long or a letter the display has not. */
function pagesOf(view: PanelView, columns: number): readonly TextPage[] {
  const pages = textPages(view, columns);
  assert.ok(pages.length > 0);
  for (const line of pages.flat()) {
    assert.ok(line.length <= columns, `"${line}" on ${columns} columns`);
    assert.match(line, ON_THE_DISPLAY);
  }
  return pages;
}

function read(pages: readonly TextPage[]): Read {
  const line = (which: 0 | 1): string => pages.map((page) => page[which]).join(" ");
  return [bare(pages.flat().join(" ")), bare(line(0)), bare(line(1))];
}

/** The whole text stands there, wherever lines were broken. */
function says(found: readonly Read[], text: string): boolean {
  const wanted = bare(text);
  return found.some((way) => way.some((line) => line.includes(wanted)));
}

function bare(text: string): string {
  return plainText(text).split(" ").join("");
}

function withMenu(menu: MenuView): PanelView {
  return { ...panelView({ ...NOTHING, state: "OUT_OF_SERVICE", outCause: "doorOpen" }), menu };
}

function menuOf(room: Room): MenuView {
  const { view } = room;
  if (view === undefined) throw new Error("the menu is closed");
  return view;
}

// ---- the menu ------------------------------------------------------------------------------------------------------

/** Where a technician can get to, by keys from the main screen. */
const SCREENS: readonly string[] = [
  "",
  ...MENU_ITEMS.map(({ key }) => key),
  "22",
  "22#",
  "22#1",
  "22#5#",
  "22#16#",
  "29#",
  "3#",
  "4B4",
  "4B4#",
  "4Z9#",
  "6B4#",
  "6B4#7",
  "6B4#7#",
  "6B4#9#",
  "6B4#A#",
  "7B4#",
  "7B4#1",
  "7B4#160#",
  "7B4#0#",
  "7B4#133#",
  "7B4#99999995#",
  "80",
  "81",
  "01",
  "C123456789",
  "C123456789#",
  "C#",
];
/** Lists are turned with `#`, that of the tubes on a text display only: nowhere else does `#` but turn a page. */
const TURNED = ["", "8", "9", "0", "B", "81"];
const TURNED_AS_TEXT = [...TURNED, "2"];
const MAX_PAGES = 200;

function everyFault(): { fault: number; slot?: string }[] {
  let name: FaultName;
  const faults: { fault: number; slot?: string }[] = [];
  for (name in FAULTS) {
    const { code, text } = FAULTS[name];
    faults.push(text.includes("{slot}") ? { fault: code, slot: "B4" } : { fault: code });
  }
  return faults;
}

class Machine extends Room {
  constructor(textDisplay: boolean, language: Language = "en") {
    super();
    this.language = language;
    this.textDisplay = textDisplay;
    this.machineId = "M-1234";
    this.spiralsAway = 2;
    this.claim = "otherMachine";
    this.durable.faults = everyFault();
    this.durable.counters.salesMinor = 99_999_999;
    this.sentenceOf = (fault, slot) => faultSentence(fault, this.machineId, slot, this.language);
    this.press("#2580#");
  }
}

/** A text display says which of its items it shows in place of the whole title: "Menu 1/12". */
function menuWord(title: string): string {
  return title === "Service menu" ? "Menu" : title === "Service-Menü" ? "Menü" : title;
}

/** Every page of the screen behind `keys`, as views. */
function turned(keys: string, textDisplay: boolean, language: Language = "en"): MenuView[] {
  const room = new Machine(textDisplay, language).press(keys);
  const views = [menuOf(room)];
  if (!(textDisplay ? TURNED_AS_TEXT : TURNED).includes(keys)) return views;
  const first = JSON.stringify(menuOf(room));
  for (room.press("#"); JSON.stringify(menuOf(room)) !== first; room.press("#")) {
    if (views.push(menuOf(room)) > MAX_PAGES) throw new Error(`${keys}: pages without end`);
  }
  return views;
}

for (const language of LANGUAGES) {
  for (const columns of TEXT_COLUMNS) {
    test(`menu in ${language} on ${columns} columns: what a graphic panel shows is there, page by page`, () => {
      for (const keys of SCREENS) {
        const found = turned(keys, true, language).map((view) => read(pagesOf(withMenu(view), columns)));
        for (const view of turned(keys, false, language)) {
          for (const text of [...view.lines, view.entry]) assert.ok(says(found, text), `${keys}: ${text}`);
          const title = view.title.includes("/") ? view.title.slice(0, view.title.lastIndexOf(" ")) : view.title;
          assert.ok(says(found, menuWord(title)), `${keys}: ${title}`);
          // with nothing typed, # turns the tubes
          const keysSaid = keys === "2" ? "*" : view.hint;
          for (const hint of keysSaid.split("  ")) assert.ok(says(found, hint), `${keys}: ${hint}`);
        }
      }
    });
  }
}

test("every fault can be read to its end, one an item", () => {
  const views = turned("8", true);
  assert.is(views.length, everyFault().length);
  for (const [i, { fault, slot }] of everyFault().entries()) {
    const view = views[i];
    if (view === undefined) throw new Error("too few");
    assert.is(view.lines.length, 1);
    assert.ok(says([read(pagesOf(withMenu(view), 16))], faultSentence(fault, "M-1234", slot)), String(fault));
  }
});

test("one main item at a time, # the next, after the last the first; keys choose as ever", () => {
  const room = new Machine(true);
  const items = MENU_ITEMS.map(({ key, title }) => `${key} ${title}`);
  for (const [i, item] of items.entries()) {
    assert.equal([room.title, room.lines], [`Menu ${i + 1}/${items.length}`, [item]]);
    assert.ok(item.length <= 16, item);
    room.press("#");
  }
  assert.is(room.title, `Menu 1/${items.length}`);
  assert.is(room.press("##9").title, "Counters 1/12");
});

test("what is typed stays in sight, stars for a code, while a long question takes turns above it", () => {
  const room = new Room();
  room.textDisplay = true;
  room.press("#25");
  assert.equal(textPages(withMenu(menuOf(room)), 16), [
    ["Service code", "**"],
    ["# enter * back", "**"],
  ]);
  room.press("80#4B");
  assert.equal(textPages(withMenu(menuOf(room)), 16), [
    ["Test vend: which", "B"],
    ["slot?", "B"],
    ["# enter * back", "B"],
  ]);
});

test("a locked menu says so, and wrong codes are told", () => {
  const room = new Room().press("#1#");
  assert.ok(says([read(pagesOf(withMenu(menuOf(room)), 16))], "Wrong code"));
  room.press("1#1#1#1#");
  assert.ok(says([read(pagesOf(withMenu(menuOf(room)), 16))], "Locked: too many wrong codes"));
});

// ---- customers -----------------------------------------------------------------------------------------------------

const NOTICES = ["soldOut", "unavailable", "unknownSlot", "exactChange", "thanks", "declined", "cardLost", "revalued"];
const CAUSES = ["starting", "doorOpen", "tooWarm", "noMeansOfPayment", "stopped", "ledgerFull", "beamBlind"];
const VOUCHER = { kind: "voucher", code: "0000A1B2C3D4E5", amount: "$12.25", qr: "" } as const;
const CHOSEN = { slot: "B4", priceMinor: 175 };

const MOMENTS: readonly Partial<PanelFacts>[] = [
  {},
  { exactChangeOnly: true },
  { entry: "B", exactChangeOnly: true },
  { cardShown: true, pay: "any", exactChangeOnly: true },
  ...NOTICES.map((notice) => ({ notice, exactChangeOnly: true })),
  { state: "PRODUCT_SELECTED", ...CHOSEN },
  { state: "PRODUCT_SELECTED", slot: LONG.slot, priceMinor: 123_456_789, pay: "any" },
  { state: "PRODUCT_SELECTED", ...CHOSEN, pay: "card" },
  ...NOTICES.map((notice) => ({ state: "ACCEPTING_PAYMENT", ...CHOSEN, creditMinor: 100, notice })),
  { state: "ACCEPTING_PAYMENT", creditMinor: 100, topUp: true, exactChangeOnly: true },
  { state: "ACCEPTING_PAYMENT", ...CHOSEN, creditMinor: 200, busy: true },
  { state: "DISPENSING", ...CHOSEN, creditMinor: 200 },
  { state: "RETURNING_CHANGE", creditMinor: 25 },
  { state: "RETURNING_CHANGE", creditMinor: 25, notice: "thanks" },
  { state: "ERROR", ...CHOSEN, creditMinor: 200 },
  ...CAUSES.map((outCause) => ({ state: "OUT_OF_SERVICE", outCause })),
  { code: VOUCHER },
  { code: { ...VOUCHER, kind: "claim" as const }, state: "OUT_OF_SERVICE", creditMinor: 5 },
  { readerText: "Please insert   your card now   ", pay: "card" },
];

for (const language of LANGUAGES) {
  for (const columns of TEXT_COLUMNS) {
    test(`customers in ${language} on ${columns} columns: both lines, credit, lamp and code, in any currency`, () => {
      for (const currency of CURRENCIES_SHOWN) {
        for (const moment of MOMENTS) {
          const view = panelView({ ...NOTHING, ...moment, currency, language });
          const found = [read(pagesOf(view, columns))];
          const { headline, detail } = view.says;
          for (const phrase of detail === undefined ? [headline] : [headline, detail]) {
            const text = phraseText(phrase, language);
            assert.ok(says(found, text) || says(found, shorter(text)), `${currency} ${text}: ${found.join("|")}`);
          }
          if (view.creditMinor > 0 && view.code === undefined) assert.ok(says(found, view.credit), view.credit);
          const lamp = PHRASES[language].exactChange;
          if (view.exactChangeOnly) assert.ok(says(found, lamp) || says(found, shorter(lamp)));
        }
      }
    });
  }
}

test("no word of a phrase is longer than the narrowest text display, so that none is broken", () => {
  for (const language of LANGUAGES) {
    for (const text of Object.values(PHRASES[language])) {
      for (const word of text.split(" ")) assert.ok(word.length <= Math.min(...TEXT_COLUMNS), word);
    }
  }
});

/** What is said where the whole does not fit on a line. */
const SHORTER: { readonly [text: string]: string | undefined } = {
  "Exact change only": "Exact coins only",
  "No such selection": "No such choice",
  "Bitte passend zahlen": "Passend zahlen",
  "Diese Nummer gibt es nicht": "Falsche Nummer",
};

function shorter(text: string): string {
  return SHORTER[text] ?? text;
}

test("a voucher stands on one page, its code whole", () => {
  const view = panelView({ ...NOTHING, code: VOUCHER });
  assert.equal(textPages(view, 16), [["Voucher $12.25", "0000A1B2C3D4E5"]]);
});

test("pages take turns by the time since the view came", () => {
  const pages = textPages(panelView({ ...NOTHING, state: "ACCEPTING_PAYMENT", ...CHOSEN, creditMinor: 100 }), 16);
  assert.equal(pages, [
    ["$0.75 remaining", "Coke"],
    ["$0.75 remaining", "Credit $1.00"],
  ]);
  assert.is(pageAt(pages, PAGE_MS - 1), pages[0]);
  assert.is(pageAt(pages, PAGE_MS), pages[1]);
  assert.is(pageAt(pages, 2 * PAGE_MS), pages[0]);
  assert.equal(pageAt([], 0), ["", ""]);
});

test("letters the display does not have become the nearest it has", () => {
  assert.is(plainText("Crème brûlée – “süß” … 5 × Łódź"), 'Creme brulee - "süß" ... 5 x Lodz');
  assert.is(plainText("€ £ ¥ ₹ ₩ ₪ $"), "€ £ ¥ ₹ ₩ ₪ $");
  assert.is(plainText("\u3042\u0007"), "??");
  for (const { symbol } of CURRENCIES) assert.is(plainText(symbol), symbol);
});

test("a word longer than a line is broken, not cut", () => {
  const view = panelView({
    ...NOTHING,
    entry: "",
    notice: undefined,
    readerText: `${"x".repeat(16)}${"y".repeat(16)}`,
  });
  assert.equal(textPages(view, 16), [["x".repeat(16), "y".repeat(16)]]);
  const long = {
    language: "en",
    title: "Network",
    lines: [`Machine ${"N".repeat(40)}`],
    entry: "",
    hint: "any key",
    keys: [],
    typed: "nothing",
    choice: false,
  } as const;
  assert.ok(says([read(pagesOf(withMenu(long), 16))], "N".repeat(40)));
});

test.run();
