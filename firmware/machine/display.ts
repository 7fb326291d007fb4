/** The panel's view, computed anew only when something it shows may have changed, and shown only when it has. */
import type { CashFacts, CashState } from "../cash/state.js";
import type { PanelView } from "../panel/view.js";
import type { SaleState } from "../sale/state.js";
import { viewOf } from "./reports.js";
import type { Rooms } from "./rooms.js";
import type { Shelf } from "./shelf.js";

export class Display {
  private readonly rooms: Rooms;
  private readonly facts: CashFacts;
  private readonly shelf: Shelf;
  private shown: PanelView | undefined;
  // What the view was computed from; what else it shows, only records change.
  private sale: SaleState | undefined;
  private cash: CashState | undefined;
  private seq = -1;
  private entry = "";

  constructor(rooms: Rooms, facts: CashFacts, shelf: Shelf) {
    this.rooms = rooms;
    this.facts = facts;
    this.shelf = shelf;
  }

  /** The view now. entry: keys typed so far. */
  view(entry: string): PanelView {
    const { sale, cash, ledger } = this.rooms;
    const { shown } = this;
    const same = sale === this.sale && cash === this.cash && ledger.newestSeq === this.seq && entry === this.entry;
    if (same && shown !== undefined) return shown;
    this.sale = sale;
    this.cash = cash;
    this.seq = ledger.newestSeq;
    this.entry = entry;
    const view = viewOf(this.rooms, this.facts, this.shelf, entry);
    if (shown !== undefined && isSame(shown, view)) return shown;
    this.shown = view;
    return view;
  }
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
    a.code?.code === b.code?.code
  );
}
