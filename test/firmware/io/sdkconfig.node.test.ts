/**
 * Partition table and ESP-IDF options of the boards, as files: partitions lie where the chip wants them, add up and are
 * large enough for what the firmware keeps in them; every option is explained and none contradicts another.
 */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DOCUMENT_BLOCKS } from "../../../firmware/settings.js";

const test = suite("firmware/io partitions and sdkconfig");
const BOARDS = new URL("../../../firmware/io/boards/", import.meta.url);

const KIB = 1_024;
const MIB = 1_024 * KIB;
const SECTOR_BYTES = 4 * KIB;
/** Where the partition table ends: nothing of ours may lie before. */
const FIRST_FREE = 0x9000;
const FLASH_BYTES = 8 * MIB;
const APP_ALIGNMENT = 64 * KIB;
/** XS archive 700 KiB at most, ESP-IDF with Wi-Fi and TLS 1.3 MiB, pictures and fonts 512 KiB. */
const APP_LEAST_BYTES = 2_560 * KIB;
const LEDGER_BYTES = 1 * MIB;
/** NVS needs three sectors, one of them free. */
const NVS_LEAST_BYTES = 3 * SECTOR_BYTES;
const OTADATA_BYTES = 2 * SECTOR_BYTES;
const NAME_MAX_CHARS = 15;

interface Partition {
  readonly name: string;
  readonly type: string;
  readonly subtype: string;
  readonly offset: number;
  readonly size: number;
}

function partitions(): Partition[] {
  const text = readFileSync(new URL("partitions.csv", BOARDS), "utf8");
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return lines.map((line) => {
    const [name = "", type = "", subtype = "", offset = "", size = "", ...more] = line
      .split(",")
      .map((it) => it.trim());
    assert.equal(more, [], `${name}: no flags, nothing is encrypted by the table`);
    return { name, type, subtype, offset: Number(offset), size: Number(size) };
  });
}

function named(name: string): Partition {
  const found = partitions().find((partition) => partition.name === name);
  if (found === undefined) throw new Error(`no partition ${name}`);
  return found;
}

test("partitions follow each other on sector bounds, without overlap, within 8 MiB", () => {
  let end = FIRST_FREE;
  for (const { name, offset, size } of partitions()) {
    assert.ok(name.length > 0 && name.length <= NAME_MAX_CHARS, name);
    assert.ok(Number.isInteger(offset) && Number.isInteger(size) && size > 0, name);
    assert.is(offset % SECTOR_BYTES, 0, `${name} begins on a sector`);
    assert.is(size % SECTOR_BYTES, 0, `${name} is whole sectors`);
    assert.ok(offset >= end, `${name} begins behind what is before it`);
    end = offset + size;
  }
  assert.ok(end <= FLASH_BYTES, `they end at ${end}`);
  const names = partitions().map(({ name }) => name);
  assert.is(new Set(names).size, names.length);
});

test("two equal image slots on 64 KiB, no factory image: what is flashed by cable is slot 0", () => {
  const apps = partitions().filter(({ type }) => type === "app");
  assert.equal(
    apps.map(({ subtype }) => subtype),
    ["ota_0", "ota_1"],
  );
  for (const { name, offset, size } of apps) {
    assert.is(offset % APP_ALIGNMENT, 0, name);
    assert.is(size % APP_ALIGNMENT, 0, name);
    assert.ok(size >= APP_LEAST_BYTES, name);
    assert.is(size, apps[0]?.size);
  }
  assert.is(named("otadata").size, OTADATA_BYTES);
});

test("each partition has room for what is kept in it", () => {
  assert.is(named("ledger").size, LEDGER_BYTES);
  assert.ok(named("documents").size >= DOCUMENT_BLOCKS * SECTOR_BYTES);
  for (const name of ["nvs", "keys"]) {
    assert.is(named(name).subtype, "nvs");
    assert.ok(named(name).size >= NVS_LEAST_BYTES);
  }
  assert.is(named("coredump").subtype, "coredump");
  // The runtime finds a partition by name among those of type data.
  for (const name of ["ledger", "documents", "note"]) assert.is(named(name).type, "data");
});

/** Options in order, and lines that set one without a comment before their paragraph. */
function options(board: string): { readonly values: ReadonlyMap<string, string>; readonly mute: readonly string[] } {
  const text = readFileSync(new URL(`${board}/sdkconfig/sdkconfig.defaults`, BOARDS), "utf8");
  const values = new Map<string, string>();
  const mute: string[] = [];
  let explained = false;
  for (const line of text.split("\n")) {
    if (line.startsWith("#")) explained = true;
    else if (line === "") explained = false;
    else {
      const [, name = "", value = ""] = /^(CONFIG_[A-Z0-9_]+)=(\S+)$/.exec(line) ?? [];
      assert.ok(name !== "", `${board}: ${line}`);
      assert.ok(!values.has(name), `${board}: ${name} twice`);
      values.set(name, value);
      if (!explained) mute.push(name);
    }
  }
  return { values, mute };
}

const NEEDED: readonly (readonly [name: string, value: string])[] = [
  ["CONFIG_ESPTOOLPY_FLASHSIZE_8MB", "y"],
  ["CONFIG_BOOTLOADER_SKIP_VALIDATE_ALWAYS", "n"],
  ["CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE", "y"],
  ["CONFIG_BOOTLOADER_WDT_DISABLE_IN_USER_CODE", "y"],
  ["CONFIG_ESP_TASK_WDT_EN", "y"],
  ["CONFIG_ESP_TASK_WDT_PANIC", "y"],
  ["CONFIG_ESP_INT_WDT", "y"],
  ["CONFIG_ESP_BROWNOUT_DET", "y"],
  ["CONFIG_RMT_RX_ISR_CACHE_SAFE", "y"],
  ["CONFIG_RMT_TX_ISR_CACHE_SAFE", "y"],
  ["CONFIG_RMT_RECV_FUNC_IN_IRAM", "y"],
  ["CONFIG_GPTIMER_ISR_CACHE_SAFE", "y"],
  ["CONFIG_GPTIMER_CTRL_FUNC_IN_IRAM", "y"],
  ["CONFIG_MCPWM_ISR_CACHE_SAFE", "y"],
  ["CONFIG_MCPWM_CTRL_FUNC_IN_IRAM", "y"],
  ["CONFIG_GPIO_CTRL_FUNC_IN_IRAM", "y"],
  ["CONFIG_FREERTOS_IN_IRAM", "y"],
  ["CONFIG_ESP_TIMER_IN_IRAM", "y"],
];

test("every option is explained, and what the native side relies on is set, on each board", () => {
  for (const board of ["devkit", "touch"]) {
    const { values, mute } = options(board);
    assert.equal(mute, [], board);
    for (const [name, value] of NEEDED) assert.is(values.get(name), value, `${board}: ${name}`);
    const timeoutS = Number(values.get("CONFIG_ESP_TASK_WDT_TIMEOUT_S"));
    assert.ok(timeoutS >= 5 && timeoutS <= 60, "longer than any order of ours, within the chip's range");
  }
});

test("the touch board is the devkit with PSRAM, and nothing else", () => {
  const devkit = options("devkit").values;
  const touch = options("touch").values;
  for (const [name, value] of devkit) assert.is(touch.get(name), value, name);
  const more = [...touch.keys()].filter((name) => !devkit.has(name));
  assert.equal(
    more.filter((name) => !name.startsWith("CONFIG_SPIRAM")),
    ["CONFIG_ESP32_REV_MIN_3"],
  );
});

test.run();
