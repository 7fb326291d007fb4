/** Where a board's W5500 is wired, from its pin map; undefined where it has none. Knows no hardware. */
import type { PinMap } from "./pin-map.js";

/** The chip takes 33 MHz, the ESP32 26 MHz both ways at once; a carrier's wires take this. */
export const ETHERNET_HZ = 10_000_000;
/** SPI3, whose own pins 18, 19 and 23 are. */
const SPI_HOST = 2;

export interface EthernetWiring {
  readonly clock: number;
  readonly in: number;
  readonly out: number;
  readonly select: number;
  readonly interrupt: number;
  readonly reset: number | undefined;
  readonly port: number;
  readonly hz: number;
}

export function ethernetWiringOf({ pins }: PinMap): EthernetWiring | undefined {
  const { spiClock, spiIn, spiOut, ethernetSelect, ethernetInterrupt, ethernetReset } = pins;
  if (spiClock === undefined || spiIn === undefined || spiOut === undefined) return undefined;
  if (ethernetSelect === undefined || ethernetInterrupt === undefined) return undefined;
  return {
    clock: spiClock.pin,
    in: spiIn.pin,
    out: spiOut.pin,
    select: ethernetSelect.pin,
    interrupt: ethernetInterrupt.pin,
    reset: ethernetReset?.pin,
    port: SPI_HOST,
    hz: ETHERNET_HZ,
  };
}
