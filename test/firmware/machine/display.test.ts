/** The panel's view: another one only where something shown has changed. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { textPages } from "../../../firmware/panel/text-display.js";
import { LANGUAGES } from "../../../shared/panel-phrases.js";
import { languageOf } from "../../../shared/wire/documents.js";
import { Cabinet } from "../../../tools/bench/cabinet.js";
import { US_READER } from "../../../tools/bench/card-reader-options.js";
import { DEMO_SERVICE_CODE, DEMO_SETTINGS } from "../../../tools/bench/demo.js";

const test = suite("machine: display");

test("the same view until something shown changes, however much the rooms do", () => {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  const { machine } = cabinet;
  if (machine === undefined) throw new Error("no machine");
  const idle = machine.view;
  const records = machine.rooms.ledger.newestSeq;
  // Tubes and stacker are counted, a temperature comes: cash and climate hold other objects, the panel shows the same.
  const { cash } = machine.rooms;
  cabinet.runFor(120_000);
  assert.is.not(machine.rooms.cash, cash);
  assert.is(machine.rooms.ledger.newestSeq, records);
  assert.is(machine.view, idle);
  cabinet.insertCoin(25);
  cabinet.until("the quarter counts", () => cabinet.creditMinor === 25);
  const credit = machine.view;
  assert.is(credit.credit, "$0.25");
  assert.is(credit.headline, "Credit $0.25");
  assert.is.not(credit, idle);
  cabinet.press("B");
  cabinet.until("the key shows", () => machine.view.headline === "B");
});

test("the panel speaks as the settings say, the service menu what somebody chooses at it, until power-up", () => {
  const cabinet = new Cabinet({ settings: { ...DEMO_SETTINGS, language: LANGUAGES.indexOf("de") } });
  cabinet.untilSelling();
  assert.is(cabinet.view?.language, "de");
  assert.equal(cabinet.view === undefined ? [] : textPages(cabinet.view, 16), [["Bitte wählen", ""]]);
  cabinet.door.set(true);
  cabinet.until("door open", () => cabinet.view?.headline === "Door open");
  const menu = (): string | undefined => cabinet.view?.menu?.title;
  cabinet.press("#");
  cabinet.until("the menu asks in German", () => menu() === "Service-Code");
  cabinet.js.deliver({ on: "language", language: "en" });
  cabinet.until("it asks in English", () => menu() === "Service code");
  for (const key of `#${DEMO_SERVICE_CODE}#B`) cabinet.press(key);
  cabinet.until("it tests itself in German", () => menu()?.startsWith("Selbsttest") === true);
  assert.is(cabinet.view?.menu?.lines[1], "Tür: offen");
  cabinet.js.deliver({ on: "language", language: "en" });
  cabinet.until("what was found is said in English", () => cabinet.view?.menu?.lines[1] === "door: open");
  for (const key of "**#") cabinet.press(key);
  cabinet.until("the next visit is in English", () => menu() === "Service code");
  cabinet.powerCycle();
  cabinet.until("door open", () => cabinet.view?.headline === "Door open");
  cabinet.press("#");
  cabinet.until("after power-up as the settings say", () => menu() === "Service-Code");
});

test("a language this firmware does not speak is its first", () => {
  assert.is(languageOf({ language: LANGUAGES.length }), LANGUAGES[0]);
  assert.is(languageOf({}), LANGUAGES[0]);
});

test("digits for a card reader: keys and stars on every panel, in its language; cancel gives them up", () => {
  const settings = { ...DEMO_SETTINGS, fitted: 0b0111 };
  const cabinet = new Cabinet({ settings, readers: [US_READER] });
  cabinet.untilSelling();
  const [reader] = cabinet.readers;
  if (reader === undefined) throw new Error("no reader");
  reader.displayText("Please type your PIN", 5_000);
  reader.askDigits(4);
  cabinet.until("digits are asked for", () => cabinet.view?.menu !== undefined);
  cabinet.press("1");
  cabinet.press("2");
  cabinet.until("stars show", () => cabinet.view?.menu?.entry === "**");
  const { view } = cabinet;
  assert.equal(view?.menu?.lines, ["Please type your", "PIN"]);
  assert.equal(
    view?.menu?.keys.map(({ key, does }) => key + does),
    ["#OK", "*cancel"],
  );
  assert.is(JSON.stringify(view?.menu).includes("12"), false);
  assert.equal(view === undefined ? [] : textPages(view, 16)[0], ["Card reader: 4", "**"]);
  cabinet.js.deliver({ on: "language", language: "de" });
  cabinet.press("3");
  cabinet.until("in German", () => cabinet.view?.menu?.title === "Kartenleser: 4 Ziffern");
  cabinet.js.deliver({ on: "cancel" });
  cabinet.until("given up", () => cabinet.view?.menu === undefined && reader.dataEntries.length === 1);
  assert.equal(reader.dataEntries, ["\u00ff".repeat(8)]);
  // the keys are the customer's again
  cabinet.until("the reader's text is over", () => cabinet.view?.headline === "Please choose");
  cabinet.press("B");
  cabinet.until("the key shows", () => cabinet.view?.headline === "B");
});

test.run();
