/**
 * Which context the native C runs in (firmware/io/native/contexts.h): every function is marked, and what runs in an
 * interrupt, or in a section that locks interrupts out, calls nothing but its like and a few functions of the chip's
 * drivers that lie in RAM. So it allocates nothing and waits for nothing, by construction.
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
  esp_timer_get_time: undefined,
  gpio_get_level: "CONFIG_GPIO_CTRL_FUNC_IN_IRAM",
  gpio_set_level: "CONFIG_GPIO_CTRL_FUNC_IN_IRAM",
  gptimer_get_raw_count: "CONFIG_GPTIMER_CTRL_FUNC_IN_IRAM",
  gptimer_set_alarm_action: "CONFIG_GPTIMER_CTRL_FUNC_IN_IRAM",
  mcpwm_comparator_set_compare_value: "CONFIG_MCPWM_CTRL_FUNC_IN_IRAM",
  portENTER_CRITICAL_ISR: undefined,
  portEXIT_CRITICAL_ISR: undefined,
  rmt_receive: "CONFIG_RMT_RECV_FUNC_IN_IRAM",
  vTaskNotifyGiveFromISR: undefined,
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

const FUNCTIONS: readonly CFunction[] = nativeFiles(".c").flatMap((file) => functionsOf(file, nativeText(file)));
const INTERRUPT = new Set(FUNCTIONS.filter(({ mark }) => mark === "INTERRUPT").map(({ name }) => name));

function setOptions(board: string): ReadonlySet<string> {
  const place = new URL(`../../../firmware/io/boards/${board}/sdkconfig/sdkconfig.defaults`, import.meta.url);
  return new Set(readFileSync(place, "utf8").match(/^CONFIG_\w+(?==y$)/gm) ?? []);
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
  for (const name of ["heap_caps_malloc", "vTaskDelay", "xQueueReceive", "esp_log_write", "xsmcSet", "memcpy"]) {
    assert.match(name, NEVER);
  }
});

test.run();
