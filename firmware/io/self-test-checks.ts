/**
 * What the self-test looks at on a board, port by port, in the order in which somebody would repair it: memory and
 * identity, sensors, delivery, bus. Each check only asks: levels, identities, a POLL or SETUP of each device.
 * No motor turns, nothing is switched on but the beam's emitter.
 */
import { deepFreeze } from "../../shared/freeze.js";
import type { BootCause } from "../../shared/records/kinds.js";
import type { Finding, SelfTestText } from "../../shared/self-test-texts.js";
import { FITTED, type FittedName } from "../../shared/wire/documents.js";
import type { LinkResult } from "../ports/inputs.js";
import type { ScreenUse } from "./boards/pin-map.js";
import type { BeamTest } from "./delivery.js";
import { DEX_BAUD } from "./dex-serial.js";
import type { Parts, Trouble } from "./parts.js";
import type { Check } from "./self-test.js";
import {
  cable,
  deviceKey,
  identity,
  type LookAtCable,
  type NetworkFacts,
  networkSecrets,
  wifi,
} from "./self-test-network.js";

/** Less is too little for a TLS handshake beside the machine. */
export const MIN_FREE_BYTES = 40_960;
/** Break, quiet time and some more: then every device has started. */
export const BUS_RESET_MS = 900;
/** How often the line is asked for its result, and how often at most: an answer damaged twice takes its time. */
const LOOK_EVERY_MS = 20;
export const MAX_LOOKS = 25;

export interface SelfTestFacts extends NetworkFacts {
  readonly cause: BootCause;
  readonly freeBytes: number;
  /** What the display's driver says of itself; undefined: there is none. */
  readonly screen: ScreenUse | undefined;
  /** Slots by name and column, of the planogram in force. */
  readonly slots: readonly { readonly slot: string; readonly column: number }[];
  readonly isFitted: (device: FittedName) => boolean;
}

interface BusDevice {
  readonly name: string;
  readonly address: number;
  readonly ask: number;
  readonly level: boolean;
}

/** Devices on the bus and what they are asked: SETUP where it only reads, POLL else. level: their answer begins so. */
const BUS_DEVICES: { readonly [device in FittedName]: BusDevice } = deepFreeze({
  changer: { name: "changer", address: 0x08, ask: 0x09, level: true },
  validator: { name: "validator", address: 0x30, ask: 0x31, level: true },
  reader1: { name: "reader 1", address: 0x10, ask: 0x12, level: false },
  reader2: { name: "reader 2", address: 0x60, ask: 0x62, level: false },
  hopper1: { name: "hopper 1", address: 0x58, ask: 0x59, level: true },
  hopper2: { name: "hopper 2", address: 0x70, ask: 0x71, level: true },
  satellite1: { name: "satellite 1", address: 0x40, ask: 0x42, level: false },
  satellite2: { name: "satellite 2", address: 0x48, ask: 0x4a, level: false },
  satellite3: { name: "satellite 3", address: 0x50, ask: 0x52, level: false },
  ageVerifier: { name: "age verifier", address: 0x68, ask: 0x6a, level: false },
});

const STARTED_BY: { readonly [cause in BootCause]: SelfTestText } = deepFreeze({
  power: "{} ({}), started by power",
  reset: "{} ({}), started by reset",
  watchdog: "{} ({}), started by watchdog",
  assert: "{} ({}), started by assert",
  order: "{} ({}), started by order",
});

/** All checks of a board. lookAtCable: of one with a chip for it, before the network's worker has that. */
export function checksOf<View>(parts: Parts<View>, facts: SelfTestFacts, lookAtCable?: LookAtCable): readonly Check[] {
  const looks = looksOf(parts, facts, () => cable(facts, parts.map, lookAtCable), [
    () => keypad(parts),
    () => touchPanel(parts),
  ]);
  return looks.map(asCheck).concat(beam(parts), ...bus(parts, facts));
}

/**
 * For the service menu, while the machine runs and no motor does. Without what is the machine's then (bus, beam), and
 * without keypad and touch panel: whoever asks has just pressed a key.
 */
