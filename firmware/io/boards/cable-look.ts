/**
 * A look at a board's W5500 before the network's worker has it, for the self-test: is it there, and has its cable a
 * link. Two registers of the datasheet (§2.2, §4.1) and no more: what drives the chip belongs to the worker.
 */
import type { SpiClass, SpiIo } from "../ecma-419.js";
import { ethernetWiringOf } from "./ethernet.js";
import type { PinMap } from "./pin-map.js";

const PHY = 0x2e;
const PHY_LINK = 0x01;
const VERSION = 0x39;
/** Of every W5500. A chip that is not there reads as all zeros or all ones. */
const W5500 = 0x04;

/** undefined: no W5500 answers. Throws where the map has none, or its pins are in use; afterwards they are free. */
export function lookAtW5500(map: PinMap, Spi: SpiClass): "link" | "noLink" | undefined {
  const wiring = ethernetWiringOf(map);
  if (wiring === undefined) throw new RangeError("no w5500");
  const { clock, in: input, out, select, port, hz } = wiring;
  const io = new Spi({ clock, in: input, out, select, active: 0, port, hz, mode: 0 });
  try {
    // the SDK leaves the select line as it finds it until a first transfer has ended: this one brings it to rest
    read(io, VERSION);
    if (read(io, VERSION) !== W5500) return undefined;
    return (read(io, PHY) & PHY_LINK) === 0 ? "noLink" : "link";
  } finally {
    io.close?.();
  }
}

/** One frame: address, control byte (common block, read), data. */
function read(io: SpiIo, register: number): number {
  const frame = Uint8Array.of(0, register, 0, 0);
  io.transfer(frame);
  io.flush(true);
  return frame[3] ?? 0;
}
