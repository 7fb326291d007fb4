/**
 * Somebody at the open door guesses service codes: after five the menu is locked. The plug pulled for two seconds is no
 * key: even the right code is refused until the lock, begun anew at power-up, is over.
 */
import * as assert from "uvu/assert";
import { LOCK_MS, MAX_WRONG_CODES } from "../../firmware/panel/menu-state.js";
import { FAULTS } from "../../shared/faults.js";
import { SERVICE_ACTS } from "../../shared/records/kinds.js";
import { DEMO_SERVICE_CODE } from "../../tools/bench/demo.js";
import { typeKeys } from "./people.js";
import { recordsOf, type Story } from "./story.js";

const LOCKED = "Locked: too many wrong codes";

export const STORY: Story = {
  name: "five wrong codes lock the menu, and the plug pulled does not unlock it",
  play(cabinet) {
    cabinet.door.set(true);
    cabinet.until("door open", () => cabinet.view?.headline === "Door open");
    typeKeys(cabinet, "#");
    for (let i = 1; i < MAX_WRONG_CODES; i++) typeKeys(cabinet, "1111#");
    assert.equal(cabinet.view?.menu?.lines, ["Wrong code"]);
    cabinet.unplugFor(2_000);
    cabinet.until("door open", () => cabinet.view?.headline === "Door open");
    // four before it and one after it are five
    typeKeys(cabinet, "#1111#");
    assert.equal(cabinet.view?.menu?.lines, [LOCKED]);
    cabinet.unplugFor(2_000);
    cabinet.until("door open", () => cabinet.view?.headline === "Door open");
    typeKeys(cabinet, `#${DEMO_SERVICE_CODE}#`);
    assert.equal(cabinet.view?.menu?.lines, [LOCKED]);
    cabinet.runFor(LOCK_MS - 30_000);
    typeKeys(cabinet, `${DEMO_SERVICE_CODE}#`);
    assert.equal(cabinet.view?.menu?.lines, [LOCKED]);
    cabinet.runFor(30_000);
    typeKeys(cabinet, "*#");
    typeKeys(cabinet, `${DEMO_SERVICE_CODE}#`);
    assert.is(cabinet.view?.menu?.title, "Service menu");
    typeKeys(cabinet, "*");
    cabinet.door.set(false);
    cabinet.until("it sells", () => cabinet.view?.selling === true);
  },
  expect(told) {
    const acts = recordsOf(told, "serviceDone").map(({ act }) => SERVICE_ACTS[act]);
    assert.equal(acts, ["wrongCode", "wrongCode", "wrongCode", "wrongCode", "wrongCode", "entered", "left"]);
    const lockout = FAULTS.serviceLockedOut.code;
    assert.is(recordsOf(told, "faultRaised").filter(({ fault }) => fault === lockout).length, 1);
    assert.is(recordsOf(told, "faultCleared").filter(({ fault }) => fault === lockout).length, 1);
    assert.is(told.cabinet.durable.wrongCodes, 0);
  },
};
