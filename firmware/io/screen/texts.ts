/** What the touch screen itself says: buttons, tiles, hints, reasons. What the core says comes with the view. */
import { deepFreeze } from "../../../shared/freeze.js";
import type { Language } from "../../../shared/panel-phrases.js";

const ENGLISH = deepFreeze({
  /** On the button that leads to this language. */
  name: "English",
  soldOut: "Sold out",
  closed: "Closed",
  credit: "Credit",
  price: "Price",
  exactChange: "Exact change",
  cancel: "Cancel",
  moneyBack: "Return",
  keypad: "123",
  back: "Back",
  enter: "OK",
  toCard: "Top up",
  haveIt: "I have it",
  worthMoney: "Worth money: keep this code.",
  askSupport: "Show this code to support.",
  service: "Service",
  typeNumber: "Type the number",
  hintTouch: "Touch to choose",
  hintCash: "Coins and bills",
  hintCard: "Card or phone",
  hintAny: "Cash, card, phone",
  hintBack: "Money back: Return",
  outStopped: "Please call for service",
  outLedgerFull: "Its memory is full; it waits for the network",
  outNoPlanogram: "It has not been set up yet",
  outBeamBlind: "Its drop sensor is covered",
  outTooWarm: "For your safety nothing is sold",
  outNoPayment: "Neither coins, bills nor cards work",
  outDoorOpen: "It sells again when the door is shut",
});

export type TextName = keyof typeof ENGLISH;

const GERMAN: { readonly [name in TextName]: string } = deepFreeze({
  name: "Deutsch",
  soldOut: "Ausverkauft",
  closed: "Gesperrt",
  credit: "Guthaben",
  price: "Preis",
  exactChange: "Passend zahlen",
  cancel: "Abbruch",
  moneyBack: "Storno",
  keypad: "123",
  back: "Zurück",
  enter: "OK",
  toCard: "Laden",
  haveIt: "Ich habe ihn",
  worthMoney: "Bares Geld: bitte aufheben.",
  askSupport: "Bitte beim Service vorzeigen.",
  service: "Service",
  typeNumber: "Nummer eingeben",
  hintTouch: "Einfach antippen",
  hintCash: "Münzen, Scheine",
  hintCard: "Karte oder Handy",
  hintAny: "Bar, Karte, Handy",
  hintBack: "Geld zurück: Storno",
  outStopped: "Bitte den Service rufen",
  outLedgerFull: "Der Speicher ist voll und wartet auf das Netz",
  outNoPlanogram: "Noch nicht eingerichtet",
  outBeamBlind: "Der Ausgabesensor ist verdeckt",
  outTooWarm: "Zu Ihrer Sicherheit kein Verkauf",
  outNoPayment: "Weder Münzen, Scheine noch Karten gehen",
  outDoorOpen: "Verkauft wieder, wenn die Tür zu ist",
});

const TEXTS: { readonly [language in Language]: { readonly [name in TextName]: string } } = deepFreeze({
  en: ENGLISH,
  de: GERMAN,
});

export function textOf(name: TextName, language: Language): string {
  return TEXTS[language][name];
}

/** Why nothing is sold, by the core's cause; undefined where there is no more to say. */
const REASONS: { readonly [cause: string]: TextName | undefined } = deepFreeze({
  stopped: "outStopped",
  ledgerFull: "outLedgerFull",
  noPlanogram: "outNoPlanogram",
  beamBlind: "outBeamBlind",
  tooWarm: "outTooWarm",
  noMeansOfPayment: "outNoPayment",
  doorOpen: "outDoorOpen",
});

export function reasonFor(cause: string | undefined): TextName | undefined {
  return REASONS[cause ?? ""];
}

/** Take turns while nobody is there, by what a customer may pay by. */
export const HINTS: { readonly [pay in "cash" | "card" | "any"]: readonly TextName[] } = deepFreeze({
  cash: ["hintTouch", "hintCash", "hintBack"],
  card: ["hintTouch", "hintCard"],
  any: ["hintTouch", "hintAny", "hintBack"],
});
