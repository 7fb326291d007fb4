/** The office orders the counters to be read and begun anew; a copy of the order comes by again, and a forged one. */
import * as assert from "uvu/assert";
import { utf8Decode } from "../../shared/bytes.js";
import { encodeCbor } from "../../shared/cbor.js";
import { reportViolations } from "../../shared/eva-dts/rules.js";
import { fieldOf, parseReport } from "../../shared/eva-dts/text.js";
import { signOrder } from "../../shared/orders.js";
import { encodeOrder } from "../../shared/wire/messages.js";
import { topicOf } from "../../shared/wire/topics.js";
import { choose, payCoins } from "./people.js";
import { type Story, type StoryCabinet, theRecord } from "./story.js";

const COUNTER = 17;

/** Sends the order over whatever connection there is. */
function order(cabinet: StoryCabinet, key: Uint8Array, counter: number): void {
  const { machineId, epoch } = cabinet.identity;
  const expiresS = cabinet.wallS + 60;
  const unsigned = { id: `o-${counter}`, kind: 0, args: encodeCbor({ 0: true }), counter, expiresS };
  const payload = encodeOrder(signOrder(key, machineId, epoch, unsigned));
  cabinet.fleet.send(machineId, topicOf(machineId, "commands"), payload);
}

export const STORY: Story = {
  name: "audited by remote order, with reset: once, however often the order comes",
  play(cabinet) {
    const { orderKey } = cabinet.identity;
    choose(cabinet, "A5");
    payCoins(cabinet, 25, 25, 25);
    cabinet.untilRest();
    cabinet.until("the machine is connected", () => cabinet.network.connected);
    order(
      cabinet,
      orderKey.map((byte) => byte ^ 1),
      COUNTER + 1,
    );
    order(cabinet, orderKey, COUNTER);
    cabinet.until("the order is answered", () => cabinet.durable.orderHighest === COUNTER);
    order(cabinet, orderKey, COUNTER);
    cabinet.runFor(500);
    choose(cabinet, "A5");
    payCoins(cabinet, 25, 25, 25);
    cabinet.untilRest();
    cabinet.network.setAvailable(false);
    cabinet.runFor(100);
    cabinet.network.setAvailable(true);
    cabinet.until("the machine is connected again", () => cabinet.network.connected);
  },
  expect(told) {
    const { counter, order: kind, result, reset } = theRecord(told, "commandApplied");
    assert.equal({ counter, kind, result, reset }, { counter: COUNTER, kind: 0, result: 0, reset: true });
    const { audits, statuses } = told.cabinet.fleet.machine(told.cabinet.identity.machineId);
    assert.is(statuses.at(-1)?.orderCounter, COUNTER, "the next birth says how far orders have come");
    assert.equal(
      audits.map(({ counter: of, part, parts }) => [of, part, parts]),
      [[COUNTER, 0, 1]],
    );
    const parsed = parseReport(utf8Decode(audits[0]?.text ?? new Uint8Array(0)) ?? "");
    assert.ok(parsed.ok);
    if (!parsed.ok) return;
    assert.equal(reportViolations(parsed.report), []);
    assert.is(fieldOf(parsed.report, "VA1", 3), "75", "since the last reset, before this one");
    const { audit } = told.cabinet.durable;
    assert.equal([audit.since.cashSales, audit.sinceReset.cashSales, audit.resets], [2, 1, 1]);
  },
};
