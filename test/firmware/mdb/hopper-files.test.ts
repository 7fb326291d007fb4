/** Files of coin hoppers over the bus: both ways, beside payouts, and every order answered once (mdb §1.7). */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { FileEvent } from "../../../firmware/ports/rooms.js";
import { FITTED } from "../../../shared/wire/documents.js";
import { PlainHopper } from "./plain-hopper.js";
import { Rig } from "./rig.js";

const test = suite("firmware/mdb hopper files");

/** As at 58h: the rig's hopper hears itself so at 70h, too. */
function ready(name: "hopper1" | "hopper2" = "hopper1") {
  const device = new PlainHopper();
  const said: string[] = [];
  device.says = (hex) => {
    if (!/^5FF[A-E]/.test(hex)) return undefined;
    said.push(hex);
    return "ack";
  };
  const rig = new Rig(undefined, undefined, name === "hopper1" ? { 88: device } : { 112: device });
  rig.facts = { ...rig.facts, fitted: 1 << FITTED.indexOf(name) };
  rig.start().run(3_000).forget();
  return { rig, device, said };
}

function files(rig: Rig): FileEvent[] {
  return rig.events.map(({ event }) => event).filter((event): event is FileEvent => event.event.startsWith("file"));
}

const PUT = { order: "putFile", device: "hopper1", file: 1, bytes: Uint8Array.of(0xaa, 0xbb) } as const;

test("a hopper's file is taken, block by block; its data are no POLL codes", () => {
  for (const [name, address] of [
    ["hopper1", "58"],
    ["hopper2", "70"],
  ] as const) {
    const { rig, device, said } = ready(name);
    device.waiting.push(`1F00${address}010200`);
    rig.run(500);
    assert.equal(said, [`5FFD${address}00`]);
    // 07 would be a jam, 0B a reset
    device.waiting.push("1D0000070B");
    rig.run(300);
    device.waiting.push("1D0001");
    rig.run(300);
    assert.equal(files(rig), [{ event: "fileReceived", device: name, file: 1, bytes: Uint8Array.of(0x07, 0x0b) }]);
    assert.equal([rig.told(), device.resets], [["fileReceived"], 1]);
    assert.is(rig.state[name].contact.unknownCodes, 0);
  }
});

test("a file for a hopper: announced, sent, delivered", () => {
  const { rig, device, said } = ready();
  rig.order(PUT);
  rig.run(300);
  device.waiting.push("1E0058");
  rig.run(1_000);
  assert.equal(said, ["5FFE5800010100", "5FFC5800AABB", "5FFC5801"]);
  assert.equal(files(rig), [{ event: "fileSent", device: "hopper1", file: 1, outcome: "delivered" }]);
});

test("coins come first: nothing of a file is sent in a payout", () => {
  const { rig, device, said } = ready();
  device.atOnce = false;
  rig.order({ order: "dispense", store: 2, type: 0, count: 3 });
  rig.run(300);
  rig.order(PUT);
  rig.run(2_000);
  assert.equal(said, []);
  device.pay(0, 3);
  rig.run(3_000);
  assert.ok(rig.told().includes("storeDispensed"));
  assert.is(said[0], "5FFE5800010100");
});

test("devices whose file transport is not on answer at once, fitted or not", () => {
  for (const fitted of [0b1111, 0]) {
    const rig = new Rig(undefined, undefined);
    rig.facts = { ...rig.facts, fitted };
    rig.start().run(1_000).forget();
    for (const device of ["changer", "validator", "reader1", "reader2"] as const) {
      rig.forget().order({ ...PUT, device });
      rig.order({ order: "getFile", device, file: 2 });
      assert.equal(files(rig), [
        { event: "fileSent", device, file: 1, outcome: "failed" },
        { event: "fileMissed", device, file: 2 },
      ]);
    }
  }
});

test("each order is answered once: reset, silent for good, lost, taken away", () => {
  const reset = ready();
  reset.rig.order(PUT);
  reset.rig.run(300);
  reset.device.waiting.push("0B");
  reset.rig.run(500);
  assert.equal(files(reset.rig), [{ event: "fileSent", device: "hopper1", file: 1, outcome: "failed" }]);
  const silent = ready();
  silent.rig.order(PUT);
  silent.rig.order({ order: "getFile", device: "hopper1", file: 2 });
  silent.rig.run(300);
  silent.device.says = () => "silent";
  silent.rig.run(8_000);
  assert.equal(
    files(silent.rig).map(({ event }) => event),
    ["fileSent", "fileMissed"],
  );
  silent.rig.forget().order(PUT);
  assert.equal(files(silent.rig), [{ event: "fileSent", device: "hopper1", file: 1, outcome: "failed" }]);
  const away = ready();
  away.rig.order(PUT);
  away.rig.facts = { ...away.rig.facts, fitted: 0 };
  away.rig.run(500);
  assert.is(files(away.rig).length, 1);
});

test.run();
