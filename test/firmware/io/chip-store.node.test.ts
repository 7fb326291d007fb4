/**
 * What the chip keeps and knows (chip.c, watchdog.c, firmware-image.c, device-key.c) on a simulated chip, under
 * sanitizers: why it started, who feeds its watchdog, images on trial, resumed and refused, a key that is made once.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { chipProgram } from "./native/program.js";

const test = suite("firmware/io native keeping on the chip");
const ask = chipProgram(
  "store-main.c",
  "../../../test/firmware/io/native/store.c",
  "chip.c",
  "watchdog.c",
  "firmware-image.c",
  "device-key.c",
  "options.c",
);

const SECTOR = 4_096;
const SLOT = 8 * SECTOR;
/** States of the boot table, as ESP-IDF counts them. */
const NEW = 0;
const PENDING = 1;
const VALID = 2;
/** An image begins and, for the simulated check of it, ends with this byte. */
const MAGIC = "e9";

function chunk(length: number, first = "aa", last = "bb"): string {
  return length === 1 ? first : first + "55".repeat(length - 2) + last;
}

test("why the board started, in the ledger's words", () => {
  // esp_reset_reason_t in order, from ESP_RST_UNKNOWN.
  const causes = ["reset", "power", "reset", "assert", "assert", "watchdog", "watchdog", "watchdog", "reset", "power"];
  const more = ["reset", "reset", "reset", "reset", "power", "watchdog"];
  for (const [reason, cause] of [...causes, ...more].entries()) {
    assert.equal(ask([`reason ${reason}`, "cause", "reason 1", "cause"]), ["-", `- ${cause}`, "-", `- ${cause}`]);
  }
});

test("a restart that was ordered is told from one after an exception", () => {
  assert.equal(ask(["restart", "cause"]), ["- restarted", "- order"]);
  assert.equal(ask(["reason 3", "cause"]), ["-", "- assert"]);
});

test("memory, noise and address", () => {
  assert.equal(ask(["free", "random 4", "random 256", "address"]).slice(0, 2), ["- 123456", "- 5a5a5a5a"]);
  assert.is(ask(["random 256"])[0], `- ${"5a".repeat(256)}`);
  for (const length of [0, -1, 257]) assert.match(ask([`random ${length}`])[0] ?? "", /throws RangeError/);
  assert.is(ask(["address"])[0], "- 202122232425");
  assert.match(ask(["fail 1", "address"])[1] ?? "", /throws Error: no address/);
});

test("the watchdog takes over from the boot loader's, is fed by name, and ends", () => {
  const out = ask(["watch", "timeout", "feed", "watch", "unwatch", "unwatch", "feed", "timeout", "watch"]);
  assert.equal(out.slice(0, 3), ["- watch:machine bootWatchEnds undefined", "- 10000", "- fed undefined"]);
  assert.match(out[3] ?? "", /throws Error: in use/);
  assert.equal(out.slice(4, 6), ["- unwatched undefined", "- undefined"]);
  for (const line of out.slice(6, 8)) assert.match(line, /throws Error: closed/);
  assert.match(out[8] ?? "", /watch:machine/);
  const failed = ask(["fail 1", "watch", "watch"]);
  assert.match(failed[1] ?? "", /throws Error: no watchdog/);
  assert.not.match(failed[1] ?? "", /bootWatchEnds/, "the boot loader's goes on");
  assert.match(failed[2] ?? "", /bootWatchEnds/);
});

test("an image is sole, on trial or confirmed; roll-back needs another", () => {
  assert.is(ask(["image"])[0], "- sole");
  for (const state of [NEW, PENDING]) assert.is(ask([`state ${state}`, "image"])[1], "- trial");
  assert.is(ask([`state ${VALID}`, "image"])[1], "- confirmed");
  assert.equal(ask([`state ${PENDING}`, "confirm", "image"]).slice(1), ["- true", "- confirmed"]);
  assert.equal(ask([`state ${PENDING}`, "fail 1", "confirm", "image"]).slice(2), ["- false", "- trial"]);
  assert.is(ask(["rollback"])[0], "- false");
  assert.is(ask(["other 1", "rollback"])[1], "- restarted");
  assert.is(ask(["version"])[0], "- 0.1.0");
});

