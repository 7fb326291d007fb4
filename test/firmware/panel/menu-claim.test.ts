/** The claim in the service menu: a cause and a cure for each state, in both languages, and the code by ten digits. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { plainText, TEXT_COLUMNS } from "../../../firmware/panel/text-display.js";
import { withCheckDigits } from "../../../shared/claim-code.js";
import { CLAIM_STATES, type ClaimState } from "../../../shared/claim-states.js";
import { Room } from "./menu-room.js";

const test = suite("panel: the claim in the menu");
const CODE = withCheckDigits("1234567890123456789012345678901");

/** A technician at the claim's page of a machine that has service codes. */
function atClaim(claim: ClaimState): Room {
  const room = Room.inside(0);
  room.claim = claim;
  return room.press("C");
}

test("each state says its cause, and what to do about it but where nothing is to be done, in both languages", () => {
  const seen = new Set<string>();
  for (const state of CLAIM_STATES) {
    const room = atClaim(state);
    const english = room.lines;
    room.language = "de";
    const german = room.lines;
    assert.is(english.length, state === "asking" ? 2 : 3, state);
    assert.is(german.length, english.length, state);
    assert.equal([english.at(-1), german.at(-1)], ["Machine M-1", "Automat M-1"], state);
    for (const [i, line] of english.entries()) assert.is.not(line, german[i], state);
    seen.add(english[0] ?? "");
  }
  assert.is(seen.size, CLAIM_STATES.length, "no two have one cause");
  assert.equal(atClaim("clockUnknown").lines.slice(0, 2), [
    "Clock not set: no time server answers",
    "Open UDP port 123 to it",
  ]);
});

test("33 digits and #: the code goes to the board; letters are none of it, * takes back one at a time", () => {
  const room = atClaim("noCode");
  assert.equal([room.title, room.view?.hint, room.view?.typed], ["Claim", "# enter  * back", "number"]);
  room.press(`${CODE.slice(0, 5)}A${CODE.slice(5, 9)}0*${CODE.slice(9)}`);
  assert.is(room.view?.entry, `33/33 ${CODE.slice(-6)}`);
  room.press("7#");
  assert.equal(room.orders(), [{ menu: "claim", code: CODE }]);
  assert.equal(room.records(), [], "the code is on no record");
  assert.is(room.view?.entry, "");
  room.press("1**");
  assert.is(room.title, "Service menu");
});

test("a slip is told before anybody is asked, and what was typed stays to be put right", () => {
  const room = atClaim("noCode").press(`${CODE.slice(0, -1)}${(Number(CODE.at(-1)) + 1) % 10}#`);
  assert.equal(room.orders(), []);
  assert.equal(room.lines.slice(0, 2), ["The digits do not fit together", "Compare them"]);
  room.press(`*${CODE.at(-1)}#`);
  assert.equal(room.orders(), [{ menu: "claim", code: CODE }]);
  assert.equal(atClaim("noCode").press("123#").orders(), [], "too few");
});

test("# with nothing typed has the code tried again at once", () => {
  const room = atClaim("noAnswer");
  assert.is(room.view?.hint, "# again  * back");
  assert.equal(room.press("#").orders(), [{ menu: "claim", code: "" }]);
});

test("without service codes a board opens by any digit to its claim, and to nothing that needs a right", () => {
  const room = new Room();
  room.claim = "noCode";
  room.opensToClaim = true;
  room.press("##");
  assert.equal([room.title, room.lines], ["Service-Code", ["Noch keine Codes: jede Ziffer öffnet"]]);
  room.press("0#");
  assert.equal([room.title, room.lines[0]], ["Anmelden", "Noch kein Code zum Anmelden"]);
  room.press("*");
  assert.equal(
    room.lines.map((line) => line.slice(0, 1)),
    ["8", "9", "0", "A", "C"],
  );
  for (const key of "1234567B") {
    room.press(key);
    assert.is(room.title, "Mit diesem Code nicht erlaubt");
    room.press("*");
  }
  room.doorOpen = false;
  const shut = new Room();
  shut.opensToClaim = true;
  shut.doorOpen = false;
  assert.not(shut.press("#").taken, "not behind a shut door");
});

test("where a keypad has no letters it is found in the network; where nothing is to be claimed, nowhere", () => {
  const room = Room.inside(0);
  room.claim = "used";
  assert.is(room.press("0").view?.keys.find(({ key }) => key === "1")?.does, "claim");
  assert.is(room.press("1").title, "Claim");
  const claimed = Room.inside(0);
  assert.not(claimed.lines.some((line) => line.startsWith("C")));
  assert.is(claimed.press("C").title, "Service menu");
  assert.is(claimed.press("01").title, "Network");
});

test("all of it fits the text displays, the digits in sight while they are typed", () => {
  for (const columns of TEXT_COLUMNS) {
    const room = atClaim("noCode");
    room.textDisplay = true;
    for (const digit of CODE) {
      room.press(digit);
      const { view } = room;
      if (view === undefined) throw new Error("closed");
      assert.ok(plainText(view.entry).length <= columns, view.entry);
    }
  }
});

test.run();
