/**
 * The touch board: an ESP32-WROVER-E-N8R8 (8 MiB of flash, 8 MiB of PSRAM) with the display of Moddable Two: 240 × 320
 * (ILI9341 on SPI) and a capacitive touch panel (FT6206 on I2C), wired to the same pins, with that board's registers
 * (manifest), edges and threshold of the panel, and level of the backlight (build/devices/esp32/targets/moddable_two of
 * the SDK). Customers choose on the screen: no keypad. Network by Wi-Fi: no pins are left for Ethernet.
 */
import { deepFreeze } from "../../../shared/freeze.js";
import type { PinMap } from "./pin-map.js";

export const TOUCH: PinMap = deepFreeze<PinMap>({
  board: "touch",
  module: "ESP32-WROVER-E-N8R8",
  flashMiB: 8,
  psram: true,
  pins: {
    mdbTransmit: { pin: 26, way: "out", resting: "pullUp" },
    mdbReceive: { pin: 35, way: "in", resting: "pullUp" },
    motorDrive: { pin: 25, way: "out", resting: "pullDown" },
    home: { pin: 34, way: "in", resting: "pullUp" },
    stall: { pin: 39, way: "in", resting: "driven" },
    beamEmitter: { pin: 27, way: "out", resting: "pullDown" },
    beamReceiver: { pin: 36, way: "in", resting: "pullUp" },
    powerFail: { pin: 33, way: "in", resting: "driven" },
    door: { pin: 23, way: "in", resting: "pullUp" },
    compressor: { pin: 32, way: "out", resting: "pullDown" },
    i2cData: { pin: 21, way: "both", resting: "pullUp" },
    i2cClock: { pin: 22, way: "both", resting: "pullUp" },
    dexReceive: { pin: 19, way: "in", resting: "pullUp" },
    dexTransmit: { pin: 4, way: "out", resting: "pullUp" },
    serviceButton: { pin: 0, way: "in", resting: "pullUp", strap: "the BOOT button; open it reads 1: boot" },
    spiClock: { pin: 14, way: "out", resting: "driven" },
    spiIn: {
      pin: 12,
      way: "in",
      resting: "pullDown",
      strap: "the display lets go of it while not selected; the pull-down keeps the flash at 3.3 V",
    },
    spiOut: { pin: 13, way: "out", resting: "driven" },
    screenSelect: { pin: 15, way: "out", resting: "pullUp", strap: "select is high at rest, as the strap wants it" },
    screenData: { pin: 2, way: "out", resting: "pullDown", strap: "an input of the display: low" },
    backlight: { pin: 18, way: "out", resting: "pullUp" },
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
    backlightOn: 0,
  },
  i2cHz: 100_000,
  motors: {
    expander: { address: 0x20, outputs: 0xffff, inputs: 0 },
    rows: [0, 1, 2, 3, 4, 5, 6, 7],
    columns: [8, 9, 10, 11, 12, 13, 14, 15],
    resting: "pullDown",
  },
  keypad: undefined,
  textDisplay: undefined,
  thermometer: { address: 0x48 },
  screen: { width: 240, height: 320 },
  touchPanel: { address: 0x38, threshold: 20, edges: { left: 10, right: 232, top: 8, bottom: 315 } },
  dexPort: 2,
});