test("an image is written, read back and made the next to start; nothing restarts", () => {
  const out = ask([
    "writer 0",
    "slot",
    `write x${chunk(SECTOR, MAGIC)}`,
    "position",
    `write x${chunk(100, "12", MAGIC)}`,
    `look ${SECTOR} 100`,
    "look 0 1",
    "complete",
    "kept",
    "endwriter",
  ]);
  assert.is(out[1], `- ${SLOT}`);
  assert.is(out[3], `- ${SECTOR}`);
  assert.is(out[5], `- ${chunk(100, "12", MAGIC)}`);
  assert.is(out[6], `- ${MAGIC}`);
  assert.is(out[7], "- undefined");
  assert.match(out[8] ?? "", /session:0 boots:other$/);
});

test("an update that was broken off goes on at a whole sector, over whatever lay behind it", () => {
  const out = ask([
    "writer 0",
    `write x${chunk(SECTOR, MAGIC)}`,
    `write x${chunk(50)}`,
    "endwriter",
    `writer ${SECTOR}`,
    "position",
    `write x${chunk(60, "01", MAGIC)}`,
    `look ${SECTOR} 60`,
    "complete",
    "kept",
  ]);
  assert.is(out[5], `- ${SECTOR}`);
  assert.is(out[7], `- ${chunk(60, "01", MAGIC)}`, "erased first: 50 bytes of the old attempt are gone");
  assert.match(out[9] ?? "", /boots:other$/);
});

test("what is no image, too long or not taken by the flash is told, and the running image remains", () => {
  const cases: readonly (readonly [lines: readonly string[], says: string])[] = [
    [["writer 0", "write x00"], "- notAnImage"],
    [["writer 0", "fail 1", `write x${MAGIC}`], "- flash"],
    [["writer 0", `write x${MAGIC}00`, "complete"], "- notAnImage"],
    [["writer 0", "complete"], "- notAnImage"],
    [["writer 0", `write x${MAGIC}${MAGIC}`, "fail 1", "complete"], "- flash"],
    [[`writer ${SLOT - SECTOR}`, `write x${chunk(SECTOR)}`, "write x00"], "- tooLong"],
  ];
  for (const [lines, says] of cases) {
    const out = ask([...lines, "kept"]);
    assert.is(out.at(-2), says, lines.join("; "));
    assert.match(out.at(-1) ?? "", /boots:running$/);
  }
});

test("writers that cannot be: not at a sector, beyond the slot, a second one, on trial, after close", () => {
  for (const at of [1, SECTOR - 1, SLOT + SECTOR, -SECTOR]) {
    assert.match(ask([`writer ${at}`])[0] ?? "", /throws RangeError: not a whole sector/);
  }
  assert.match(ask(["writer 0", "writer 0"])[1] ?? "", /throws Error: in use/);
  assert.match(ask([`state ${PENDING}`, "writer 0"])[1] ?? "", /throws Error: on trial/);
  for (const at of [0, SECTOR]) {
    const failed = ask(["fail 1", `writer ${at}`, `writer ${at}`]);
    assert.match(failed[1] ?? "", /throws Error: the slot cannot be written/);
    assert.is(failed[2], "- undefined");
  }
  const closed = ask([
    "writer 0",
    "endwriter",
    "endwriter",
    "write x00",
    "look 0 1",
    "complete",
    "position",
    "slot",
    "kept",
  ]);
  assert.is(closed[2], "- undefined");
  for (const line of closed.slice(3, 8)) assert.match(line, /throws Error: closed/);
  assert.match(closed[8] ?? "", /session:0/);
  const twice = ask(["writer 0", `write x${MAGIC}${MAGIC}`, "complete", "complete", "write x00"]);
  for (const line of twice.slice(3)) assert.match(line, /throws Error: complete/);
});

