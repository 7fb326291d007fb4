/**
 * Documents the fleet gives a machine: planogram and settings, as CBOR. Versions only rise. The machine keeps them on
 * flash (firmware/settings) and sells by them offline.
 */
import { decodeCbor, encodeCbor } from "../cbor.js";
import { deepFreeze } from "../freeze.js";
import { fromMap, type MessageOf, toMap } from "../layout.js";
import { LANGUAGES, type Language } from "../panel-phrases.js";
import type { DocumentName } from "../records/kinds.js";

const PLANOGRAM = deepFreeze({ version: [0, "uint"], slots: [1, "items"] });

/**
 * slot: what the customer types ("B4", at most 5 characters). column: motor number. quantity: products loaded when this
 * document is first applied. retry: a second turn if nothing fell. homeOnly: no beam behind this column, the home
 * switch proves the turn.
 */
const SLOT = deepFreeze({
  slot: [0, "text"],
  column: [1, "uint"],
  productId: [2, "uint"],
  name: [3, "text"],
  priceMinor: [4, "uint"],
  capacity: [5, "uint"],
  quantity: [6, "uint"],
  retry: [7, "bool?"],
  homeOnly: [8, "bool?"],
  taxRatePpm: [9, "uint?"],
});

/**
 * currency: ISO 4217 numeric. Masks: bit n allows MDB type n. floatCounts: coins of each type that change never
 * touches. forcedVend, everyPrice: see the acceptance rule (firmware/cash). ackFirst: 1 changer, 2 validator, 3 both.
 * fitted: devices on the bus, bit n = the n-th of FITTED; what is not fitted is never polled and never missed; absent =
 * FITTED_BY_DEFAULT. highSecurityMask: bill types the validator looks at twice (SECURITY 32). recycleMask: bill types
 * that go to the recycler. serviceCodes: who may use the service menu (firmware/panel). payByValue: where the changer
 * can (option b0) and any choice of it pays exactly, it chooses the coins of change itself (firmware/cash/by-value).
 * language: what the panel speaks until somebody at it chooses another, by its place in LANGUAGES; absent, or one this
 * firmware does not speak = the first.
 */
const SETTINGS = deepFreeze({
  version: [0, "uint"],
  currency: [1, "uint"],
  decimals: [2, "uint"],
  maxCreditMinor: [3, "uint"],
  coinMask: [4, "uint"],
  billMask: [5, "uint"],
  floatCounts: [6, "uints?"],
  forcedVend: [7, "bool?"],
  everyPrice: [8, "bool?"],
  ackFirst: [9, "uint?"],
  cancelAfterMs: [10, "uint?"],
  tooWarmMilliC: [11, "int?"],
  telemetryMs: [12, "uint?"],
  fitted: [13, "uint?"],
  highSecurityMask: [14, "uint?"],
  recycleMask: [15, "uint?"],
  serviceCodes: [16, "items?"],
  payByValue: [17, "bool?"],
  language: [18, "uint?"],
});

export type PlanogramSlot = MessageOf<typeof SLOT>;
export interface Planogram {
  readonly version: number;
  readonly slots: readonly PlanogramSlot[];
}
export type Settings = MessageOf<typeof SETTINGS>;

/** Devices a machine may have, by bit of `fitted`. */
export const FITTED = deepFreeze([
  "changer",
  "validator",
  "reader1",
  "reader2",
  "hopper1",
  "hopper2",
  "satellite1",
  "satellite2",
  "satellite3",
  "ageVerifier",
]);
export type FittedName = (typeof FITTED)[number];
/** Changer, validator. */
export const FITTED_BY_DEFAULT = 0b11;

export function isFitted(settings: Settings, device: FittedName): boolean {
  return (((settings.fitted ?? FITTED_BY_DEFAULT) >> FITTED.indexOf(device)) & 1) === 1;
}

export function languageOf({ language }: Pick<Settings, "language">): Language {
  return LANGUAGES[language ?? 0] ?? LANGUAGES[0];
}

/** Time without input after which money goes back. */
export const CANCEL_AFTER_MS = 30_000;
/** 45 °F: food above it may not be sold (NAMA). */
export const TOO_WARM_MILLI_C = 7_222;

export function encodePlanogram(planogram: Planogram): Uint8Array {
  const slots = planogram.slots.map((slot) => toMap(SLOT, slot));
  return encodeCbor(toMap(PLANOGRAM, { version: planogram.version, slots }), MAX_DOCUMENT_BYTES);
}

/** Longest document, bytes: 60 slots with 24-byte names stay below 3 KiB. */
export const MAX_DOCUMENT_BYTES = 4_000;

/** The planogram in `bytes`; undefined if it is malformed, has two slots of one code or more than 60. */
export function decodePlanogram(bytes: Uint8Array): Planogram | undefined {
  const cbor = decodeCbor(bytes);
  const outer = fromMap(PLANOGRAM, cbor.ok ? cbor.value : undefined);
  if (!outer.ok) return undefined;
  const slots: PlanogramSlot[] = [];
  for (const item of outer.message.slots) {
    const slot = fromMap(SLOT, item);
    if (!slot.ok || slots.some((other) => other.slot === slot.message.slot)) return undefined;
    if (slot.message.slot.length === 0 || slot.message.slot.length > 5) return undefined;
    slots.push(slot.message);
  }
  return slots.length > 60 ? undefined : { version: outer.message.version, slots };
}

/** What a `putDocument` order carries. doc: DOCUMENTS. bytes: the document. */
const PUT_DOCUMENT = deepFreeze({ doc: [0, "uint"], bytes: [1, "bytes"] });

export type PutDocument = MessageOf<typeof PUT_DOCUMENT>;

/** Arguments of a `putDocument` order. */
export function encodePutDocument(put: PutDocument): Uint8Array {
  return encodeCbor(toMap(PUT_DOCUMENT, put));
}

export function decodePutDocument(args: Uint8Array): PutDocument | undefined {
  const cbor = decodeCbor(args);
  const result = fromMap(PUT_DOCUMENT, cbor.ok ? cbor.value : undefined);
  return result.ok ? result.message : undefined;
}

export function encodeSettings(settings: Settings): Uint8Array {
  return encodeCbor(toMap(SETTINGS, settings), MAX_DOCUMENT_BYTES);
}

/** The version that `bytes` bear; undefined if they are no such document, or none that can be numbered. */
export function documentVersion(name: DocumentName, bytes: Uint8Array): number | undefined {
  if (bytes.length > MAX_DOCUMENT_BYTES) return undefined;
  const { version = 0 } = (name === "planogram" ? decodePlanogram(bytes) : decodeSettings(bytes)) ?? {};
  return version > 0 && version < 2 ** 32 ? version : undefined;
}

export function decodeSettings(bytes: Uint8Array): Settings | undefined {
  const cbor = decodeCbor(bytes);
  const result = fromMap(SETTINGS, cbor.ok ? cbor.value : undefined);
  return result.ok ? result.message : undefined;
}
