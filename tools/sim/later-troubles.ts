/**
 * Troubles that came to the simulator later than those of `troubles.ts`. They are drawn behind the others, from a
 * generator of their own, so that old seeds keep what they had.
 */
import { encodePlanogram, encodeSettings, type PlanogramSlot } from "../../shared/wire/documents.js";
import type { Rng } from "../bench/rng.js";
import { meet } from "./met.js";
import { pick } from "./money.js";
import { orderDocument } from "./new-prices.js";
import type { SimCabinet } from "./sim-cabinet.js";

export const LATER_TROUBLE_KINDS = ["doorOpened", "readerAsks", "readerFails", "newSettings", "movedSlots"] as const;
export type LaterTroubleKind = (typeof LATER_TROUBLE_KINDS)[number];

interface LaterScene {
  readonly cabinet: SimCabinet;
  readonly rng: Rng;
}

const FAILS_AT = ["tapped", "sessionSaid", "vendRequested", "approvalSaid"] as const;
/** MALFUNCTION/ERROR, first four bits: 0 payment media … 5 manufacturer, 7 communications, 8 service (MDB 4.2 §7). */
const MALFUNCTIONS = [0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x70, 0x80, 0xb0] as const;

/** What is returned as a function repairs it. */
export const LATER_TROUBLES: { readonly [kind in LaterTroubleKind]: (scene: LaterScene) => unknown } = {
  doorOpened({ cabinet }) {
    if (cabinet.door.open) return;
    meet(cabinet, "doorsInSale");
    cabinet.door.set(true);
    return () => cabinet.door.set(false);
  },
  readerAsks({ cabinet, rng }) {
    for (const reader of cabinet.readers) {
      if (reader === undefined) continue;
      if (rng.chance(300_000)) reader.askTime();
      const display = { at: "vendRequested", what: "asksDisplay" } as const;
      reader.troubles.push({ at: "tapped", what: "asksTime" }, display, { at: "approvalSaid", what: "asksTime" });
    }
  },
  readerFails({ cabinet, rng }) {
    const code = pick(rng, MALFUNCTIONS);
    const at = pick(rng, FAILS_AT);
    const forMs = rng.below(20_000);
    for (const reader of cabinet.readers) reader?.troubles.push({ at, what: "malfunction", code, forMs });
  },
  newSettings({ cabinet, rng }) {
    const { machine, random } = cabinet;
    const before = machine?.rooms.settings ?? random.options.settings;
    if (before === undefined) return;
    const settings = {
      ...before,
      version: before.version + 1,
      everyPrice: rng.chance(500_000),
      payByValue: rng.chance(500_000),
      cancelAfterMs: rng.between(10, 40) * 1_000,
      language: rng.below(2),
    };
    meet(cabinet, "settingsInSale");
    orderDocument(cabinet, "settings", encodeSettings(settings));
  },
  /** Two columns with a beam behind them change their slots' names; what lies in them stays. */
  movedSlots({ cabinet, rng }) {
    const { version, slots } = cabinet.machine?.rooms.planogram ?? cabinet.planogram;
    const beamed = slots.filter(({ homeOnly }) => homeOnly !== true);
    if (beamed.length < 2) return;
    const one = pick(rng, beamed);
    const other = pick(
      rng,
      beamed.filter((slot) => slot !== one),
    );
    meet(cabinet, "movedSlotsInSale");
    for (const { column } of [one, other]) cabinet.turns.troubled.add(column);
    const moved = (slot: PlanogramSlot): PlanogramSlot => {
      if (slot === one) return { ...slot, column: other.column };
      return slot === other ? { ...slot, column: one.column } : slot;
    };
    orderDocument(cabinet, "planogram", encodePlanogram({ version: version + 1, slots: slots.map(moved) }));
  },
};
