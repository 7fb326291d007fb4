/** The self-test's lines: a sound board, every fault it can name with its cure, and nothing that moves. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEVKIT } from "../../../firmware/io/boards/devkit.js";
import type { PinMap, PinRole } from "../../../firmware/io/boards/pin-map.js";
import { TOUCH } from "../../../firmware/io/boards/touch.js";
import { Parts } from "../../../firmware/io/parts.js";
import { lineOf, runSelfTest, type SelfTestResult } from "../../../firmware/io/self-test.js";
import { checksOf, lookNow, MIN_FREE_BYTES, type SelfTestFacts } from "../../../firmware/io/self-test-checks.js";
import type { LookAtCable } from "../../../firmware/io/self-test-network.js";
import { findingText } from "../../../shared/self-test-texts.js";
import { FITTED } from "../../../shared/wire/documents.js";
import { flipBits } from "../../../tools/bench/wire-faults.js";
import { SimDevkit } from "../../support/io/devkit.js";

const test = suite("firmware/io self-test");
const FACTS: SelfTestFacts = {
  cause: "power",
  freeBytes: 100_000,
  machineId: "M-1234",
  networkProvisioned: true,
  isClaimed: true,
  keyState: "ready",
  ssid: undefined,
  used: undefined,
  screen: { width: 240, height: 320 },
  slots: [
    { slot: "A1", column: 0 },
    { slot: "A2", column: 1 },
    { slot: "A3", column: 2 },
  ],
  isFitted: (device) => device === "changer",
};

/** What a look at the W5500 says. */
const LINKED: LookAtCable = () => "link";

interface Told {
  readonly lines: readonly string[];
  readonly result: SelfTestResult | undefined;
}

