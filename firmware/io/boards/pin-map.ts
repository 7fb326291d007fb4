/**
 * Pin maps of boards as data, and what a map must keep to: the plain ESP32's pins (Espressif, ESP32 datasheet,
 * sections 2.2 to 2.4), I2C addresses that do not meet, and lines that let every motor rest while no program runs.
 * Knows no hardware: `pinMapProblems` is a pure function.
 */
import { deepFreeze } from "../../../shared/freeze.js";

/** What holds the line while nobody drives it: a resistor on the board, or whatever is wired to it. */
export type Resting = "pullUp" | "pullDown" | "driven";

export interface PinUse {
  readonly pin: number;
  readonly way: "in" | "out" | "both";
  readonly resting: Resting;
  /** Why a strapping pin may be used here: what its level at reset is and who sees to it. */
  readonly strap?: string;
}

export type PinRole =
  | "mdbTransmit"
  | "mdbReceive"
  | "motorDrive"
  | "home"
  | "stall"
  | "beamEmitter"
  | "beamReceiver"
  | "powerFail"
  | "door"
  | "compressor"
  | "i2cData"
  | "i2cClock"
  | "dexReceive"
  | "dexTransmit"
  | "serviceButton"
  | "spiClock"
  | "spiIn"
  | "spiOut"
  | "ethernetSelect"
  | "ethernetInterrupt"
  | "ethernetReset"
  | "screenSelect"
  | "screenData"
  | "backlight";

/** Pixels of a graphic display, upright. */
export interface ScreenUse {
  readonly width: number;
  readonly height: number;
}

/** FT6206 behind the glass of the screen. */
export interface TouchPanelUse {
  readonly address: number;
  /** Of its register THGROUP: the lower, the lighter a touch counts. */
  readonly threshold: number;
  /** What it reads at the screen's edges. */
  readonly edges: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number };
}

/** A 16-pin expander (MCP23017) on the I2C bus. */
export interface ExpanderUse {
  readonly address: number;
  readonly outputs: number;
  /** Inputs with the expander's own pull-ups. */
  readonly inputs: number;
}

/** Motors as a matrix: column c of the planogram hangs at rows[c / columns.length], columns[c % columns.length]. */
export interface MotorMatrix {
  readonly expander: ExpanderUse;
  /** Pins of the expander. */
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  /** Each select line has a pull-down: an expander in reset lets all its pins go. */
  readonly resting: "pullDown";
}

export interface KeypadMatrix {
  readonly expander: ExpanderUse;
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  /** One text a row, one key a letter. */
  readonly keys: readonly string[];
}

export interface PinMap {
  readonly board: string;
  /** The module on it. */
  readonly module: string;
  readonly flashMiB: number;
  readonly psram: boolean;
  readonly pins: { readonly [role in PinRole]?: PinUse };
  /** Level of each line that means what its name says. */
  readonly levels: {
    /** What the bus at rest reads behind its level shifter, and what rests it. */
    readonly mdbReceiveRest: 0 | 1;
    readonly mdbTransmitRest: 0 | 1;
    readonly homeClosed: 0 | 1;
    readonly stalling: 0 | 1;
    readonly beamDark: 0 | 1;
    readonly powerFailing: 0 | 1;
    readonly doorOpen: 0 | 1;
    readonly compressorOn: 0 | 1;
    /** Of a board with a backlight. */
    readonly backlightOn?: 0 | 1;
  };
  readonly i2cHz: number;
  readonly motors: MotorMatrix;
  readonly keypad: KeypadMatrix | undefined;
  /** PCF8574 of a text display. */
  readonly textDisplay: { readonly address: number; readonly columns: 16 | 20 } | undefined;
  /** TMP117. */
  readonly thermometer: { readonly address: number };
  readonly screen: ScreenUse | undefined;
  readonly touchPanel: TouchPanelUse | undefined;
  /** The UART of the DEX socket; 0 is the console. */
  readonly dexPort: 1 | 2;
}

