/**
 * Motor, home switch, drop beam and power-fail input on the chip (delivery-rim.c around rim.c): a turn ends at its home
 * switch, its limit or a stall while JavaScript stands still, edges are latched with their times. One motor runs at a
 * time: which one is selected by the caller, before `turn`, and stays so until `stopped` has been read.
 */

export type RimLine = "motor" | "home" | "stall" | "emitter" | "beam" | "powerFail";

export interface DeliveryRimOptions {
  /** Gate of the driver stage that feeds the selected column: PWM of 20 kHz. */
  readonly motor: number;
  /** Home switch of the selected column; active: closed, the spiral is at home. */
  readonly home: number;
  /** Comparator of the motor's current; active: stall current is drawn. */
  readonly stall?: number;
  /** Emitter of the drop beam; active: lit. */
  readonly emitter: number;
  /** Receiver of the drop beam; active: dark. */
  readonly beam: number;
  /** Active: the mains are failing. */
  readonly powerFail?: number;
  /** Lines that are active when low. */
  readonly activeLow?: readonly RimLine[];
  /** Events wait: `read` until it gives nothing. Called in the task of JavaScript, never from within a call. */
  readonly onReadable: () => void;
}

/** `atUs` is on the clock of `nowUs`. */
export type DeliveryRimEvent =
  | { readonly kind: "leftHome"; readonly column: number; readonly atUs: number }
  | {
      readonly kind: "stopped";
      readonly column: number;
      readonly why: "home" | "timeout" | "stall" | "ordered";
      readonly atUs: number;
    }
  | { readonly kind: "beam"; readonly dark: boolean; readonly atUs: number }
  | { readonly kind: "glare"; readonly present: boolean; readonly atUs: number }
  | { readonly kind: "powerFail"; readonly atUs: number };

declare class DeliveryRim {
  /** Motor off, emitter on. Throws if a pin cannot be used, the options are not good, or another rim is open. */
  constructor(options: DeliveryRimOptions);
  /**
   * `column` 0 to 255 only names the turn in its events. A motor that runs is stopped first. saleNo: up to 2^32 - 1, not
   * 0: if the mains fail within 10 s, what is seen of this turn is put into the partition `note`, which must be erased.
   */
  turn(column: number, maxMs: number, saleNo: number): void;
  stop(): void;
  emitter(on: boolean): void;
  /** The oldest event not yet taken. */
  read(): DeliveryRimEvent | undefined;
  /** What the pins say now. */
  readonly homeClosed: boolean;
  readonly dark: boolean;
  readonly mainsFailing: boolean;
  readonly stalling: boolean;
  /** The clock of the events: whole µs since power-up. */
  readonly nowUs: number;
  readonly eventsLost: number;
  /** Motor and emitter off, pins free; a second call does nothing. Every other call after it throws. */
  close(): void;
}

export default DeliveryRim;
