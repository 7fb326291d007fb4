/**
 * Entry of the network's worker on a board. The bus's machine waits while this module is run (the SDK's
 * documentation/base/worker.md), so it only puts things together.
 */
import Modules from "modules";
import type { InterfaceClass } from "./interface.js";
import { runWorker } from "./platform.js";

/** By the SDK's names; a board's manifest brings at least one of them. */
const WIFI = "embedded:network/interface/wifi";
const ETHERNET = "embedded:network/interface/ethernet";

function isClass(value: unknown): value is InterfaceClass {
  return typeof value === "function";
}

runWorker(({ ssid }) => {
  const name = ssid === undefined ? ETHERNET : WIFI;
  const found: unknown = Modules.has(name) ? Modules.importNow(name) : undefined;
  if (!isClass(found)) throw new Error(`this board has no ${name}`);
  return found;
});
