/** What can hang on the bus of a simulated machine: its address, and its plug. */
import type { SatelliteName } from "../bench/satellite.js";
import type { SimCabinet } from "./sim-cabinet.js";

interface Plug {
  setPlugged(plugged: boolean): void;
}

export interface BusSeat {
  readonly address: number;
  /** Undefined where none is fitted. */
  of(cabinet: SimCabinet): Plug | undefined;
}

function satellite(name: SatelliteName): (cabinet: SimCabinet) => Plug | undefined {
  return ({ satellites }) => satellites.find((hung) => hung.name === name);
}

export const ALL_DEVICES: readonly BusSeat[] = Object.freeze<BusSeat[]>([
  { address: 0x08, of: (cabinet) => cabinet.changer },
  { address: 0x30, of: (cabinet) => cabinet.validator },
  { address: 0x10, of: (cabinet) => cabinet.readers[0] },
  { address: 0x60, of: (cabinet) => cabinet.readers[1] },
  { address: 0x58, of: (cabinet) => cabinet.hoppers[0] },
  { address: 0x70, of: (cabinet) => cabinet.hoppers[1] },
  { address: 0x40, of: satellite("satellite1") },
  { address: 0x48, of: satellite("satellite2") },
  { address: 0x50, of: satellite("satellite3") },
  { address: 0x68, of: satellite("ageVerifier") },
]);
