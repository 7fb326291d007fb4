/**
 * Which context the native C runs in (firmware/io/native/contexts.h): every function is marked, and what runs in an
 * interrupt, or in a section that locks interrupts out, calls nothing but its like and a few functions of the chip's
 * drivers that lie in RAM. So it allocates nothing and waits for nothing, by construction. What the compiler could lay
 * into flash for it, tables of constants and functions of its own, it has not, or it is named here with a reason.
 */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deepFreeze } from "../../../shared/freeze.js";
import { type CFunction, callsIn, codeOf, functionsOf, nativeFiles, nativeText } from "./native/c-source.js";

const test = suite("firmware/io native contexts");

/** What an interrupt may call of the chip, and the option of ESP-IDF that puts it into RAM; none: it always is. */
const ALLOWED: { readonly [name: string]: string | undefined } = deepFreeze({
  __sync_synchronize: undefined,
  esp_timer_get_time: "CONFIG_ESP_TIMER_IN_IRAM",
  gpio_get_level: "CONFIG_GPIO_CTRL_FUNC_IN_IRAM",
  gpio_set_level: "CONFIG_GPIO_CTRL_FUNC_IN_IRAM",
  gptimer_get_raw_count: "CONFIG_GPTIMER_CTRL_FUNC_IN_IRAM",
  gptimer_set_alarm_action: "CONFIG_GPTIMER_CTRL_FUNC_IN_IRAM",
  mcpwm_comparator_set_compare_value: "CONFIG_MCPWM_CTRL_FUNC_IN_IRAM",
  portENTER_CRITICAL_ISR: "CONFIG_FREERTOS_IN_IRAM",
  portEXIT_CRITICAL_ISR: "CONFIG_FREERTOS_IN_IRAM",
  rmt_receive: "CONFIG_RMT_RECV_FUNC_IN_IRAM",
  vTaskNotifyGiveFromISR: "CONFIG_FREERTOS_IN_IRAM",
});
/** Fields by which an interrupt of the chip's drivers is handed a function, and the option that keeps it awake. */
const CALLBACKS: { readonly [field: string]: string } = deepFreeze({
  on_alarm: "CONFIG_GPTIMER_ISR_CACHE_SAFE",
  on_cap: "CONFIG_MCPWM_ISR_CACHE_SAFE",
  on_recv_done: "CONFIG_RMT_RX_ISR_CACHE_SAFE",
});
/** Names that allocate, wait, print or enter JavaScript: asserted apart, so that the list above cannot let one in. */
const NEVER =
  /alloc|free\b|Delay|Take|Queue\w*Receive|SendToBack|log|printf|^xs|^fx|^mod|nvs_|psa_|esp_ota|^mem(?:cpy|set)$/i;

/**
 * Every line of an interrupt that divides, and why no function of the compiler's does it: the ESP32 divides 32 bits by
 * an instruction, 64 by a call. Any other line with a division is refused.
 */
const DIVISIONS: { readonly [line: string]: string } = deepFreeze({
  "mdb-link.c: bool tooEarly = link->phase == MDB_WAITING && atUs <= link->txEndUs + MDB_WORD_US / 2;": "of constants",
  "mdb-send.c: memory[i / 2] = runs[i] | second << 16;": "an unsigned index, by a power of two",
  "mdb-send.c: memory[(count + 1) / 2] = 0;": "an unsigned count, by a power of two",
  "mdb-wire.c: return (bits * BIT_CENTI_US + 50) / 100;": "bits is 32 bits wide",
  "mdb-wire.c: MdbNews *news = &wire->news[written % MDB_MAX_NEWS];": "written is 32 bits wide",
  "mdb-wire.c: return (bit * BIT_CENTI_US + HALF_BIT_CENTI_US) / 100;": "bit is 32 bits wide",
  "rim.c: RimEvent *event = &rim->events[written % RIM_MAX_EVENTS];": "written is 32 bits wide",
  "rim.c: uint32_t step = (uint32_t)rim->duty * RIM_RAMP_STEPS / RIM_DUTY_FULL + 1;": "32 bits, and fits",
  "rim.c: alarmUs = sooner(alarmUs, rim->startedUs + step * (RIM_RAMP_US / RIM_RAMP_STEPS));": "of constants",
  "rim.c: uint32_t steps = rampUs / (RIM_RAMP_US / RIM_RAMP_STEPS) + 1;": "rampUs is 32 bits wide",
  "rim.c: rim->duty = (uint16_t)(steps * RIM_DUTY_FULL / RIM_RAMP_STEPS);": "steps is 32 bits wide",
  "rim.c: rim->duty = RIM_DUTY_FULL / RIM_RAMP_STEPS;": "of constants",
});
/** Of a switch the compiler may make a table in flash: of jumps (the SDK's options forbid it) or of values. */
const SWITCHES: { readonly [place: string]: string } = deepFreeze({
  "mdb-link.c: expire": "-fno-jump-tables (tools/mcconfig/make.esp32.mk of the SDK); its cases act, none gives a value",
});

