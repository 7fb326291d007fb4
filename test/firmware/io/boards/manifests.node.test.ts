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
  readonly config: Readonly<Record<string, string>>;
  readonly defines: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
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
  }
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
