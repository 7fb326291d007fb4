/** What a front panel shows: made by the firmware, rendered on the machine's display and in the browser alike. */
import type { Language, Phrase } from "./panel-phrases.js";

export interface ProductView {
  readonly slot: string;
  readonly productId: number;
  readonly name: string;
  readonly priceMinor: number;
  readonly price: string;
  readonly stock: number;
  /** False: sold out or closed by a fault. */
  readonly available: boolean;
}

/** A code to be copied; kind says whether it is money (voucher) or a question to support (claim). */
export interface CodeView {
  readonly kind: "voucher" | "claim";
  readonly code: string;
  readonly amount: string;
  /** What a QR code on a graphic panel carries. */
  readonly qr: string;
}

/** A key that does something by itself, and what. */
export interface MenuKey {
  readonly key: string;
  readonly does: string;
}

/** What is typed into: the technician's menu, or what a card reader asks for; in place of what customers see. */
export interface MenuView {
  /** What it is written in. */
  readonly language: Language;
  readonly title: string;
  readonly lines: readonly string[];
  /** What is being typed; a code as stars. */
  readonly entry: string;
  /** What the keys do. */
  readonly hint: string;
  /** The same one by one; empty = any key goes on. */
  readonly keys: readonly MenuKey[];
  /** What is typed into it before `#`: nothing, a number, or a slot code. */
  readonly typed: "nothing" | "number" | "slot";
  /** The lines are items, each opened by the key it begins with. */
  readonly choice: boolean;
}

export interface PanelView {
  /** Purchase state by name. */
  readonly state: string;
  /** First and second line of the display, in English. */
  readonly headline: string;
  readonly detail: string;
  /** What a panel speaks until somebody at it chooses another language. */
  readonly language: Language;
  /** The same for panels that speak other languages, too; detail: undefined = nothing more to say. */
  readonly says: { readonly headline: Phrase; readonly detail: Phrase | undefined };
  readonly slot: string | undefined;
  readonly creditMinor: number;
  readonly credit: string;
  readonly exactChangeOnly: boolean;
  readonly selling: boolean;
  /** Why it does not sell; undefined while it does. */
  readonly outCause: string | undefined;
  /** What a customer may pay by now. */
  readonly pay: "cash" | "card" | "any";
  /** The credit may be put on the card shown: input `revalue`. */
  readonly topUp: boolean;
  readonly code: CodeView | undefined;
  /** Behind an open door the technician's menu; else the digits a card reader wants. */
  readonly menu?: MenuView | undefined;
  readonly products: readonly ProductView[];
}