/** Pins the chip has. */
const EXISTING: readonly number[] = deepFreeze([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23, 25, 26, 27, 32, 33, 34, 35, 36, 37,
  38, 39,
]);
const FIRST_INPUT_ONLY = 34;
const CONSOLE: readonly number[] = deepFreeze([1, 3]);
const FLASH: readonly number[] = deepFreeze([6, 7, 8, 9, 10, 11]);
const PSRAM: readonly number[] = deepFreeze([16, 17]);
/** What a strapping pin must rest at when the chip leaves reset. */
const STRAPS: { readonly [pin: number]: Resting | undefined } = deepFreeze({
  0: "pullUp",
  2: "pullDown",
  5: "pullUp",
  12: "pullDown",
  15: "pullUp",
});
/** Without these no machine runs. */
const NEEDED: readonly PinRole[] = deepFreeze<PinRole[]>([
  "mdbTransmit",
  "mdbReceive",
  "motorDrive",
  "home",
  "beamEmitter",
  "beamReceiver",
  "door",
  "i2cData",
  "i2cClock",
]);
/** What these drive must stand still while nobody drives them. */
const RESTS_LOW: readonly PinRole[] = deepFreeze<PinRole[]>(["motorDrive", "compressor"]);
/** Two OTA slots, 1 MiB of ledger, documents and keys: see partitions.csv. */
export const MIN_FLASH_MIB = 8;
export const MAX_MOTORS = 64;
const EXPANDER_PINS = 16;
/** MCP23017: GPA7 and GPB7 are outputs only (data sheet DS20001952D and later). */
const EXPANDER_OUTPUTS_ONLY = 0x8080;

/** Every reason why the map cannot be built, as sentences; empty: it can. */
export function pinMapProblems(map: PinMap): readonly string[] {
  return [
    ...pinProblems(map),
    ...busProblems(map),
    ...matrixProblems(map),
    ...screenProblems(map),
    ...moduleProblems(map),
  ];
}

function usesOf(map: PinMap): readonly (readonly [PinRole, PinUse])[] {
  const uses: (readonly [PinRole, PinUse])[] = [];
  for (const role in map.pins) {
    if (!isRole(role)) continue;
    const use = map.pins[role];
    if (use !== undefined) uses.push([role, use]);
  }
  return uses;
}

function isRole(text: string): text is PinRole {
  return Object.hasOwn(ROLES, text);
}

/** Every role, so that a name that is none is found. */
const ROLES: { readonly [role in PinRole]: true } = deepFreeze({
  mdbTransmit: true,
  mdbReceive: true,
  motorDrive: true,
  home: true,
  stall: true,
  beamEmitter: true,
  beamReceiver: true,
  powerFail: true,
  door: true,
  compressor: true,
  i2cData: true,
  i2cClock: true,
  dexReceive: true,
  dexTransmit: true,
  serviceButton: true,
  spiClock: true,
  spiIn: true,
  spiOut: true,
  ethernetSelect: true,
  ethernetInterrupt: true,
  ethernetReset: true,
  screenSelect: true,
  screenData: true,
  backlight: true,
});

function pinProblems(map: PinMap): string[] {
  const problems: string[] = [];
  const owners: { [pin: number]: PinRole } = {};
  for (const [role, use] of usesOf(map)) {
    const { pin, way, resting } = use;
    const say = (what: string): number => problems.push(`${role}: pin ${pin} ${what}`);
    const owner = owners[pin];
    if (owner !== undefined) say(`is ${owner} already`);
    owners[pin] = role;
    if (!EXISTING.includes(pin)) say("does not exist");
    if (pin >= FIRST_INPUT_ONLY && way !== "in") say("is an input only");
    if (FLASH.includes(pin)) say("belongs to the flash");
    if (map.psram && PSRAM.includes(pin)) say("belongs to the PSRAM");
    if (CONSOLE.includes(pin)) say("belongs to the console");
    const strap = STRAPS[pin];
    if (strap !== undefined && use.strap === undefined) say("is a strapping pin and nothing says why that is well");
    if (strap !== undefined && resting !== strap) say(`is a strapping pin and must rest at its ${strap}`);
    if (RESTS_LOW.includes(role) && resting !== "pullDown") say("must have a pull-down");
  }
  for (const role of NEEDED) if (map.pins[role] === undefined) problems.push(`${role}: has no pin`);
  const { dexReceive, dexTransmit } = map.pins;
  if ((dexReceive === undefined) !== (dexTransmit === undefined)) problems.push("dex: needs both its pins or none");
  return problems;
}

function busProblems(map: PinMap): string[] {
  const problems: string[] = [];
  const seen: number[] = [];
  for (const address of addressesOf(map)) {
    if (address < 0x08 || address > 0x77) problems.push(`i2c: ${address} is no address of seven bits`);
    if (seen.includes(address)) problems.push(`i2c: two devices at ${address}`);
    seen.push(address);
  }
  const { i2cHz } = map;
  // The slowest of the chips, PCF8574, takes 100 kHz; every one takes at least 10 kHz.
  if (i2cHz < 10_000 || i2cHz > 100_000) problems.push(`i2c: ${i2cHz} Hz is not what its chips take`);
  return problems;
}

