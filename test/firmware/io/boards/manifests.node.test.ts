/** Each board's manifest for the Moddable SDK says of pins and files what the pin map and the tree say. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEVKIT } from "../../../../firmware/io/boards/devkit.js";
import type { PinMap, PinRole } from "../../../../firmware/io/boards/pin-map.js";
import { TOUCH } from "../../../../firmware/io/boards/touch.js";
import { QUEUE_LENGTH } from "../../../../firmware/io/net/frames.js";
import { BOARDS } from "../../../../tools/firmware/arguments.js";

const FOLDER = fileURLToPath(new URL("../../../../firmware/io/boards", import.meta.url));
const MAPS: readonly PinMap[] = [DEVKIT, TOUCH];
const test = suite("manifests of boards");

interface Manifest {
  readonly build: Readonly<Record<string, string>>;
  readonly include: readonly string[];
  readonly modules: Readonly<Record<string, unknown>>;
  readonly preload: readonly string[];
  readonly config: Readonly<Record<string, string>>;
  readonly defines: Readonly<Record<string, Readonly<Record<string, string | number | readonly string[]>>>>;
  readonly creation: Readonly<Record<string, unknown>>;
}

const manifestOf = ({ board }: PinMap): Manifest =>
  JSON.parse(readFileSync(join(FOLDER, board, "manifest.json"), "utf8"));

test("are those of the boards there are, and of the boards that can be built", () => {
  assert.equal(
    MAPS.map(({ board }) => board),
    [...BOARDS],
  );
  for (const map of MAPS) {
    assert.is(manifestOf(map).build.SUBPLATFORM, `spiral_${map.board}`);
    assert.is(manifestOf(map).config.board, map.board);
  }
});

test("name the pins of the pin map", () => {
  const roles: readonly (readonly [string, string, PinRole])[] = [
    ["i2c", "sda_pin", "i2cData"],
    ["i2c", "scl_pin", "i2cClock"],
    ["spi", "miso_pin", "spiIn"],
    ["spi", "mosi_pin", "spiOut"],
    ["spi", "sck_pin", "spiClock"],
    ["ili9341", "cs_pin", "screenSelect"],
    ["ili9341", "dc_pin", "screenData"],
  ];
  for (const map of MAPS) {
    const { defines } = manifestOf(map);
    for (const [device, name, role] of roles) {
      assert.is(defines[device]?.[name], map.pins[role]?.pin, `${map.board} ${device} ${name}`);
    }
    assert.is(defines.ili9341 !== undefined, map.pins.screenSelect !== undefined, "a screen where the map has one");
    assert.is(defines.ili9341?.width, map.screen?.width);
    assert.is(defines.ili9341?.height, map.screen?.height);
  }
});

test("name a screen and a touch class where the pin map has them, the class a module of ours", () => {
  for (const map of MAPS) {
    const { config, modules, preload } = manifestOf(map);
    assert.is(config.screen !== "", map.screen !== undefined, `${map.board}: screen`);
    const { touch = "" } = config;
    assert.is(touch !== "", map.touchPanel !== undefined, `${map.board}: touch`);
    if (map.screen !== undefined && map.keypad === undefined)
      assert.is.not(touch, "", `${map.board}: nobody can choose`);
    if (touch === "") continue;
    // the SDK's FT6206 wants options that Piu does not give
    assert.ok(touch.startsWith("firmware/"), touch);
    assert.ok(preload.includes(touch), `${touch} lies in flash`);
    const path = modules[touch];
    assert.ok(typeof path === "string" && existsSync(join(FOLDER, map.board, `${path}.ts`)), touch);
  }
});

/** Of the SDK 8.2.3, build/devices/esp32/targets/moddable_two: manifest.json, and setup-target.js for the backlight. */
const MODDABLE_TWO = {
  registers: [
    "0x36, 1, 0xF0,",
    "0x21, 0,",
    "0xE0, 14, 0xD0, 0x08, 0x11, 0x08, 0x0C, 0x15, 0x39, 0x33, 0x50, 0x36, 0x13, 0x14, 0x29, 0x2d,",
    "0xE1, 14, 0xD0, 0x08, 0x11, 0x08, 0x06, 0x06, 0x39, 0x44, 0x51, 0x0b, 0x16, 0x14, 0x2f, 0x31,",
  ],
  pins: {
    i2cData: 21,
    i2cClock: 22,
    spiIn: 12,
    spiOut: 13,
    spiClock: 14,
    screenSelect: 15,
    screenData: 2,
    backlight: 18,
  },
  edges: { left: 10, right: 232, top: 8, bottom: 315 },
  threshold: 20,
  backlightOn: 0,
} as const;

test("the touch board takes over the display of Moddable Two, as the SDK has it", () => {
  const { ili9341 } = manifestOf(TOUCH).defines;
  assert.equal(ili9341?.registers_append, MODDABLE_TWO.registers);
  assert.is(ili9341?.hz, 40_000_000);
  const { pins, levels, touchPanel } = TOUCH;
  for (const [role, pin] of Object.entries(MODDABLE_TWO.pins)) {
    assert.is(Object.entries(pins).find(([name]) => name === role)?.[1].pin, pin, role);
  }
  assert.equal(touchPanel?.edges, MODDABLE_TWO.edges);
  assert.is(touchPanel?.threshold, MODDABLE_TWO.threshold);
  assert.is(levels.backlightOn, MODDABLE_TWO.backlightOn);
  assert.is(pins.backlight?.resting, "pullUp", "dark until the screen is there");
});

test("lead to files that are there", () => {
  for (const map of MAPS) {
    const { build, include } = manifestOf(map);
    const own = [build.SDKCONFIGPATH, build.PARTITIONS_FILE_FOR_TARGET, ...include];
    for (const path of own) {
      assert.ok(path !== undefined, map.board);
      if (path?.startsWith(".")) assert.ok(existsSync(join(FOLDER, map.board, path)), path);
    }
  }
});

test("let no heap of JavaScript grow on a board: it would take what the radio needs", () => {
  for (const map of MAPS) {
    const { creation } = manifestOf(map);
    assert.is(creation.static, 0);
    for (const name of ["chunk", "heap"]) {
      const { initial, incremental } = Object(creation[name]);
      assert.ok(initial > 0, name);
      assert.is(incremental, 0, name);
    }
  }
});

test("the network's manifest gives the message queues the length that all bounds are reckoned for", () => {
  const { defines } = JSON.parse(readFileSync(join(FOLDER, "..", "net", "manifest.json"), "utf8"));
  assert.is(defines.task.queueLength, QUEUE_LENGTH);
});

test.run();
