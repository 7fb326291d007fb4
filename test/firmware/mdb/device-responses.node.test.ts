/**
 * Replies of real coin changers and bill validators drive the master, where SPIRAL_DATA names the folder that holds
 * them: each device is set up with its own replies, then says what it is known to say, and nothing of it is lost.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BILL_VALIDATOR } from "../../../shared/mdb/bill-validator.js";
import { currencyOf } from "../../../shared/mdb/codec.js";
import { COIN_CHANGER } from "../../../shared/mdb/coin-changer.js";
import { decodePoll } from "../../../shared/mdb/poll.js";
import { needData } from "../../support/need.js";
import { bytesOf } from "../../vectors/mdb.js";
import { PlainChanger, PlainValidator } from "./devices.js";
import { type Answer, RIG_FACTS, Rig } from "./rig.js";

const folder = needData();
const test = suite("firmware/mdb device responses");

const HEX = /^(?:[0-9A-F]{2})+$/;
const ADDRESSES = ["08", "30"];

interface Unit {
  readonly name: string;
  readonly address: string;
  /** By command. */
  readonly replies: Map<string, Answer>;
  readonly polls: string[];
}

/** Units by name; lines of what is clearly one device (same name up to the bracket) are taken together. */
function unitsOf(path: string): Unit[] {
  const units = new Map<string, Unit>();
  for (const text of readFileSync(path, "utf8").split("\n")) {
    const [device = "", , command = "", said = ""] = text.split("\t");
    const address = (Number.parseInt(command.slice(0, 2), 16) & 0xf8).toString(16).padStart(2, "0");
    if (text.startsWith("#") || !HEX.test(command) || !ADDRESSES.includes(address)) continue;
    const name = device.replace(/ \(.*/, "");
    const unit = units.get(name) ?? { name, address, replies: new Map<string, Answer>(), polls: [] };
    units.set(name, unit);
    const reply = said.replace("...12 serial...", "30".repeat(12)).replaceAll(/[ *]/g, "");
    if (command === "0B" || command === "33") {
      if (reply !== "ACK") unit.polls.push(reply);
    } else if (!unit.replies.has(command)) {
      unit.replies.set(command, reply === "ACK" ? "ack" : reply);
    }
  }
  return [...units.values()];
}

/** What the master must make of an event: the record or event by name, or a fault; undefined = nothing to tell. */
const MEANS: { readonly [event: string]: string | undefined } = {
  coinDeposited: "append coinIn",
  manualDispense: "append coinsManuallyDispensed",
  returnLever: "lever",
  slugs: "coinRejected",
  coinRejected: "coinRejected",
  tubeSensorDefective: "tubeSensor",
  tubeJam: "tubeJam",
  justReset: "changerReady",
  billInEscrow: "escrowed",
};
const SILENT_EVENTS = ["payoutBusy", "unitDisabled"];

/** ISO 4217 number that its SETUP reply names; it is put into a machine of that currency. */
function currencyIn({ replies, address }: Unit): number {
  const setup = bytesOf(replies.get(address === "08" ? "09" : "31") ?? "");
  return setup.length < 3 ? RIG_FACTS.currency : currencyOf(((setup[1] ?? 0) << 8) | (setup[2] ?? 0)).number;
}

function check(unit: Unit): number {
  const changer = new PlainChanger();
  const validator = new PlainValidator();
  const device = unit.address === "08" ? changer : validator;
  device.says = (hex) => unit.replies.get(hex);
  const rig = new Rig(changer, validator);
  rig.facts = { ...RIG_FACTS, decimals: unit.address === "08" ? 2 : 0, currency: currencyIn(unit) };
  rig.start().run(4_000);
  const ready = unit.address === "08" ? "changerReady" : "validatorReady";
  assert.is(rig.log.includes(ready), true, `${unit.name} ${ready}`);
  rig.order({ order: "accept", coinMask: 0xffff, billMask: 0xffff });
  rig.run(300);
  let events = 0;
  for (const poll of unit.polls) {
    rig.forget();
    device.report(poll);
    rig.run(2_500);
    const table = unit.address === "08" ? COIN_CHANGER : BILL_VALIDATOR;
    for (const { event } of decodePoll(table, bytesOf(poll)).events) {
      const means = event === "justReset" ? ready : MEANS[event];
      assert.ok(means !== undefined || SILENT_EVENTS.includes(event), `${unit.name} ${poll} ${event}`);
      // a fault that stands already is not told again
      const stands = rig.state.changer.contact.troubles.some(({ fault }) => fault === means);
      if (means !== undefined) assert.is(stands || rig.log.includes(means), true, `${unit.name} ${poll} ${event}`);
      events += 1;
    }
    // a report without repeat: nothing is booked twice
    const money = rig.records.filter(({ kind }) => kind === "coinIn" || kind === "coinsManuallyDispensed").length;
    const reported = decodePoll(table, bytesOf(poll)).events.filter(({ event }) =>
      ["coinDeposited", "manualDispense"].includes(event),
    ).length;
    assert.is(money, reported, `${unit.name} ${poll}`);
  }
  assert.is(rig.state.changer.contact.unknownCodes + rig.state.validator.contact.unknownCodes, 0);
  return events;
}

const units = unitsOf(join(folder, "mdb-traces", "device-responses.tsv"));
for (const unit of units) {
  test(`${unit.name} drives the master without a lost event`, () => {
    const events = check(unit);
    if (unit.polls.length > 0) assert.ok(events >= 4, String(events));
  });
}

test("values of real SETUP replies come out in minor units", () => {
  const mei = units.find(({ name }) => name.startsWith("MEI"));
  const changer = new PlainChanger();
  changer.says = (hex) => mei?.replies.get(hex);
  const rig = new Rig(changer, undefined);
  if (mei !== undefined) rig.facts = { ...RIG_FACTS, currency: currencyIn(mei) };
  rig.start().run(3_000);
  const event = rig.events.find((told) => told.event.event === "changerReady")?.event;
  assert.ok(event?.event === "changerReady");
  if (event?.event !== "changerReady") return;
  assert.equal(event.valuesMinor.slice(0, 7), [5, 10, 20, 50, 100, 200, 0]);
});

test("the file holds what this test is about", () => {
  assert.ok(units.length >= 4, String(units.length));
  assert.ok(units.reduce((sum, { polls }) => sum + polls.length, 0) >= 11);
});

test.run();
