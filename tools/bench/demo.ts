/** The demo machine: one catalogue, slots A1–B5, US money. */

import { ALL_RIGHTS } from "../../firmware/panel/menu-state.js";
import type { Identity } from "../../firmware/ports/hardware.js";
import { deepFreeze } from "../../shared/freeze.js";
import { serviceCodeItem } from "../../shared/menu-code.js";
import type { Planogram, Settings } from "../../shared/wire/documents.js";

export const DEMO_PLANOGRAM: Planogram = deepFreeze({
  version: 1,
  slots: [
    { slot: "A1", column: 0, productId: 101, name: "Potato chips", priceMinor: 150, capacity: 10, quantity: 8 },
    { slot: "A2", column: 1, productId: 102, name: "Pretzels", priceMinor: 125, capacity: 10, quantity: 8 },
    { slot: "A3", column: 2, productId: 103, name: "Trail mix", priceMinor: 200, capacity: 10, quantity: 8 },
    { slot: "A4", column: 3, productId: 104, name: "Chocolate bar", priceMinor: 135, capacity: 12, quantity: 10 },
    { slot: "A5", column: 4, productId: 105, name: "Chewing gum", priceMinor: 75, capacity: 15, quantity: 12 },
    { slot: "B1", column: 5, productId: 201, name: "Still water", priceMinor: 100, capacity: 8, quantity: 8 },
    { slot: "B2", column: 6, productId: 202, name: "Sparkling water", priceMinor: 110, capacity: 8, quantity: 8 },
    { slot: "B3", column: 7, productId: 203, name: "Lemonade", priceMinor: 165, capacity: 8, quantity: 6, retry: true },
    { slot: "B4", column: 8, productId: 204, name: "Coke", priceMinor: 175, capacity: 8, quantity: 8, retry: true },
    { slot: "B5", column: 9, productId: 205, name: "Iced tea", priceMinor: 180, capacity: 8, quantity: 6 },
  ],
});

export const DEMO_MACHINE_ID = "M-1234";
/** Opens the technician's menu of the demo machine; no secret. */
export const DEMO_SERVICE_CODE = "2580";

/** Types as the bench's US changer and validator number them; up to $10 of credit. */
export const DEMO_SETTINGS: Settings = Object.freeze<Settings>({
  version: 1,
  currency: 840,
  decimals: 2,
  maxCreditMinor: 1_000,
  coinMask: 0b1111,
  billMask: 0b0011,
  serviceCodes: [serviceCodeItem(DEMO_MACHINE_ID, DEMO_SERVICE_CODE, 1, ALL_RIGHTS)],
});

/** A machine with keys that are no secret: for the bench only. */
export function demoIdentity(machineId = DEMO_MACHINE_ID, epoch = 1): Identity {
  return {
    machineId,
    model: "Spiral 10",
    epoch,
    voucherKey: Uint8Array.from({ length: 32 }, (_, i) => i),
    orderKey: Uint8Array.from({ length: 32 }, (_, i) => 255 - i),
    firmwareVersion: "0.1.0",
  };
}
