/**
 * What customer and technician see, as a view model: computed from what is on flash and from the purchase state, never
 * kept. Rendering lives in `firmware/io` (display) and `fleet/web/panel` (browser).
 */
import { formatMinor } from "../../shared/money/amounts.js";
import type { CurrencyCode } from "../../shared/money/currencies.js";
import { type Language, type Phrase, type PhraseName, phraseText } from "../../shared/panel-phrases.js";
import type { CodeView, MenuView, PanelView, ProductView } from "../../shared/panel-view.js";

export type { CodeView, PanelView, ProductView };

/** What a notice says, in the panel's own terms: the machine maps the sale's notice to it. */
export interface PanelFacts {
  readonly state: string;
  readonly slot: string | undefined;
  readonly priceMinor: number | undefined;
  readonly creditMinor: number;
  readonly currency: CurrencyCode;
  /** Of the settings. */
  readonly language: Language;
  readonly notice: string | undefined;
  readonly outCause: string | undefined;
  readonly entry: string;
  readonly exactChangeOnly: boolean;
  readonly code: CodeView | undefined;
  /** Taking a payment that is not final yet. */
  readonly busy: boolean;
  /** What a customer may pay by now. */
  readonly pay: "cash" | "card" | "any";
  /** A card is shown and pays for what will be chosen. */
  readonly cardShown: boolean;
  /** The credit may be put on the card shown. */
  readonly topUp: boolean;
  /** What a card reader wants to be read: two lines of 16. */
  readonly readerText: string | undefined;
  readonly products: readonly ProductView[];
}

/** Columns of the display that readers are told of (firmware/machine/facts). */
const READER_COLUMNS = 16;

const NOTICES: { readonly [say: string]: PhraseName | undefined } = Object.freeze({
  soldOut: "soldOut",
  unavailable: "unavailable",
  unknownSlot: "unknownSlot",
  exactChange: "exactChange",
  thanks: "thanks",
  declined: "declined",
  cardLost: "cardLost",
  revalued: "revalued",
});

const OUT_OF_SERVICE: { readonly [cause: string]: PhraseName | undefined } = Object.freeze({
  starting: "starting",
  doorOpen: "doorOpen",
  tooWarm: "tooWarm",
  noMeansOfPayment: "noPayment",
});

export function panelView(facts: PanelFacts): PanelView {
  const says = lines(facts);
  return {
    state: facts.state,
    headline: phraseText(says.headline, "en"),
    detail: says.detail === undefined ? "" : phraseText(says.detail, "en"),
    language: facts.language,
    says,
    slot: facts.slot,
    creditMinor: facts.creditMinor,
    credit: formatMinor(facts.creditMinor, facts.currency),
    exactChangeOnly: facts.exactChangeOnly,
    selling: facts.state !== "OUT_OF_SERVICE",
    outCause: facts.outCause,
    pay: facts.pay,
    topUp: facts.topUp,
    code: facts.code,
    products: facts.products,
  };
}

/** Keys for the digits that a reader asks for, as every panel draws keys. text: what the reader shows itself. */
export function digitsView(digits: number, typed: number, text: string | undefined, language: Language): MenuView {
  const say = (name: PhraseName, value = ""): string => phraseText(phrase(name, value), language);
  const keys = [
    { key: "#", does: say("digitsDone") },
    { key: "*", does: say("digitsNone") },
  ];
  return {
    language,
    title: say("digits", String(digits)),
    lines: text === undefined ? [] : [text.slice(0, READER_COLUMNS).trim(), text.slice(READER_COLUMNS).trim()],
    entry: "*".repeat(typed),
    hint: keys.map(({ key, does }) => `${key} ${does}`).join("  "),
    keys,
    typed: "number",
    choice: false,
  };
}

type Lines = PanelView["says"];

function phrase(say: PhraseName, value = ""): Phrase {
  return { say, value };
}

/** Words that are no phrase: names, what was typed, what a reader says. */
function plain(value: string): Phrase | undefined {
  return value === "" ? undefined : phrase("plain", value);
}

function lines(facts: PanelFacts): Lines {
  const money = (minor: number): string => formatMinor(minor, facts.currency);
  const { code, readerText, state, entry, creditMinor } = facts;
  if (code !== undefined) return { headline: phrase(code.kind, code.amount), detail: plain(code.code) };
  if (readerText !== undefined && state !== "OUT_OF_SERVICE") {
    const headline = phrase("plain", readerText.slice(0, READER_COLUMNS).trim());
    return { headline, detail: plain(readerText.slice(READER_COLUMNS).trim()) };
  }
  const said = facts.notice === undefined ? undefined : NOTICES[facts.notice];
  const notice = said === undefined ? undefined : phrase(said);
  const lamp = facts.exactChangeOnly && facts.pay !== "card" ? phrase("exactChange") : undefined;
  const detail = notice ?? (facts.cardShown ? phrase("cardReady") : lamp);
  const name = plain(facts.products.find((product) => product.slot === facts.slot)?.name ?? facts.slot ?? "");
  switch (state) {
    case "PRODUCT_SELECTED":
      return { headline: asksFor(facts, money(facts.priceMinor ?? 0)), detail: notice ?? name };
    case "ACCEPTING_PAYMENT":
      return accepting(facts, notice, name, money);
    case "DISPENSING":
      return { headline: phrase("wait"), detail: name };
    case "RETURNING_CHANGE":
      return { headline: notice ?? phrase("takeMoney"), detail: plain(creditMinor > 0 ? money(creditMinor) : "") };
    case "ERROR":
      return { headline: phrase("noProduct"), detail: phrase("returned") };
    case "OUT_OF_SERVICE":
      return { headline: phrase(OUT_OF_SERVICE[facts.outCause ?? ""] ?? "outOfService"), detail: undefined };
    default:
      if (entry !== "") return { headline: phrase("plain", entry), detail };
      return { headline: notice ?? phrase("choose"), detail: notice === undefined ? detail : undefined };
  }
}

function asksFor({ pay }: PanelFacts, price: string): Phrase {
  if (pay === "card") return phrase("byCard", price);
  return phrase(pay === "any" ? "insertOrCard" : "insert", price);
}

function accepting(
  facts: PanelFacts,
  notice: Phrase | undefined,
  name: Phrase | undefined,
  money: (minor: number) => string,
): Lines {
  const { entry, creditMinor, priceMinor } = facts;
  if (facts.busy) return { headline: phrase("wait"), detail: name };
  if (priceMinor === undefined) {
    const headline = entry === "" ? phrase("credit", money(creditMinor)) : phrase("plain", entry);
    return { headline, detail: notice ?? phrase(facts.topUp ? "chooseOrTopUp" : "choose") };
  }
  if (creditMinor === 0) return { headline: asksFor(facts, money(priceMinor)), detail: notice ?? name };
  const remainingMinor = Math.max(0, priceMinor - creditMinor);
  return { headline: phrase("remaining", money(remainingMinor)), detail: notice ?? name };
}
