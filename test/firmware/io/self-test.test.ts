/** The self-test's lines: a sound board, every fault it can name with its cure, and nothing that moves. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEVKIT } from "../../../firmware/io/boards/devkit.js";
import { Parts } from "../../../firmware/io/parts.js";
import { lineOf, runSelfTest, type SelfTestResult } from "../../../firmware/io/self-test.js";
import { checksOf, lookNow, MIN_FREE_BYTES, type SelfTestFacts } from "../../../firmware/io/self-test-checks.js";
import { flipBits } from "../../../tools/bench/wire-faults.js";
import { SimDevkit } from "../../support/io/devkit.js";

const test = suite("firmware/io self-test");
const FACTS: SelfTestFacts = {
  cause: "power",
  freeBytes: 100_000,
  machineId: "M-1234",
  networkProvisioned: true,
  isClaimed: true,
  slots: [
    { slot: "A1", column: 0 },
    { slot: "A2", column: 1 },
    { slot: "A3", column: 2 },
  ],
  isFitted: (device) => device === "changer",
};

interface Told {
  readonly lines: readonly string[];
  readonly result: SelfTestResult | undefined;
}

function told(kit: SimDevkit, facts: Partial<SelfTestFacts> = {}, parts = kit.parts()): Told {
  const lines: string[] = [];
  let result: SelfTestResult | undefined;
  kit.run(1_000);
  runSelfTest(
    checksOf(parts, { ...FACTS, ...facts }),
    (line) => lines.push(line),
    (ended) => {
      result = ended;
    },
  );
  kit.run(5_000);
  return { lines, result };
}

/** The one line of a port. */
function line({ lines }: Told, part: string): string {
  return lines.find((text) => text.startsWith(`${part}: `)) ?? `no line of ${part}`;
}

test("a sound board: one line each, all well, nothing has moved", () => {
  const kit = new SimDevkit();
  const { lines, result } = told(kit);
  assert.equal(lines, [
    "board: devkit (ESP32-WROOM-32E-N8), started by power",
    "memory: 100000 bytes free",
    "identity: M-1234",
    "network secrets: there",
    "flash: ledger 64 blocks, documents 8 blocks",
    "door: shut",
    "keypad: answers, no key pressed",
    "thermometer: 4.5 °C",
    "compressor: at rest, may start in 299 s",
    "text display: answers (20 columns)",
    "power-fail input: mains present",
    "motor select: 64 of 64 can be selected, one at a time",
    "home switches: all 3 closed",
    "beam: lit, dark with its emitter off, lit again",
    "MDB: reset",
    "MDB changer 08h: answers (level 3)",
    "MDB validator 30h: silent, not fitted",
    "MDB reader 1 10h: silent, not fitted",
    "MDB reader 2 60h: silent, not fitted",
    "MDB hopper 1 58h: silent, not fitted",
    "MDB hopper 2 70h: silent, not fitted",
    "self-test: all 21 well",
  ]);
  assert.is(result?.bad, 0);
  assert.is(kit.carrier.cabinet.spirals.turns, 0);
  assert.equal(kit.carrier.selected(), []);
  assert.is(kit.carrier.chip.driven(32), 0);
});

test("every chip on the I2C bus silent: each is named, with its cure, and the rest goes on", () => {
  const kit = new SimDevkit();
  kit.carrier.bus.stuck = true;
  const all = told(kit);
  for (const part of ["keypad", "thermometer", "text display", "motor select"]) {
    assert.match(line(all, part), /: silent - .*SDA/);
  }
  assert.match(line(all, "home switches"), /0 closed, open: A1, A2, A3/);
  assert.match(line(all, "MDB changer 08h"), /answers/);
  assert.is(all.lines.at(-1), "self-test: 5 of 21 not well");
});

test("not provisioned, too little memory, no planogram", () => {
  const all = told(new SimDevkit(), {
    machineId: undefined,
    networkProvisioned: false,
    freeBytes: MIN_FREE_BYTES - 1,
    slots: [],
  });
  assert.match(line(all, "identity"), /none - provision the board/);
  assert.match(line(all, "network secrets"), /none - provision the board/);
  assert.match(line(all, "memory"), /less than 40960/);
  assert.is(line(all, "home switches"), "home switches: not looked at: no planogram says which motors there are");
});

test("a board that is still to be claimed", () => {
  const all = told(new SimDevkit(), { isClaimed: false });
  assert.match(line(all, "identity"), /^identity: M-1234, not claimed - claim it: its page in this menu$/);
});

