/**
 * The native rim's note of a turn: the bytes that firmware/delivery/turn-note.ts reads, when they are due, and what is
 * not noted. The bench's rim writes the same of the same turn.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MAX_NOTE_EVENTS } from "../../../firmware/delivery/turn-note.js";
import { toHex } from "../../../shared/bytes.js";
import { SimFlash } from "../../../tools/bench/flash.js";
import { NOTE_AFTER_US, NOTED_US, RimNote } from "../../../tools/bench/rim-note.js";
import { Rng } from "../../../tools/bench/rng.js";
import { World } from "../../../tools/bench/world.js";
import { nativeProgram } from "./native/program.js";

const test = suite("firmware/io native rim's note");
const native = nativeProgram("rim-main.c", "rim.c", "rim-note.c");

/** Of `TURN`; its CRC-32 is zlib's. */
const NOTED =
  "0000004d07000500" +
  "0001388000000000" +
  "000f424001030000" +
  "000f424004000000" +
  "00124f8002010000" +
  "0012ebc002000000" +
  "0019f0a0" +
  "1c7c40da";
const LEFT = ["home 0 81000", "timer 84000"];
const DROPPED = ["beam 1 1201000", "beam 0 1241000"];
/** No blinks, whose edges are the rim's own. */
const STEADY = "emitter 0 500";
const TURN = [STEADY, "vend 77 7 4500 1 1000", ...LEFT, "fail 1001000", ...DROPPED];

function noteOf(...calls: readonly string[]): string {
  return (
    native([...calls, "note"])
      .at(-1)
      ?.slice("note ".length) ?? ""
  );
}

test("the turn of a sale, ended by the mains' failing", () => {
  assert.is(noteOf(...TURN), NOTED);
});

test("due when the beam has been watched for long enough, and once", () => {
  const out = native([...TURN, `timer ${1_001_000 + NOTE_AFTER_US - 1}`, `timer ${1_001_000 + NOTE_AFTER_US}`]);
  assert.equal(
    out.map((line) => line.endsWith("noteDue")),
    [...TURN, "before"].map(() => false).concat(true),
  );
  assert.is(native([...TURN, "timer 1800000", "timer 1900000"]).filter((line) => line.endsWith("noteDue")).length, 1);
});

test("nothing is noted of nobody's turn, without the mains' failing, or long after the turn", () => {
  assert.is(noteOf("turn 7 4500 1 1000", ...LEFT, "fail 1001000", ...DROPPED), "");
  assert.is(noteOf("vend 77 7 4500 1 1000", ...LEFT, ...DROPPED), "");
  assert.is(noteOf("vend 77 7 4500 1 1000", ...LEFT, ...DROPPED, `fail ${1_000 + NOTED_US + 1}`), "");
  assert.is.not(noteOf("vend 77 7 4500 1 1000", ...LEFT, ...DROPPED, `fail ${1_000 + NOTED_US}`), "");
  assert.is(noteOf(...TURN.slice(0, 4), "turn 8 4500 1 900000", "fail 1001000"), "", "another turn has begun");
});

test("more than fits: no note", () => {
  const edges = Array.from({ length: MAX_NOTE_EVENTS + 1 }, (_, i) => `beam ${(i + 1) & 1} ${200_000 + i * 1_000}`);
  assert.is.not(noteOf(...TURN.slice(0, 4), ...edges.slice(0, MAX_NOTE_EVENTS - 4), "fail 1001000"), "");
  assert.is(noteOf(...TURN.slice(0, 4), ...edges, "fail 1001000"), "");
});

test("a beam that is dark or outshone when the turn begins", () => {
  const dark = noteOf("beam 1 400", ...TURN);
  assert.is(dark.slice(10, 12), "01");
  // lit while the emitter is off for a blink: foreign light
  const glare = noteOf("timer 10000", "timer 11000", "timer 11500", "vend 77 7 4500 1 12000", "fail 1001000");
  assert.is(glare.slice(10, 12), "02");
});

test("the bench's rim notes the same", () => {
  const world = new World(1);
  const flash = new SimFlash({ blocks: 1 });
  const note = new RimNote(world, flash, new Rng(1));
  const at = (us: number): void => world.runUntil(us);
  at(1_000);
  note.turn(77, 7, false, false);
  note.tell({ kind: "leftHome", atUs: 81_000 });
  at(1_001_000);
  note.tell({ kind: "motorStopped", why: "ordered", atUs: 1_001_000 });
  note.powerFail();
  note.tell({ kind: "beam", yes: true, atUs: 1_201_000 });
  note.tell({ kind: "beam", yes: false, atUs: 1_241_000 });
  at(1_001_000 + NOTE_AFTER_US + 3_000);
  assert.is(toHex(flash.read(0, NOTED.length / 2)), NOTED);
});

test.run();
