/** A card sale on the whole simulated machine, with everything a reader can do wrong: who paid, who has the goods. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Cabinet } from "../../../tools/bench/cabinet.js";
import {
  inPollAfter,
  type ReaderQuirks,
  type ReaderTrouble,
  US_READER,
  US_READER_LEVEL_3,
} from "../../../tools/bench/card-reader-options.js";
import { DEMO_SETTINGS } from "../../../tools/bench/demo.js";

const test = suite("bench: a card's life");

interface Life {
  readonly name: string;
  readonly quirks?: Partial<ReaderQuirks>;
  readonly trouble?: ReaderTrouble;
  readonly jams?: true;
  readonly levelThree?: true;
  /** What the bank says in the end, and whether the fleet is told to look into it. */
  readonly charge: "none" | "captured" | "released";
  readonly refundDue: boolean;
}

const LIVES: readonly Life[] = [
  { name: "honest", charge: "captured", refundDue: false },
  { name: "honest, level 3", levelThree: true, charge: "captured", refundDue: false },
  { name: "answers in POLL only", quirks: { delays: inPollAfter(300) }, charge: "captured", refundDue: false },
  { name: "junk behind its session", quirks: { junkBehindSession: [0xff] }, charge: "captured", refundDue: false },
  { name: "JUST RESET late", quirks: { justResetMs: 4_000 }, charge: "captured", refundDue: false },
  { name: "denies", quirks: { approve: "never" }, charge: "none", refundDue: false },
  { name: "answers after 20 s", quirks: { approvalMs: 20_000 }, charge: "captured", refundDue: false },
  { name: "silent before", trouble: { at: "vendRequested", what: "silence" }, charge: "released", refundDue: true },
  { name: "reset before", trouble: { at: "vendRequested", what: "selfReset" }, charge: "none", refundDue: true },
  { name: "reset after", trouble: { at: "approvalSaid", what: "selfReset" }, charge: "captured", refundDue: false },
  { name: "unplugged after", trouble: { at: "approvalSaid", what: "unplug" }, charge: "captured", refundDue: false },
  { name: "jam, refunded", jams: true, charge: "released", refundDue: false },
  { name: "jam, 0A C0", jams: true, quirks: { refund: "fails" }, charge: "captured", refundDue: true },
  { name: "jam, silence", jams: true, quirks: { refund: "silentCharged" }, charge: "captured", refundDue: true },
];

function live({ quirks, trouble, jams, levelThree }: Life): Cabinet {
  // always idle is left out: here the card comes before the selection
  const reader = levelThree === true ? { ...US_READER_LEVEL_3, options: 0x1a } : US_READER;
  const cabinet = new Cabinet({ settings: { ...DEMO_SETTINGS, fitted: 0b111 }, readers: [reader] });
  const [atReader] = cabinet.readers;
  Object.assign(atReader?.quirks ?? {}, quirks);
  if (trouble !== undefined) atReader?.troubles.push(trouble);
  cabinet.untilSelling();
  cabinet.runFor(6_000);
  const column = cabinet.planogram.slots.find(({ slot }) => slot === "B4")?.column ?? 0;
  if (jams === true) cabinet.spirals.setJammed(column, true);
  assert.ok(cabinet.tapCard());
  cabinet.runFor(1_500);
  cabinet.select("B4");
  cabinet.runFor(8_000);
  cabinet.untilRest(200_000);
  return cabinet;
}

for (const life of LIVES) {
  test(life.name, () => {
    const cabinet = live(life);
    const { charges } = cabinet.truth.cards;
    assert.equal([charges.length, charges[0]?.state], life.charge === "none" ? [0, undefined] : [1, life.charge]);
    const kinds = cabinet.readFlash().records.map(({ kind }) => kind);
    assert.is(kinds.includes("refundDue"), life.refundDue);
    // goods without payment, or payment without goods that nobody hears of, must not be
    const goods = cabinet.truth.productsAt("tray");
    assert.is(goods, life.charge === "captured" && !life.refundDue ? 1 : 0);
    assert.equal(cabinet.violations(), []);
    assert.is(cabinet.readers[0]?.outOfSequence, 0);
  });
}

test.run();
