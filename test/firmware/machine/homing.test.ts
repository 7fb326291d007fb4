/** No spiral is brought home where the note that closes its slot before would find no room. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FactsForCash, FactsForSale } from "../../../firmware/machine/facts.js";
import { Outlook } from "../../../firmware/machine/outlook.js";
import { Shelf } from "../../../firmware/machine/shelf.js";
import { Cabinet } from "../../../tools/bench/cabinet.js";

const test = suite("machine: the way home");
const B1_COLUMN = 5;
const DAY_MS = 86_400_000;
/** More than a day's quota of notes. */
const MOST_NOTES = 5_000;

test("a slot off its home is one to bring home while the ledger takes notes", () => {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  const { machine } = cabinet;
  if (machine === undefined) throw new Error("it does not run");
  const { rooms, recorder } = machine;
  const shelf = new Shelf(rooms);
  const cash = new FactsForCash(rooms, shelf);
  const facts = new FactsForSale(rooms, cash, shelf, new Outlook(rooms, cash), recorder);
  rooms.away = [B1_COLUMN];
  assert.is(facts.slotOffHome?.slot, "B1");
  for (let i = 0; i < MOST_NOTES && rooms.ledger.takesNotes(recorder.nowMs); i++) {
    recorder.append({ kind: "clockSet", quality: 0 });
  }
  assert.not.ok(rooms.ledger.takesNotes(recorder.nowMs));
  assert.is(facts.slotOffHome, undefined);
  assert.is(facts.slotAway(undefined)?.slot, "B1", "a technician stands before it");
  rooms.ledger.acked(rooms.ledger.newestSeq);
  recorder.nowMs += DAY_MS;
  assert.is(facts.slotOffHome?.slot, "B1");
});

test.run();