test("pieces and looks have their limits", () => {
  const out = ask(["writer 0", "write x", `write x${chunk(SECTOR + 1, MAGIC)}`, "look 0 0", `look 0 ${SECTOR + 1}`]);
  for (const line of out.slice(1, 3)) assert.match(line, /throws RangeError: 1 to 4096 bytes/);
  for (const line of out.slice(3)) assert.match(line, /throws RangeError: outside the slot/);
  for (const look of ["-1 1", `${SLOT} 1`, `${SLOT - 1} 2`]) {
    assert.match(ask(["writer 0", `look ${look}`])[1] ?? "", /throws RangeError: outside the slot/);
  }
  assert.match(ask(["writer 0", "fail 1", "look 0 1"])[2] ?? "", /throws Error: flash cannot be read/);
});

test("a key is made once, kept, and found again", () => {
  const out = ask([
    "key",
    "keystate",
    "public",
    "turn",
    "keystate",
    "private",
    "kept",
    "endkey",
    "key",
    "turn",
    "kept",
  ]);
  assert.is(out[1], "- making");
  assert.match(out[2] ?? "", /throws Error: not ready/);
  assert.is(out[3], "- called");
  assert.is(out[4], "- ready");
  assert.is(out[5]?.length, 2 + 2 * 1_190);
  assert.match(out[6] ?? "", /blob:1190 keys:1 made:1 handles:0/);
  assert.match(out[10] ?? "", /keys:1 made:1 handles:0/, "the second start reads it");
});

test("it signs digests of 32 bytes, gives its public half, and nothing after it is closed", () => {
  const out = ask(["key", "turn", `sign x${"07".repeat(32)}`, "public", "sign x07", "endkey", "kept", "keystate"]);
  assert.is(out[2], `- 07${"42".repeat(255)}`);
  assert.is(out[3]?.length, 2 + 2 * 270);
  assert.match(out[4] ?? "", /throws RangeError: not a SHA-256 digest/);
  assert.match(out[6] ?? "", /keys:0/);
  assert.match(out[7] ?? "", /throws Error: closed/);
});

test("whatever fails while it is made: the state says so, no key and no handle stay, a later start makes one", () => {
  let failures = 0;
  for (let nth = 1; nth < 20; nth += 1) {
    const out = ask([
      "key",
      `fail ${nth}`,
      "turn",
      "keystate",
      "kept",
      "endkey",
      "fail 0",
      "kept",
      "key",
      "turn",
      "keystate",
    ]);
    assert.is(out[2], "- called");
    if (out[3] === "- ready") break;
    failures += 1;
    assert.is(out[3], "- failed");
    assert.match(out[4] ?? "", /keys:0 made:\d handles:0/);
    assert.match(out[7] ?? "", /keys:0/);
    assert.is(out.at(-1), "- ready");
  }
  assert.ok(failures >= 6, `${failures} calls can fail`);
});

test("closed while it is made: nobody is called, nothing stays; and it cannot be opened twice", () => {
  const out = ask(["key", "key", "endkey", "key", "turn", "kept", "key", "turn", "keystate"]);
  assert.match(out[1] ?? "", /throws Error: in use/);
  assert.match(out[3] ?? "", /throws Error: in use/, "its maker still runs");
  assert.is(out[4], "-");
  assert.match(out[5] ?? "", /keys:0/);
  assert.is(out[8], "- ready");
  assert.match(ask(["nocallback", "key"])[1] ?? "", /throws TypeError/);
  const noTask = ask(["fail 1", "key", "key", "turn", "keystate"]);
  assert.match(noTask[1] ?? "", /throws Error: no memory/);
  assert.is(noTask[4], "- ready");
});

test.run();
