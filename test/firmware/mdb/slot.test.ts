/** One device gone wrong on the real machine's bus, word by word: the others are polled behind each of its slots. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BETWEEN_BLOCKS_US, SLOT_US } from "../../../firmware/mdb/link.js";
import { LINK_TIMING, MODE_BIT, RET } from "../../../shared/mdb/link.js";
import { Cabinet } from "../../../tools/bench/cabinet.js";

const test = suite("firmware/mdb slot");

const VALIDATOR = 0x30;
const CHANGER_POLL = 0x10b;
/** What JavaScript takes to order the next block. */
const ORDER_US = 2_000;
/** A changer's own POLL and its answer, and the same. */
const SPARE_US = 12_000;
const POLL_US = 125_000;

/** Says 36 words upon each block for the validator, so far apart, mode bit on the last, checksum wrong; and to RET. */
function crawl(cabinet: Cabinet, gapUs: number): { readonly answers: () => number } {
  const { world, wire } = cabinet;
  let answers = 0;
  const speak = (left: number): void => {
    wire.stray("peripheral", left === 0 ? MODE_BIT : 0x52);
    if (left > 0) world.after(LINK_TIMING.wordUs + gapUs, () => speak(left - 1));
  };
  wire.tap(({ from, words, address, received }) => {
    const isAnswer = words.length === 1 && words[0] !== RET;
    if (from !== "vmc" || address !== VALIDATOR || received.length === 0 || isAnswer) return;
    answers += 1;
    world.after(200, () => speak(35));
  });
  return { answers: () => answers };
}

for (const gapUs of [0, 1_000, 2_500, 5_000]) {
  test(`a validator whose words lie ${gapUs} µs apart costs the changer one slot and no more`, () => {
    const cabinet = new Cabinet();
    cabinet.untilSelling();
    cabinet.validator?.setPower(false);
    const { answers } = crawl(cabinet, gapUs);
    const polls: number[] = [];
    let longestUs = 0;
    let validatorAtUs: number | undefined;
    cabinet.wire.tap(({ from, words, address, startUs }) => {
      if (from !== "vmc" || ((words[0] ?? 0) & MODE_BIT) === 0) return;
      if (words[0] === CHANGER_POLL) polls.push(startUs);
      if (validatorAtUs !== undefined) longestUs = Math.max(longestUs, startUs - validatorAtUs);
      validatorAtUs = address === VALIDATOR ? startUs : undefined;
    });
    cabinet.runFor(4_000);
    const gaps = polls.slice(1).map((atUs, index) => atUs - (polls[index] ?? 0));
    const worstUs = Math.max(...gaps);
    assert.ok(answers() > 8, `${answers()} answers`);
    assert.ok(polls.length > 10, `${polls.length} polls`);
    assert.ok(longestUs <= SLOT_US + BETWEEN_BLOCKS_US + ORDER_US, `${longestUs} µs from block to block`);
    assert.ok(worstUs <= POLL_US + SLOT_US + BETWEEN_BLOCKS_US + SPARE_US, `${worstUs} µs`);
  });
}

test.run();
