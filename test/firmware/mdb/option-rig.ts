/** A bus with a level 3 changer whose options are on, and what tests ask of it. */
import { PlainValidator } from "./devices.js";
import { OptionChanger } from "./option-changer.js";
import { Rig } from "./rig.js";

export function ready(options = 0b111, change: (changer: OptionChanger) => void = () => undefined) {
  const changer = new OptionChanger();
  changer.options = options;
  change(changer);
  const rig = new Rig(changer, new PlainValidator()).start().run(4_000);
  return { rig, changer };
}

export function isReady(rig: Rig) {
  for (const { event } of rig.events) if (event.event === "changerReady") return event;
  return undefined;
}

/** Faults told. */
export function faults(rig: Rig): string[] {
  return rig.told().filter((name) => / (true|false)$/.test(name) && !name.startsWith("stacker"));
}

/** Blocks to the changer's expansion, in order. */
export function expansion(rig: Rig): string[] {
  return rig.hexes().filter((hex) => hex.startsWith("0F"));
}

export function dispensed(rig: Rig) {
  for (const { event, atMs } of rig.events) {
    if (event.event === "dispensed") return { acked: event.acked, counts: event.tubes.counts.slice(0, 3), atMs };
  }
  return undefined;
}

export function kinds(rig: Rig): string[] {
  return rig.records.map(({ kind }) => kind);
}

/** Coins leave their tubes, by type; negative: they come. */
export function leave(changer: OptionChanger, ...coins: number[]): void {
  coins.forEach((count, type) => {
    changer.counts[type] = (changer.counts[type] ?? 0) - count;
  });
}
