/**
 * What xsl, the SDK's linker, says of a firmware: how much byte code went in, what was preloaded into flash, and what
 * must have a place in RAM because it may still change. Read from its output and from the C file it writes.
 */

/** A module whose name begins so is ours. */
const OURS = /^(?:firmware|shared|tools)\//;
/** A board's byte code may be so large, bytes: release, without the simulated world. */
export const MAX_CODE_BYTES = 700 * 1_024;
/** A slot is so large on the chip, a pointer to one too. */
export const SLOT_BYTES = 16;
export const ALIAS_BYTES = 4;

/** What xsl keeps of a module that a manifest preloads by name: its functions, each in its slot, not the module. */
export const PRELOADED = "functions of modules preloaded by name";

export interface LinkReport {
  /** Byte code in the image, bytes: of modules as they are, and of the functions that preloading has left. */
  readonly codeBytes: number;
  /** Modules that lie in the image as they are. */
  readonly modules: number;
  /** Byte code of each room of ours (`firmware/mdb`), of the SDK under `sdk`; functions apart, under `PRELOADED`. */
  readonly rooms: ReadonlyMap<string, number>;
  /** Slots that preloading put into flash. */
  readonly flashSlots: number;
  /** Objects and variables of preloaded modules, and of XS itself, that may change: a pointer in RAM each. */
  readonly aliases: number;
  /** xsl's warnings, those of our own modules apart. */
  readonly ownWarnings: readonly string[];
  readonly otherWarnings: readonly string[];
}

/** `source`: text of mc.xs.c; `output`: what xsl printed. Undefined: the file is not of xsl's making. */
export function readLink(source: string, output: string): LinkReport | undefined {
  const flashSlots = numberAfter(source, "#define mxHeapCount");
  const aliases = numberAfter(source, "#define mxAliasCount");
  const scripts = [...source.matchAll(/\(txS1\*\)gxCode\d+, (\d+), .*?, "([^"]+)", \{ XS_MAJOR_VERSION/g)];
  if (flashSlots === undefined || aliases === undefined || scripts.length === 0) return undefined;
  const rooms = new Map<string, number>();
  let codeBytes = 0;
  for (const [, size, name = ""] of scripts) {
    const bytes = Number(size);
    codeBytes += bytes;
    const room = roomOf(name);
    rooms.set(room, (rooms.get(room) ?? 0) + bytes);
  }
  const functionBytes = preloadedFunctionBytes(source);
  if (functionBytes > 0) rooms.set(PRELOADED, functionBytes);
  codeBytes += functionBytes;
  const warnings = linkWarnings(output);
  const ownWarnings = warnings.filter(({ module }) => OURS.test(module)).map(({ text }) => text);
  const otherWarnings = warnings.filter(({ module }) => !OURS.test(module)).map(({ text }) => text);
  return { codeBytes, modules: scripts.length, rooms, flashSlots, aliases, ownWarnings, otherWarnings };
}

/** xsl writes such a function's code as a string of hexadecimal escapes into its slot. */
function preloadedFunctionBytes(source: string): number {
  let bytes = 0;
  for (const [, code = ""] of source.matchAll(/\.code = \{ \(txByte\*\)"((?:\\x[0-9a-f]{2})*)"/g)) {
    bytes += code.length / "\\x00".length;
  }
  return bytes;
}

export interface LinkWarning {
  /** The module it is about, `globalThis` where it is about no module. */
  readonly module: string;
  readonly text: string;
}

/**
 * Warnings and errors of preloading in what xsl printed: what is not frozen, not constant, or cannot be kept in flash
 * (documentation/xs/XS linker warnings.md of the SDK).
 */
export function linkWarnings(output: string): LinkWarning[] {
  const found: LinkWarning[] = [];
  for (const line of output.split("\n")) {
    const text = /^### (?:warning|error): (.*)$/.exec(line.trim())?.[1];
    if (text === undefined) continue;
    // A module's name may itself hold a colon: "embedded:io/digital"; behind the name comes ": " or "() ".
    const module = /^"?(.*?)"?(?:: |\(\) |\.get |\.set |\[)/.exec(text)?.[1] ?? text;
    found.push({ module: module.startsWith("globalThis") ? "globalThis" : module, text });
  }
  return found;
}

/** `firmware/mdb` of `firmware/mdb/bus`, `firmware` of `firmware/main`. */
function roomOf(module: string): string {
  if (!OURS.test(module)) return "sdk";
  const parts = module.split("/");
  return parts.length > 2 ? `${parts[0]}/${parts[1]}` : (parts[0] ?? "");
}

/**
 * Why this firmware must not go out, each with its cure; empty: it may. The limit on byte code holds for a board's
 * release, which is what is flashed.
 */
export function whyRefused(link: LinkReport, target: { readonly platform: string; readonly debug: boolean }): string[] {
  const reasons: string[] = [];
  const { codeBytes, ownWarnings } = link;
  if (ownWarnings.length > 0) {
    reasons.push(
      [
        `xsl warns of ${ownWarnings.length} of our own preloaded values: they would be copied to RAM, or could change.`,
        ...ownWarnings.map((text) => `  ${text}`),
        "Freeze the value (deepFreeze, Object.freeze, const) or no longer preload its module in the manifest.",
        "What each warning means: documentation/xs/XS linker warnings.md of the SDK; what we preload: ARCHITECTURE.md.",
      ].join("\n"),
    );
  }
  if (target.platform !== "lin" && !target.debug && codeBytes > MAX_CODE_BYTES) {
    const over = (codeBytes - MAX_CODE_BYTES).toLocaleString("en-US");
    reasons.push(
      [
        `The byte code is ${over} bytes above its limit of ${MAX_CODE_BYTES.toLocaleString("en-US")}.`,
        "The list above says which rooms are largest: take out of the board's manifest what it does not need, or put a",
        "table in place of code.",
      ].join("\n"),
    );
  }
  return reasons;
}

function numberAfter(text: string, word: string): number | undefined {
  const at = text.indexOf(`${word} `);
  if (at < 0) return undefined;
  const value = Number.parseInt(text.slice(at + word.length, at + word.length + 16), 10);
  return Number.isNaN(value) ? undefined : value;
}

/** The report in words, a line each. */
export function tellLink(report: LinkReport): string[] {
  const { codeBytes, modules, rooms, flashSlots, aliases, ownWarnings, otherWarnings } = report;
  const number = (value: number): string => value.toLocaleString("en-US");
  const largest = [...rooms].sort((left, right) => right[1] - left[1]);
  return [
    `byte code: ${number(codeBytes)} bytes in ${modules} modules`,
    ...largest.map(([room, bytes]) => `  ${room}: ${number(bytes)}`),
    `preloaded: ${number(flashSlots)} slots in flash (${number(flashSlots * SLOT_BYTES)} bytes)`,
    `in RAM for what preloaded code may change: ${aliases} pointers (${number(aliases * ALIAS_BYTES)} bytes)`,
    ownWarnings.length === 0 ? "warnings of xsl about our modules: none" : "warnings of xsl about our modules:",
    ...ownWarnings.map((text) => `  ${text}`),
    ...otherWarnings.map((text) => `xsl about the SDK: ${text}`),
  ];
}
