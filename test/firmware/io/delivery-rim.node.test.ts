/**
 * The chip's side of motor, home switch, beam and power-fail input (delivery-rim.c) on a simulated chip, under
 * sanitizers: turns that end without JavaScript, the motor's duty as the rim wants it, everything that can fail at
 * opening, and use after close.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { driven, fieldsOf } from "./native/fields.js";
import { chipProgram } from "./native/program.js";

const test = suite("firmware/io native delivery rim on the chip");
const chip = chipProgram(
  "rim-chip-main.c",
  "delivery-rim.c",
  "motor-drive.c",
  "rim.c",
  "rim-note.c",
  "note-keeper.c",
  "courier.c",
  "chip-pin.c",
  "options.c",
);

const HOME = 34;
const STALL = 39;
const EMITTER = 27;
const BEAM = 36;
const POWER_FAIL = 33;
/** As the boards: home and power fail are active when low. */
const OPEN = `open 25 ${HOME} ${STALL} ${EMITTER} ${BEAM} ${POWER_FAIL} home powerFail`;
const AT_REST = [`pin ${HOME} 0 0`, `pin ${POWER_FAIL} 1 0`, `beam ${EMITTER} ${BEAM}`, `pin ${BEAM} 0 0`];
/** A full duty of 1,023 of 1,024. */
const FULL = "1023";

function ask(...lines: readonly string[]): string[] {
  return chip([...AT_REST, ...lines]).slice(AT_REST.length);
}

/** Every event that is waiting, as the JavaScript side would read them at the end. */
const READS = ["read", "read", "read", "read", "read", "read"];

function events(out: readonly string[]): ({ readonly [name: string]: string } | undefined)[] {
  return out
    .slice(-READS.length)
    .map((line) => fieldsOf(line))
    .filter((found) => found !== undefined);
}

function duties(out: readonly string[]): (readonly [value: string, atUs: number])[] {
  return out.flatMap((line) => driven(line, "duty"));
}

test("one turn while JavaScript stands still: soft start, away, home again, off when the switch has settled", () => {
  const edges = [`pin ${HOME} 1 90000`, `pin ${HOME} 0 2400000`];
  const out = ask(OPEN, "at 1000", "go 7 4500", ...edges, "at 3000000", "turn", ...READS);
  const ramp = duties(out);
  assert.equal(ramp[0], ["51", 1_000]);
  assert.equal(ramp.find(([value]) => value === FULL)?.[1], 191_000);
  const last = ramp.at(-1);
  assert.is(last?.[0], "0");
  assert.ok((last?.[1] ?? 0) >= 2_403_000 && (last?.[1] ?? 0) <= 2_403_100, `off at ${last?.[1]}`);
  assert.equal(events(out), [
    { kind: "leftHome", atUs: "90000", column: "7" },
    { kind: "stopped", atUs: "2400000", column: "7", why: "home" },
  ]);
  assert.is(out.filter((line) => line.includes("called")).length, 1, "JavaScript is woken once");
});

test("a turn ends at its limit, at a stall and by order, each without JavaScript's help", () => {
  const limit = ask(OPEN, "at 1000", "go 3 2000", `pin ${HOME} 1 90000`, "at 2500000", ...READS);
  assert.is(events(limit)[1]?.why, "timeout");
  assert.ok((duties(limit).at(-1)?.[1] ?? 0) - 2_001_000 <= 100);
  const stall = ask(
    OPEN,
    "at 1000",
    "go 3 4500",
    `pin ${HOME} 1 90000`,
    `pin ${STALL} 1 1000000`,
    "at 2000000",
    ...READS,
  );
  assert.is(events(stall)[1]?.why, "stall");
  const offUs = duties(stall).at(-1)?.[1] ?? 0;
  assert.ok(offUs >= 1_600_000 && offUs <= 1_611_000, `stalled motor off at ${offUs}`);
  const ordered = ask(OPEN, "at 1000", "go 3 4500", "at 50000", "stop", "stop", ...READS);
  assert.equal(
    events(ordered).map((event) => event?.why),
    ["ordered"],
  );
});

test("the mains fail: motor off in the same interrupt, told once however often the line chatters", () => {
  const chatter = [0, 1, 0, 1, 0].map((level, index) => `pin ${POWER_FAIL} ${level} ${500_000 + index * 40}`);
  const out = ask(OPEN, "at 1000", "go 3 4500", `pin ${HOME} 1 90000`, ...chatter, "mains", "at 600000", ...READS);
  assert.equal(duties(out).at(-1), ["0", 500_000]);
  assert.equal(
    events(out).map((event) => event?.kind),
    ["leftHome", "stopped", "powerFail"],
  );
  assert.match(out[4 + chatter.length] ?? "", / true$/);
});

test("a shadow is told with its times; the emitter's own blinks are not", () => {
  const out = ask(OPEN, "shadow 1 14000", "shadow 0 46000", "at 99000", ...READS, "lost");
  assert.equal(
    out.map((line) => fieldsOf(line)).filter((found) => found !== undefined),
    [
      { kind: "beam", atUs: "14000", dark: "true" },
      { kind: "beam", atUs: "46000", dark: "false" },
    ],
  );
  const blinks = driven(out.join(""), `pin${EMITTER}`);
  assert.equal(blinks.slice(0, 3), [
    ["1", 0],
    ["0", 10_000],
    ["1", 11_000],
  ]);
  assert.match(out.at(-1) ?? "", / 0$/);
});

