/**
 * Settings as operators speak of them, made into the document a machine works by. Currency and decimals are the
 * machine's own and never change; of service codes only hashes go into the document.
 */
import type { CborValue } from "../../shared/cbor.js";
import { serviceCodeItem } from "../../shared/menu-code.js";
import { CURRENCIES } from "../../shared/money/currencies.js";
import { LANGUAGES, type Language } from "../../shared/panel-phrases.js";
import {
  encodeSettings,
  FITTED,
  type FittedName,
  languageOf,
  MAX_DOCUMENT_BYTES,
  type Settings,
} from "../../shared/wire/documents.js";
import { decimalOf, minorOf } from "../store/amounts.js";
import type { Money } from "./planning.js";

/** Who may use the service menu. rights: bits of firmware/panel. */
export interface ServiceCode {
  readonly who: number;
  readonly rights: number;
  readonly code: string;
}

/** What of the document is said as the document says it. */
type Plain = Omit<
  Settings,
  "version" | "currency" | "decimals" | "maxCreditMinor" | "serviceCodes" | "fitted" | "floatCounts" | "language"
>;

/** maxCredit: decimal text. fitted: absent = changer and validator. language: of the panel, absent = the first. */
export interface WantedSettings extends Plain {
  readonly maxCredit: string;
  readonly fitted?: readonly FittedName[];
  readonly floatCounts?: readonly number[];
  readonly language?: Language;
}

export type SettingsMade =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly why: string };

/** `codes`: items as the document bears them. */
export function settingsDocument(
  version: number,
  { maxCredit, fitted, language, ...plain }: WantedSettings,
  codes: readonly CborValue[],
  { currency, decimals }: Money,
): SettingsMade {
  const number = CURRENCIES.find(({ code }) => code === currency)?.number;
  if (number === undefined) return { ok: false, why: `machines do not count in ${currency}` };
  const maxCreditMinor = minorOf(maxCredit, decimals);
  if (maxCreditMinor === undefined) return { ok: false, why: `maxCredit is finer than ${currency} can be paid` };
  const bits = fitted?.reduce((mask, name) => mask | (1 << FITTED.indexOf(name)), 0);
  const settings: Settings = {
    ...plain,
    version,
    currency: number,
    decimals,
    maxCreditMinor,
    ...(bits === undefined ? {} : { fitted: bits }),
    ...(language === undefined ? {} : { language: LANGUAGES.indexOf(language) }),
    ...(codes.length === 0 ? {} : { serviceCodes: codes }),
  };
  try {
    return { ok: true, bytes: encodeSettings(settings) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { ok: false, why: `the settings are longer than ${MAX_DOCUMENT_BYTES} bytes` };
  }
}

export function codeItems(serial: string, codes: readonly ServiceCode[]): readonly CborValue[] {
  return codes.map(({ who, rights, code }) => serviceCodeItem(serial, code, who, rights));
}

/** What may be shown of a document: of service codes only whose they are. */
export function shownSettings({ version: _, currency: __, decimals, ...settings }: Settings) {
  const { maxCreditMinor, fitted, language, serviceCodes = [], ...plain } = settings;
  return {
    ...plain,
    maxCredit: decimalOf(maxCreditMinor, decimals),
    ...(fitted === undefined ? {} : { fitted: FITTED.filter((_name, bit) => ((fitted >> bit) & 1) === 1) }),
    ...(language === undefined ? {} : { language: languageOf({ language }) }),
    serviceCodes: serviceCodes.flatMap((item) => {
      const [who, rights] = Array.isArray(item) ? item : [];
      return typeof who === "number" && typeof rights === "number" ? [{ who, rights }] : [];
    }),
  };
}
