/** A generator process: the machines of its part, woken by one wheel, told by the parent what to do (orders.ts). */

import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContext } from "node:tls";
import { Rng } from "../bench/rng.js";
import { type Circumstances, LoadMachine, noCounts, now } from "./machine.js";
import { type GeneratorOrder, type GeneratorPart, isOrder, type MachineTruth } from "./orders.js";
import { serialOf } from "./roster.js";
import { Wheel } from "./wheel.js";

const TELL_EVERY_MS = 250;
/** Truths of one message: a message of all would hold the process up for too long. */
const TRUTHS_AT_ONCE = 5_000;

const part: GeneratorPart = JSON.parse(process.argv[2] ?? "{}");
const counts = noCounts();
/** Its machines sell by their day. */
let isLive = false;
let newestCountNo = 0;
const rng = new Rng(part.seed + 7 * part.first);

const about: Circumstances = {
  ...part,
  counts,
  connectTo: (index) => {
    const port = part.ports[index % part.ports.length] ?? 0;
    return { host: "127.0.0.1", port, secure: part.secureFolder === undefined ? undefined : secureOf(index) };
  },
};
const machines = Array.from({ length: part.count }, (_, i) => new LoadMachine(part.first + i, about));
const wheel = new Wheel<LoadMachine>(now);
for (const machine of machines) machine.onNews = () => wheel.set(machine);

/** The certificate of a machine, the key it shares with others of the load, and the authority it trusts. */
function secureOf(index: number): SecureContext {
  const file = (name: string): Buffer => readFileSync(`${part.secureFolder}/${name}`);
  const key = file(`machine-${index % part.secureKeys}.key`);
  return createSecureContext({ key, cert: file(`${serialOf(index)}.pem`), ca: file("ca.pem") });
}

function carryOut(order: GeneratorOrder): void {
  const nowMs = now();
  switch (order.do) {
    case "connect":
      for (const machine of machines) machine.connectAt(nowMs + rng.below(Math.max(1, order.withinMs)));
      break;
    case "live":
      isLive = true;
      for (const machine of machines) machine.live(nowMs);
      break;
    case "sell":
      for (const machine of machines) {
        for (let i = 0; i < order.sales; i++) machine.sell(nowMs);
        machine.owe();
      }
      break;
    case "storm":
      for (const machine of machines) if (rng.chance(order.perMillion)) machine.cut(nowMs, order.withinMs);
      break;
    case "quiet":
      isLive = false;
      for (const machine of machines) machine.quiet();
      break;
    case "truth":
      return tellTruth();
    case "count":
      newestCountNo = order.no;
      return tell();
    case "end":
      return end();
  }
  for (const machine of machines) wheel.set(machine);
}

function tellTruth(): void {
  for (let from = 0; from < machines.length; from += TRUTHS_AT_ONCE) {
    const truths = machines.slice(from, from + TRUTHS_AT_ONCE).map(({ index, ledger }): MachineTruth => {
      const { sales, revenueMinor, payments } = ledger.truth;
      const stock = ledger.stock.reduce((sum, left) => sum + left, 0);
      return { index, newestSeq: ledger.newestSeq, mark: ledger.mark, sales, revenueMinor, payments, stock };
    });
    process.send?.({ is: "truth", truths, last: from + TRUTHS_AT_ONCE >= machines.length });
  }
}

function end(): void {
  clearInterval(telling);
  wheel.stop();
  for (const machine of machines) machine.end();
  process.disconnect?.();
}

function tell(): void {
  const unacked = machines.reduce((sum, { ledger }) => sum + ledger.unacked, 0);
  const behind = machines.filter(({ isBehind }) => isBehind).length;
  const { user, system } = process.cpuUsage();
  const cpuMs = Math.round((user + system) / 1_000);
  process.send?.({
    is: "counts",
    counts,
    no: newestCountNo,
    isLive,
    unacked,
    behind,
    cpuMs,
    rssBytes: process.memoryUsage.rss(),
  });
}

const telling = setInterval(tell, TELL_EVERY_MS);
process.on("message", (message: unknown) => {
  if (isOrder(message)) carryOut(message);
});
// Whoever started us is gone.
process.once("disconnect", () => process.exit(0));
tell();
