/**
 * The plain devkit: ESP32-DevKitC with an ESP32-WROOM-32E-N8 (8 MiB of flash, no PSRAM), a carrier with the interfaces,
 * keypad and text display, and a W5500 (Ethernet) on SPI. What each line is wired to stands in its guide.
 */
import { deepFreeze } from "../../../shared/freeze.js";
import type { PinMap } from "./pin-map.js";

export const DEVKIT: PinMap = deepFreeze<PinMap>({
  board: "devkit",
  module: "ESP32-WROOM-32E-N8",
  flashMiB: 8,
  psram: false,
  pins: {
    mdbTransmit: { pin: 26, way: "out", resting: "pullUp" },
    mdbReceive: { pin: 35, way: "in", resting: "pullUp" },
    motorDrive: { pin: 25, way: "out", resting: "pullDown" },
    home: { pin: 34, way: "in", resting: "pullUp" },
    stall: { pin: 39, way: "in", resting: "driven" },
    beamEmitter: { pin: 27, way: "out", resting: "pullDown" },
    beamReceiver: { pin: 36, way: "in", resting: "pullUp" },
    powerFail: { pin: 33, way: "in", resting: "driven" },
    door: { pin: 14, way: "in", resting: "pullUp" },
    compressor: { pin: 32, way: "out", resting: "pullDown" },
    i2cData: { pin: 21, way: "both", resting: "pullUp" },
    i2cClock: { pin: 22, way: "both", resting: "pullUp" },
    dexReceive: { pin: 16, way: "in", resting: "pullUp" },
    dexTransmit: { pin: 17, way: "out", resting: "pullUp" },
    serviceButton: { pin: 0, way: "in", resting: "pullUp", strap: "the kit's BOOT button; open it reads 1: boot" },
    spiClock: { pin: 18, way: "out", resting: "driven" },
    spiIn: { pin: 19, way: "in", resting: "driven" },
    spiOut: { pin: 23, way: "out", resting: "driven" },
    ethernetSelect: { pin: 5, way: "out", resting: "pullUp", strap: "select is high at rest, as the strap wants it" },
    ethernetInterrupt: { pin: 4, way: "in", resting: "pullUp" },
    ethernetReset: { pin: 13, way: "out", resting: "pullUp" },
  },
  levels: {
    mdbReceiveRest: 1,
    mdbTransmitRest: 1,
    homeClosed: 0,
    stalling: 1,
    beamDark: 1,
    powerFailing: 0,
    doorOpen: 1,
    compressorOn: 1,
  },
  i2cHz: 100_000,
  motors: {
    expander: { address: 0x20, outputs: 0xffff, inputs: 0 },
    rows: [0, 1, 2, 3, 4, 5, 6, 7],
    columns: [8, 9, 10, 11, 12, 13, 14, 15],
    resting: "pullDown",
  },
  keypad: {
    expander: { address: 0x21, outputs: 0x000f, inputs: 0x0f00 },
    rows: [0, 1, 2, 3],
    columns: [8, 9, 10, 11],
    keys: ["123A", "456B", "789C", "*0#D"],
  },
  textDisplay: { address: 0x27, columns: 20 },
  thermometer: { address: 0x48 },
  screen: undefined,
  touchPanel: undefined,
  dexPort: 2,
});
