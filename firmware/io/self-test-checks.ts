/**
 * What the self-test looks at on a board, port by port, in the order in which somebody would repair it: memory and
 * identity, sensors, delivery, bus. Each check only asks: levels, identities, a POLL or SETUP of each device.
 * No motor turns, nothing is switched on but the beam's emitter.
 */
import { deepFreeze } from "../../shared/freeze.js";
import type { BootCause } from "../../shared/records/kinds.js";
import type { Finding, SelfTestText } from "../../shared/self-test-texts.js";
import type { FittedName } from "../../shared/wire/documents.js";
import type { LinkResult } from "../ports/inputs.js";
import type { BeamTest } from "./delivery.js";
import type { Parts, Trouble } from "./parts.js";
import type { Check } from "./self-test.js";

/** Less is too little for a TLS handshake beside the machine. */
export const MIN_FREE_BYTES = 40_960;
/** Break, quiet time and some more: then every device has started. */
export const BUS_RESET_MS = 900;
/** How often the line is asked for its result, and how often at most: an answer damaged twice takes its time. */
const LOOK_EVERY_MS = 20;
export const MAX_LOOKS = 25;

export interface SelfTestFacts {
  readonly cause: BootCause;
  readonly freeBytes: number;
  /** "M-1234"; undefined: not provisioned. */
  readonly machineId: string | undefined;
  readonly networkProvisioned: boolean;
  /** False: it waits for its claim. */
  readonly isClaimed: boolean;
  /** Slots by name and column, of the planogram in force. */
  readonly slots: readonly { readonly slot: string; readonly column: number }[];
  readonly isFitted: (device: FittedName) => boolean;
}

/** Devices on the bus and what they are asked: SETUP where it only reads, POLL else. level: their answer begins so. */
const BUS_DEVICES = deepFreeze([
  { name: "changer", fitted: "changer", address: 0x08, ask: [0x09], level: true },
  { name: "validator", fitted: "validator", address: 0x30, ask: [0x31], level: true },
  { name: "reader 1", fitted: "reader1", address: 0x10, ask: [0x12], level: false },
  { name: "reader 2", fitted: "reader2", address: 0x60, ask: [0x62], level: false },
  { name: "hopper 1", fitted: "hopper1", address: 0x58, ask: [0x59], level: true },
  { name: "hopper 2", fitted: "hopper2", address: 0x70, ask: [0x71], level: true },
] as const);
type BusDevice = (typeof BUS_DEVICES)[number];

const STARTED_BY: { readonly [cause in BootCause]: SelfTestText } = deepFreeze({
  power: "{} ({}), started by power",
  reset: "{} ({}), started by reset",
  watchdog: "{} ({}), started by watchdog",
  assert: "{} ({}), started by assert",
  order: "{} ({}), started by order",
});

/** All checks of a board. */
export function checksOf<View>(parts: Parts<View>, facts: SelfTestFacts): readonly Check[] {
  const looks = looksOf(parts, facts, () => keypad(parts));
  return looks.map(asCheck).concat(beam(parts), ...bus(parts, facts));
}

/**
 * For the service menu, while the machine runs and no motor does. Without what is the machine's then (bus, beam), and
 * without the keypad: whoever asks has just pressed a key.
 */
export function lookNow<View>(parts: Parts<View>, facts: SelfTestFacts): readonly Finding[] {
  const findings: Finding[] = [];
  for (const look of looksOf(parts, facts, () => undefined)) {
    const finding = look();
    if (finding !== undefined) findings.push(finding);
  }
  return findings;
}

function looksOf<View>(parts: Parts<View>, facts: SelfTestFacts, atKeypad: Look): readonly Look[] {
  const { map } = parts;
  return [
    saying({ part: "board", saw: STARTED_BY[facts.cause], values: [map.board, map.module] }),
    saying(memory(facts)),
    saying(identity(facts)),
    saying(network(facts)),
    ...parts.troubles.map((trouble) => saying(missing(trouble))),
    () => flash(parts),
    () => door(parts),
    atKeypad,
    () => thermometer(parts),
    () => compressor(parts),
    () => textDisplay(parts),
    () => mains(parts),
    () => selectLines(parts),
    () => homeSwitches(parts, facts),
  ];
}

/** A look that answers at once; undefined: the board has no such port, or its trouble has been told. */
type Look = () => Finding | undefined;

function saying(finding: Finding): Look {
  return () => finding;
}

function asCheck(look: Look): Check {
  return (tell) => tell(look());
}

