/** Both lines of the display in every state, in currencies with two, no and three decimals. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type PanelFacts, panelView } from "../../../firmware/panel/view.js";
import type { CurrencyCode } from "../../../shared/money/currencies.js";
import { LANGUAGES, PHRASES, phraseText } from "../../../shared/panel-phrases.js";
import type { ProductView } from "../../../shared/panel-view.js";

const test = suite("panel: view");

const COKE: ProductView = {
  slot: "B4",
  productId: 7,
  name: "Coke",
  priceMinor: 175,
  price: "$1.75",
  stock: 3,
  available: true,
};
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
  products: [COKE],
};
const CHOSEN = { slot: "B4", priceMinor: 175 };

function lines(facts: Partial<PanelFacts>): string {
  const { headline, detail } = panelView({ ...NOTHING, ...facts });
  return detail === "" ? headline : `${headline} | ${detail}`;
}

const LINES: readonly (readonly [string, Partial<PanelFacts>])[] = [
  ["Please choose", {}],
  ["Please choose | Exact change only", { exactChangeOnly: true }],
  ["B", { entry: "B" }],
  ["B | Exact change only", { entry: "B", exactChangeOnly: true }],
  ["Sold out", { notice: "soldOut" }],
  ["Not available", { notice: "unavailable" }],
  ["No such selection", { notice: "unknownSlot" }],
  ["Exact change only", { notice: "exactChange" }],
  ["Thank you!", { notice: "thanks" }],
  ["Insert $1.75 | Coke", { state: "PRODUCT_SELECTED", ...CHOSEN }],
  ["Insert $1.75 | Sold out", { state: "PRODUCT_SELECTED", ...CHOSEN, notice: "soldOut" }],
  ["Insert $1.75 | B4", { state: "PRODUCT_SELECTED", ...CHOSEN, products: [] }],
  ["$0.75 remaining | Coke", { state: "ACCEPTING_PAYMENT", ...CHOSEN, creditMinor: 100 }],
  ["Insert $1.75 or card | Coke", { state: "PRODUCT_SELECTED", ...CHOSEN, pay: "any" }],
  ["Card or phone: $1.75 | Coke", { state: "PRODUCT_SELECTED", ...CHOSEN, pay: "card" }],
  ["Insert $1.75 or card | Card declined", { state: "PRODUCT_SELECTED", ...CHOSEN, pay: "any", notice: "declined" }],
  ["Insert $1.75 or card | Coke", { state: "ACCEPTING_PAYMENT", ...CHOSEN, pay: "any" }],
  ["$0.75 remaining | Coke", { state: "ACCEPTING_PAYMENT", ...CHOSEN, creditMinor: 100, pay: "any" }],
  ["Please choose | Card ready", { cardShown: true, pay: "any", exactChangeOnly: true }],
  ["Please choose", { pay: "card", exactChangeOnly: true }],
  ["Card reader failed, nothing sold", { notice: "cardLost" }],
  ["The money is on your card", { notice: "revalued" }],
  ["Please insert | your card", { readerText: "Please insert   your card       ", pay: "card" }],
  ["Out of service", { state: "OUT_OF_SERVICE", readerText: "Hello", pay: "card" }],
  ["$0.00 remaining | Coke", { state: "ACCEPTING_PAYMENT", ...CHOSEN, creditMinor: 200 }],
  ["$0.75 remaining | Sold out", { state: "ACCEPTING_PAYMENT", ...CHOSEN, creditMinor: 100, notice: "soldOut" }],
  ["Please wait … | Coke", { state: "ACCEPTING_PAYMENT", ...CHOSEN, creditMinor: 200, busy: true }],
  ["Credit $1.00 | Please choose", { state: "ACCEPTING_PAYMENT", creditMinor: 100 }],
  ["A | Please choose", { state: "ACCEPTING_PAYMENT", creditMinor: 100, entry: "A" }],
  ["Credit $1.00 | Choose, or # = to card", { state: "ACCEPTING_PAYMENT", creditMinor: 100, topUp: true }],
  ["Credit $1.00 | Exact change only", { state: "ACCEPTING_PAYMENT", creditMinor: 100, notice: "exactChange" }],
  ["Please wait … | Coke", { state: "DISPENSING", ...CHOSEN, creditMinor: 200 }],
  ["Please take your money | $0.25", { state: "RETURNING_CHANGE", creditMinor: 25 }],
  ["Please take your money", { state: "RETURNING_CHANGE" }],
  ["Thank you! | $0.25", { state: "RETURNING_CHANGE", creditMinor: 25, notice: "thanks" }],
  ["Sorry, no product fell | Your money is returned", { state: "ERROR", slot: "B4", creditMinor: 200 }],
  ["Starting …", { state: "OUT_OF_SERVICE", outCause: "starting" }],
  ["Door open", { state: "OUT_OF_SERVICE", outCause: "doorOpen" }],
  ["Out of service: too warm", { state: "OUT_OF_SERVICE", outCause: "tooWarm" }],
  ["Out of service: no payment", { state: "OUT_OF_SERVICE", outCause: "noMeansOfPayment" }],
  ["Out of service", { state: "OUT_OF_SERVICE", outCause: "stopped" }],
  ["Out of service", { state: "OUT_OF_SERVICE", outCause: "ledgerFull" }],
  ["Out of service", { state: "OUT_OF_SERVICE", outCause: "noPlanogram" }],
  ["Out of service", { state: "OUT_OF_SERVICE", outCause: "beamBlind" }],
];

for (const [wanted, facts] of LINES) {
  test(`${facts.state ?? "IDLE"}: ${wanted}`, () => assert.is(lines(facts), wanted));
}

test("amounts in currencies without decimals and with three", () => {
  const amounts = (currency: CurrencyCode, priceMinor: number, creditMinor: number): string[] => [
    lines({ state: "PRODUCT_SELECTED", slot: "B4", priceMinor, currency }),
    lines({ state: "ACCEPTING_PAYMENT", slot: "B4", priceMinor, creditMinor, currency }),
    lines({ state: "ACCEPTING_PAYMENT", creditMinor, currency }),
    panelView({ ...NOTHING, creditMinor, currency }).credit,
  ];
  assert.equal(amounts("JPY", 150, 50), [
    "Insert ¥150 | Coke",
    "¥100 remaining | Coke",
    "Credit ¥50 | Please choose",
    "¥50",
  ]);
  assert.equal(amounts("KWD", 1_250, 5), [
    "Insert KWD 1.250 | Coke",
    "KWD 1.245 remaining | Coke",
    "Credit KWD 0.005 | Please choose",
    "KWD 0.005",
  ]);
});

test("a code goes before everything else, and says which kind it is", () => {
  const code = { kind: "voucher", code: "ABCD", amount: "$0.25", qr: "SPIRAL:M-1:1:ABCD" } as const;
  for (const state of ["IDLE", "RETURNING_CHANGE", "ERROR", "OUT_OF_SERVICE"]) {
    assert.is(lines({ state, code, entry: "B", notice: "thanks" }), "Voucher $0.25 | ABCD");
    assert.is(lines({ state, code: { ...code, kind: "claim" } }), "Please keep this code: $0.25 | ABCD");
  }
});

test("selling, credit, lamp and products are passed on as they are", () => {
  const view = panelView({ ...NOTHING, state: "OUT_OF_SERVICE", creditMinor: 25, exactChangeOnly: true });
  assert.is(view.selling, false);
  assert.is(panelView(NOTHING).selling, true);
  assert.is(view.exactChangeOnly, true);
  assert.is(view.creditMinor, 25);
  assert.is(view.products[0], COKE);
});

test("what is said in English is said in every language, with the same value in it", () => {
  for (const [wanted, facts] of LINES) {
    const { says, headline, detail } = panelView({ ...NOTHING, ...facts });
    assert.is(phraseText(says.headline, "en"), headline);
    assert.is(says.detail === undefined ? "" : phraseText(says.detail, "en"), detail);
    for (const language of LANGUAGES) {
      const said = [says.headline, ...(says.detail === undefined ? [] : [says.detail])];
      for (const phrase of said) assert.ok(phraseText(phrase, language).includes(phrase.value), wanted);
    }
  }
  for (const language of LANGUAGES) {
    for (const [say, text] of Object.entries(PHRASES[language])) {
      assert.is(
        text.includes("{}"),
        Object.entries(PHRASES.en).some(([name, en]) => name === say && en.includes("{}")),
      );
    }
  }
});

test("a graphic panel is told why nothing is sold and how to pay", () => {
  const out = panelView({ ...NOTHING, state: "OUT_OF_SERVICE", outCause: "ledgerFull", pay: "any", topUp: true });
  assert.equal([out.outCause, out.pay, out.topUp], ["ledgerFull", "any", true]);
});

test.run();