export function lookNow<View>(parts: Parts<View>, facts: SelfTestFacts): readonly Finding[] {
  const findings: Finding[] = [];
  for (const look of looksOf(parts, facts, () => cable(facts, parts.map), [])) {
    const finding = look();
    if (finding !== undefined) findings.push(finding);
  }
  return findings;
}

function looksOf<View>(
  parts: Parts<View>,
  facts: SelfTestFacts,
  atCable: Look,
  atKeys: readonly Look[],
): readonly Look[] {
  const { map } = parts;
  return [
    saying({ part: "board", saw: STARTED_BY[facts.cause], values: [map.board, map.module] }),
    saying(memory(facts)),
    saying(identity(facts)),
    saying(networkSecrets(facts)),
    saying(deviceKey(facts)),
    atCable,
    saying(wifi(facts, map)),
    ...parts.troubles.map((trouble) => saying(missing(trouble))),
    () => flash(parts),
    () => turnNotes(parts),
    () => door(parts),
    () => serviceButton(parts),
    ...atKeys,
    () => thermometer(parts),
    () => compressor(parts),
    () => textDisplay(parts),
    () => screen(parts, facts),
    () => dex(parts),
    () => mains(parts),
    () => stall(parts),
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

function missing({ part, why }: Trouble): Finding {
  const cure = "compare the pin map with the wiring: two parts on one pin?";
  return { part, saw: "not opened ({})", values: [why], cure };
}

function flash<View>({ ledgerFlash, documentFlash }: Parts<View>): Finding | undefined {
  if (ledgerFlash === undefined || documentFlash === undefined) return undefined;
  const values = [ledgerFlash.blocks, documentFlash.blocks];
  return { part: "flash", saw: "ledger {} blocks, documents {} blocks", values };
}

function turnNotes<View>({ noteFlash }: Parts<View>): Finding | undefined {
  return noteFlash === undefined ? undefined : { part: "turn notes", saw: "{} blocks", values: [noteFlash.blocks] };
}

function door<View>({ door: it }: Parts<View>): Finding | undefined {
  return it === undefined ? undefined : { part: "door", saw: it.sample() ? "open" : "shut" };
}

function serviceButton<View>({ serviceButton: it }: Parts<View>): Finding | undefined {
  return it === undefined ? undefined : { part: "service button", saw: it.sample() ? "pressed" : "not pressed" };
}

function touchPanel<View>({ touchPanel: it }: Parts<View>): Finding | undefined {
  if (it === undefined) return undefined;
  const part = "touch panel";
  const points = it.sample();
  if (!it.answers) return { part, saw: "silent", cure: "no FT6206 answers: supply, SDA, SCL, address 38h" };
  if (points === undefined || points.length === 0) return { part, saw: "answers, no finger on it" };
  const cure = "take it away; if none is there: water or dirt on the glass, a cable near it";
  return { part, saw: "a finger on it", cure };
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

/** Its driver only writes: what it shows has to be looked at. */
function screen<View>({ map }: Parts<View>, { screen: it }: SelfTestFacts): Finding | undefined {
  const wanted = map.screen;
  if (wanted === undefined) return undefined;
  const part = "screen";
  if (it !== undefined && it.width === wanted.width && it.height === wanted.height) {
    return { part, saw: "{} x {}, cannot be asked", values: [it.width, it.height] };
  }
  return { part, saw: "none", cure: "no display driver of this size in this image: build it for this board" };
}

function dex<View>({ dex: it }: Parts<View>): Finding | undefined {
  return it === undefined ? undefined : { part: "DEX", saw: "open at {} baud", values: [DEX_BAUD] };
}

function stall<View>({ delivery, map }: Parts<View>): Finding | undefined {
  if (delivery === undefined || map.pins.stall === undefined) return undefined;
  const part = "stall line";
  if (!delivery.stalling) return { part, saw: "at rest" };
  const cure = "measure the comparator and the shunt: it would stop every motor";
  return { part, saw: "says stall current with no motor running", cure };
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
  return [reset, ...FITTED.map((name) => deviceCheck(parts, BUS_DEVICES[name], isFitted(name)))];
}

function deviceCheck<View>({ link, timers }: Parts<View>, device: BusDevice, fitted: boolean): Check {
  return (tell) => {
    if (link === undefined) return tell(undefined);
    link.send(Uint8Array.of(device.ask), { ackFirst: false });
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
