/** The service menu in each language: every text there is, short enough for both displays, and chosen on any keypad. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { inLetters } from "../../../firmware/io/screen/looks.js";
import { LOCK_MS, MAX_WRONG_CODES, MENU_ITEMS } from "../../../firmware/panel/menu-state.js";
import { MENU_GERMAN } from "../../../firmware/panel/menu-texts.js";
import { plainText, TEXT_COLUMNS } from "../../../firmware/panel/text-display.js";
import { FAULTS, type FaultName, faultSentence } from "../../../shared/faults.js";
import { GERMAN_FAULTS } from "../../../shared/faults-german.js";
import { filledIn, LANGUAGES } from "../../../shared/panel-phrases.js";
import { findingText, SELF_TEST_GERMAN } from "../../../shared/self-test-texts.js";
import { Room } from "./menu-room.js";

const test = suite("panel: menu in two languages");
const NARROWEST = Math.min(...TEXT_COLUMNS);

function faultTexts(): [string, string][] {
  let name: FaultName;
  const texts: [string, string][] = [];
  for (name in FAULTS) texts.push([FAULTS[name].text, GERMAN_FAULTS[name]]);
  return texts;
}

const TEXTS: readonly (readonly [english: string, german: string])[] = [
  ...Object.entries(MENU_GERMAN),
  ...Object.entries(SELF_TEST_GERMAN),
  ...faultTexts(),
];

function places(text: string): string[] {
  return (text.match(/\{[a-z]*\}/g) ?? []).sort();
}

test("each text has the same places in both languages, and none is left as it was but for a few", () => {
  for (const [english, german] of TEXTS) assert.equal(places(german), places(english), english);
  const alike = TEXTS.filter(([english, german]) => english === german).map(([english]) => english);
  assert.equal(alike, ["Gateway: {}", "DNS: {}", "{}", "{} °C"]);
});

test("no word is longer than the narrowest text display, so that none is broken", () => {
  for (const text of TEXTS.flat()) {
    for (const word of text.split(" ")) assert.ok(word.length <= NARROWEST, word);
  }
});

test("all letters are on both displays as they are", () => {
  for (const [, german] of TEXTS) {
    assert.is(inLetters(german), german);
    assert.is(plainText(german.replace("°", "")), german.replace("°", ""));
  }
});

test("an item of the main screen is one line of the narrowest text display, with its key", () => {
  for (const { title } of MENU_ITEMS) {
    assert.ok(`1 ${title}`.length <= NARROWEST, title);
    assert.ok(`1 ${MENU_GERMAN[title]}`.length <= NARROWEST, MENU_GERMAN[title]);
  }
});

test("# with nothing typed leads to the next language and back, named by its own name; it is no wrong code", () => {
  const room = new Room().press("#");
  assert.equal([room.title, room.view?.hint], ["Service code", "# Deutsch  * back"]);
  room.press("#");
  assert.equal([room.title, room.view?.hint], ["Service-Code", "# English  * zurück"]);
  assert.is(room.press("2").view?.hint, "# OK  * zurück");
  assert.is(room.press("580#").title, "Service-Menü");
  assert.is(room.view?.language, "de");
  assert.is(room.press("*##").title, "Service code");
  assert.equal(
    room.records().filter((record) => JSON.stringify(record).includes("wrongCode")),
    [],
  );
});

test("while it is locked # stays without effect, in the language it is locked in", () => {
  const room = new Room().press("##");
  for (let i = 0; i < MAX_WRONG_CODES; i++) room.press("1#");
  assert.equal(room.lines, ["Gesperrt: zu viele falsche Codes"]);
  assert.equal(room.press("#").lines, ["Gesperrt: zu viele falsche Codes"]);
  room.nowMs += LOCK_MS;
  room.tick();
  assert.is(room.press("#").title, "Service-Code");
  assert.is(room.press("#").title, "Service code");
});

test("what was said, listed and found follows the language, whatever was on the screen when it changed", () => {
  const room = Room.inside();
  const both = (keys: string): unknown[] => {
    room.press(keys);
    return LANGUAGES.map((language) => {
      room.language = language;
      return [room.title, ...room.lines];
    });
  };
  room.durable.faults = [{ fault: FAULTS.jam.code, slot: "B4" }];
  room.sentenceOf = (fault, slot) => faultSentence(fault, "M-1", slot, room.language);
  assert.equal(both("7B4#0#"), [["A price is at least $0.05"], ["Ein Preis ist mindestens $0.05"]]);
  assert.equal(both("*8"), [
    ["Faults", "M-1 slot B4: no product fell"],
    ["Störungen", "M-1 Fach B4: keine Ware gefallen"],
  ]);
  assert.equal(both("*B").flat().slice(-2), [
    "Tür: offen",
    "! Thermometer: stumm - kein TMP117 antwortet: Versorgung, SDA, SCL, Adresse 48h",
  ]);
});

test("places are filled in order, one place a value; what a value says is no place", () => {
  assert.is(filledIn("{}: {} pieces", "{}", 9), "{}: 9 pieces");
  assert.is(filledIn("no place", 1), "no place");
  assert.is(filledIn("{} of {}", 1), "1 of {}");
  assert.is(faultSentence(9_999, "M-1", undefined, "de"), "M-1: Störung 9999");
  const finding = { part: "a port of tomorrow", saw: "garbled ({})", values: ["noEnd"] } as const;
  assert.is(findingText(finding, "de"), "a port of tomorrow: gestört (noEnd)");
});

test.run();
