/**
 * Entry of the network's worker on a board. The bus's machine waits while this module is run (the SDK's
 * documentation/base/worker.md), so it only puts things together.
 */

import keyValue from "embedded:storage/key-value";
import { Digest } from "crypt";
import Modules from "modules";
import { ImageWriter } from "../native/firmware-image.js";
import type { NetConfig } from "./config.js";
import type { InterfaceClass } from "./interface.js";
import { runWorker } from "./platform.js";

/** By the SDK's names; a board's manifest brings at least one of them. */
const WIFI = "embedded:network/interface/wifi";
const ETHERNET = "embedded:network/interface/ethernet";

function isClass(value: unknown): value is InterfaceClass {
  return typeof value === "function";
}

function interfaceFor({ ssid }: NetConfig): InterfaceClass {
  const name = ssid === undefined ? ETHERNET : WIFI;
  const found: unknown = Modules.has(name) ? Modules.importNow(name) : undefined;
  if (!isClass(found)) throw new Error(`this board has no ${name}`);
  return found;
}

runWorker(interfaceFor, {
  openSlot: (resumeAt) => new ImageWriter(resumeAt),
  storage: keyValue,
  sha256: () => new Digest("SHA256"),
});
