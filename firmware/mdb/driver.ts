/**
 * What the bus asks of a peripheral's state machine (Strategy): one driver a kind of device. A driver reports and
 * obeys; what money means is decided elsewhere. The bus owns whose turn it is.
 */
import type { MdbOrder } from "../ports/rooms.js";
import type { Contact, MdbFacts, Outcome, PeripheralEffect } from "./peripheral.js";

export interface DriverStep<S> {
  readonly state: S;
  readonly effects: readonly PeripheralEffect[];
}

export interface Driver<S extends { readonly contact: Contact }, C extends string = string> {
  /** What to say when the bus is ours. */
  next(state: S, nowMs: number): C;
  /** The block for that command, without checksum. */
  block(state: S, command: C, facts: MdbFacts, nowMs: number): Uint8Array;
  /** Every order goes to every driver: one that is not for it changes nothing. */
  order(state: S, order: MdbOrder, nowMs: number): DriverStep<S>;
  /** The outcome of `command`, sent as `block`. */
  take(state: S, command: C, block: Uint8Array, outcome: Outcome, facts: MdbFacts, nowMs: number): DriverStep<S>;
  /** The same in another contact: nothing else has changed. */
  withContact(state: S, contact: Contact): S;
  /** Gives the device up; `rest`: leave it alone for 10 s. */
  lose(state: S, rest: boolean, nowMs: number): DriverStep<S>;
}