test("foreign light on the receiver is told within one blink, and when it is gone", () => {
  // The receiver stays lit while the emitter is dark: held so by the pin, whatever the beam says.
  const lit = Array.from({ length: 9 }, (_none, index) => `pin ${BEAM} 0 ${10_200 + index * 10_000}`);
  const out = ask(OPEN, "at 9000", ...lit, "at 101000", ...READS);
  assert.equal(
    events(out).map((event) => event?.kind),
    ["glare", "glare"],
  );
  assert.is(events(out)[0]?.present, "true");
  assert.is(events(out)[1]?.present, "false");
});

test("the emitter is switched for the self-test, at once", () => {
  const out = ask(OPEN, "at 15000", "emitter 0", "at 60000", "emitter 1");
  assert.equal(driven(out[2] ?? "", `pin${EMITTER}`), [["0", 15_000]]);
  assert.equal(driven(out[3] ?? "", `pin${EMITTER}`), [], "no blinks while it is off");
  assert.equal(driven(out[4] ?? "", `pin${EMITTER}`), [["1", 60_000]]);
});

test("what the pins say, and the clock of the events", () => {
  const out = ask(OPEN, "home", `pin ${HOME} 1 5000`, "home", "dark", "mains", "now");
  assert.match(out[1] ?? "", / true$/);
  assert.match(out[3] ?? "", / false$/);
  assert.match(out[4] ?? "", / false$/);
  assert.match(out[5] ?? "", / false$/);
  assert.match(out[6] ?? "", / 5000$/);
  const stall = ask(OPEN, "stalling", `pin ${STALL} 1 5000`, "stalling");
  assert.match(stall[1] ?? "", / false$/);
  assert.match(stall[3] ?? "", / true$/);
});

test("a board without stall and power-fail lines", () => {
  const out = ask(
    `open 25 ${HOME} -1 ${EMITTER} ${BEAM} -1 home`,
    "mains",
    "stalling",
    "go 1 1000",
    "at 700000",
    ...READS,
    "close",
    "held",
  );
  assert.match(out[1] ?? "", / false$/);
  assert.match(out[2] ?? "", / false$/);
  assert.is(out.at(-1), "- 0");
  assert.ok(
    out.some((line) => fieldsOf(line)?.why === "stall"),
    "it never left home",
  );
});

test("turns that are none are refused", () => {
  const out = ask(OPEN, "go -1 1000", "go 256 1000", "go 1 0", "go 1 60001", "go 255 60000");
  for (const line of out.slice(1, 5)) assert.match(line, /throws RangeError: no such turn$/);
  assert.equal(driven(out[5] ?? "", "duty").length, 1);
});

test("whatever fails at opening, nothing stays open, and the next attempt succeeds", () => {
  let failures = 0;
  for (let nth = 1; nth < 80; nth += 1) {
    const out = ask(`fail ${nth}`, OPEN, "held", "fail 0", OPEN, "held", "close", "held");
    assert.is(out.at(-1), "- 0");
    if (!(out[1] ?? "").includes("throws")) break;
    failures += 1;
    assert.match(out[1] ?? "", /throws Error: the rim cannot be opened: -?\d+$/);
    assert.is(out[2], "- 0");
  }
  assert.ok(failures >= 25 && failures < 78, `${failures} calls can fail`);
});

test("pins in use, a second rim, use after close", () => {
  const same = ask(`open 25 25 ${STALL} ${EMITTER} ${BEAM} -1`, "held", OPEN, OPEN);
  assert.match(same[0] ?? "", /throws Error: pin in use$/);
  assert.is(same[1], "- 0");
  assert.match(same[3] ?? "", /throws Error: in use$/);
  const missing = ask(`open 25 ${HOME} -1 -1 ${BEAM} -1`, "held");
  assert.match(missing[0] ?? "", /throws Error: pin in use$/);
  assert.is(missing[1], "- 0");
  const closed = ask(OPEN, "go 1 4500", "close", "turn", "close", "held", "go 1 1000", "stop", "read", "home", "lost");
  assert.equal(driven(closed[2] ?? "", `pin${EMITTER}`), [["0", 0]], "the emitter goes out");
  assert.is(closed[3], "-", "nobody is called any more");
  assert.is(closed[5], "- 0");
  for (const line of closed.slice(6)) assert.match(line, /throws Error: closed$/);
});

test("the mains fail in a sale's turn: its note is on flash 700 ms later, though JavaScript stands still", () => {
  const pins = [`pin ${HOME} 1 90000`, `pin ${POWER_FAIL} 0 1001000`];
  const script = ["at 1000", "go 7 4500 77", ...pins, "at 1690000", "turn"];
  const out = ask(OPEN, ...script, "at 1702000", "turn");
  const notes = out.flatMap((line) => line.match(/(?<=note=)[0-9a-f]+/g) ?? []);
  assert.is(notes.length, 1);
  assert.ok(out.at(-1)?.includes("note="), "not before the beam has been watched for long enough");
  assert.match(notes[0] ?? "", /^0000004d070003000001/);
  const nobodys = ask(OPEN, ...script.map((line) => line.replace(" 77", "")), "at 1702000", "turn");
  assert.not.ok(nobodys.some((line) => line.includes("note=")));
  assert.not.ok(ask("no notes", OPEN, ...script, "at 1702000", "turn").some((line) => line.includes("note=")));
});

test.run();