test("the beam: covered, outshone", () => {
  const covered = new SimDevkit();
  covered.carrier.cabinet.beam.setBlocked(true);
  assert.match(line(told(covered), "beam"), /dark - clear the chute/);
  const outshone = new SimDevkit();
  outshone.carrier.cabinet.beam.setSunlit(true);
  assert.match(line(told(outshone), "beam"), /lit with its emitter off - foreign light/);
});

test("motors: a row shorted to ground, a line that is high though nothing selects it", () => {
  const ground = new SimDevkit();
  ground.carrier.motorExpander.shorts.set(1, 0);
  assert.match(line(told(ground), "motor select"), /motors 8, 9, 10, 11, 12, 13, 14, 15 cannot be selected - a row/);
  const supply = new SimDevkit();
  supply.carrier.motorExpander.shorts.set(9, 1);
  assert.match(line(told(supply), "motor select"), /a line is high that should be low - /);
});

test("a spiral away from home is named by its slot", () => {
  const kit = new SimDevkit();
  const parts = kit.parts();
  parts.delivery?.motors.turn(1, 4_500, 0);
  kit.run(1_000);
  parts.delivery?.motors.stop();
  assert.match(line(told(kit, {}, parts), "home switches"), /2 closed, open: A2 - bring these spirals home/);
});

test("door open, mains failing, keys held", () => {
  const kit = new SimDevkit();
  kit.setDoor(true);
  kit.carrier.cabinet.mainsFailing = true;
  kit.keys.hold("5");
  const all = told(kit);
  assert.is(line(all, "door"), "door: open");
  assert.match(line(all, "power-fail input"), /mains failing - measure the comparator/);
  assert.match(line(all, "keypad"), /key 5 pressed - let the keys go/);
  kit.keys.hold("124");
  const ghost = new SimDevkit();
  ghost.keys.hold("124");
  assert.match(line(told(ghost), "keypad"), /several keys pressed at once/);
});

test("on the bus: a changer that is missing, one that is not fitted, one that babbles", () => {
  const missing = new SimDevkit();
  missing.changer.setPower(false);
  assert.match(line(told(missing), "MDB changer 08h"), /silent - its plug/);
  const spare = told(new SimDevkit(), { isFitted: () => false });
  assert.match(line(spare, "MDB changer 08h"), /answers \(level 3\) - it is not fitted by the settings/);
  const two = new SimDevkit();
  two.wire.inject({ from: "peripheral", address: 0x08, times: 99, act: flipBits(0, 0x55) });
  assert.match(line(told(two), "MDB changer 08h"), /garbled \(.*\) - one pair turned round/);
});

test("a part that could not be opened is named with what its class said", () => {
  const kit = new SimDevkit();
  const { Digital } = kit.classes;
  new Digital({ pin: 14, mode: Digital.Input });
  kit.flash.partitions.delete("ledger");
  const all = told(kit);
  assert.is(
    line(all, "door"),
    "door: not opened (in use) - compare the pin map with the wiring: two parts on one pin?",
  );
  assert.match(line(all, "ledger flash"), /not opened \(can't find partition\)/);
});

test("a map that cannot be built is no board", () => {
  const kit = new SimDevkit();
  assert.throws(() => new Parts({ ...kit.options(), map: { ...DEVKIT, flashMiB: 4 } }), /8 are needed/);
});

test("a check that tells twice is a programmer's error", () => {
  assert.throws(() => {
    runSelfTest(
      [
        (tell) => {
          tell(undefined);
          tell(undefined);
        },
      ],
      () => {},
      () => {},
    );
  }, /told twice/);
});

test("from the menu, beside a running machine: the same lines but those of keypad, beam and bus; nothing moves", () => {
  const kit = new SimDevkit();
  const parts = kit.parts();
  kit.run(1_000);
  const all = told(kit, {}, parts).lines;
  const found = lookNow(parts, FACTS).map(lineOf);
  const elsewhere = ["keypad: ", "beam: ", "MDB", "self-test: "];
  // the compressor's time has gone on
  const timeless = (text: string): string => text.replace(/in \d+ s/, "");
  assert.equal(
    found.map(timeless),
    all.map(timeless).filter((text) => !elsewhere.some((part) => text.startsWith(part))),
  );
  assert.is(kit.carrier.cabinet.spirals.turns, 0);
});

test.run();
