/** Universal satellites at 40h-50h: found, set up, watched, with a mailbox; nothing of a sale (MDB 4.2 §9). */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { MAX_SETUP_TRIES } from "../../../firmware/mdb/satellite-state.js";
import type { MdbEvent } from "../../../firmware/ports/rooms.js";
import { FITTED } from "../../../shared/wire/documents.js";
import { type Answer, type Device, Rig } from "./rig.js";

const test = suite("firmware/mdb satellite");

/** A well-behaved satellite; `waiting` goes out in the next POLL. */
class PlainSatellite implements Device {
  says: (hex: string) => Answer | undefined = () => undefined;
  readonly waiting: string[] = [];
  responseS = "05";
  resets = 0;
  readonly heard: string[] = [];

  command(hex: string): Answer {
    const instead = this.says(hex);
    if (instead !== undefined) return instead;
    switch (Number.parseInt(hex.slice(0, 2), 16) & 7) {
      case 0:
        this.resets += 1;
        this.waiting.splice(0, this.waiting.length, "00");
        return "ack";
      case 1:
        return `0102030405${this.responseS}0708`;
      case 2:
        return this.waiting.shift() ?? "ack";
      case 7:
        this.heard.push(hex);
        return "ack";
      default:
        return "silent";
    }
  }

  heardAck(): void {}
}

const ADDRESSES = [0x40, 0x48, 0x50] as const;

function ready(change: (device: PlainSatellite) => void = () => {}) {
  const device = new PlainSatellite();
  change(device);
  const rig = new Rig(undefined, undefined, { 64: device });
  rig.facts = { ...rig.facts, fitted: 1 << FITTED.indexOf("satellite1") };
  rig.start().run(3_000);
  return { rig, device };
}

function files(rig: Rig): MdbEvent[] {
  return rig.events.map(({ event }) => event).filter(({ event }) => event.startsWith("file"));
}

test("three of them, each at its own address: reset, set up once, polled", () => {
  const devices = ADDRESSES.map(() => new PlainSatellite());
  const rig = new Rig(undefined, undefined, { 64: devices[0], 72: devices[1], 80: devices[2] });
  rig.facts = { ...rig.facts, fitted: 0b111 << FITTED.indexOf("satellite1") };
  rig.start().run(5_000);
  for (const address of ADDRESSES) {
    const own = (code: number) => (address | code).toString(16).toUpperCase();
    const said = rig.hexes().filter((hex) => (Number.parseInt(hex.slice(0, 2), 16) & 0xf8) === address);
    assert.equal(
      said.filter((hex) => hex !== own(2)),
      [own(0), own(1)],
    );
    assert.ok(said.length > 20);
  }
  assert.equal(rig.told(), ["satellite1Offline false", "satellite2Offline false", "satellite3Offline false"]);
});

test("a SETUP that is only ACKed is asked for some times, then the device is used without", () => {
  const { rig } = ready((device) => {
    device.says = (hex) => (hex === "41" ? "ack" : undefined);
  });
  assert.is(rig.hexes().filter((hex) => hex === "41").length, MAX_SETUP_TRIES);
  assert.equal(rig.told(), ["satellite1Offline false"]);
});

test("its response time is Z6: silent for less it is not lost, for more it is, once", () => {
  const { rig, device } = ready((other) => {
    other.responseS = "0C";
  });
  rig.forget();
  device.says = () => "silent";
  rig.run(11_000);
  assert.equal(rig.told(), []);
  rig.run(60_000);
  assert.equal(rig.told(), ["satellite1Offline true"]);
  device.says = () => undefined;
  rig.forget().run(15_000);
  assert.equal(rig.told(), ["satellite1Offline false"]);
});

test("never there: told once; not fitted: never polled; taken away: no fault stays", () => {
  const rig = new Rig(undefined, undefined);
  rig.facts = { ...rig.facts, fitted: 1 << FITTED.indexOf("satellite1") };
  rig.start().run(60_000);
  assert.equal(rig.told(), ["satellite1Offline true"]);
  rig.facts = { ...rig.facts, fitted: 0 };
  rig.forget().run(20_000);
  assert.equal([rig.hexes(), rig.told()], [[], ["satellite1Offline false"]]);
});

test("JUST RESET out of turn: set up anew without a RESET of ours; unknown codes are counted and skipped", () => {
  const { rig, device } = ready();
  device.waiting.push("4400");
  rig.forget().run(1_000);
  assert.equal(
    rig.hexes().filter((hex) => hex !== "42"),
    ["41"],
  );
  assert.is(device.resets, 1);
  assert.is(rig.state.satellite1.contact.unknownCodes, 1);
});

