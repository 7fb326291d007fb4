/**
 * The shape of a device table, and the types inferred from one. A device is nothing but such a table: its commands
 * with the layouts of what goes out and what comes back, and the codes it may report in POLL.
 */
import type { Decoded, Layout } from "./layout.js";

/**
 * One command. `code` is the low three bits of the address byte, `sub` the second byte where there is one, `fields`
 * the data behind it. `reply`: "ack" = nothing but ACK, "events" = POLL codes, or the layout of a data block (any
 * device may ACK instead). `held` marks a reply that the device forgets once it is acknowledged.
 */
export interface CommandRow {
  readonly name: string;
  readonly code: number;
  readonly sub?: number;
  readonly fields: Layout;
  readonly reply: "ack" | "events" | Layout;
  readonly held?: true;
}

/** A value inside the first byte of an event: name, mask, shift. */
export type BitField = readonly [name: string, mask: number, shift: number];

/**
 * One POLL code: it applies where `(byte & mask) === code`. `set` are constant properties of the event, `bits` the
 * values within the code byte, `fields` the layout of the bytes behind it. `held` marks reports that carry money.
 */
export interface EventRow {
  readonly mask: number;
  readonly code: number;
  readonly event: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly bits?: readonly BitField[];
  readonly fields?: Layout;
  readonly held?: true;
}

export interface DeviceTable {
  readonly name: string;
  /** Address byte with command bits 0. */
  readonly address: number;
  readonly commands: readonly CommandRow[];
  readonly events: readonly EventRow[];
}

export type CommandName<D extends DeviceTable> = D["commands"][number]["name"];
type Row<D extends DeviceTable, C extends CommandName<D>> = Extract<D["commands"][number], { readonly name: C }>;

/** The names of the commands that carry no data. */
export type BareName<D extends DeviceTable> = Extract<D["commands"][number], { readonly fields: readonly [] }>["name"];

/** The data of a command, as inferred from its row. */
export type CommandFields<D extends DeviceTable, C extends CommandName<D>> = Decoded<Row<D, C>["fields"]>;

/** The names of the commands that are answered with a data block of a known layout. */
export type ReplyName<D extends DeviceTable> = {
  [R in D["commands"][number] as R["reply"] extends Layout ? R["name"] : never]: R["name"];
} extends infer M
  ? M[keyof M] & CommandName<D>
  : never;

/** The data block that answers a command, as inferred from its row. */
export type ReplyFields<D extends DeviceTable, C extends CommandName<D>> = Row<D, C>["reply"] extends infer R
  ? R extends Layout
    ? Decoded<R>
    : never
  : never;

type SetOf<E> = E extends { readonly set: infer S } ? S : unknown;
type BitsOf<E> = E extends { readonly bits: infer B extends readonly BitField[] }
  ? { readonly [F in B[number] as F[0]]: number }
  : unknown;
type TailOf<E> = E extends { readonly fields: infer L extends Layout } ? Decoded<L> : unknown;
type Flat<T> = { readonly [K in keyof T]: T[K] };
type EventOf<E> = E extends EventRow ? Flat<{ readonly event: E["event"] } & SetOf<E> & BitsOf<E> & TailOf<E>> : never;

/** Everything a device may report in POLL: a union told apart by `event` (and `path` where there is one). */
export type PollEvent<D extends DeviceTable> = EventOf<D["events"][number]>;
