/** The way by cable of a board with a W5500, for the worker of the network. */

import Digital from "embedded:io/digital";
import SPI from "embedded:io/spi";
import { ethernetWiringOf } from "../../boards/ethernet.js";
import type { PinMap } from "../../boards/pin-map.js";
import { hardwareAddress } from "../../native/chip.js";
import type { NetConfig } from "../config.js";
import { decodeFixedAddress } from "../fixed-address.js";
import type { Way } from "../ways.js";
import { Ethernet, type EthernetOptions } from "./ethernet.js";

/** Of the four addresses that Espressif gives a board, the fourth is Ethernet's. */
const ETHERNET_STATION = 3;

/** Undefined where the board has no pins for it, or one of them is taken: what is left is Wi-Fi. */
export function cableWay(
  map: PinMap,
  { machineId, cableAddress }: NetConfig,
  platform: Pick<EthernetOptions, "makeClockwork" | "random">,
): Way | undefined {
  const wiring = ethernetWiringOf(map);
  if (wiring === undefined) return undefined;
  const station = new Uint8Array(hardwareAddress());
  station[5] = (station[5] ?? 0) + ETHERNET_STATION;
  try {
    return new Ethernet({
      ...wiring,
      io: SPI,
      Digital,
      hardwareAddress: station,
      hostName: machineId,
      fixed: cableAddress === undefined ? undefined : decodeFixedAddress(cableAddress),
      ...platform,
    });
  } catch {
    return undefined;
  }
}
