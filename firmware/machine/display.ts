/** The panel's view, computed anew only when something it shows may have changed, and shown only when it has. */
import type { MenuView } from "../../shared/panel-view.js";
import type { CashFacts, CashState } from "../cash/state.js";
import type { PanelView } from "../panel/view.js";
import type { Cards } from "../sale/cards-state.js";
import type { SaleState } from "../sale/state.js";
import { viewOf } from "./reports.js";
import type { Rooms } from "./rooms.js";
import type { Shelf } from "./shelf.js";
import type { Technician } from "./technician.js";

export class Display {
  private readonly rooms: Rooms;
  private readonly facts: CashFacts;
  private readonly shelf: Shelf;
  private shown: PanelView | undefined;
  // What the view was computed from; what else it shows, only records change.
  private sale: SaleState | undefined;
  private cash: CashState | undefined;
  private cards: Cards | undefined;
  private seq = -1;
  private entry = "";
  private menuSteps = 0;

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
    const { steps } = technician;
    if (same && steps === this.menuSteps && shown !== undefined) return shown;
    this.sale = sale;
    this.cash = cash;
    this.cards = cards;
    this.seq = ledger.newestSeq;
    this.entry = entry;
    this.menuSteps = steps;
    const menu = technician.view(nowMs);
    const plain = viewOf(this.rooms, this.facts, this.shelf, entry);
    const view = menu === undefined ? plain : { ...plain, menu };
    if (shown !== undefined && isSame(shown, view)) return shown;
    this.shown = view;
    return view;
  }
}

function isSameMenu(a: MenuView | undefined, b: MenuView | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const sameLines = a.lines.length === b.lines.length && a.lines.every((line, i) => line === b.lines[i]);
  return sameLines && a.title === b.title && a.entry === b.entry && a.hint === b.hint;
}

function isSame(a: PanelView, b: PanelView): boolean {
  return (
    a.state === b.state &&
    a.headline === b.headline &&
    a.detail === b.detail &&
    a.slot === b.slot &&
    a.creditMinor === b.creditMinor &&
    a.exactChangeOnly === b.exactChangeOnly &&
    a.selling === b.selling &&
    a.products === b.products &&
    a.code?.code === b.code?.code &&
    isSameMenu(a.menu, b.menu)
  );
}
