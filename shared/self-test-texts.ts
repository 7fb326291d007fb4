/**
 * What a self-test says of a port, in each language of the panel. The English text is the name of a text; `{}` are the
 * places of its values, in order. Boards say it in English on their console, the service menu in the technician's
 * language.
 */
import { deepFreeze } from "./freeze.js";
import { filledIn, type Language } from "./panel-phrases.js";

export const SELF_TEST_GERMAN = deepFreeze({
  // levels and states
  open: "offen",
  shut: "geschlossen",
  there: "vorhanden",
  none: "fehlt",
  silent: "stumm",
  answers: "antwortet",
  dark: "dunkel",
  lit: "hell",
  running: "läuft",
  reset: "zurückgesetzt",
  connected: "verbunden",
  ready: "bereit",
  failed: "misslungen",
  pressed: "gedrückt",
  "not pressed": "nicht gedrückt",
  "at rest": "in Ruhe",
  "not in use": "nicht in Gebrauch",
  "being made": "wird erzeugt",
  "{}": "{}",
  "{} °C": "{} °C",
  "{}, not claimed": "{}, nicht angemeldet",
  "{} bytes free": "{} Byte frei",
  "{} ({}), started by power": "{} ({}), gestartet durch Einschalten",
  "{} ({}), started by reset": "{} ({}), gestartet durch Reset",
  "{} ({}), started by watchdog": "{} ({}), gestartet durch Watchdog",
  "{} ({}), started by assert": "{} ({}), gestartet durch Programmfehler",
  "{} ({}), started by order": "{} ({}), gestartet auf Anweisung",
  "not opened ({})": "nicht geöffnet ({})",
  "ledger {} blocks, documents {} blocks": "Kassenbuch {} Blöcke, Dokumente {} Blöcke",
  "{} blocks": "{} Blöcke",
  "connected ({})": "verbunden ({})",
  "set up for {}": "eingerichtet für {}",
  "open at {} baud": "offen mit {} Baud",
  "{} x {}, cannot be asked": "{} x {}, lässt sich nicht fragen",
  "answers, cable has a link": "antwortet, Kabel hat Verbindung",
  "answers, no link on its cable": "antwortet, Kabel ohne Verbindung",
  "answers, no finger on it": "antwortet, kein Finger darauf",
  "a finger on it": "ein Finger darauf",
  "says stall current with no motor running": "meldet Blockierstrom, obwohl kein Motor läuft",
  "answers, no key pressed": "antwortet, keine Taste gedrückt",
  "several keys pressed at once": "mehrere Tasten zugleich gedrückt",
  "key {} pressed": "Taste {} gedrückt",
  "answers, no reading yet": "antwortet, noch kein Messwert",
  "at rest, may start in {} s": "in Ruhe, Start in {} s möglich",
  "answers ({} columns)": "antwortet ({} Spalten)",
  "mains present": "Netzspannung da",
  "mains failing": "Netzspannung fällt aus",
  "a line is high that should be low": "eine Leitung ist high, die low sein soll",
  "{} of {} can be selected, one at a time": "{} von {} wählbar, je einer allein",
  "motors {} cannot be selected": "Motoren {} nicht wählbar",
  "not looked at: no planogram says which motors there are": "nicht geprüft: kein Planogramm nennt die Motoren",
  "all {} closed": "alle {} geschlossen",
  "{} closed, open: {}": "{} geschlossen, offen: {}",
  "lit with its emitter off": "hell trotz dunklem Sender",
  "lit, dark with its emitter off, lit again": "hell, ohne Sender dunkel, wieder hell",
  "foreign light": "Fremdlicht",
  "failed its last trial": "letzte Prüfung nicht bestanden",
  "not started": "nicht gestartet",
  "no end of its reset": "Reset endet nicht",
  "no result": "kein Ergebnis",
  "silent, not fitted": "stumm, nicht vorgesehen",
  "garbled ({})": "gestört ({})",
  "answers (level {})": "antwortet (Level {})",
  "{} records, {} not yet at the fleet": "{} Belege, {} noch nicht gemeldet",
  // cures
  "less than {} bytes: build it smaller": "weniger als {} Byte: kleiner bauen",
  "claim it: its page in this menu": "anmelden: Seite in diesem Menü",
  "it has no epoch: claim it": "es hat keine Epoche: anmelden",
  "provision the board: without a name and keys it sells nothing":
    "Board einrichten: ohne Name und Schlüssel verkauft es nichts",
  "provision the board: it sells, but tells nobody": "Board einrichten: es verkauft, aber meldet nichts",
  "compare the pin map with the wiring: two parts on one pin?":
    "Pinplan mit Verdrahtung vergleichen: zwei Teile an einem Pin?",
  "the partition keys takes nothing: replace the board": "die Partition keys nimmt nichts an: Board tauschen",
  "neither a cable nor the name of a Wi-Fi: provision it with one":
    "weder Kabel noch Name eines WLAN: mit einem davon einrichten",
  "no W5500 answers: supply, SCK, MISO, MOSI, select": "kein W5500 antwortet: Versorgung, SCK, MISO, MOSI, Select",
  "no display driver of this size in this image: build it for this board":
    "kein Displaytreiber dieser Größe im Image: für dieses Board bauen",
  "no FT6206 answers: supply, SDA, SCL, address 38h": "kein FT6206 antwortet: Versorgung, SDA, SCL, Adresse 38h",
  "take it away; if none is there: water or dirt on the glass, a cable near it":
    "wegnehmen; ist keiner da: Wasser oder Schmutz auf dem Glas, ein Kabel in der Nähe",
  "measure the comparator and the shunt: it would stop every motor":
    "Komparator und Shunt messen: es hielte jeden Motor an",
  "its expander does not answer: supply, SDA, SCL, address 21h":
    "Expander antwortet nicht: Versorgung, SDA, SCL, Adresse 21h",
  "its expander does not answer: supply, SDA, SCL, address 20h":
    "Expander antwortet nicht: Versorgung, SDA, SCL, Adresse 20h",
  "let the keys go; if none is pressed, a row and a column touch":
    "Tasten loslassen; ist keine gedrückt, berühren sich Zeile und Spalte",
  "no TMP117 answers: supply, SDA, SCL, address 48h": "kein TMP117 antwortet: Versorgung, SDA, SCL, Adresse 48h",
  "no HD44780 answers behind its expander: supply, SDA, SCL, address, contrast":
    "kein HD44780 antwortet: Versorgung, SDA, SCL, Adresse, Kontrast",
  "measure the comparator: below 18.5 V it is right": "Komparator messen: unter 18,5 V ist es richtig",
  "a driver's input is shorted to its supply": "ein Treibereingang hat Schluss zur Versorgung",
  "a row or a column they share is shorted to ground, to its supply or to its neighbour":
    "ihre Zeile oder Spalte hat Schluss zu Masse, Versorgung oder Nachbar",
  "bring these spirals home by the service menu; one that stays open is unplugged, broken or not selected":
    "Spiralen im Menü in Nullstellung fahren; bleibt eine offen, fehlt ihr Stecker oder der Schalter ist defekt",
  "clear the chute, wipe its windows; else emitter or receiver is dead":
    "Schacht räumen, Fenster wischen; sonst ist Sender oder Empfänger defekt",
  "foreign light: shade the receiver; else its line hangs":
    "Fremdlicht: Empfänger abschatten; sonst hängt seine Leitung",
  "it does not come back: measure the emitter's supply": "sie kommt nicht wieder: Versorgung des Senders messen",
  "the native line does not run": "der native Bustreiber läuft nicht",
  "its plug, its supply, the two pairs of the bus crossed": "Stecker, Versorgung, Adernpaare des Busses vertauscht",
  "one pair turned round, slow optocoupler, two devices at one address":
    "ein Adernpaar gedreht, Optokoppler zu langsam, zwei Geräte auf einer Adresse",
  "it is not fitted by the settings: nobody will poll it": "laut Einstellungen nicht vorgesehen: niemand fragt es ab",
  "shade the receiver": "Empfänger abschatten",
  "clear the chute, wipe its windows": "Schacht räumen, Fenster wischen",
  "make a test vend": "Testausgabe machen",
  "shut the door and open it again": "Tür schließen und wieder öffnen",
  "this flash belongs to another machine": "dieser Speicher gehört einem anderen Automaten",
  "its flash wears out: replace the board": "der Speicher verschleißt: Board tauschen",
  "sells on, tells later": "verkauft weiter, meldet später",
});
export type SelfTestText = keyof typeof SELF_TEST_GERMAN;

