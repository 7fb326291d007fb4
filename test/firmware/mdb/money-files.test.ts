/** Files of coin changer, bill validator and card readers, beside their money and never read as money (mdb §1.7). */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { FileEvent } from "../../../firmware/ports/rooms.js";
import { FITTED } from "../../../shared/wire/documents.js";
import { OptionChanger } from "./option-changer.js";
import { PlainRecycler } from "./plain-recycler.js";
import { PlainReader } from "./reader-device.js";
import { Rig } from "./rig.js";

const test = suite("firmware/mdb files of money devices");

const NAMES = ["changer", "validator", "reader1", "reader2"] as const;
type Name = (typeof NAMES)[number];
const ADDRESS = { changer: "08", validator: "30", reader1: "10", reader2: "60" } as const;
const EXPANSION = { changer: "0F", validator: "37", reader1: "17", reader2: "67" } as const;

/** offers: the device has the option of file transport. */
function ready(name: Name, offers = true) {
  const changer = new OptionChanger();
  changer.options = offers ? 0b1000 : 0;
  const bills = new PlainRecycler();
  bills.optionBits = offers ? "00000001" : "00000000";
  const card = Object.assign(new PlainReader(name === "reader2" ? 1 : 0), { level: 3, offered: offers ? 1 : 0 });
  const device = { changer, validator: bills, reader1: card, reader2: card }[name];
  const said: string[] = [];
  const fitted = 1 << FITTED.indexOf(name);
  const at = { changer: 8, validator: 48, reader1: 16, reader2: 96 }[name];
  device.says = (hex) => {
    if (!new RegExp(`^${EXPANSION[name]}F[A-E]`).test(hex)) return undefined;
    said.push(hex);
    return "ack";
  };
  const rig = new Rig(undefined, undefined, { [at]: device });
  rig.facts = { ...rig.facts, fitted };
  rig.start();
  rig.order({ order: "readers", enabled: true });
  rig.run(4_000);
  const setUp = rig.hexes();
  rig.forget();
  const say = (hex: string): void => {
    if (device === card) card.say(hex);
    else (name === "changer" ? changer : bills).waiting.push(hex);
  };
  return { rig, name, device, said, say, setUp, changer, bills, card };
}

function files(rig: Rig): FileEvent[] {
  return rig.events.map(({ event }) => event).filter((event): event is FileEvent => event.event.startsWith("file"));
}

function put(device: Name) {
  return { order: "putFile", device, file: 1, bytes: Uint8Array.of(0xaa, 0xbb) } as const;
}

test("the option is switched on where it is offered, with the others", () => {
  assert.ok(ready("changer").setUp.includes("0F0100000008"));
  assert.ok(ready("validator").setUp.includes("370100000001"));
  assert.ok(ready("reader1").setUp.includes("170400000001"));
  assert.ok(ready("reader2").setUp.includes("670400000001"));
  for (const name of NAMES) assert.not.ok(ready(name, false).setUp.some((hex) => /^(0F01|3701|.704)/.test(hex)));
});

test("a file from it is taken block by block; bytes in it that would be coins, bills and approvals are none", () => {
  for (const name of NAMES) {
    const { rig, said, say, card } = ready(name);
    say(`1F00${ADDRESS[name]}010200`);
    rig.run(500);
    assert.equal(said, [`${EXPANSION[name]}FD${ADDRESS[name]}00`], name);
    // 52 15 a coin, 80 a bill stacked, 05 00 1E an approval, 0B and 06 and 00 resets
    say("1D000052158005001E0B0600");
    rig.run(300);
    say("1D0001");
    rig.run(300);
    const bytes = Uint8Array.of(0x52, 0x15, 0x80, 0x05, 0x00, 0x1e, 0x0b, 0x06, 0x00);
    assert.equal(files(rig), [{ event: "fileReceived", device: name, file: 1, bytes }]);
    assert.equal([rig.records, rig.told()], [[], ["fileReceived"]]);
    assert.is(rig.state[name].contact.phase, "ready");
    assert.is(rig.state[name].contact.unknownCodes, 0);
    assert.equal(card.wrongs, []);
  }
});

test("a file for it: announced, sent, delivered; asked for, it comes", () => {
  for (const name of NAMES) {
    const { rig, said, say } = ready(name);
    rig.order(put(name));
    rig.run(300);
    say(`1E00${ADDRESS[name]}`);
    rig.run(1_000);
    const of = EXPANSION[name];
    assert.equal(said, [
      `${of}FE${ADDRESS[name]}00010100`,
      `${of}FC${ADDRESS[name]}00AABB`,
      `${of}FC${ADDRESS[name]}01`,
    ]);
    rig.order({ order: "getFile", device: name, file: 7 });
    rig.run(300);
    say("1D0000C0");
    rig.run(300);
    say("1D0001");
    rig.run(300);
    assert.equal(files(rig), [
      { event: "fileSent", device: name, file: 1, outcome: "delivered" },
      { event: "fileReceived", device: name, file: 7, bytes: Uint8Array.of(0xc0) },
    ]);
  }
});

test("answers at once come with the reply to our command", () => {
  const { rig, changer } = ready("changer");
  changer.says = (hex) => {
    if (hex.startsWith("0FFE")) return "1E0008";
    return /^0FF[A-E]/.test(hex) ? "ack" : undefined;
  };
  rig.order(put("changer"));
  rig.run(1_000);
  assert.equal(files(rig), [{ event: "fileSent", device: "changer", file: 1, outcome: "delivered" }]);
});

