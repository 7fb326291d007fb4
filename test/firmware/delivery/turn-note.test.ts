/** The rim's note of a turn: its bytes, and that it says what the room would have said had it been there. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DELIVERY_AT_BOOT, type DeliveryInput, PAUSE_WATCH_MS } from "../../../firmware/delivery/state.js";
import { clearNote, eventsOf, NOTE_BYTES, readNote, type TurnNote } from "../../../firmware/delivery/turn-note.js";
import { fromHex } from "../../../shared/bytes.js";
import { SimFlash } from "../../../tools/bench/flash.js";
import { Rng } from "../../../tools/bench/rng.js";
import { COLUMN, DeliveryRoom } from "./room.js";

const test = suite("firmware/delivery turn note");
/** Start of the turn of `DeliveryRoom.turning`. */
const T = 10_006;
const LIVES = 2_000;
/** Sale 77, column 7: left home after 80 ms, stopped by the mains' failing at 1 s, dark from 1.2 to 1.24 s. */
const NOTED =
  "0000004d07000500 0001388000000000 000f424001030000 000f424004000000 00124f8002010000 0012ebc002000000 0019f0a0";
/** zlib's. */
const CRC = "1c7c40da";

function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex.replaceAll(" ", ""));
  if (bytes === undefined) throw new Error(`not hex: ${hex}`);
  return bytes;
}

function flashWith(bytes: Uint8Array): SimFlash {
  const flash = new SimFlash({ blocks: 1 });
  flash.write(0, bytes);
  return flash;
}

function names(note: TurnNote, homeOnly = false, hasLeft = false): string[] {
  return eventsOf(note, homeOnly, hasLeft).map(({ delivery }) => delivery);
}

test("its bytes", () => {
  const note = readNote(flashWith(bytesOf(NOTED + CRC)));
  assert.equal(note, {
    saleNo: 77,
    column: 7,
    dark: false,
    glare: false,
    inputs: [
      { on: "leftHome", column: 7, atMs: 80 },
      { on: "motorStopped", column: 7, why: "ordered", atMs: 1_000 },
      { on: "powerFail", atMs: 1_000 },
      { on: "beam", dark: true, atMs: 1_200 },
      { on: "beam", dark: false, atMs: 1_240 },
    ],
    watchedMs: 1_700,
  });
  if (note === undefined) return;
  assert.equal(eventsOf(note, false, false), [
    { delivery: "leftHome", turn: 1 },
    { delivery: "dropped", fallMs: 1_200 },
  ]);
  assert.equal(names(note, false, true), ["dropped"], "that it left home is on flash already");
});

test("nothing noted, and every bit that is not as it was written: no note", () => {
  assert.is(readNote(new SimFlash({ blocks: 1 })), undefined);
  const bytes = bytesOf(NOTED + CRC);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const bent = bytes.slice();
    bent[bit >> 3] = (bent[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.is(readNote(flashWith(bent)), undefined, `bit ${bit}`);
  }
});

test("cleared for the next turn, and not erased where nothing is noted", () => {
  const flash = flashWith(bytesOf(NOTED + CRC));
  clearNote(flash);
  assert.ok(flash.read(0, NOTE_BYTES).every((byte) => byte === 0xff));
  clearNote(flash);
  assert.equal(flash.wearCounts, [1]);
});

/** What may happen in a turn until the beam has been watched: edges, the motor's end, light, and the mains' failing. */
function life(rng: Rng): { readonly inputs: readonly DeliveryInput[]; readonly failMs: number } {
  const failMs = rng.below(7_000);
  const inputs: { atMs: number; input: DeliveryInput }[] = [];
  const add = (atMs: number, input: DeliveryInput): void => {
    if (atMs < failMs + PAUSE_WATCH_MS) inputs.push({ atMs, input });
  };
  if (rng.below(8) > 0) {
    const atMs = rng.between(40, 400);
    if (atMs < failMs) add(atMs, { on: "leftHome", column: COLUMN, atMs });
  }
  const endMs = rng.between(600, 4_500);
  const why = (["home", "home", "home", "timeout", "stall"] as const)[rng.below(5)] ?? "home";
  if (endMs < failMs) add(endMs, { on: "motorStopped", column: COLUMN, why, atMs: endMs });
  else add(failMs, { on: "motorStopped", column: COLUMN, why: "ordered", atMs: failMs });
  add(failMs, { on: "powerFail", atMs: failMs });
  for (let edges = rng.below(4), atMs = rng.below(6_000); edges > 0; edges--) {
    add(atMs, { on: "beam", dark: true, atMs });
    atMs += rng.below(10) === 0 ? rng.between(501, 900) : rng.between(20, 80);
    add(atMs, { on: "beam", dark: false, atMs });
    atMs += rng.between(1, 800);
  }
  if (rng.below(6) === 0) add(rng.below(7_000), { on: "glare", present: true, atMs: 0 });
  inputs.sort((left, right) => left.atMs - right.atMs);
  const timed = inputs.map(({ atMs, input }) => (input.on === "glare" ? { ...input, atMs } : input));
  return { inputs: timed, failMs };
}

test(`${LIVES} turns: the note says what the room says that lives through the same`, () => {
  const rng = new Rng(1_209_480);
  const seen = new Map<string, number>();
  for (let round = 0; round < LIVES; round++) {
    const { inputs, failMs } = life(rng);
    const homeOnly = rng.below(10) === 0;
    const room = DeliveryRoom.turning({ homeOnly });
    room.nowMs = homeOnly ? 10_000 : T;
    const startMs = room.nowMs;
    for (const input of inputs) {
      const atMs = "atMs" in input ? input.atMs : 0;
      room.wait(startMs + atMs);
      room.input({ ...input, atMs: startMs + atMs } as DeliveryInput, startMs + atMs);
    }
    room.wait(startMs + failMs + 790);
    const note = { saleNo: 1, column: COLUMN, dark: false, glare: false, inputs, watchedMs: failMs + PAUSE_WATCH_MS };
    const told = room.told();
    assert.equal(eventsOf(note, homeOnly, false), told, `turn ${round}: ${JSON.stringify(inputs)}`);
    for (const { delivery } of told) seen.set(delivery, (seen.get(delivery) ?? 0) + 1);
  }
  for (const name of ["leftHome", "dropped", "paused", "failed", "unknown", "extraDrop"]) {
    assert.ok((seen.get(name) ?? 0) > 10, `${name}: ${seen.get(name)}`);
  }
});

test("begun with the beam dark or outshone: nobody saw what fell", () => {
  const inputs: DeliveryInput[] = [
    { on: "leftHome", column: 7, atMs: 80 },
    { on: "motorStopped", column: 7, why: "ordered", atMs: 900 },
    { on: "powerFail", atMs: 900 },
  ];
  const note = { saleNo: 1, column: 7, inputs, watchedMs: 900 + PAUSE_WATCH_MS };
  assert.equal(names({ ...note, dark: false, glare: false }), ["leftHome", "paused"]);
  assert.equal(names({ ...note, dark: true, glare: false }), ["leftHome"]);
  assert.equal(names({ ...note, dark: false, glare: true }), ["leftHome"]);
  assert.is(DELIVERY_AT_BOOT.phase.is, "idle", "and nothing of it is left");
});

test.run();