const FUNCTIONS: readonly CFunction[] = nativeFiles(".c").flatMap((file) => functionsOf(file, nativeText(file)));
const INTERRUPT = new Set(FUNCTIONS.filter(({ mark }) => mark === "INTERRUPT").map(({ name }) => name));

function setOptions(board: string): ReadonlySet<string> {
  const place = new URL(`../../../firmware/io/boards/${board}/sdkconfig/sdkconfig.defaults`, import.meta.url);
  return new Set(readFileSync(place, "utf8").match(/^CONFIG_\w+(?==y$)/gm) ?? []);
}

/** Names of objects that a file keeps as constants, which the linker puts into flash unless they are told to RAM. */
function constantsOf(text: string): string[] {
  const lines = codeOf(text).match(/^(?![\s#])[^\n(]*\bconst\b[^\n;={(]*(?:=|;)/gm) ?? [];
  return lines.filter((line) => !/\bDRAM_ATTR\b/.test(line)).flatMap((line) => objectNamed(line) ?? []);
}

/** `TABLE` of `static const uint8_t TABLE[4] =`. */
function objectNamed(line: string): string | undefined {
  return /(\w+)\s*(?:\[[^\]]*\]\s*)*(?:=|;)$/.exec(line)?.[1];
}

/** What of `body` is read out of flash: constants of its file, and lists that the compiler may copy from there. */
function constantsIn(body: string, constants: readonly string[]): string[] {
  const lists = body.match(/\w+(?:\[\w*\])*\s*=\s*(?:\([\w\s*]+(?:\[\w*\])?\)\s*)?\{/g) ?? [];
  return [...constants.filter((name) => new RegExp(`\\b${name}\\b`).test(body)), ...lists];
}

/** Calls of what a pointer, a field or an element of a table points to. */
function pointerCallsIn(body: string): string[] {
  return body.match(/\(\s*\*+\s*\w[^()]*\)\s*\(|(?:->|\.)\w+\s*\(|\]\s*\(/g) ?? [];
}

/** Lines of `body` with a division or a remainder. */
function divisionsIn(body: string): string[] {
  return body
    .split("\n")
    .filter((line) => /[/%]/.test(line))
    .map((line) => line.trim());
}

/** What `body` may not call where interrupts are locked out. */
function forbiddenIn(body: string): string[] {
  return callsIn(body).filter((name) => !INTERRUPT.has(name) && !Object.hasOwn(ALLOWED, name));
}

test("the reader finds every function, and each is marked", () => {
  assert.ok(FUNCTIONS.length > 100, `${FUNCTIONS.length} functions`);
  for (const { file, name, mark } of FUNCTIONS) {
    assert.ok(mark === "INTERRUPT" || mark === "TASK", `${file}: ${name} says where it runs`);
  }
  for (const file of nativeFiles(".c")) {
    const braces = codeOf(nativeText(file)).match(/^\{$/gm)?.length ?? 0;
    assert.is(FUNCTIONS.filter((found) => found.file === file).length, braces, `${file}: none overlooked`);
  }
});

test("a name is marked alike wherever it is defined", () => {
  const task = new Set(FUNCTIONS.filter(({ mark }) => mark === "TASK").map(({ name }) => name));
  assert.equal(
    [...INTERRUPT].filter((name) => task.has(name)),
    [],
  );
});

test("an interrupt calls interrupt functions and the frozen few of the chip", () => {
  for (const { file, name, body } of FUNCTIONS.filter(({ mark }) => mark === "INTERRUPT")) {
    assert.equal(forbiddenIn(body), [], `${file}: ${name}`);
  }
  assert.equal(
    Object.keys(ALLOWED).filter((name) => NEVER.test(name)),
    [],
  );
});

test("an interrupt reads no constant out of flash and does no floating point", () => {
  for (const { file, name, body } of FUNCTIONS.filter(({ mark }) => mark === "INTERRUPT")) {
    assert.not.ok(body.includes('"'), `${file}: ${name} has a string`);
    assert.not.match(body, /\bstatic\b/, `${file}: ${name} keeps a variable of its own`);
    assert.not.match(body, /\b(?:float|double)\b|\d\.\d/, `${file}: ${name} counts in floating point`);
  }
});

test("an interrupt reads no table of constants: neither of the file's nor one the compiler lays down", () => {
  for (const { file, name, body } of FUNCTIONS.filter(({ mark }) => mark === "INTERRUPT")) {
    assert.equal(constantsIn(body, constantsOf(nativeText(file))), [], `${file}: ${name}`);
  }
  const switching = FUNCTIONS.filter(({ mark, body }) => mark === "INTERRUPT" && /\bswitch\b/.test(body));
  assert.equal(
    switching.map(({ file, name }) => `${file}: ${name}`),
    Object.keys(SWITCHES),
  );
});

test("an interrupt calls nothing through a pointer, where no list can follow", () => {
  for (const { file, name, body } of FUNCTIONS.filter(({ mark }) => mark === "INTERRUPT")) {
    assert.equal(pointerCallsIn(body), [], `${file}: ${name}`);
  }
});

test("an interrupt divides in 32 bits only, each place looked at", () => {
  const dividing = FUNCTIONS.filter(({ mark }) => mark === "INTERRUPT").flatMap(({ file, body }) =>
    divisionsIn(body).map((line) => `${file}: ${line}`),
  );
  assert.equal([...new Set(dividing)].sort(), Object.keys(DIVISIONS).sort());
});

test("what locks interrupts out keeps to the same, and lets them in again", () => {
  let sections = 0;
  for (const { file, name, body } of FUNCTIONS) {
    const enters = body.match(/\bportENTER_CRITICAL\w*\(/g)?.length ?? 0;
    const exits = body.match(/\bportEXIT_CRITICAL\w*\(/g)?.length ?? 0;
    assert.is(enters, exits, `${file}: ${name}`);
    const isr = /_ISR\(/.test(body);
    if (enters > 0) assert.is(isr, INTERRUPT.has(name), `${file}: ${name} locks as its context does`);
    for (const [, inside = ""] of body.matchAll(/portENTER_CRITICAL\w*\([^)]*\);([\s\S]*?)portEXIT_CRITICAL/g)) {
      sections += 1;
      assert.equal(forbiddenIn(inside), [], `${file}: ${name}`);
      assert.not.match(inside, /\breturn\b|\bgoto\b/, `${file}: ${name} leaves by its end only`);
    }
  }
  assert.ok(sections >= 10, `${sections} sections`);
});

test("what the chip's drivers call in an interrupt is marked so", () => {
  let handed = 0;
  for (const { file, body } of FUNCTIONS) {
    for (const [, field = "", name = ""] of body.matchAll(/\.(on_\w+) = (\w+)/g)) {
      assert.ok(Object.hasOwn(CALLBACKS, field), `${file}: ${field} is known`);
      handed += 1;
      // A callback that comes as an argument is found where it is handed over.
      if (name.startsWith("on")) continue;
      assert.ok(INTERRUPT.has(name), `${file}: ${name}`);
    }
    for (const [, name = ""] of body.matchAll(/openCapture\(\w+, (\w+)\)/g)) {
      assert.ok(INTERRUPT.has(name), `${file}: ${name}`);
    }
  }
  assert.ok(handed >= 5, `${handed} callbacks`);
});

test("the options that keep all this in RAM are set on every board", () => {
  for (const board of ["devkit", "touch"]) {
    const options = setOptions(board);
    for (const option of [...Object.values(ALLOWED), ...Object.values(CALLBACKS)]) {
      if (option !== undefined) assert.ok(options.has(option), `${board}: ${option}`);
    }
  }
});

test("the check would notice", () => {
  const bad = functionsOf("x.c", 'INTERRUPT static void ring(void)\n{\n\t/* malloc( */ log_it("a(");\n\tact(1);\n}\n');
  assert.equal(forbiddenIn(bad[0]?.body ?? ""), ["log_it"]);
  assert.ok(bad[0]?.body.includes('"'));
  assert.equal(constantsOf("static const uint8_t TABLE[4] = { 1 };\nconst int ONE = 1;\nvoid act(const int *a);\n"), [
    "TABLE",
    "ONE",
  ]);
  assert.equal(constantsOf("static const DRAM_ATTR uint8_t TABLE[4] = { 1 };\n"), []);
  assert.equal(constantsIn("\tx = TABLE[1];\n\tuint8_t four[4] = { 1, 2 };\n", ["TABLE", "ONE"]), [
    "TABLE",
    "four[4] = {",
  ]);
  assert.is(constantsIn("\tthing = (Thing){ 1, 2 };\n", []).length, 1);
  assert.is(pointerCallsIn("\t(*act)(1);\n\tthing->act(1);\n\tthing.act(1);\n\tacts[2](1);\n").length, 4);
  assert.is(pointerCallsIn("\tact((uint8_t)(a + 1), &thing->field, (*count) + 1);\n\tif (a[1] && (b)) {\n").length, 0);
  assert.equal(divisionsIn("\ta = b / c;\n\ta %= 3;\n\tb = 1;\n"), ["a = b / c;", "a %= 3;"]);
  for (const name of ["heap_caps_malloc", "vTaskDelay", "xQueueReceive", "esp_log_write", "xsmcSet", "memcpy"]) {
    assert.match(name, NEVER);
  }
});

test.run();
