/** What a reader is sent: the block of each command (MDB 4.2 §7.4). */
import { cashlessTable, UNDEFINED_ITEM, UNKNOWN_16, UNKNOWN_32 } from "../../shared/mdb/cashless.js";
import { encodeCommand } from "../../shared/mdb/codec.js";
import type { MdbFacts } from "./peripheral.js";
import type { ReaderCommand } from "./reader-legal.js";
import { countryOf, timeDateOf, unitsOf } from "./reader-money.js";
import { wantedOptions } from "./reader-setup.js";
import { type ReaderState, VMC_LEVEL } from "./reader-state.js";

/** Command bits of POLL, for the cashless ones (MDB 4.2 §2.3). */
const CASHLESS_POLL_CODE = 2;
/** A display that takes all of ASCII. */
const DISPLAY_ASCII = 1;
/** Who we are, with the machine's own serial number and model. */
const MAKER = "SPI";
const SOFTWARE_BCD = 0x0100;

/** The block for that command, without checksum. */
export function readerBlock(state: ReaderState, command: ReaderCommand, facts: MdbFacts, nowMs: number): Uint8Array {
  const { reader, task } = state;
  const table = cashlessTable(reader, state.dialect);
  const price = task?.units ?? 0;
  const item = task?.item ?? UNDEFINED_ITEM;
  switch (command) {
    case "poll":
      // Many a second: without the walk through the table.
      return Uint8Array.of(table.address | CASHLESS_POLL_CODE);
    case "setup": {
      const { displayColumns: columns, displayRows: rows } = facts;
      return encodeCommand(table, "setup", { level: VMC_LEVEL, columns, rows, display: DISPLAY_ASCII });
    }
    case "prices":
      return encodeCommand(cashlessTable(reader, "level1"), "prices", prices(state, facts, UNKNOWN_16));
    case "pricesExpanded":
      return encodeCommand(cashlessTable(reader, "expanded"), "prices", prices(state, facts, UNKNOWN_32));
    case "requestId": {
      const identity = { maker: MAKER, serial: plain(facts.serial), model: plain(facts.model) };
      return encodeCommand(table, "requestId", { ...identity, softwareBcd: SOFTWARE_BCD });
    }
    case "enableOptions":
      return encodeCommand(table, "enableOptions", { options: wantedOptions(state) });
    case "vendRequest":
    case "negativeVend":
      return encodeCommand(table, command, { price, item });
    case "vendSuccess":
      return encodeCommand(table, "vendSuccess", { item });
    case "revalueRequest":
      return encodeCommand(table, "revalueRequest", { amount: price });
    case "cashSale": {
      const sale = state.cashSales[0] ?? { units: 0, item: UNDEFINED_ITEM };
      const country = countryOf(facts.currency);
      return encodeCommand(table, "cashSale", { price: sale.units, item: sale.item, country });
    }
    case "timeDate":
      return encodeCommand(table, "timeDate", { bcd: timeDateOf(facts.wallS(nowMs) ?? 0) });
    case "diagnostics":
      return encodeCommand(table, "diagnostics", { data: state.diagnosis?.bytes ?? [] });
    case "dataEntryResponse":
      return encodeCommand(table, "dataEntryResponse", { keys: state.keys ?? [] });
    default:
      return encodeCommand(table, command);
  }
}

/** Dearest and cheapest product, as far as they are whole numbers of the reader's units. */
function prices({ unit }: ReaderState, facts: MdbFacts, unknown: number) {
  const wide = { ...unit, wide: unknown === UNKNOWN_32 };
  const inUnits = (minor: number | undefined) => (minor === undefined ? undefined : unitsOf(wide, minor));
  const max = inUnits(facts.highestPriceMinor) ?? unknown;
  return { max, min: inUnits(facts.lowestPriceMinor) ?? 0, country: countryOf(facts.currency) };
}

/** Twelve characters of ASCII. */
function plain(text: string): string {
  let out = "";
  for (let index = 0; index < text.length && index < 12; index += 1) {
    const code = text.charCodeAt(index);
    out += code < 0x20 || code > 0x7e ? "?" : text.charAt(index);
  }
  return out;
}