function memory({ freeBytes }: SelfTestFacts): Finding {
  const finding = { part: "memory", saw: "{} bytes free", values: [freeBytes] } as const;
  if (freeBytes >= MIN_FREE_BYTES) return finding;
  return { ...finding, cure: "less than {} bytes: build it smaller", cureValues: [MIN_FREE_BYTES] };
}

function identity({ machineId, isClaimed }: SelfTestFacts): Finding {
  if (machineId !== undefined && !isClaimed) {
    return { part: "identity", saw: "{}, not claimed", values: [machineId], cure: "claim it: its page in this menu" };
  }
  if (machineId !== undefined) return { part: "identity", saw: "{}", values: [machineId] };
  return { part: "identity", saw: "none", cure: "provision the board: without a name and keys it sells nothing" };
}

function network({ networkProvisioned }: SelfTestFacts): Finding {
  if (networkProvisioned) return { part: "network secrets", saw: "there" };
  return { part: "network secrets", saw: "none", cure: "provision the board: it sells, but tells nobody" };
}

function missing({ part, why }: Trouble): Finding {
  const cure = "compare the pin map with the wiring: two parts on one pin?";
  return { part, saw: "not opened ({})", values: [why], cure };
}

function flash<View>({ ledgerFlash, documentFlash }: Parts<View>): Finding | undefined {
  if (ledgerFlash === undefined || documentFlash === undefined) return undefined;
  const values = [ledgerFlash.blocks, documentFlash.blocks];
  return { part: "flash", saw: "ledger {} blocks, documents {} blocks", values };
}

function door<View>({ door: it }: Parts<View>): Finding | undefined {
  return it === undefined ? undefined : { part: "door", saw: it.sample() ? "open" : "shut" };
}

function keypad<View>({ keypad: it, keypadExpander }: Parts<View>): Finding | undefined {
  if (it === undefined) return undefined;
  const part = "keypad";
  if (keypadExpander?.renew() !== true) {
    return { part, saw: "silent", cure: "its expander does not answer: supply, SDA, SCL, address 21h" };
  }
  const keys = it.sample();
  if (keys === "") return { part, saw: "answers, no key pressed" };
  const cure = "let the keys go; if none is pressed, a row and a column touch";
  if (keys === undefined) return { part, saw: "several keys pressed at once", cure };
  return { part, saw: "key {} pressed", values: [keys], cure };
}

function thermometer<View>({ thermometer: it }: Parts<View>): Finding | undefined {
  if (it === undefined) return undefined;
  const part = "thermometer";
  const milliC = it.sample();
  if (milliC === undefined && !it.configure()) {
    return { part, saw: "silent", cure: "no TMP117 answers: supply, SDA, SCL, address 48h" };
  }
  if (milliC === undefined) return { part, saw: "answers, no reading yet" };
  return { part, saw: "{} °C", values: [Math.round(milliC / 100) / 10] };
}

function compressor<View>({ compressor: it, timers }: Parts<View>): Finding | undefined {
  if (it === undefined) return undefined;
  const part = "compressor";
  if (it.running) return { part, saw: "running" };
  const restS = Math.max(0, Math.ceil((it.freeAtMs - timers.nowMs()) / 1_000));
  return { part, saw: "at rest, may start in {} s", values: [restS] };
}

function textDisplay<View>({ textDisplay: it }: Parts<View>): Finding | undefined {
  if (it === undefined) return undefined;
  const part = "text display";
  if (it.answers) return { part, saw: "answers ({} columns)", values: [it.columns] };
  return { part, saw: "silent", cure: "no HD44780 answers behind its expander: supply, SDA, SCL, address, contrast" };
}

function mains<View>({ delivery, map }: Parts<View>): Finding | undefined {
  if (delivery === undefined || map.pins.powerFail === undefined) return undefined;
  if (!delivery.mainsFailing) return { part: "power-fail input", saw: "mains present" };
  return { part: "power-fail input", saw: "mains failing", cure: "measure the comparator: below 18.5 V it is right" };
}

/** Every motor's two lines high and all others low, one after the other; the drive itself stays off. */
function selectLines<View>({ matrix, motorExpander }: Parts<View>): Finding | undefined {
  if (matrix === undefined) return undefined;
  const part = "motor select";
  if (motorExpander?.renew() !== true) {
    return { part, saw: "silent", cure: "its expander does not answer: supply, SDA, SCL, address 20h" };
  }
  const bad: number[] = [];
  for (let column = 0; column < matrix.count; column++) if (matrix.select(column) !== "selected") bad.push(column);
  const rest = matrix.release();
  if (rest !== "selected") {
    return { part, saw: "a line is high that should be low", cure: "a driver's input is shorted to its supply" };
  }
  const { count } = matrix;
  if (bad.length === 0) return { part, saw: "{} of {} can be selected, one at a time", values: [count, count] };
  const cure = "a row or a column they share is shorted to ground, to its supply or to its neighbour";
  return { part, saw: "motors {} cannot be selected", values: [listOf(bad)], cure };
}

