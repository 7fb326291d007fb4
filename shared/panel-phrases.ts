/**
 * Everything a panel says to customers, as phrases by name: the core chooses one, each panel says it in the language
 * that is chosen there. `{}` is where a phrase's value goes: an amount, a name, what was typed.
 */
import { deepFreeze } from "./freeze.js";

export const LANGUAGES = deepFreeze(["en", "de"] as const);
export type Language = (typeof LANGUAGES)[number];

/** Each by its own name. */
export const LANGUAGE_NAMES: { readonly [language in Language]: string } = deepFreeze({ en: "English", de: "Deutsch" });

/** The one behind `language`; behind the last the first. */
export function nextLanguage(language: Language): Language {
  return LANGUAGES[(LANGUAGES.indexOf(language) + 1) % LANGUAGES.length] ?? language;
}

const ENGLISH = deepFreeze({
  plain: "{}",
  choose: "Please choose",
  insert: "Insert {}",
  insertOrCard: "Insert {} or card",
  byCard: "Card or phone: {}",
  credit: "Credit {}",
  remaining: "{} remaining",
  wait: "Please wait …",
  takeMoney: "Please take your money",
  noProduct: "Sorry, no product fell",
  returned: "Your money is returned",
  chooseOrTopUp: "Choose, or # = to card",
  cardReady: "Card ready",
  exactChange: "Exact change only",
  voucher: "Voucher {}",
  claim: "Please keep this code: {}",
  soldOut: "Sold out",
  unavailable: "Not available",
  unknownSlot: "No such selection",
  thanks: "Thank you!",
  declined: "Card declined",
  digits: "Card reader: {} digits",
  digitsDone: "OK",
  digitsNone: "cancel",
  cardLost: "Card reader failed, nothing sold",
  revalued: "The money is on your card",
  starting: "Starting …",
  doorOpen: "Door open",
  tooWarm: "Out of service: too warm",
  noPayment: "Out of service: no payment",
  outOfService: "Out of service",
});

export type PhraseName = keyof typeof ENGLISH;

const GERMAN: { readonly [say in PhraseName]: string } = deepFreeze({
  plain: "{}",
  choose: "Bitte wählen",
  insert: "Bitte {} zahlen",
  insertOrCard: "{} bar oder Karte",
  byCard: "Karte oder Handy: {}",
  credit: "Guthaben {}",
  remaining: "Noch {}",
  wait: "Bitte warten …",
  takeMoney: "Bitte Geld entnehmen",
  noProduct: "Leider fiel keine Ware",
  returned: "Sie erhalten Ihr Geld zurück",
  chooseOrTopUp: "Wählen, oder # = auf die Karte",
  cardReady: "Karte bereit",
  exactChange: "Bitte passend zahlen",
  voucher: "Gutschein {}",
  claim: "Bitte Code aufheben: {}",
  soldOut: "Ausverkauft",
  unavailable: "Nicht verfügbar",
  unknownSlot: "Diese Nummer gibt es nicht",
  thanks: "Vielen Dank!",
  declined: "Karte abgelehnt",
  digits: "Kartenleser: {} Ziffern",
  digitsDone: "OK",
  digitsNone: "Abbruch",
  cardLost: "Kartenleser gestört, nichts verkauft",
  revalued: "Das Geld ist auf Ihrer Karte",
  starting: "Startet …",
  doorOpen: "Tür offen",
  tooWarm: "Außer Betrieb: zu warm",
  noPayment: "Außer Betrieb: keine Zahlung möglich",
  outOfService: "Außer Betrieb",
});

export const PHRASES: { readonly [language in Language]: { readonly [say in PhraseName]: string } } = deepFreeze({
  en: ENGLISH,
  de: GERMAN,
});

export interface Phrase {
  readonly say: PhraseName;
  readonly value: string;
}

/** `text` with `values` in its places, in order. */
export function filledIn(text: string, ...values: readonly (string | number)[]): string {
  let filled = "";
  let rest = text;
  for (const value of values) {
    const at = rest.indexOf("{}");
    if (at < 0) break;
    filled += `${rest.slice(0, at)}${value}`;
    rest = rest.slice(at + 2);
  }
  return filled + rest;
}

export function phraseText({ say, value }: Phrase, language: Language): string {
  return filledIn(PHRASES[language][say], value);
}
