/**
 * The panel's view, computed anew only when something it shows has changed. Most steps of the rooms change nothing of
 * what is shown: then a look at the facts is all.
 */
import type { MenuView } from "../../shared/panel-view.js";
import type { CashFacts, CashState } from "../cash/state.js";
import { digitsView, type PanelFacts, type PanelView, panelView } from "../panel/view.js";
import type { Cards } from "../sale/cards-state.js";
import type { SaleState } from "../sale/state.js";
import { panelFacts } from "./reports.js";
import type { Rooms } from "./rooms.js";
import type { Shelf } from "./shelf.js";
import type { Technician } from "./technician.js";

export class Display {
  private readonly rooms: Rooms;
  private readonly facts: CashFacts;
  private readonly shelf: Shelf;
  private shown: PanelView | undefined;
  private told: PanelFacts | undefined;
  // What the facts were read from; what else they say, only records change.
  private sale: SaleState | undefined;
  private cash: CashState | undefined;
  private cards: Cards | undefined;
  private seq = -1;
  private entry = "";
  private menuSteps = 0;
  private forText = false;

  constructor(rooms: Rooms, facts: CashFacts, shelf: Shelf) {
    this.rooms = rooms;
    this.facts = facts;
    this.shelf = shelf;
  }

  /** The view now. entry: keys typed so far. */
  view(entry: string, technician: Technician, nowMs: number): PanelView {
    const { sale, cash, cards, ledger } = this.rooms;
    const { shown } = this;
    const same =
      sale === this.sale &&
      cash === this.cash &&
      cards === this.cards &&
      ledger.newestSeq === this.seq &&
      entry === this.entry;
    const { steps, textDisplay } = technician;
    const sameMenu = steps === this.menuSteps && textDisplay === this.forText;
    if (same && sameMenu && shown !== undefined) return shown;
    this.sale = sale;
    this.cash = cash;
    this.cards = cards;
    this.seq = ledger.newestSeq;
    this.entry = entry;
    this.menuSteps = steps;
    this.forText = textDisplay;
    const menu = technician.view(nowMs) ?? asked(cards, technician);
    const facts = panelFacts(this.rooms, this.facts, this.shelf, entry);
    if (shown !== undefined && this.told !== undefined && isTold(this.told, facts) && isSameMenu(shown.menu, menu)) {
      return shown;
    }
    this.told = facts;
    const plain = panelView(facts);
    const view = menu === undefined ? plain : { ...plain, menu };
    if (shown !== undefined && isSame(shown, view)) return shown;
    this.shown = view;
    return view;
  }
}

/** What a reader asks the customer for. */
function asked({ entry, shows }: Cards, { language }: Technician): MenuView | undefined {
  return entry && digitsView(entry.digits, entry.keys.length, shows?.text, language);
}

function isSameMenu(a: MenuView | undefined, b: MenuView | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const sameLines = a.lines.length === b.lines.length && a.lines.every((line, i) => line === b.lines[i]);
  return sameLines && a.language === b.language && a.title === b.title && a.entry === b.entry && a.hint === b.hint;
}

/** The same view follows from both. */
function isTold(a: PanelFacts, b: PanelFacts): boolean {
  return (
    a.state === b.state &&
    a.slot === b.slot &&
    a.priceMinor === b.priceMinor &&
    a.creditMinor === b.creditMinor &&
    a.currency === b.currency &&
    a.language === b.language &&
    a.notice === b.notice &&
    a.outCause === b.outCause &&
    a.entry === b.entry &&
    a.exactChangeOnly === b.exactChangeOnly &&
    a.code?.code === b.code?.code &&
    a.busy === b.busy &&
    a.pay === b.pay &&
    a.cardShown === b.cardShown &&
    a.topUp === b.topUp &&
    a.readerText === b.readerText &&
    a.products === b.products
  );
}

function isSame(a: PanelView, b: PanelView): boolean {
  return (
    a.state === b.state &&
    a.headline === b.headline &&
    a.detail === b.detail &&
    a.language === b.language &&
    a.slot === b.slot &&
    a.creditMinor === b.creditMinor &&
    a.exactChangeOnly === b.exactChangeOnly &&
    a.selling === b.selling &&
    a.outCause === b.outCause &&
    a.pay === b.pay &&
    a.topUp === b.topUp &&
    a.products === b.products &&
    a.code?.code === b.code?.code &&
    isSameMenu(a.menu, b.menu)
  );
}
