/** The office's orders on the whole machine: which clock may call one too late. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeCbor } from "../../../shared/cbor.js";
import { fieldOf, parseReport } from "../../../shared/eva-dts/text.js";
import { signOrder } from "../../../shared/orders.js";
import { type ClockQuality, ORDER_RESULTS } from "../../../shared/records/kinds.js";
import { encodeOrder } from "../../../shared/wire/messages.js";
import { topicOf } from "../../../shared/wire/topics.js";
import { Cabinet, type CabinetOptions } from "../../../tools/bench/cabinet.js";
import { US_READER } from "../../../tools/bench/card-reader-options.js";
import { US_CHANGER } from "../../../tools/bench/changer-options.js";
import { DEMO_SETTINGS } from "../../../tools/bench/demo.js";

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

/** The identities in the report that the handset reads at the DEX port. */
function identities(options: CabinetOptions): (string | undefined)[][] {
  const cabinet = new Cabinet(options);
  cabinet.untilSelling();
  cabinet.runFor(5_000);
  cabinet.handset.plugIn();
  cabinet.until("the handset has its report", () => !cabinet.handset.busy);
  const result = parseReport(cabinet.handset.report);
  if (!result.ok) throw new Error(cabinet.handset.stage);
  const { report } = result;
  return ["CA1", "BA1", "DA1", "DB1"].map((id) => [1, 2, 3].map((at) => fieldOf(report, id, at)));
}

test("changer, validator and both readers stand in the report as they name themselves", () => {
  const settings = { ...DEMO_SETTINGS, fitted: 0b1111 };
  const second = { ...US_READER, maker: "XYZ", serial: "7\0\0         ", softwareBcd: 0x1234 };
  assert.equal(identities({ settings, readers: [US_READER, second] }), [
    ["SPI000000004711", "BENCH-CC", "0100"],
    ["SPI000000000815", "BENCH-BV", "0100"],
    ["SPI000000000816", "BENCH-CR", "0100"],
    ["XYZ7", "BENCH-CR", "1234"],
  ]);
});

test("a device that is not there, or tells nothing of itself, stands in it without a name", () => {
  const settings = { ...DEMO_SETTINGS, fitted: 0b0001 };
  const silent = identities({ settings, validator: "none", changer: { ...US_CHANGER, level: 2 } });
  assert.equal(silent.flat().join(""), "");
});

test.run();