test("one that never says JUST RESET, or says something else for ever, is set up all the same", () => {
  for (const instead of ["ack", "44"] as const) {
    const { rig } = ready((device) => {
      device.says = (hex) => (hex === "42" ? instead : undefined);
    });
    assert.equal(rig.told(), ["satellite1Offline false"], instead);
  }
});

test("a file is put to it, another fetched, one sent by itself", () => {
  const { rig, device } = ready();
  rig.forget().order({ order: "putFile", device: "satellite1", file: 1, bytes: Uint8Array.of(1, 2, 3) });
  rig.run(1_000);
  assert.equal(device.heard, ["47FE400001" + "0100"]);
  device.waiting.push("1E0040");
  rig.run(2_000);
  assert.equal(device.heard.slice(1), ["47FC4000010203", "47FC4001"]);
  assert.equal(files(rig), [{ event: "fileSent", device: "satellite1", file: 1, outcome: "delivered" }]);
  rig.forget().order({ order: "getFile", device: "satellite1", file: 2 });
  rig.run(1_000);
  device.waiting.push("1D00000A0B", "1D0001");
  rig.run(1_000);
  assert.equal(files(rig), [{ event: "fileReceived", device: "satellite1", file: 2, bytes: Uint8Array.of(10, 11) }]);
  device.waiting.push("1F0040030100", "1D00000C", "1D0001");
  rig.forget().run(1_000);
  assert.ok(device.heard.includes("47FD4000"));
  assert.equal(files(rig), [{ event: "fileReceived", device: "satellite1", file: 3, bytes: Uint8Array.of(12) }]);
});

test("an answer that comes at once counts as one from POLL", () => {
  const { rig, device } = ready((other) => {
    other.says = (hex) => (hex.startsWith("47FE") ? "1E0040" : undefined);
  });
  rig.order({ order: "putFile", device: "satellite1", file: 1, bytes: Uint8Array.of(9) });
  rig.run(2_000);
  assert.equal(device.heard, ["47FC400009", "47FC4001"]);
});

test("every file ordered is answered: by one lost, reset, not fitted, or without a mailbox of its own", () => {
  const { rig, device } = ready();
  const put = { order: "putFile", device: "satellite1", file: 1, bytes: Uint8Array.of(1) } as const;
  const failed = { event: "fileSent", device: "satellite1", file: 1, outcome: "failed" };
  rig.order(put);
  device.waiting.push("00");
  rig.run(1_000);
  assert.equal(files(rig), [failed]);
  device.says = () => "silent";
  rig.order(put);
  rig.run(20_000);
  assert.equal(files(rig), [failed, failed]);
  rig.forget().order(put);
  assert.equal(files(rig), [failed]);
  rig.forget().order({ order: "getFile", device: "satellite2", file: 4 });
  assert.equal(files(rig), [{ event: "fileMissed", device: "satellite2", file: 4 }]);
});

test("whatever it answers: each file ordered is answered once", () => {
  const words = ["ack", "nak", "silent", "garbled", "00", "1E0040", "1C004005", "1C0040FF", "1D000007", "1D0001", "44"];
  const offers = ["1F0040030100", "1B0040010100", "1D00", "1B", "FF"];
  const answers = [...words, ...offers];
  let seed = 40;
  const draw = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const { rig, device } = ready();
  for (let round = 0; round < 40; round += 1) {
    rig.forget();
    device.says = () => (draw(2) === 0 ? answers[draw(answers.length)] : undefined);
    rig.order({ order: "putFile", device: "satellite1", file: 1, bytes: new Uint8Array(draw(100)) });
    rig.order({ order: "getFile", device: "satellite1", file: 2 });
    rig.run(30_000);
    device.says = () => undefined;
    rig.run(120_000);
    const told = files(rig);
    const asked = told.filter(
      (event) => event.event === "fileMissed" || (event.event === "fileReceived" && event.file === 2),
    );
    assert.is(told.filter(({ event }) => event === "fileSent").length, 1, `round ${round}`);
    assert.is(asked.length, 1, `round ${round}: ${told.map(({ event }) => event).join()}`);
  }
});

test("orders about money are none of its business", () => {
  const { rig, device } = ready();
  rig.forget();
  rig.order({ order: "accept", coinMask: 1, billMask: 1 });
  rig.order({ order: "cashSale", amountMinor: 100, item: 1 });
  rig.run(1_000);
  assert.equal([device.heard, files(rig)], [[], []]);
});

test.run();
