/** The demo machine: one catalogue, slots A1–B5, US money. */
import type { Identity } from "../../firmware/ports/hardware.js";
import { deepFreeze } from "../../shared/freeze.js";
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

/** Types as the bench's US changer and validator number them; up to $10 of credit. */
export const DEMO_SETTINGS: Settings = deepFreeze({
  version: 1,
  currency: 840,
  decimals: 2,
  maxCreditMinor: 1_000,
  coinMask: 0b1111,
  billMask: 0b0011,
});

export const DEMO_MACHINE_ID = "M-1234";

/** A machine with a voucher key that is no secret: for the bench only. */
export function demoIdentity(machineId = DEMO_MACHINE_ID, epoch = 1): Identity {
  return {
    machineId,
    model: "Spiral 10",
    epoch,
    voucherKey: Uint8Array.from({ length: 32 }, (_, i) => i),
    firmwareVersion: "0.1.0",
  };
}
