/** An always-idle reader that is asked before READER ENABLE has left: the request waits for it, at whatever moment. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { enabled, names, sentOf, VEND } from "./reader-rig.js";

const test = suite("firmware/mdb reader about to be enabled");
/** More than the reader's longest pause between polls. */
const OFFSETS_MS = 250;

test("always idle, asked while it is still disabled: the request waits for ENABLE, whatever poll is under way", () => {
  for (let offsetMs = 0; offsetMs < OFFSETS_MS; offsetMs++) {
    const { rig, card } = enabled({ level: 3, offered: 0x20 });
    rig.order({ order: "readers", enabled: false });
    rig.run(400 + offsetMs);
    assert.is(card.at, "disabled");
    rig.forget();
    rig.order({ order: "readers", enabled: true });
    rig.order(VEND);
    rig.run(500);
    assert.equal([names(rig), sentOf(rig)], [["approved"], ["1401", "1300001E0007"]], `${offsetMs} ms`);
  }
});

test("asked while it is still disabled, and disabled again before ENABLE has left: denied, nothing is asked", () => {
  let inTime = 0;
  for (let offsetMs = 0; offsetMs < OFFSETS_MS; offsetMs++) {
    const { rig, card } = enabled({ level: 3, offered: 0x20 });
    rig.order({ order: "readers", enabled: false });
    rig.run(400 + offsetMs);
    rig.forget();
    rig.order({ order: "readers", enabled: true });
    rig.order(VEND);
    rig.order({ order: "readers", enabled: false });
    rig.run(500);
    const left = sentOf(rig).includes("1401");
    assert.equal(names(rig), [left ? "approved" : "denied"], `${offsetMs} ms`);
    assert.is(card.at, left ? "vend" : "disabled");
    if (!left) inTime += 1;
  }
  assert.ok(inTime > 0, "an order always found the bus free");
});

test.run();