function told(kit: SimDevkit, facts: Partial<SelfTestFacts> = {}, parts = kit.parts(), cable = LINKED): Told {
  const lines: string[] = [];
  let result: SelfTestResult | undefined;
  kit.run(1_000);
  runSelfTest(
    checksOf(parts, { ...FACTS, ...facts }, cable),
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
    "device key: ready",
    "Ethernet: answers, cable has a link",
    "Wi-Fi: not in use",
    "flash: ledger 64 blocks, documents 8 blocks",
    "turn notes: 1 blocks",
    "door: shut",
    "service button: not pressed",
    "keypad: answers, no key pressed",
    "thermometer: 4.5 °C",
    "compressor: at rest, may start in 299 s",
    "text display: answers (20 columns)",
    "DEX: open at 9600 baud",
    "power-fail input: mains present",
    "stall line: at rest",
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
    "MDB satellite 1 40h: silent, not fitted",
    "MDB satellite 2 48h: silent, not fitted",
    "MDB satellite 3 50h: silent, not fitted",
    "MDB age verifier 68h: silent, not fitted",
    "self-test: all 32 well",
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
  assert.is(all.lines.at(-1), "self-test: 5 of 32 not well");
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

test("whatever can be fitted has its line, at its address on the bus", () => {
  const fitted = told(new SimDevkit(), { isFitted: () => true });
  const named = fitted.lines.filter((text) => /^MDB .* [0-9a-f]{2}h: /.test(text));
  assert.is(named.length, FITTED.length);
  // MDB 4.2 §2.3, in the order of FITTED
  const addresses = ["08h", "30h", "10h", "60h", "58h", "70h", "40h", "48h", "50h", "68h"];
  assert.equal(
    named.map((text) => /([0-9a-f]{2}h): /.exec(text)?.[1]),
    addresses,
  );
  for (const text of named.slice(1)) assert.match(text, /: silent - its plug/);
});

/** The line that says of a pin's part whether it is well. What cannot be seen without it turning is seen selected. */
const LINE_OF: { readonly [role in PinRole]: string } = {
  ...{ mdbTransmit: "MDB", mdbReceive: "MDB", motorDrive: "motor select", home: "home switches", stall: "stall line" },
  ...{ beamEmitter: "beam", beamReceiver: "beam", powerFail: "power-fail input", door: "door" },
  ...{ compressor: "compressor", i2cData: "thermometer", i2cClock: "thermometer", dexReceive: "DEX" },
  ...{ dexTransmit: "DEX", serviceButton: "service button", spiClock: "screen", spiIn: "screen", spiOut: "screen" },
  ...{ ethernetSelect: "Ethernet", ethernetInterrupt: "Ethernet", ethernetReset: "Ethernet" },
  ...{ screenSelect: "screen", screenData: "screen", backlight: "screen" },
};

/** Parts of a map beside its pins. */
const PARTS_OF: readonly (readonly [keyof PinMap, string])[] = [
  ["motors", "motor select"],
  ["keypad", "keypad"],
  ["textDisplay", "text display"],
  ["screen", "screen"],
  ["touchPanel", "touch panel"],
  ["thermometer", "thermometer"],
];

for (const map of [DEVKIT, TOUCH]) {
  test(`${map.board}: every part of its pin map has its line, and so has every partition`, () => {
    const { lines } = told(new SimDevkit([0, 1, 2], map), { ssid: "shop" });
    const has = (part: string): boolean => lines.some((text) => text.startsWith(`${part}: `));
    const onSpi = map.screen === undefined ? "Ethernet" : "screen";
    for (const [role, part] of Object.entries(LINE_OF)) {
      if (!Object.hasOwn(map.pins, role)) continue;
      const wanted = role.startsWith("spi") ? onSpi : part;
      assert.ok(has(wanted), `${role}: no line of ${wanted}`);
    }
    for (const [name, part] of PARTS_OF) assert.is(has(part), map[name] !== undefined, `${map.board}: ${part}`);
    // partitions.csv: nvs, keys, ledger and documents, note
    for (const part of ["identity", "network secrets", "device key", "flash", "turn notes"]) assert.ok(has(part), part);
    assert.match(lines.at(-1) ?? "", /all \d+ well/);
  });
}

test("the touch panel: none answers, another chip, a finger that rests on it", () => {
  const kit = new SimDevkit([0, 1, 2], TOUCH);
  kit.touch.id = 0x11;
  assert.match(line(told(kit), "touch panel"), /silent - no FT6206 answers: .*38h/);
  const gone = new SimDevkit([0, 1, 2], TOUCH);
  gone.carrier.bus.detach(0x38);
  assert.match(line(told(gone), "touch panel"), /silent - /);
  const wet = new SimDevkit([0, 1, 2], TOUCH);
  wet.touch.touch(100, 100);
  assert.match(line(told(wet), "touch panel"), /a finger on it - take it away/);
  const parts = new SimDevkit([0, 1, 2], TOUCH).parts();
  assert.not.ok(
    lookNow(parts, FACTS).some(({ part }) => part === "touch panel"),
    "whoever asks has just touched it",
  );
});

test("a screen whose driver is missing, or of another size", () => {
  for (const screen of [undefined, { width: 320, height: 320 }, { width: 240, height: 240 }]) {
    const all = told(new SimDevkit([0, 1, 2], TOUCH), { screen });
    assert.match(line(all, "screen"), /none - no display driver of this size/);
  }
});

test("the stall line hangs; the service button is pressed", () => {
  const kit = new SimDevkit();
  kit.carrier.cabinet.stalling = true;
  kit.setButton(true);
  const all = told(kit);
  assert.match(line(all, "stall line"), /says stall current with no motor running - measure the comparator/);
  assert.is(line(all, "service button"), "service button: pressed");
  assert.is(all.result?.bad, 1);
});

test("the board's key: made, being made, not to be made", () => {
  assert.is(line(told(new SimDevkit(), { keyState: "making" }), "device key"), "device key: being made");
  assert.match(line(told(new SimDevkit(), { keyState: "failed" }), "device key"), /failed - the partition keys/);
});

test("the cable: no link, no chip with Wi-Fi and without, pins in use, in use by the network", () => {
  const cable = (look: LookAtCable, facts: Partial<SelfTestFacts> = {}): string =>
    line(told(new SimDevkit(), facts, undefined, look), "Ethernet");
  assert.is(
    cable(() => "noLink"),
    "Ethernet: answers, no link on its cable",
  );
  assert.is(
    cable(() => undefined, { ssid: "shop" }),
    "Ethernet: silent, not fitted",
  );
  assert.match(
    cable(() => undefined),
    /silent - no W5500 answers/,
  );
  const inUse: LookAtCable = () => {
    throw new Error("in use");
  };
  assert.match(cable(inUse), /not opened \(in use\) - compare the pin map/);
  const used = { way: "ethernet", address: "10.0.0.9" } as const;
  assert.is(cable(inUse, { used }), "Ethernet: connected (10.0.0.9)");
});

test("Wi-Fi: set up, connected, and a board with neither a cable nor a name of one", () => {
  const wifi = (map: PinMap, facts: Partial<SelfTestFacts>): string =>
    line(told(new SimDevkit([0, 1, 2], map), facts), "Wi-Fi");
  assert.is(wifi(DEVKIT, { ssid: "shop" }), "Wi-Fi: set up for shop");
  const used = { way: "wifi", address: "192.168.1.20" } as const;
  assert.is(wifi(TOUCH, { ssid: "shop", used }), "Wi-Fi: connected (192.168.1.20)");
  assert.match(wifi(TOUCH, {}), /none - neither a cable nor the name of a Wi-Fi/);
  assert.is(wifi(TOUCH, { networkProvisioned: false }), "Wi-Fi: not in use");
});

test("in German every port that the menu names is German, too", () => {
  const alike = ["DEX", "Ethernet"];
  for (const map of [DEVKIT, TOUCH]) {
    const kit = new SimDevkit([0, 1, 2], map);
    const parts = kit.parts();
    kit.run(1_000);
    for (const finding of lookNow(parts, FACTS)) {
      const german = findingText(finding, "de");
      assert.is(german.startsWith(`${finding.part}: `), alike.includes(finding.part), german);
    }
  }
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

test("from the menu, beside a running machine: the same but cable, keypad, beam and bus; nothing moves", () => {
  const kit = new SimDevkit();
  const parts = kit.parts();
  kit.run(1_000);
  const all = told(kit, {}, parts).lines;
  const found = lookNow(parts, FACTS).map(lineOf);
  const elsewhere = ["Ethernet: ", "keypad: ", "beam: ", "MDB", "self-test: "];
  // the compressor's time has gone on
  const timeless = (text: string): string => text.replace(/in \d+ s/, "");
  assert.equal(
    found.map(timeless).filter((text) => text !== "Ethernet: not in use"),
    all.map(timeless).filter((text) => !elsewhere.some((part) => text.startsWith(part))),
  );
  assert.is(kit.carrier.cabinet.spirals.turns, 0);
});

test.run();