test("money in the same reply is booked before its ACK, once, whatever stands around it", () => {
  const coins = ready("changer");
  coins.say("5115");
  coins.say("1F0008010200");
  coins.rig.run(500);
  assert.equal(
    coins.rig.records.map(({ kind }) => kind),
    ["coinIn"],
  );
  assert.equal(coins.rig.log.slice(0, 2), ["append coinIn", "release"]);
  const bills = ready("validator");
  bills.say("1F0030010200");
  bills.say("80");
  // our ACK is lost: the whole reply comes again
  bills.rig.losesAcks = 1;
  bills.rig.run(500);
  assert.equal(
    bills.rig.records.map(({ kind }) => kind),
    ["billStacked", "repeatSuppressed"],
  );
  for (const { said } of [coins, bills]) assert.is(new Set(said).size, 1);
});

test("a file that the link took for money is ACKed and leaves no record", () => {
  const { rig, say } = ready("changer");
  say("1F0008010200");
  rig.run(300);
  rig.forget();
  say("1D00005015");
  rig.run(300);
  assert.equal([rig.log, rig.records], [["release"], []]);
  say("1D0001");
  rig.run(300);
  assert.equal(rig.told(), ["fileReceived"]);
});

test("in one reply of a reader, display and clock stand beside file transport, also where that is cut short", () => {
  const { rig, say } = ready("reader1");
  const text = "41".repeat(32);
  say(`0205${text}1F001001`);
  rig.run(300);
  // cut short: no message of file transport, and no message of the reader
  assert.equal(rig.told(), ["readerDisplay"]);
  assert.is(rig.state.reader1.strayMessages, 0);
  rig.facts = { ...rig.facts, wallS: () => 0 };
  say("111C001005");
  rig.run(400);
  assert.ok(rig.hexes().some((hex) => hex.startsWith("1703")));
});

test("money and customers come first: nothing of a file is sent meanwhile", () => {
  const coins = ready("changer");
  coins.changer.pays = () => undefined;
  coins.changer.lasting = "02";
  coins.rig.order({ order: "dispense", type: 0, count: 3 });
  coins.rig.order(put("changer"));
  coins.rig.run(2_000);
  assert.equal(coins.said, []);
  coins.changer.lasting = "";
  coins.changer.counts[0] = 17;
  coins.rig.run(3_000);
  assert.ok(coins.rig.told().includes("dispensed"));
  assert.ok(coins.said.length > 0);

  const bills = ready("validator");
  bills.say("91");
  bills.rig.run(300);
  bills.rig.order(put("validator"));
  bills.rig.run(1_000);
  assert.equal(bills.said, []);
  bills.rig.order({ order: "escrow", stack: false });
  bills.rig.run(300);
  bills.say("A1");
  bills.rig.run(1_000);
  assert.ok(bills.said.length > 0);

  const cards = ready("reader1");
  cards.card.card();
  cards.rig.run(500);
  cards.rig.order(put("reader1"));
  cards.rig.order({ order: "vendRequest", reader: 0, amountMinor: 150, item: 7 });
  cards.rig.run(1_000);
  assert.equal(cards.said, []);
  cards.rig.order({ order: "vendSuccess", reader: 0, item: 7 });
  cards.rig.run(2_000);
  assert.ok(cards.said.length > 0);
  assert.equal(cards.card.wrongs, []);
});

test("each order is answered once: not offered, reset, silent for good, lost, taken away", () => {
  for (const name of NAMES) {
    const failed = { event: "fileSent", device: name, file: 1, outcome: "failed" } as const;
    const without = ready(name, false);
    without.rig.order(put(name));
    without.rig.order({ order: "getFile", device: name, file: 2 });
    assert.equal(files(without.rig), [failed, { event: "fileMissed", device: name, file: 2 }]);

    const reset = ready(name);
    reset.rig.order(put(name));
    reset.rig.run(300);
    reset.say({ changer: "0B", validator: "06", reader1: "00", reader2: "00" }[name]);
    reset.rig.run(500);
    assert.equal(files(reset.rig), [failed], name);

    const silent = ready(name);
    silent.rig.order(put(name));
    silent.rig.run(300);
    silent.device.says = () => "silent";
    silent.rig.run(8_000);
    assert.equal(files(silent.rig), [failed], name);
    silent.rig.order(put(name));
    assert.equal(files(silent.rig), [failed, failed], name);

    const away = ready(name);
    away.rig.order(put(name));
    away.rig.facts = { ...away.rig.facts, fitted: 0 };
    away.rig.run(500);
    assert.equal(files(away.rig), [failed], name);
    away.rig.order(put(name));
    assert.equal(files(away.rig).length, 2);
  }
});

test("without the option its codes are unknown, and swallow nothing behind them", () => {
  const coins = ready("changer", false);
  coins.say("1D5115");
  coins.rig.run(300);
  assert.equal(
    coins.rig.records.map(({ kind }) => kind),
    ["coinIn"],
  );
  assert.is(coins.rig.state.changer.contact.unknownCodes, 1);
});

test("a transfer that stops is over after half a minute", () => {
  const { rig } = ready("changer");
  rig.order(put("changer"));
  rig.run(29_000);
  assert.equal(files(rig), []);
  rig.run(2_000);
  assert.equal(files(rig), [{ event: "fileSent", device: "changer", file: 1, outcome: "failed" }]);
});

test.run();