function homeSwitches<View>({ delivery }: Parts<View>, { slots }: SelfTestFacts): Finding | undefined {
  if (delivery === undefined) return undefined;
  const part = "home switches";
  if (slots.length === 0) return { part, saw: "not looked at: no planogram says which motors there are" };
  const away = slots.filter(({ column }) => delivery.homeSwitch(column) !== "closed").map(({ slot }) => slot);
  if (away.length === 0) return { part, saw: "all {} closed", values: [slots.length] };
  const cure = "bring these spirals home by the service menu; one that stays open is unplugged, broken or not selected";
  return { part, saw: "{} closed, open: {}", values: [slots.length - away.length, listOf(away)], cure };
}

function listOf(names: readonly (string | number)[]): string {
  return names.join(", ");
}

function beam<View>({ delivery, timers }: Parts<View>): Check {
  return (tell) => {
    if (delivery === undefined) return tell(undefined);
    delivery.testBeam(timers, (saw) => tell(beamFinding(saw)));
  };
}

function beamFinding({ lit, dark, litAgain, glare }: BeamTest): Finding {
  const part = "beam";
  if (!lit) return { part, saw: "dark", cure: "clear the chute, wipe its windows; else emitter or receiver is dead" };
  if (glare || !dark) {
    return { part, saw: "lit with its emitter off", cure: "foreign light: shade the receiver; else its line hangs" };
  }
  if (!litAgain) return { part, saw: "dark", cure: "it does not come back: measure the emitter's supply" };
  return { part, saw: "lit, dark with its emitter off, lit again" };
}

function bus<View>(parts: Parts<View>, { isFitted }: SelfTestFacts): readonly Check[] {
  const { link, timers } = parts;
  if (link === undefined) return [];
  const reset: Check = (tell) => {
    link.busReset();
    timers.after(BUS_RESET_MS, () => {
      const told = drained(() => link.take()).some(({ kind }) => kind === "busReset");
      const cure = "the native line does not run";
      tell(told ? { part: "MDB", saw: "reset" } : { part: "MDB", saw: "no end of its reset", cure });
    });
  };
  return [reset, ...BUS_DEVICES.map((device) => deviceCheck(parts, device, isFitted(device.fitted)))];
}

function deviceCheck<View>({ link, timers }: Parts<View>, device: BusDevice, fitted: boolean): Check {
  return (tell) => {
    if (link === undefined) return tell(undefined);
    link.send(Uint8Array.from(device.ask), { ackFirst: false });
    let answer: LinkResult | undefined;
    const look = (looks: number): void => {
      for (const result of drained(() => link.take())) answer ??= result;
      // What carries money is not acknowledged here: the device says it again to the machine.
      const held = answer?.kind === "data" && answer.held;
      if ((answer !== undefined && !held) || looks === MAX_LOOKS) return tell(deviceFinding(device, answer, fitted));
      timers.after(LOOK_EVERY_MS, () => look(looks + 1));
    };
    look(0);
  };
}

function deviceFinding(device: BusDevice, answer: LinkResult | undefined, fitted: boolean): Finding {
  const part = `MDB ${device.name} ${device.address.toString(16).padStart(2, "0")}h`;
  if (answer === undefined) return { part, saw: "no result", cure: "the native line does not run" };
  if (answer.kind === "silent") {
    if (!fitted) return { part, saw: "silent, not fitted" };
    return { part, saw: "silent", cure: "its plug, its supply, the two pairs of the bus crossed" };
  }
  if (answer.kind === "garbled") {
    const cure = "one pair turned round, slow optocoupler, two devices at one address";
    return { part, saw: "garbled ({})", values: [answer.reason], cure };
  }
  const finding: Finding =
    device.level && answer.kind === "data"
      ? { part, saw: "answers (level {})", values: [answer.bytes[0] ?? 0] }
      : { part, saw: "answers" };
  return fitted ? finding : { ...finding, cure: "it is not fitted by the settings: nobody will poll it" };
}

function drained(take: () => LinkResult | undefined): readonly LinkResult[] {
  const results: LinkResult[] = [];
  for (let result = take(); result !== undefined; result = take()) results.push(result);
  return results;
}