/** Ports by their trade names; one that is not here is called the same in each language. */
const GERMAN_PARTS: { readonly [part: string]: string | undefined } = deepFreeze({
  board: "Board",
  memory: "Speicher",
  identity: "Identität",
  "network secrets": "Netzzugang",
  "device key": "Geräteschlüssel",
  "Wi-Fi": "WLAN",
  flash: "Flash",
  "turn notes": "Drehnotizen",
  "ledger flash": "Flash Kassenbuch",
  "document flash": "Flash Dokumente",
  door: "Tür",
  keypad: "Tastatur",
  thermometer: "Thermometer",
  compressor: "Kompressor",
  "text display": "Textanzeige",
  screen: "Bildschirm",
  "touch panel": "Touchpanel",
  "power-fail input": "Netzausfall-Eingang",
  "stall line": "Blockier-Eingang",
  "motor select": "Motorwahl",
  "home switches": "Nullschalter",
  beam: "Lichtschranke",
  "motor expander": "Motor-Expander",
  "motor matrix": "Motormatrix",
  delivery: "Ausgabe",
  bus: "Bus",
  "service button": "Service-Taste",
  "keypad expander": "Tastatur-Expander",
  secrets: "Geheimnisse",
  "MDB changer": "MDB Münzwechsler",
  "MDB validator": "MDB Scheinprüfer",
  "MDB reader1": "MDB Kartenleser 1",
  "MDB reader2": "MDB Kartenleser 2",
  "MDB hopper1": "MDB Hopper 1",
  "MDB hopper2": "MDB Hopper 2",
  "MDB satellite1": "MDB Satellit 1",
  "MDB satellite2": "MDB Satellit 2",
  "MDB satellite3": "MDB Satellit 3",
  "MDB ageVerifier": "MDB Altersprüfung",
  ledger: "Kassenbuch",
  network: "Netz",
});

/** What a look at a part has found. */
export interface Finding {
  /** The trade's name of the port: "MDB changer 08h". */
  readonly part: string;
  readonly saw: SelfTestText;
  /** What stands in the places of `saw`. */
  readonly values?: readonly (string | number)[];
  /** What to look at; absent: it is well. */
  readonly cure?: SelfTestText;
  /** What stands in the places of `cure`. */
  readonly cureValues?: readonly (string | number)[];
}

/** "door: open", and behind a dash what to look at. */
export function findingText({ part, saw, values = [], cure, cureValues = [] }: Finding, language: Language): string {
  const german = language === "de";
  const named = german ? (GERMAN_PARTS[part] ?? part) : part;
  const seen = `${named}: ${filledIn(german ? SELF_TEST_GERMAN[saw] : saw, ...values)}`;
  return cure === undefined ? seen : `${seen} - ${filledIn(german ? SELF_TEST_GERMAN[cure] : cure, ...cureValues)}`;
}
