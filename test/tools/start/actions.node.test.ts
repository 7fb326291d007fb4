/** What hands can do at the virtual machine, up to the limit of its tray. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Cabinet } from "../../../tools/bench/cabinet.js";
import { act, MAX_PRODUCTS_IN_TRAY } from "../../../tools/start/actions.js";

const test = suite("npm start: actions");
const COLUMN = 8;

test("a full tray: nothing more is chosen until the products are taken out", () => {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  const hands = { cabinet, setCable: () => undefined };
  cabinet.spirals.fill(COLUMN, MAX_PRODUCTS_IN_TRAY);
  for (let i = 1; i < MAX_PRODUCTS_IN_TRAY; i++) {
    cabinet.spirals.knockDown(COLUMN);
    cabinet.runFor(1_000);
  }
  assert.is(act(hands, { do: "select", slot: "B4" }), undefined);
  cabinet.spirals.knockDown(COLUMN);
  cabinet.runFor(1_000);
  assert.match(act(hands, { do: "select", slot: "B4" }) ?? "", /tray is full/);
  assert.match(act(hands, { do: "key", key: "B" }) ?? "", /tray is full/);
  act(hands, { do: "takeProducts" });
  assert.is(act(hands, { do: "key", key: "B" }), undefined);
});

test.run();
