/** A cashless machine on a bus at block level: one reader set up and enabled, or with a customer at it. */
import * as assert from "uvu/assert";
import type { MdbOrder, ReaderEvent } from "../../../firmware/ports/rooms.js";
import { PlainReader } from "./reader-device.js";
import { RIG_FACTS, Rig } from "./rig.js";

export const READER_1 = 1 << 2;
export const READER_2 = 1 << 3;
export const VEND = { order: "vendRequest", reader: 0, amountMinor: 150, item: 7 } as const satisfies MdbOrder;
export const CANCEL = { order: "vendCancel", reader: 0 } as const satisfies MdbOrder;
export const SUCCESS = { order: "vendSuccess", reader: 0, item: 7 } as const satisfies MdbOrder;
export const FAILURE = { order: "vendFailure", reader: 0 } as const satisfies MdbOrder;
export const COMPLETE = { order: "sessionComplete", reader: 0 } as const satisfies MdbOrder;

export type Setting = Partial<
  Pick<PlainReader, "level" | "offered" | "misc" | "atOnce" | "scaling" | "responseS" | "limit">
>;

/** A cashless machine with one reader, set up and enabled. */
export function enabled(setting: Setting = {}, ranMs = 3_000): { rig: Rig; card: PlainReader } {
  const card = Object.assign(new PlainReader(0), setting);
  const rig = new Rig(undefined, undefined, { 16: card });
  rig.facts = { ...RIG_FACTS, fitted: READER_1 };
  rig.start();
  rig.order({ order: "readers", enabled: true });
  rig.run(ranMs);
  return { rig, card };
}

export function inSession(setting: Setting = {}) {
  const both = enabled(setting);
  both.card.card();
  both.rig.run(500);
  assert.is(both.card.at, "sessionIdle");
  both.rig.forget();
  return both;
}

export function events(rig: Rig): ReaderEvent[] {
  return rig.events.map(({ event }) => event).filter((event) => "reader" in event);
}

export function names(rig: Rig): string[] {
  return events(rig).map(({ event }) => event);
}

export function sentOf(rig: Rig): string[] {
  return rig.hexes().filter((hex) => hex !== "12" && hex !== "62");
}
