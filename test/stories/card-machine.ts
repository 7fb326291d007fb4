/** Machines of the stories with card readers: what is fitted, in settings and on the bus. */
import type { CabinetOptions } from "../../tools/bench/cabinet.js";
import { type CardReaderOptions, US_READER, US_READER_LEVEL_3 } from "../../tools/bench/card-reader-options.js";
import { DEMO_SETTINGS } from "../../tools/bench/demo.js";

/** Level 2, and can put money on a card. */
export const TOP_UP_READER: CardReaderOptions = Object.freeze({ ...US_READER, level: 2, revalueLimitMinor: 5_000 });

/** Coins, bills and a plain reader. */
export const WITH_READER: CabinetOptions = Object.freeze({
  settings: { ...DEMO_SETTINGS, fitted: 0b0111 },
  readers: [US_READER],
});

/** Coins, bills and a reader that is always idle. */
export const WITH_ALWAYS_IDLE: CabinetOptions = Object.freeze({ ...WITH_READER, readers: [US_READER_LEVEL_3] });

/** Coins, bills and a reader at each address. */
export const WITH_TWO_READERS: CabinetOptions = Object.freeze({
  settings: { ...DEMO_SETTINGS, fitted: 0b1111 },
  readers: [US_READER, US_READER],
});

/** The same, both able to be always idle. */
export const WITH_TWO_ALWAYS_IDLE: CabinetOptions = Object.freeze({
  ...WITH_TWO_READERS,
  readers: [US_READER_LEVEL_3, US_READER_LEVEL_3],
});

/** Nothing but a reader. */
export const CARDS_ONLY: CabinetOptions = Object.freeze({
  settings: { ...DEMO_SETTINGS, fitted: 0b0100 },
  changer: "none",
  validator: "none",
  readers: [US_READER],
});
