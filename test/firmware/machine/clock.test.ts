/** What is believed of a wall clock, and when it is news. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  CLOCK_JUMP_S,
  EARLIEST_WALL_S,
  isClockNews,
  WALL_AT_BOOT,
  wallNowS,
  wallTold,
} from "../../../firmware/machine/clock.js";

const test = suite("machine: clock");
const NOW_S = 1_800_000_000;

test("a clock runs on by monotonic time, in whole seconds", () => {
  const wall = wallTold(NOW_S, "synced", 0, 5_000);
  assert.is(wallNowS(wall, 5_000), NOW_S);
  assert.is(wallNowS(wall, 65_999), NOW_S + 60);
  assert.is(wallNowS(WALL_AT_BOOT, 65_999), undefined);
});

test("1970 is no time, whatever quality it is told with; nor is nonsense", () => {
  for (const wallS of [0, 12, 946_684_800, EARLIEST_WALL_S - 1, Number.NaN]) {
    for (const quality of ["kept", "synced", "unknown"] as const) {
      assert.equal(wallTold(wallS, quality, 0, 9), { wallS: undefined, atMs: 9, quality: "unknown" });
    }
  }
  assert.is(wallTold(EARLIEST_WALL_S, "kept", 0, 9).quality, "kept");
});

test("a kept clock behind the newest record has stood still; a synchronised one is right", () => {
  assert.is(wallTold(NOW_S - 1, "kept", NOW_S, 0).quality, "unknown");
  assert.is(wallTold(NOW_S, "kept", NOW_S, 0).wallS, NOW_S);
  assert.is(wallTold(NOW_S - 1, "synced", NOW_S, 0).wallS, NOW_S - 1);
});

test("news: another quality or a jump; not the same time again, not an unknown one told again and again", () => {
  const wall = wallTold(NOW_S, "synced", 0, 0);
  assert.ok(isClockNews(WALL_AT_BOOT, wall));
  assert.not.ok(isClockNews(wall, wallTold(NOW_S + 3_600 + CLOCK_JUMP_S, "synced", 0, 3_600_000)));
  assert.ok(isClockNews(wall, wallTold(NOW_S + 3_600 + CLOCK_JUMP_S + 1, "synced", 0, 3_600_000)));
  assert.ok(isClockNews(wall, wallTold(NOW_S - 1_000, "synced", 0, 1_000)), "backwards");
  assert.ok(isClockNews(wall, wallTold(NOW_S, "kept", 0, 0)));
  assert.ok(isClockNews(wall, wallTold(5, "synced", 0, 0)), "now unknown");
  assert.not.ok(isClockNews(WALL_AT_BOOT, wallTold(5, "unknown", 0, 1_000)));
  assert.not.ok(isClockNews(wallTold(5, "unknown", 0, 0), wallTold(900, "unknown", 0, 1_000)));
});

test.run();
