/** The age verification device at 68h: set up as a reader, asked DRAVP, its DRAVS kept (MDB 4.2 §11; mdb §4.4). */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { COUNT_EVERY_MS } from "../../../firmware/mdb/peripheral.js";
import { FITTED } from "../../../shared/wire/documents.js";
import { type Answer, type Device, Rig } from "./rig.js";

const test = suite("firmware/mdb age verification");
const QUESTION = "6FFF05" + "4452415650";
const ANSWER = "FF06" + "4452415653";

class PlainVerifier implements Device {
  says: (hex: string) => Answer | undefined = () => undefined;
  readonly waiting: string[] = [];

  command(hex: string): Answer {
    const instead = this.says(hex);
    if (instead !== undefined) return instead;
    switch (hex.slice(0, 2)) {
      case "68":
        this.waiting.splice(0, this.waiting.length, "00");
        return "ack";
      case "69":
        return "0101184005020A00";
      case "6A":
        return this.waiting.shift() ?? "ack";
      case "6F":
        return `${ANSWER}2A`;
      default:
        return "silent";
    }
  }

  heardAck(): void {}
}

function ready(change: (device: PlainVerifier) => void = () => {}) {
  const device = new PlainVerifier();
  change(device);
  const rig = new Rig(undefined, undefined, { 104: device });
  rig.facts = { ...rig.facts, fitted: 1 << FITTED.indexOf("ageVerifier") };
  rig.start().run(3_000);
  return { rig, device };
}

test("set-up in a reader's frame, then the question; its answer is kept", () => {
  const { rig } = ready();
  assert.equal(
    rig.hexes().filter((hex) => hex !== "6A"),
    ["68", "690001100201", QUESTION],
  );
  assert.is(rig.state.ageVerifier.ageStatus, 0x2a);
  assert.is(rig.state.ageVerifier.limits.offlineMs, 10_000);
  assert.equal(rig.told(), ["ageVerifierOffline false"]);
});

test("configuration and answer may come in POLL", () => {
  const { rig, device } = ready((other) => {
    other.says = (hex) => {
      if (hex.startsWith("69")) other.waiting.push("0101184005020500");
      if (hex === QUESTION) other.waiting.push(`${ANSWER}07`);
      return /^6[9F]/.test(hex) ? "ack" : undefined;
    };
  });
  assert.is(rig.state.ageVerifier.ageStatus, 0x07);
  device.waiting.push("FF0544524156");
  rig.run(500);
  assert.is(rig.state.ageVerifier.ageStatus, 0x07);
});

test("asked once a minute; one that does not understand is not asked more often, and not lost for it", () => {
  for (const answer of ["silent", "ack", "nak"] as const) {
    const { rig } = ready((device) => {
      device.says = (hex) => (hex === QUESTION ? answer : undefined);
    });
    rig.run(2 * COUNT_EVERY_MS);
    assert.is(rig.hexes().filter((hex) => hex === QUESTION).length, 3, answer);
    assert.equal(rig.told(), ["ageVerifierOffline false"], answer);
    assert.is(rig.state.ageVerifier.ageStatus, undefined);
  }
});

test("what it complains of is counted", () => {
  const { rig, device } = ready();
  device.waiting.push("0B0A50");
  rig.run(500);
  assert.is(rig.state.ageVerifier.complaints, 2);
});

test("silent for its response time it is lost, once; back it is asked again", () => {
  const { rig, device } = ready();
  device.says = () => "silent";
  rig.forget().run(9_000);
  assert.equal(rig.told(), []);
  rig.run(30_000);
  assert.equal(rig.told(), ["ageVerifierOffline true"]);
  device.says = () => undefined;
  rig.forget().run(15_000);
  assert.equal(rig.told(), ["ageVerifierOffline false"]);
  assert.ok(rig.hexes().includes(QUESTION));
});

test.run();
