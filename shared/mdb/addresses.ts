/**
 * Who may sit on the bus and how long each may stay silent (MDB 4.2 §2.3, PDF p36-38; non-response times from each
 * device's section). v4.0 had coin hopper 2 at 68h and v4.2 misprints 70h once; 70h is right.
 */
import { deepFreeze } from "../freeze.js";

/** One row for each of the 32 five-bit addresses, in order. `use` tells who may answer there. */
export const ADDRESSES = deepFreeze([
  { address: 0x00, name: "vmc", use: "reserved" },
  { address: 0x08, name: "coinChanger", use: "device" },
  { address: 0x10, name: "cashless1", use: "device" },
  { address: 0x18, name: "gateway", use: "device" },
  { address: 0x20, name: "display", use: "device" },
  { address: 0x28, name: "energyManagement", use: "device" },
  { address: 0x30, name: "billValidator", use: "device" },
  { address: 0x38, name: "reserved38", use: "reserved" },
  { address: 0x40, name: "satellite1", use: "device" },
  { address: 0x48, name: "satellite2", use: "device" },
  { address: 0x50, name: "satellite3", use: "device" },
  { address: 0x58, name: "coinHopper1", use: "device" },
  { address: 0x60, name: "cashless2", use: "device" },
  { address: 0x68, name: "ageVerification", use: "device" },
  { address: 0x70, name: "coinHopper2", use: "device" },
  { address: 0x78, name: "reserved78", use: "reserved" },
  { address: 0x80, name: "reserved80", use: "reserved" },
  { address: 0x88, name: "reserved88", use: "reserved" },
  { address: 0x90, name: "reserved90", use: "reserved" },
  { address: 0x98, name: "reserved98", use: "reserved" },
  { address: 0xa0, name: "reservedA0", use: "reserved" },
  { address: 0xa8, name: "reservedA8", use: "reserved" },
  { address: 0xb0, name: "reservedB0", use: "reserved" },
  { address: 0xb8, name: "reservedB8", use: "reserved" },
  { address: 0xc0, name: "reservedC0", use: "reserved" },
  { address: 0xc8, name: "reservedC8", use: "reserved" },
  { address: 0xd0, name: "reservedD0", use: "reserved" },
  { address: 0xd8, name: "reservedD8", use: "reserved" },
  { address: 0xe0, name: "experimental1", use: "experimental" },
  { address: 0xe8, name: "experimental2", use: "experimental" },
  { address: 0xf0, name: "machineSpecific1", use: "machineSpecific" },
  { address: 0xf8, name: "machineSpecific2", use: "machineSpecific" },
]);

export type AddressName = (typeof ADDRESSES)[number]["name"];

/**
 * How long a device may stay silent before it counts as offline. `reported` names the larger value that the device
 * itself may state; `defaultMs` undefined means that only the reported value counts.
 */
export const NON_RESPONSE = deepFreeze([
  { name: "coinChanger", defaultMs: 2_000, reported: undefined, source: "p61" },
  { name: "billValidator", defaultMs: 5_000, reported: undefined, source: "p89" },
  { name: "cashless1", defaultMs: 5_000, reported: "SETUP Z7", source: "p117" },
  { name: "cashless2", defaultMs: 5_000, reported: "SETUP Z7", source: "p117" },
  { name: "gateway", defaultMs: 5_000, reported: "SETUP, 16 bits", source: "p189" },
  { name: "coinHopper1", defaultMs: 5_000, reported: "SETUP Z6", source: "p237" },
  { name: "coinHopper2", defaultMs: 5_000, reported: "SETUP Z6", source: "p237" },
  { name: "satellite1", defaultMs: undefined, reported: "SETUP Z6", source: "p213" },
  { name: "satellite2", defaultMs: undefined, reported: "SETUP Z6", source: "p213" },
  { name: "satellite3", defaultMs: undefined, reported: "SETUP Z6", source: "p213" },
]);

/** The name for the five-bit address in an address byte. */
export function addressName(addressByte: number): AddressName | undefined {
  return ADDRESSES[(addressByte >> 3) & 0x1f]?.name;
}
