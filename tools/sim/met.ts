/** How often the rarer things that a plan may hold came about: what is never met proves nothing. */
import { MONEY } from "./money.js";
import type { SimCabinet } from "./sim-cabinet.js";

export interface Met {
  /** Machines with a device for another currency. */
  foreignDevices: number;
  /** Cards charged by a reader that counts in other units than the money's smallest. */
  chargesInOtherUnits: number;
  /** Times told to readers, and their questions and malfunctions in sessions. */
  timesTold: number;
  asksInSession: number;
  malfunctionsInSession: number;
  /** The door opened, another document ordered, while somebody was served. */
  doorsInSale: number;
  settingsInSale: number;
  movedSlotsInSale: number;
  pricesInSale: number;
}

export function nothingMet(): Met {
  return {
    foreignDevices: 0,
    chargesInOtherUnits: 0,
    timesTold: 0,
    asksInSession: 0,
    malfunctionsInSession: 0,
    doorsInSale: 0,
    settingsInSale: 0,
    movedSlotsInSale: 0,
    pricesInSale: 0,
  };
}

/** Of a run that is over. */
export function metBy({ met, random, readers, truth }: SimCabinet): Met {
  const { currency } = random.options.settings ?? {};
  const decimals = MONEY.find((money) => money.currency === currency)?.decimals;
  const other = readers.map((reader) => {
    const { scalingMinor = 1, scalingFactor = scalingMinor, decimals: told = decimals } = reader?.options ?? {};
    return scalingFactor !== 1 || told !== decimals;
  });
  const struck = readers.flatMap((reader) => reader?.struck ?? []);
  return {
    ...met,
    foreignDevices: random.foreign === undefined ? 0 : 1,
    chargesInOtherUnits: truth.cards.charges.filter(({ reader, state }) => other[reader] && state === "captured")
      .length,
    timesTold: readers.reduce((sum, reader) => sum + (reader?.times.length ?? 0), 0),
    asksInSession: struck.filter(({ what }) => what === "asksTime" || what === "asksDisplay").length,
    malfunctionsInSession: struck.filter(({ what }) => what === "malfunction").length,
  };
}

/** As far as it goes on while somebody is served. */
export function meet(
  cabinet: SimCabinet,
  what: "doorsInSale" | "settingsInSale" | "movedSlotsInSale" | "pricesInSale",
) {
  if (!cabinet.settled || cabinet.view?.slot !== undefined) cabinet.met[what] += 1;
}

export function addMet(sum: Met, part: Readonly<Met>): void {
  let name: keyof Met;
  for (name in sum) sum[name] += part[name];
}
