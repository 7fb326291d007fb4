/**
 * What the technician's menu says, in each language of the panel. The English text is the name of a text, so that the
 * menu reads as it speaks; `{}` are the places of its values, in order. Lines of the main screen and what keys do fit
 * on 16 columns whole, everything else is broken between words.
 */
import { deepFreeze } from "../../shared/freeze.js";
import { filledIn, type Language } from "../../shared/panel-phrases.js";

export const MENU_GERMAN = deepFreeze({
  // items of the main screen
  "Fill tubes": "Röhren füllen",
  "Empty tubes": "Röhren leeren",
  "Cash box taken": "Kasse geleert",
  "Test vend": "Testausgabe",
  "Home spirals": "Nullstellung",
  "Set counts": "Bestand setzen",
  "Set prices": "Preise setzen",
  Faults: "Störungen",
  Counters: "Zähler",
  Network: "Netzwerk",
  "Clear faults": "Quittieren",
  "Self-test": "Selbsttest",
  Claim: "Anmelden",
  // what keys do
  back: "zurück",
  leave: "Ende",
  more: "weiter",
  enter: "OK",
  done: "fertig",
  taken: "geleert",
  test: "Test",
  clear: "quittieren",
  claim: "anmelden",
  again: "nochmals",
  "any key": "beliebige Taste",
  // getting in
  "Service code": "Service-Code",
  "Wrong code": "Falscher Code",
  "Locked: too many wrong codes": "Gesperrt: zu viele falsche Codes",
  "No codes yet: any digit opens": "Noch keine Codes: jede Ziffer öffnet",
  "Service menu": "Service-Menü",
  "Menu {}/{}": "Menü {}/{}",
  "Not allowed with this code": "Mit diesem Code nicht erlaubt",
  // coins and bills
  "No coin changer": "Kein Münzwechsler",
  "Put coins in; they are not credit": "Münzen einwerfen; sie sind kein Guthaben",
  "Filled in all: {}": "Insgesamt gefüllt: {}",
  "Empty: which coin?": "Leeren: welche Münze?",
  "Empty: how many of {}?": "Leeren: wie viele zu {}?",
  "In the tube: {}": "In der Röhre: {}",
  "No such coin type": "Diese Münze gibt es nicht",
  "1 to {} coins": "1 bis {} Münzen",
  "So many are not in the tube": "So viele sind nicht in der Röhre",
  "{} coins are paid out": "{} Münzen werden ausgezahlt",
  "Cash box taken?": "Kasse geleert?",
  "Coins {}": "Münzen {}",
  "Bills {}": "Scheine {}",
  // spirals
  "Test vend {}": "Testausgabe {}",
  "Test vend: which slot?": "Testausgabe: welches Fach?",
  "No slot {}": "Kein Fach {}",
  "Wait, a motor is running": "Bitte warten, ein Motor läuft",
  "Not now: the machine is not ready": "Nicht jetzt: der Automat ist nicht bereit",
  "The spiral turns": "Die Spirale dreht",
  "The product fell": "Die Ware fiel",
  "No product was seen to fall": "Keine Ware fiel durch die Lichtschranke",
  "Not turned: drop sensor blind": "Nicht gedreht: Lichtschranke blind",
  "Not turned: spiral not at home": "Nicht gedreht: Spirale nicht in Nullstellung",
  "All spirals are home": "Alle Spiralen sind in Nullstellung",
  "1 spiral is brought home": "1 Spirale fährt in Nullstellung",
  "{} spirals are brought home": "{} Spiralen fahren in Nullstellung",
  // counts and prices
  "Count: which slot?": "Bestand: welches Fach?",
  "Price: which slot?": "Preis: welches Fach?",
  "{}: how many?": "{}: wie viele?",
  "{}: which price?": "{}: welcher Preis?",
  "Now {} of {}": "Jetzt {} von {}",
  "Now {}": "Jetzt {}",
  "Smallest units, e.g. 150": "Kleinste Einheit, z. B. 150",
  "A number is needed": "Bitte eine Zahl",
  "At most {}": "Höchstens {}",
  "{}: {} pieces": "{}: {} Stück",
  "{}: price set": "{}: Preis gesetzt",
  "At most {} can be paid": "Höchstens {} können gezahlt werden",
  "A price is at least {}": "Ein Preis ist mindestens {}",
  "A price is a multiple of {}": "Ein Preis ist ein Vielfaches von {}",
  // faults
  "No faults": "Keine Störungen",
  "Nothing to clear, 1 remains": "Nichts zu quittieren, 1 bleibt",
  "Nothing to clear, {} remain": "Nichts zu quittieren, {} bleiben",
  "{} cleared, 1 remains": "{} quittiert, 1 bleibt",
  "{} cleared, {} remain": "{} quittiert, {} bleiben",
  // network
  Connected: "Verbunden",
  "Not connected": "Nicht verbunden",
  "By cable: {}": "Über Kabel: {}",
  "By Wi-Fi: {}": "Über WLAN: {}",
  "Address: {}": "Adresse: {}",
  "Set for cable: {}": "Fest für Kabel: {}",
  "Set for Wi-Fi: {}": "Fest für WLAN: {}",
  "Mask: {}": "Maske: {}",
  "Gateway: {}": "Gateway: {}",
  "DNS: {}": "DNS: {}",
  "Machine {}": "Automat {}",
  "Records not yet at the fleet: {}": "Noch nicht gemeldete Belege: {}",
  // the claim: cause and cure
  "The board makes its key": "Das Board erzeugt ihren Schlüssel",
  "Wait some minutes": "Einige Minuten warten",
  "The board's key cannot be made": "Der Schlüssel des Boards lässt sich nicht erzeugen",
  "Replace the board": "Board tauschen",
  "No claim code yet": "Noch kein Code zum Anmelden",
  "Type its digits and #": "Ziffern tippen, dann #",
  "No network": "Kein Netzwerk",
  "Look at cable, router and Wi-Fi": "Kabel, Router und WLAN prüfen",
  "Clock not set: no time server answers": "Uhr nicht gestellt: kein Zeitserver antwortet",
  "Open UDP port 123 to it": "UDP-Port 123 dorthin öffnen",
  "The fleet is asked": "Die Zentrale wird gefragt",
  "The fleet does not answer, or proves to be another": "Die Zentrale antwortet nicht, oder es ist eine andere",
  "Look at firewall and door address": "Firewall und Adresse der Zentrale prüfen",
  "Too many tries from this place": "Zu viele Versuche von hier",
  "Wait, it tries again": "Warten, es wird nochmals versucht",
  "The answer is no identity of this board": "Die Antwort ist keine Identität dieses Boards",
  "Tell the fleet's operator": "Betreiber der Zentrale verständigen",
  "The board cannot keep it": "Das Board kann es nicht behalten",
  "Cut the power once; else replace the board": "Einmal Strom aus; sonst Board tauschen",
  "The fleet knows no such code": "Die Zentrale kennt diesen Code nicht",
  "Compare the digits, or get a new code": "Ziffern vergleichen oder neuen Code holen",
  "The code is over": "Der Code ist abgelaufen",
  "Get a new code": "Neuen Code holen",
  "The code was revoked": "Der Code wurde widerrufen",
  "The code was used by another board": "Der Code wurde von einem anderen Board benutzt",
  "The code is not for this machine": "Der Code gilt nicht für diesen Automaten",
  "Compare the serial number, or get a code for it": "Seriennummer vergleichen oder Code dafür holen",
  "The fleet refuses the claim": "Die Zentrale lehnt ab",
  Claimed: "Angemeldet",
  "The machine restarts": "Der Automat startet neu",
  "The digits do not fit together": "Die Ziffern passen nicht zusammen",
  "Compare them": "Bitte vergleichen",
  // counters
  "Sales {}: {}": "Verkäufe {}: {}",
  "Cash sales {}": "Barverkäufe {}",
  "Card sales {}": "Kartenverkäufe {}",
  "Coins in {}": "Münzen ein {}",
  "Bills in {}": "Scheine ein {}",
  "Paid out {}": "Ausgezahlt {}",
  "Vouchers {}": "Gutscheine {}",
  "Claims {}": "Ansprüche {}",
  "Tubes short {}": "Röhren Fehlbetrag {}",
  "Tubes over {}": "Röhren Überschuss {}",
  "Test vends {}": "Testausgaben {}",
  "Failed vends {}": "Fehlausgaben {}",
});

export type MenuText = keyof typeof MENU_GERMAN;

/** A text and what stands in its places. */
export interface MenuWords {
  readonly text: MenuText;
  readonly values: readonly (string | number)[];
}

export function words(text: MenuText, ...values: readonly (string | number)[]): MenuWords {
  return { text, values };
}

export function menuText({ text, values }: MenuWords, language: Language): string {
  return filledIn(language === "de" ? MENU_GERMAN[text] : text, ...values);
}
