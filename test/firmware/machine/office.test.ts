/** The office's orders on the whole machine: which clock may call one too late. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeCbor } from "../../../shared/cbor.js";
import { signOrder } from "../../../shared/orders.js";
import { type ClockQuality, ORDER_RESULTS } from "../../../shared/records/kinds.js";
import { encodeOrder } from "../../../shared/wire/messages.js";
import { topicOf } from "../../../shared/wire/topics.js";
import { Cabinet } from "../../../tools/bench/cabinet.js";

const test = suite("machine: office");
const NOW_S = 1_900_000_000;

/** What becomes of an order that expired a second ago by a clock of this quality. */
function resultBy(quality: ClockQuality): string | undefined {
  const cabinet = new Cabinet();
  cabinet.untilSelling();
  const { machine, js, identity } = cabinet;
  const { machineId, epoch, orderKey } = identity;
  machine?.input({ on: "wall", wallS: NOW_S, quality }, js.nowMs);
  const unsigned = { id: "o-1", kind: 0, args: encodeCbor({}), counter: 1, expiresS: NOW_S - 1 };
  const payload = encodeOrder(signOrder(orderKey, machineId, epoch, unsigned));
  machine?.input({ on: "message", topic: topicOf(machineId, "commands"), payload }, js.nowMs);
  for (const record of cabinet.readFlash().records) {
    if (record.kind === "commandApplied") return ORDER_RESULTS[record.result];
  }
  return undefined;
}

test("an order expires by a synchronised clock only; one that was merely kept may be hours wrong", () => {
  assert.is(resultBy("synced"), "expired");
  assert.is(resultBy("kept"), "done");
});

test.run();
