/**
 * Entry of the network's worker on a board. The bus's machine waits while this module is run (the SDK's
 * documentation/base/worker.md), so it only puts things together.
 */

import Digital from "embedded:io/digital";
import SPI from "embedded:io/spi";
import keyValue from "embedded:storage/key-value";
import { Digest } from "crypt";
import Modules from "modules";
import { ethernetWiringOf } from "../boards/ethernet.js";
import { hardwareAddress } from "../native/chip.js";
import { ImageWriter } from "../native/firmware-image.js";
import type { NetConfig } from "./config.js";
import { decodeFixedAddress } from "./fixed-address.js";
import type { InterfaceClass } from "./interface.js";
import { ChipClockwork, platformWay, random, runWorker, signWith } from "./platform.js";
import { Ethernet } from "./w5500/ethernet.js";
import type { Way } from "./ways.js";

/** By the SDK's names; a board's manifest may bring either. */
const WIFI = "embedded:network/interface/wifi";
const ETHERNET = "embedded:network/interface/ethernet";
/** Of the four addresses that Espressif gives a board, the fourth is Ethernet's. */
const ETHERNET_STATION = 3;

function isClass(value: unknown): value is InterfaceClass {
  return typeof value === "function";
}

function interfaceOf(name: string): InterfaceClass | undefined {
  const found: unknown = Modules.has(name) ? Modules.importNow(name) : undefined;
  return isClass(found) ? found : undefined;
}

/** The board's W5500; where it has none, an interface of Ethernet that its manifest brings; else undefined. */
function ethernetWay({ board, machineId, cableAddress }: NetConfig): Way | undefined {
  const fixed = cableAddress === undefined ? undefined : decodeFixedAddress(cableAddress);
  const wiring = ethernetWiringOf(board);
  if (wiring === undefined) {
    const io = interfaceOf(ETHERNET);
    return io === undefined ? undefined : platformWay("ethernet", io, {}, fixed);
  }
  const station = new Uint8Array(hardwareAddress());
  station[5] = (station[5] ?? 0) + ETHERNET_STATION;
  try {
    return new Ethernet({
      ...wiring,
      io: SPI,
      Digital,
      hardwareAddress: station,
      hostName: machineId,
      fixed,
      makeClockwork: () => new ChipClockwork(),
      random,
    });
  } catch {
    // a pin is taken: what is left is Wi-Fi
    return undefined;
  }
}

/** Ethernet where the cable has a link, else Wi-Fi where the configuration names one. */
function waysFor(config: NetConfig): readonly Way[] {
  const ways: Way[] = [];
  const ethernet = ethernetWay(config);
  if (ethernet !== undefined) ways.push(ethernet);
  const wifi = config.ssid === undefined ? undefined : interfaceOf(WIFI);
  const { wifiAddress } = config;
  const fixed = wifiAddress === undefined ? undefined : decodeFixedAddress(wifiAddress);
  if (wifi !== undefined) ways.push(platformWay("wifi", wifi, config, fixed));
  return ways;
}

runWorker(waysFor, {
  images: {
    openSlot: (resumeAt) => new ImageWriter(resumeAt),
    storage: keyValue,
    sha256: () => new Digest("SHA256"),
  },
  renewal: { storage: keyValue, sign: signWith },
});
