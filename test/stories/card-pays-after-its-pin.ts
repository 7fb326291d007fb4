/** The reader asks for a PIN: it is typed on the machine's keys, goes to the reader alone, and then the card pays. */
import * as assert from "uvu/assert";
import { US_READER_LEVEL_3 } from "../../tools/bench/card-reader-options.js";
import { WITH_READER } from "./card-machine.js";
import { choose, tapCard, waitForSession } from "./people.js";
import { kindsOf, type Story } from "./story.js";

const PIN = "2580";

export const STORY: Story = {
  name: "a reader asks for a PIN, and the card pays behind it",
  options: { ...WITH_READER, readers: [{ ...US_READER_LEVEL_3, options: 0x10 }] },
  play(cabinet) {
    const [reader] = cabinet.readers;
    tapCard(cabinet);
    waitForSession(cabinet);
    reader?.askDigits(PIN.length);
    cabinet.until("digits are asked for", () => cabinet.view?.menu?.typed === "number");
    for (const key of PIN) cabinet.press(key);
    cabinet.until("the reader has them", () => reader?.dataEntries.length === 1 && cabinet.view?.menu === undefined);
    choose(cabinet, "B4");
    cabinet.until("it falls", () => cabinet.fallen.length > 0);
  },
  expect(told) {
    const [reader] = told.cabinet.readers;
    assert.equal(reader?.dataEntries, [`${PIN}\0\0\0\0`]);
    assert.equal(kindsOf(told), ["vendRequested", "vendApproved", "vendStarted", "leftHome", "saleSettled"]);
    assert.is(JSON.stringify(told.records).includes(`"${PIN}`), false);
    assert.is(told.cabinet.truth.cards.chargedMinor(), 175);
    assert.equal(told.tray, ["B4"]);
    assert.is(reader?.outOfSequence, 0);
  },
};
