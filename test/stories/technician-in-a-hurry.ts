/**
 * A technician who does not wait: a second test vend while the first turns, home where every spiral is home, a price
 * nobody could pay, and one off the coins' step while the changer hangs unplugged. What is refused is said and leaves
 * no record.
 */
import * as assert from "uvu/assert";
import { SERVICE_ACTS } from "../../shared/records/kinds.js";
import { DEMO_SERVICE_CODE } from "../../tools/bench/demo.js";
import { typeKeys } from "./people.js";
import { recordsOf, type Story } from "./story.js";

export const STORY: Story = {
  name: "a technician in a hurry: what the machine does not do, it neither says nor records",
  // Of a test vend that power breaks off nobody is told what fell.
  strayProducts: 1,
  play(cabinet) {
    const says = (keys: string, title: string): void => {
      typeKeys(cabinet, keys);
      assert.is(cabinet.view?.menu?.title, title);
    };
    cabinet.door.set(true);
    cabinet.until("door open", () => cabinet.view?.headline === "Door open");
    says(`#${DEMO_SERVICE_CODE}#`, "Service menu");
    says("5", "All spirals are home");
    says("#4A1#", "Test vend A1");
    says("#4A2#", "Wait, a motor is running");
    says("#5", "Wait, a motor is running");
    cabinet.until("the first test's product falls", () => cabinet.fallen.length === 1);
    cabinet.until("at rest again", () => cabinet.settled);
    says("#7A1#99999995#", "At most $10.00 can be paid");
    cabinet.changer?.setPlugged(false);
    cabinet.until("the changer is missed", () => cabinet.machine?.rooms.cash.changer === undefined);
    says("#7A1#151#", "A price is a multiple of $0.05");
    says("#7A1#3#", "A price is at least $0.05");
    cabinet.changer?.setPlugged(true);
    says("#8", "Faults");
    says("##*9#*0*9", "Counters 1/2");
    typeKeys(cabinet, "**");
    assert.is(cabinet.view?.menu, undefined);
    cabinet.door.set(false);
    cabinet.until("it sells", () => cabinet.view?.selling === true);
  },
  expect(told) {
    assert.equal(told.tray, ["A1"]);
    assert.equal(recordsOf(told, "priceSet"), []);
    const acts = recordsOf(told, "serviceDone").map(({ act }) => SERVICE_ACTS[act]);
    assert.equal(acts, ["entered", "testVend", "faultsRead", "countersRead", "networkRead", "left"]);
    assert.is(recordsOf(told, "vendStarted").length, 1);
  },
};
