/**
 * What customer and technician see, as a view model: computed from what is on flash and from the purchase state, never
 * kept. Rendering lives in `firmware/io` (display) and `fleet/web/panel` (browser).
 */
import { formatMinor } from "../../shared/money/amounts.js";
import type { CurrencyCode } from "../../shared/money/currencies.js";
import type { CodeView, PanelView, ProductView } from "../../shared/panel-view.js";

export type { CodeView, PanelView, ProductView };

/** What a notice says, in the panel's own terms: the machine maps the sale's notice to it. */
export interface PanelFacts {
  readonly state: string;
  readonly slot: string | undefined;
  readonly priceMinor: number | undefined;
  readonly creditMinor: number;
  readonly currency: CurrencyCode;
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

const NOTICES: { readonly [say: string]: string | undefined } = Object.freeze({
  soldOut: "Sold out",
  unavailable: "Not available",
  unknownSlot: "No such selection",
  exactChange: "Exact change only",
  thanks: "Thank you!",
  declined: "Card declined",
  cardLost: "Card reader failed, nothing sold",
  revalued: "The money is on your card",
});

const OUT_OF_SERVICE: { readonly [cause: string]: string | undefined } = Object.freeze({
  starting: "Starting …",
  doorOpen: "Door open",
  tooWarm: "Out of service: too warm",
  noMeansOfPayment: "Out of service: no payment",
});

export function panelView(facts: PanelFacts): PanelView {
  const { headline, detail } = lines(facts);
  return {
    state: facts.state,
    headline,
    detail,
    slot: facts.slot,
    creditMinor: facts.creditMinor,
    credit: formatMinor(facts.creditMinor, facts.currency),
    exactChangeOnly: facts.exactChangeOnly,
    selling: facts.state !== "OUT_OF_SERVICE",
    code: facts.code,
    products: facts.products,
  };
}

interface Lines {
  readonly headline: string;
  readonly detail: string;
}

function lines(facts: PanelFacts): Lines {
  const money = (minor: number): string => formatMinor(minor, facts.currency);
  const { code } = facts;
  if (code !== undefined) {
    const headline = code.kind === "voucher" ? `Voucher ${code.amount}` : `Please keep this code: ${code.amount}`;
    return { headline, detail: code.code };
  }
  const { readerText } = facts;
  if (readerText !== undefined && facts.state !== "OUT_OF_SERVICE") {
    return { headline: readerText.slice(0, READER_COLUMNS).trim(), detail: readerText.slice(READER_COLUMNS).trim() };
  }
  const notice = facts.notice === undefined ? undefined : NOTICES[facts.notice];
  const lamp = facts.exactChangeOnly && facts.pay !== "card" ? "Exact change only" : "";
  const detail = notice ?? (facts.cardShown ? "Card ready" : lamp);
  const name = facts.products.find((product) => product.slot === facts.slot)?.name ?? facts.slot ?? "";
  switch (facts.state) {
    case "PRODUCT_SELECTED":
      return { headline: asksFor(facts, money(facts.priceMinor ?? 0)), detail: notice ?? name };
    case "ACCEPTING_PAYMENT":
      return accepting(facts, notice, name, money);
    case "DISPENSING":
      return { headline: "Please wait …", detail: name };
    case "RETURNING_CHANGE":
      return {
        headline: notice ?? "Please take your money",
        detail: facts.creditMinor > 0 ? money(facts.creditMinor) : "",
      };
    case "ERROR":
      return { headline: "Sorry, no product fell", detail: "Your money is returned" };
    case "OUT_OF_SERVICE":
      return { headline: OUT_OF_SERVICE[facts.outCause ?? ""] ?? "Out of service", detail: "" };
    default:
      if (facts.entry !== "") return { headline: facts.entry, detail };
      return { headline: notice ?? "Please choose", detail: notice === undefined ? detail : "" };
  }
}

function asksFor({ pay }: PanelFacts, price: string): string {
  if (pay === "card") return `Card or phone: ${price}`;
  return pay === "any" ? `Insert ${price} or card` : `Insert ${price}`;
}

function accepting(
  facts: PanelFacts,
  notice: string | undefined,
  name: string,
  money: (minor: number) => string,
): Lines {
  if (facts.busy) return { headline: "Please wait …", detail: name };
  if (facts.priceMinor === undefined) {
    const headline = facts.entry === "" ? `Credit ${money(facts.creditMinor)}` : facts.entry;
    return { headline, detail: notice ?? (facts.topUp ? "Choose, or # = to card" : "Please choose") };
  }
  if (facts.creditMinor === 0) return { headline: asksFor(facts, money(facts.priceMinor)), detail: notice ?? name };
  const remainingMinor = Math.max(0, facts.priceMinor - facts.creditMinor);
  return { headline: `${money(remainingMinor)} remaining`, detail: notice ?? name };
}
