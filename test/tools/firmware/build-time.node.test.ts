/** When an image was built: told to a board's build, not to the simulator's, and repeatable where that is wanted. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { buildTimeS } from "../../../firmware/io/net/config.js";
import { buildTime } from "../../../tools/firmware/build.js";

const test = suite("build time");
const BOARD = { platform: "esp32", board: "devkit", debug: false } as const;

test("goes to mc/config as the board reads it", () => {
  assert.equal(buildTime(BOARD, {}, 1_790_000_000_999), ["builtS=1790000000"]);
  assert.equal(buildTime(BOARD, { SOURCE_DATE_EPOCH: "1780000000" }, 0), ["builtS=1780000000"]);
  assert.equal(buildTime(BOARD, { SOURCE_DATE_EPOCH: "yesterday" }, 1_790_000_000_000), ["builtS=1790000000"]);
  assert.is(buildTimeS(buildTime(BOARD, {}, 1_790_000_000_000)[0]?.split("=")[1]), 1_790_000_000);
});

test("the simulator's build is the same every time", () => {
  assert.equal(buildTime({ platform: "lin", debug: false }, {}, 0), []);
});

test.run();
