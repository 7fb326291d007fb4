/**
 * JavaScript stands still, then everything comes at once and in any order: the same outcome, never a second turn and no
 * drop missed. Each case is played without a stall and with stalls up to 2 s over every moment.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DeliveryInput } from "../../../firmware/delivery/state.js";
import { deliveryDueMs } from "../../../firmware/delivery/step.js";
import { COLUMN, DeliveryRoom } from "./room.js";

const test = suite("firmware/delivery stalls");
const STALL_MS = 2_000;
const END_MS = 30_000;
/** Start of the turn in `DeliveryRoom.turning()`. */
const T = 10_006;

type Happening = Extract<DeliveryInput, { on: "beam" | "leftHome" | "motorStopped" }>;

const leftHome: Happening = { on: "leftHome", column: COLUMN, atMs: T + 80 };
const home: Happening = { on: "motorStopped", column: COLUMN, why: "home", atMs: T + 1_500 };
const stuck: Happening = { on: "motorStopped", column: COLUMN, why: "timeout", atMs: T + 4_500 };
const still: Happening = { on: "motorStopped", column: COLUMN, why: "stall", atMs: T + 300 };
const shade = (atMs: number, darkMs: number): Happening[] => [
  { on: "beam", dark: true, atMs: T + atMs },
  { on: "beam", dark: false, atMs: T + atMs + darkMs },
];

const CASES: { readonly [name: string]: readonly Happening[] } = {
  "drop while turning": [leftHome, ...shade(900, 40), home],
  "drop after turning": [leftHome, home, ...shade(1_900, 40)],
  "drop at the very end": [leftHome, home, ...shade(5_000, 200)],
  "drop just too late": [leftHome, home, ...shade(5_001, 200)],
  "no drop": [leftHome, home],
  "two drops": [leftHome, ...shade(900, 40), home, ...shade(2_500, 40)],
  "blind, then lit": [leftHome, home, ...shade(1_900, 700)],
  "blind to the end": [leftHome, home, ...shade(4_800, 900)],
  "drop, then blind": [leftHome, home, ...shade(1_900, 40), ...shade(2_500, 900)],
  "stuck away": [leftHome, stuck],
  "never turned": [still],
};

const ONE_TURN: readonly string[] = [
  "drop while turning",
  "drop after turning",
  "drop at the very end",
  "two drops",
  "blind, then lit",
  "blind to the end",
  "drop, then blind",
  "stuck away",
  "never turned",
];

/** motors: turns beside the first. */
interface Played {
  readonly told: string[];
  readonly motors: number;
}

/** What the sale hears of the product, without what the service hears of the beam. */
function play(happenings: readonly Happening[], stallMs: number, reversed: boolean, retry: boolean): Played {
  const room = DeliveryRoom.turning({ retry });
  const told: string[] = [];
  let motors = 0;
  const look = () => {
    for (const effect of room.take()) {
      if (effect.do === "motor") motors++;
      if (effect.do === "tellSale" && effect.event.delivery !== "trouble") told.push(JSON.stringify(effect.event));
    }
  };
  // From stallMs on nothing is heard for 2 s; a tick that was due comes before or after what was latched meanwhile.
  const wakeMs = stallMs + STALL_MS;
  const heardMs = (atMs: number) => (atMs >= stallMs && atMs < wakeMs ? wakeMs : atMs);
  const waiting = [...happenings];
  while (room.nowMs < END_MS) {
    const next = waiting[0];
    const nextMs = next === undefined ? Infinity : heardMs(next.atMs);
    const dueMs = heardMs(Math.max(room.nowMs, deliveryDueMs(room.state)));
    if (Math.min(nextMs, dueMs) > END_MS) break;
    const tickFirst = dueMs < nextMs || (dueMs === nextMs && reversed);
    if (tickFirst) {
      room.input({ on: "tick" }, dueMs);
      // What was latched before this tick is told before the next one.
      while (waiting[0] !== undefined && heardMs(waiting[0].atMs) <= dueMs) {
        const happening = waiting.shift();
        if (happening !== undefined) room.input(happening, dueMs);
        look();
      }
    } else {
      waiting.shift();
      if (next !== undefined) room.input(next, nextMs);
    }
    look();
  }
  return { told, motors };
}

for (const name in CASES) {
  const happenings = CASES[name] ?? [];
  test(`${name}: a stall of 2 s at any moment changes nothing`, () => {
    // Where nothing falls in the first window, a second turn begins when JavaScript is back: another story.
    const retries = ONE_TURN.includes(name) ? [false, true] : [false];
    for (const retry of retries) {
      const calm = play(happenings, END_MS, false, retry);
      assert.ok(calm.told.length > 0);
      assert.is(calm.motors, 0);
      for (let stallMs = T; stallMs < T + 6_000; stallMs += 50) {
        for (const reversed of [false, true]) {
          const stalled = play(happenings, stallMs, reversed, retry);
          assert.equal(stalled, calm, `stall from ${stallMs - T} ms, tick ${reversed ? "first" : "last"}, ${retry}`);
        }
      }
    }
  });
}

test("with a second turn allowed, a drop told late is still the first turn's", () => {
  const room = DeliveryRoom.turning({ retry: true });
  room.leaves(T + 80);
  room.stops("home", T + 1_500);
  room.take();
  room.input({ on: "tick" }, T + 6_800);
  assert.equal(room.take(), [], "what was latched meanwhile has yet to be heard");
  room.input({ on: "beam", dark: true, atMs: T + 4_000 });
  room.input({ on: "beam", dark: false, atMs: T + 4_040 });
  room.wait(T + 20_000);
  assert.equal(room.told(), [{ delivery: "dropped", fallMs: 4_000 }]);
});

test("with a second turn allowed, a drop after the window but before it spares it", () => {
  const room = DeliveryRoom.turning({ retry: true });
  room.leaves(T + 80);
  room.stops("home", T + 1_500);
  room.take();
  room.input({ on: "tick" }, T + 6_800);
  room.input({ on: "beam", dark: true, atMs: T + 5_500 });
  room.input({ on: "beam", dark: false, atMs: T + 5_540 });
  room.wait(T + 20_000);
  assert.equal(room.told(), [{ delivery: "dropped", fallMs: 5_500 }]);
});

test("a self-test through a stall passes by the times that were latched", () => {
  const room = new DeliveryRoom();
  room.order({ delivery: "prepare", column: COLUMN, homeOnly: false });
  room.take();
  room.input({ on: "tick" }, 12_000);
  room.input({ on: "beam", dark: true, atMs: 10_003 });
  assert.equal(room.take(), [{ do: "emitter", on: true }]);
  room.input({ on: "tick" }, 14_000);
  room.input({ on: "beam", dark: false, atMs: 12_003 });
  assert.equal(room.told(), [{ delivery: "ready" }]);
});

test.run();
