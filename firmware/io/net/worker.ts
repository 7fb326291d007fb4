/**
 * The network's worker on a board. The bus's machine waits while it is started (the SDK's
 * documentation/base/worker.md), so it only puts things together.
 */

import keyValue from "embedded:storage/key-value";
import { Digest } from "crypt";
import Modules from "modules";
import { ImageWriter } from "../native/firmware-image.js";
import type { NetConfig } from "./config.js";
import { decodeFixedAddress } from "./fixed-address.js";
import type { InterfaceClass } from "./interface.js";
import { ChipClockwork, platformWay, random, runWorker, signWith } from "./platform.js";
import type { Way } from "./ways.js";

/** By the SDK's names; a board's manifest may bring either. */
const WIFI = "embedded:network/interface/wifi";
const ETHERNET = "embedded:network/interface/ethernet";

/** Of a board with a chip for the cable that is not the platform's own. */
type CableOf = (config: NetConfig, platform: typeof PLATFORM) => Way | undefined;

const PLATFORM = Object.freeze({ makeClockwork: () => new ChipClockwork(), random });

function isClass(value: unknown): value is InterfaceClass {
  return typeof value === "function";
}

function interfaceOf(name: string): InterfaceClass | undefined {
  const found: unknown = Modules.has(name) ? Modules.importNow(name) : undefined;
  return isClass(found) ? found : undefined;
}

/** An interface of Ethernet that the board's manifest brings, if it does. */
function platformCable({ cableAddress }: NetConfig): Way | undefined {
  const io = interfaceOf(ETHERNET);
  const fixed = cableAddress === undefined ? undefined : decodeFixedAddress(cableAddress);
  return io === undefined ? undefined : platformWay("ethernet", io, {}, fixed);
}

/** Ethernet where the cable has a link, else Wi-Fi where the configuration names one. */
function waysFor(config: NetConfig, cableOf: CableOf): readonly Way[] {
  const ways: Way[] = [];
  const ethernet = cableOf(config, PLATFORM);
  if (ethernet !== undefined) ways.push(ethernet);
  const wifi = config.ssid === undefined ? undefined : interfaceOf(WIFI);
  const { wifiAddress } = config;
  const fixed = wifiAddress === undefined ? undefined : decodeFixedAddress(wifiAddress);
  if (wifi !== undefined) ways.push(platformWay("wifi", wifi, config, fixed));
  return ways;
}

/** What a board's entry of the worker calls, once. */
export function startNetwork(cableOf: CableOf = platformCable): void {
  runWorker((config) => waysFor(config, cableOf), {
    images: {
      openSlot: (resumeAt) => new ImageWriter(resumeAt),
      storage: keyValue,
      sha256: () => new Digest("SHA256"),
    },
    renewal: { storage: keyValue, sign: signWith },
  });
}
