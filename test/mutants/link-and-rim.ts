/** Faults of the link, of drop and motor, of climate and panel. */
import type { Mutant } from "./mutant.js";

const LINK = ["test/firmware/mdb-link.test.ts"];
const DROPS = ["test/firmware/delivery/drops.test.ts", "test/firmware/delivery/stall.test.ts"];
const PAUSE = ["test/firmware/delivery/pause.test.ts"];
const CLIMATE = ["test/firmware/climate.test.ts"];
const MENU = ["test/firmware/panel/menu.test.ts"];

export const LINK_AND_RIM: readonly Mutant[] = [
  {
    name: "a held reply is ACKed before it is on flash",
    file: "firmware/mdb/link.ts",
    find: "if (held && !link.ackFirst) {",
    replace: "if (held && link.ackFirst) {",
    tests: LINK,
  },
  {
    name: "a block with a bad checksum is taken",
    file: "firmware/mdb/link.ts",
    find: "if (checksumHolds(bytes)) takeData",
    replace: "if (bytes.length > 1) takeData",
    tests: LINK,
  },
  {
    name: "a late reply is taken without an ACK",
    file: "firmware/mdb/link.ts",
    find: "} else if (nowUs > atUs + ACK_WINDOW_US) {\n    // without",
    replace: "} else if (nowUs > atUs + 100 * ACK_WINDOW_US) {\n    // without",
    tests: LINK,
  },
  {
    name: "NAK to a RET counts as a NAK to the command",
    file: "firmware/mdb/link.ts",
    find: 'link.rets > 0 ? "conflict" : "nak",',
    replace: '"nak",',
    tests: LINK,
  },
  {
    name: "a second word after a NAK goes unnoticed",
    file: "firmware/mdb/link.ts",
    find: 'if (link.outcome === "nak") link.outcome = "conflict";',
    replace: "",
    tests: LINK,
  },
  {
    name: "the ACK of a released reply goes out although 4 ms are over",
    file: "firmware/mdb/link.ts",
    find: "export const ACK_WINDOW_US = 4_000;",
    replace: "export const ACK_WINDOW_US = 8_000;",
    tests: LINK,
  },
  {
    name: "an identical prefix is taken for a new report",
    file: "firmware/mdb/repeats.ts",
    find: "if (startsWith(reply, guard)) return",
    replace: "if (startsWith(guard, reply) && reply.length < guard.length) return",
    tests: ["test/firmware/mdb/money.test.ts"],
  },
  {
    name: "a report that only shares its first byte is taken for a repeat",
    file: "firmware/mdb/repeats.ts",
    find: "equalBytes(reply.subarray(0, head.length), head)",
    replace: "reply[0] === head[0]",
    tests: ["test/firmware/mdb/money.test.ts"],
  },
  {
    name: "a turn is ordered although the beam is dark",
    file: "firmware/delivery/turn.ts",
    find: "!away.includes(column) && (homeOnly || !beam.dark);",
    replace: "!away.includes(column);",
    tests: [...DROPS, "test/firmware/delivery/self-test.test.ts"],
  },
  {
    name: "a turn is ordered although the spiral is away from home",
    file: "firmware/delivery/turn.ts",
    find: "phase.column === column && !away.includes(column) &&",
    replace: "phase.column === column &&",
    tests: DROPS,
  },
  {
    name: "a third turn",
    file: "firmware/delivery/turn.ts",
    find: "return turn.retry && turn.turn === 1;",
    replace: "return turn.retry && turn.turn <= 2;",
    tests: DROPS,
  },
  {
    name: "a blind turn counts as a jam",
    file: "firmware/delivery/turn.ts",
    find: "if (turn.blind) {\n",
    replace: "if (turn.blind && turn.turn > 2) {\n",
    tests: DROPS,
  },
  {
    name: "a turn that power broke off and that drops nothing counts as a jam",
    file: "firmware/delivery/turn.ts",
    find: "if (!turn.proven) {",
    replace: "if (!turn.proven && turn.blind) {",
    tests: DROPS,
  },
  {
    name: "dark for half a second still counts as a drop",
    file: "firmware/delivery/state.ts",
    find: "export const BLIND_MS = 500;",
    replace: "export const BLIND_MS = 900;",
    tests: DROPS.concat("test/stories/stories.test.ts"),
  },
  {
    name: "leaving home is not told",
    file: "firmware/delivery/turn.ts",
    find: 'return go({ ...next, phase: { ...phase, turn } }, tell({ delivery: "leftHome", turn: turn.turn }));',
    replace: "return go({ ...next, phase: { ...phase, turn } });",
    tests: DROPS,
  },
  {
    name: "a drop after the answer is the next sale's",
    file: "firmware/delivery/beam.ts",
    find: 'phase.answer === "dropped" ? "extraDrop" : "strayDrop"',
    replace: 'phase.answer === "dropped" ? "strayDrop" : "extraDrop"',
    tests: DROPS,
  },
  {
    name: "mains that fail are believed before the longest fall is over",
    file: "firmware/delivery/state.ts",
    find: "export const PAUSE_WATCH_MS = 700;",
    replace: "export const PAUSE_WATCH_MS = 300;",
    tests: PAUSE,
  },
  {
    name: "a turn is begun while the mains fail",
    file: "firmware/delivery/step.ts",
    find: "if (state.failingSinceMs !== undefined) return ignore(state);",
    replace: "",
    tests: PAUSE,
  },
  {
    name: "the self-test passes without having been dark",
    file: "firmware/delivery/self-test.ts",
    find: 'return go({ ...state, phase: { ...test, step: "off", sinceMs: nowMs } }, { do: "emitter", on: false });',
    replace: "return passTest(state, test);",
    tests: ["test/firmware/delivery/self-test.test.ts"],
  },
  {
    name: "pulling the plug opens the food-safety lock",
    file: "firmware/climate.ts",
    find: "return locked ? { tempMilliC: undefined, warmSinceMs: nowMs, locked } : CLIMATE_AT_BOOT;",
    replace: "return locked ? { ...CLIMATE_AT_BOOT, warmSinceMs: nowMs } : CLIMATE_AT_BOOT;",
    tests: CLIMATE,
  },
  {
    name: "it counts as cold as soon as it is below the limit",
    file: "firmware/climate.ts",
    find: ": milliC > limitMilliC - HYSTERESIS_MILLI_C",
    replace: ": milliC > limitMilliC",
    tests: CLIMATE,
  },
  {
    name: "the technician's menu opens with somebody's money inside",
    file: "firmware/panel/menu.ts",
    find: "const free = creditMinor === 0 && vend === undefined && hold === undefined;",
    replace: "const free = vend === undefined && hold === undefined;",
    tests: MENU,
  },
  {
    name: "wrong codes never lock the menu",
    file: "firmware/panel/menu.ts",
    find: "const locks = wrong >= MAX_WRONG_CODES;",
    replace: "const locks = wrong > 99 * MAX_WRONG_CODES;",
    tests: MENU,
  },
  {
    name: "shutting the door leaves fill mode on",
    file: "firmware/panel/menu.ts",
    find: 'const ended = state.screen.is === "fill" ? endFill(state.who) : [];',
    replace: "const ended: MenuEffect[] = [];",
    tests: MENU,
  },
];