function addressesOf(map: PinMap): readonly number[] {
  const { motors, keypad, textDisplay, thermometer, touchPanel } = map;
  const addresses = [motors.expander.address, thermometer.address];
  if (keypad !== undefined) addresses.push(keypad.expander.address);
  if (textDisplay !== undefined) addresses.push(textDisplay.address);
  if (touchPanel !== undefined) addresses.push(touchPanel.address);
  return addresses;
}

function matrixProblems({ motors, keypad }: PinMap): string[] {
  const problems = expanderProblems("motors", motors.expander, motors.rows, motors.columns);
  const cells = motors.rows.length * motors.columns.length;
  if (cells < 1 || cells > MAX_MOTORS) problems.push(`motors: ${cells} cells, 1 to ${MAX_MOTORS} can be told apart`);
  if ((motors.expander.outputs & maskOf([...motors.rows, ...motors.columns])) !== motors.expander.outputs) {
    problems.push("motors: an output of the expander selects nothing");
  }
  if (motors.expander.inputs !== 0) problems.push("motors: the expander that selects motors has no inputs");
  if (keypad === undefined) return problems;
  problems.push(...expanderProblems("keypad", keypad.expander, keypad.rows, keypad.columns));
  if ((maskOf(keypad.columns) & ~keypad.expander.inputs) !== 0) problems.push("keypad: columns are inputs");
  if ((maskOf(keypad.rows) & ~keypad.expander.outputs) !== 0) problems.push("keypad: rows are outputs");
  const fits = keypad.keys.every((row) => row.length === keypad.columns.length);
  if (!fits || keypad.keys.length !== keypad.rows.length) problems.push("keypad: a key for each crossing");
  const keys = keypad.keys.join("");
  for (let i = 0; i < keys.length; i++) {
    if (keys.indexOf(keys.charAt(i)) !== i) problems.push(`keypad: key ${keys.charAt(i)} twice`);
  }
  return problems;
}

function expanderProblems(
  what: string,
  expander: ExpanderUse,
  rows: readonly number[],
  columns: readonly number[],
): string[] {
  const problems: string[] = [];
  const pins = [...rows, ...columns];
  if (pins.some((pin) => !Number.isInteger(pin) || pin < 0 || pin >= EXPANDER_PINS)) {
    problems.push(`${what}: the expander has pins 0 to ${EXPANDER_PINS - 1}`);
  }
  if (new Set(pins).size !== pins.length) problems.push(`${what}: a pin of the expander twice`);
  if ((expander.outputs & expander.inputs) !== 0) problems.push(`${what}: a pin of the expander both ways`);
  if ((expander.inputs & EXPANDER_OUTPUTS_ONLY) !== 0) {
    problems.push(`${what}: pins 7 and 15 of the expander are outputs only`);
  }
  if ((maskOf(pins) & ~(expander.outputs | expander.inputs)) !== 0) {
    problems.push(`${what}: a pin of the expander that is neither output nor input`);
  }
  return problems;
}

function screenProblems({ pins, levels, keypad, textDisplay, screen, touchPanel }: PinMap): string[] {
  const problems: string[] = [];
  if (screen === undefined && textDisplay === undefined) problems.push("panel: neither screen nor text display");
  if (keypad === undefined && touchPanel === undefined) problems.push("panel: nobody can choose on it");
  if (touchPanel !== undefined && screen === undefined) problems.push("touch panel: without a screen");
  const wired = pins.screenSelect !== undefined && pins.screenData !== undefined;
  if (wired !== (screen !== undefined)) problems.push("screen: needs its pins and its size or none");
  if ((pins.backlight !== undefined) !== (levels.backlightOn !== undefined)) {
    problems.push("backlight: needs a pin and its level or none");
  }
  return problems;
}

function moduleProblems({ flashMiB }: PinMap): string[] {
  return flashMiB >= MIN_FLASH_MIB ? [] : [`module: ${flashMiB} MiB of flash, ${MIN_FLASH_MIB} are needed`];
}

/** Bit mask of pins. */
export function maskOf(pins: readonly number[]): number {
  return pins.reduce((mask, pin) => mask | (1 << pin), 0);
}
