/** What a front panel shows: made by the firmware, rendered on the machine's display and in the browser alike. */

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

/** The technician's menu, in place of what customers see. */
export interface MenuView {
  readonly title: string;
  readonly lines: readonly string[];
  /** What is being typed; a code as stars. */
  readonly entry: string;
  /** What the keys do. */
  readonly hint: string;
}

export interface PanelView {
  /** Purchase state by name. */
  readonly state: string;
  /** First and second line of the display. */
  readonly headline: string;
  readonly detail: string;
  readonly slot: string | undefined;
  readonly creditMinor: number;
  readonly credit: string;
  readonly exactChangeOnly: boolean;
  readonly selling: boolean;
  readonly code: CodeView | undefined;
  /** Open only behind an open door. */
  readonly menu?: MenuView | undefined;
  readonly products: readonly ProductView[];
}
