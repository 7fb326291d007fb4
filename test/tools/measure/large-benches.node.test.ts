/**
 * The benches that start a whole system, each once with very few machines: their figures are worth nothing here, but a
 * bench that no longer works is noticed, and limits that are broken are told.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { brokenBooks } from "../../../tools/load/books-compare.js";
import { lateRecoveries, PARTS, RECOVERY_LIMIT_MS } from "../../../tools/load/chaos.js";
import { lateBacklog, measureBacklog } from "../../../tools/measure/backlog.js";
import { measureConnections } from "../../../tools/measure/connections.js";
import { measureIngest } from "../../../tools/measure/ingest.js";
import { needBinary } from "../../support/need.js";

needBinary("mosquitto");
needBinary("redis-server");
const test = suite("tools/measure: large benches");
const silent = (): void => undefined;

test("what is lost, twice there or wrong, or took too long, is broken; at its very limit it is not", () => {
  assert.equal(brokenBooks({ lost: 0, doubled: 0, wrong: 0 }), []);
  assert.is(brokenBooks({ lost: 1, doubled: 1, wrong: 1 }).length, 3);
  const atLimit = PARTS.map((part) => ({ part, ms: RECOVERY_LIMIT_MS[part] }));
  assert.equal(lateRecoveries(atLimit), []);
  assert.is(lateRecoveries(atLimit.map(({ part, ms }) => ({ part, ms: ms + 1 }))).length, PARTS.length);
  assert.match(lateRecoveries([{ part: "postgres", ms: 30_001 }])[0] ?? "", "more than 30000");
  assert.match(lateRecoveries([{ part: "broker", ms: 10_001 }])[0] ?? "", "more than 10000");
  assert.equal(lateBacklog(360), []);
  assert.match(lateBacklog(360.1)[0] ?? "", "more than 360");
});

test("backlog: machines come back with what they sold, and every record is there once", async () => {
  const { counted, broken } = await measureBacklog({ machines: 20, processes: 1, returnWithinMs: 100 }, silent);
  assert.equal(broken, []);
  assert.ok(Number(counted.sales) >= 20 * 15, `${counted.sales} sales`);
});

test("connections: all are there, with passwords and with certificates", async () => {
  const size = { machines: 10, steadyMs: 100, processes: 1 };
  const { counted, broken } = await measureConnections({ ...size, tls: false }, { ...size, tls: true }, silent);
  assert.equal(broken, []);
  assert.equal([counted.connected, counted.tlsConnected], [10, 10]);
});

test("ingest: both sides take messages in, and all figures are there", async () => {
  const { value, counted } = await measureIngest({ machines: 400, rounds: 1, roundMs: 500, warmUpMs: 500 }, silent);
  const { raw, ratio, telemetryPerS, salesInTensPerS, rssMiB } = counted;
  for (const figure of [value, raw, ratio, telemetryPerS, salesInTensPerS, rssMiB]) assert.ok(Number(figure) > 0);
});

test.run();
