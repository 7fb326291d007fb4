/**
 * The catalogue of faults: code, severity, the operator's sentence, what it does to sales, how it clears.
 * Operator-facing faults come from here only. Codes are for ever.
 *
 * sales: "none" goes on selling; "slot" closes that slot; "coins"/"bills"/"cards" loses that means of payment; "all"
 * locks.
 * clears: "auto" when its cause is gone; "person" when someone at the machine has dealt with it.
 */
import { GERMAN_FAULTS } from "./faults-german.js";
import { deepFreeze } from "./freeze.js";
import type { Language } from "./panel-phrases.js";

export const FAULTS = deepFreeze({
  // delivery 1–19
  jam: { code: 1, severity: "error", sales: "slot", clears: "person", text: "{machine} slot {slot}: no product fell" },
  motorStuck: {
    code: 2,
    severity: "error",
    sales: "slot",
    clears: "person",
    text: "{machine} slot {slot}: motor did not turn",
  },
  beamBlind: { code: 3, severity: "critical", sales: "all", clears: "auto", text: "{machine}: drop sensor is blind" },
  strayDrop: {
    code: 4,
    severity: "warning",
    sales: "none",
    clears: "person",
    text: "{machine}: product fell without a sale",
  },
  outcomeUnknown: {
    code: 5,
    severity: "error",
    sales: "slot",
    clears: "person",
    text: "{machine} slot {slot}: outcome of a sale unknown",
  },
  spiralNotHome: {
    code: 6,
    severity: "error",
    sales: "slot",
    clears: "auto",
    text: "{machine} slot {slot}: spiral not at home",
  },
  // coin changer 20–39
  changerOffline: {
    code: 20,
    severity: "error",
    sales: "coins",
    clears: "auto",
    text: "{machine}: coin changer does not answer",
  },
  tubeJam: { code: 21, severity: "error", sales: "none", clears: "auto", text: "{machine}: coin tube jammed" },
  tubeSensor: {
    code: 22,
    severity: "warning",
    sales: "none",
    clears: "auto",
    text: "{machine}: coin tube sensor defective",
  },
  acceptorUnplugged: {
    code: 23,
    severity: "error",
    sales: "coins",
    clears: "auto",
    text: "{machine}: coin acceptor unplugged",
  },
  coinJam: { code: 24, severity: "error", sales: "coins", clears: "auto", text: "{machine}: coin jam" },
  changerRom: {
    code: 25,
    severity: "error",
    sales: "coins",
    clears: "auto",
    text: "{machine}: coin changer memory fault",
  },
  coinRouting: {
    code: 26,
    severity: "warning",
    sales: "none",
    clears: "auto",
    text: "{machine}: coin went the wrong way",
  },
  coinFishing: {
    code: 27,
    severity: "warning",
    sales: "none",
    clears: "auto",
    text: "{machine}: someone tried to pull a coin back",
  },
  tubeDifference: {
    code: 28,
    severity: "warning",
    sales: "none",
    clears: "auto",
    text: "{machine}: coin tubes differ from the records",
  },
  payoutUnknown: {
    code: 29,
    severity: "error",
    sales: "none",
    clears: "auto",
    text: "{machine}: outcome of a payout unknown",
  },
  // told by the changer's own diagnosis (MDB 0F 05)
  changerTrouble: {
    code: 30,
    severity: "error",
    sales: "none",
    clears: "auto",
    text: "{machine}: coin changer out of order",
  },
  coinAcceptor: {
    code: 31,
    severity: "error",
    sales: "coins",
    clears: "auto",
    text: "{machine}: coin acceptor out of order",
  },
  acceptorOpen: {
    code: 32,
    severity: "error",
    sales: "coins",
    clears: "auto",
    text: "{machine}: coin acceptor open",
  },
  leverStuck: {
    code: 33,
    severity: "warning",
    sales: "none",
    clears: "auto",
    text: "{machine}: return lever stuck",
  },
  coinDispenser: {
    code: 34,
    severity: "error",
    sales: "none",
    clears: "auto",
    text: "{machine}: coin payout out of order",
  },
  tubesRemoved: {
    code: 35,
    severity: "error",
    sales: "none",
    clears: "auto",
    text: "{machine}: coin tubes out of place",
  },
  cashBoxSensor: {
    code: 36,
    severity: "warning",
    sales: "none",
    clears: "auto",
    text: "{machine}: cash box sensor defective",
  },
  foreignCoins: {
    code: 37,
    severity: "error",
    sales: "coins",
    clears: "auto",
    text: "{machine}: coin changer is for another currency",
  },
  // bill validator 40–59
  validatorOffline: {
    code: 40,
    severity: "error",
    sales: "bills",
    clears: "auto",
    text: "{machine}: bill validator does not answer",
  },
  billJam: { code: 41, severity: "error", sales: "bills", clears: "auto", text: "{machine}: bill jam" },
  billMotor: {
    code: 42,
    severity: "error",
    sales: "bills",
    clears: "auto",
    text: "{machine}: bill validator motor fault",
  },
  billSensor: {
    code: 43,
    severity: "error",
    sales: "bills",
    clears: "auto",
    text: "{machine}: bill validator sensor fault",
  },
  billRom: {
    code: 44,
    severity: "error",
    sales: "bills",
    clears: "auto",
    text: "{machine}: bill validator memory fault",
  },
  stackerFull: { code: 45, severity: "error", sales: "bills", clears: "auto", text: "{machine}: bill stacker full" },
  stackerOut: {
    code: 46,
    severity: "error",
    sales: "bills",
    clears: "auto",
    text: "{machine}: bill cash box out of place",
  },
  billFishing: {
    code: 47,
    severity: "warning",
    sales: "none",
    clears: "auto",
    text: "{machine}: someone tried to pull a bill back",
  },
  billUnknown: {
    code: 48,
    severity: "error",
    sales: "none",
    clears: "auto",
    text: "{machine}: fate of a bill unknown",
  },
  foreignBills: {
    code: 49,
    severity: "error",
    sales: "bills",
    clears: "auto",
    text: "{machine}: bill validator is for another currency",
  },
  // the machine 60–89
  doorOpen: { code: 60, severity: "info", sales: "all", clears: "auto", text: "{machine}: door open" },
  tooWarm: { code: 61, severity: "critical", sales: "all", clears: "auto", text: "{machine}: too warm" },
  thermometer: {
    code: 62,
    severity: "warning",
    sales: "none",
    clears: "auto",
    text: "{machine}: thermometer does not answer",
  },
  ledgerFull: {
    code: 63,
    severity: "critical",
    sales: "all",
    clears: "auto",
    text: "{machine}: ledger full, sales not yet reported",
  },
  ledgerDamaged: {
    code: 64,
    severity: "error",
    sales: "none",
    clears: "auto",
    text: "{machine}: a ledger record is unreadable",
  },
  noMeansOfPayment: {
    code: 65,
    severity: "critical",
    sales: "all",
    clears: "auto",
    text: "{machine}: no means of payment",
  },
  exactChangeOnly: {
    code: 66,
    severity: "warning",
    sales: "none",
    clears: "auto",
    text: "{machine}: exact change only",
  },
  slotEmpty: { code: 67, severity: "warning", sales: "slot", clears: "auto", text: "{machine} slot {slot} is empty" },
  noPlanogram: { code: 68, severity: "critical", sales: "all", clears: "auto", text: "{machine}: no valid planogram" },
  clockUnknown: { code: 69, severity: "info", sales: "none", clears: "auto", text: "{machine}: clock not set" },
  assertRepeated: {
    code: 70,
    severity: "critical",
    sales: "all",
    clears: "person",
    text: "{machine}: stopped after repeated faults",
  },
  quotaReached: {
    code: 71,
    severity: "warning",
    sales: "none",
    clears: "auto",
    text: "{machine}: daily quota of notes reached",
  },
  serviceLockedOut: {
    code: 73,
    severity: "warning",
    sales: "none",
    clears: "auto",
    text: "{machine}: wrong service codes, menu locked",
  },
  ledgerLayout: {
    code: 74,
    severity: "critical",
    sales: "all",
    clears: "person",
    text: "{machine}: its ledger was written by another firmware; read it out before it is erased",
  },
  ledgerForeign: {
    code: 75,
    severity: "critical",
    sales: "all",
    clears: "person",
    text: "{machine}: its ledger is another machine's; read it out before it is erased",
  },
  ledgerEpoch: {
    code: 76,
    severity: "critical",
    sales: "all",
    clears: "person",
    text: "{machine}: its ledger is of a later epoch than its settings; claim the machine again",
  },
  ledgerUnsent: {
    code: 77,
    severity: "warning",
    sales: "none",
    clears: "auto",
    text: "{machine}: records of an earlier epoch were never sent; read its ledger out",
  },
  notClaimed: {
    code: 78,
    severity: "critical",
    sales: "all",
    clears: "auto",
    text: "{machine}: not claimed yet; enter its claim code in the service menu",
  },
  // bills that are paid out 50–59
  recyclerJam: { code: 50, severity: "error", sales: "none", clears: "auto", text: "{machine}: bill recycler jammed" },
  recyclerTrouble: {
    code: 51,
    severity: "error",
    sales: "none",
    clears: "auto",
    text: "{machine}: bill recycler out of order",
  },
  // card readers 90–99; reader 2 is the one at 60h
  reader1Offline: {
    code: 90,
    severity: "error",
    sales: "cards",
    clears: "auto",
    text: "{machine}: card reader does not answer",
  },
  reader2Offline: {
    code: 91,
    severity: "error",
    sales: "cards",
    clears: "auto",
    text: "{machine}: second card reader does not answer",
  },
  reader1Trouble: {
    code: 92,
    severity: "error",
    sales: "cards",
    clears: "auto",
    text: "{machine}: card reader out of order",
  },
  reader2Trouble: {
    code: 93,
    severity: "error",
    sales: "cards",
    clears: "auto",
    text: "{machine}: second card reader out of order",
  },
  refundDue: {
    code: 94,
    severity: "warning",
    sales: "none",
    clears: "auto",
    text: "{machine}: a card payment has to be given back",
  },
  reader1Foreign: {
    code: 95,
    severity: "error",
    sales: "cards",
    clears: "auto",
    text: "{machine}: card reader is for another currency",
  },
  reader2Foreign: {
    code: 96,
    severity: "error",
    sales: "cards",
    clears: "auto",
    text: "{machine}: second card reader is for another currency",
  },
  // other payout devices 100–109
  hopper1Offline: {
    code: 100,
    severity: "error",
    sales: "none",
    clears: "auto",
    text: "{machine}: coin hopper 1 does not answer",
  },
  hopper2Offline: {
    code: 101,
    severity: "error",
    sales: "none",
    clears: "auto",
    text: "{machine}: coin hopper 2 does not answer",
  },
  hopper1Jam: { code: 102, severity: "error", sales: "none", clears: "auto", text: "{machine}: coin hopper 1 jammed" },
  hopper2Jam: { code: 103, severity: "error", sales: "none", clears: "auto", text: "{machine}: coin hopper 2 jammed" },
  hopper1Trouble: {
    code: 104,
    severity: "error",
    sales: "none",
    clears: "auto",
    text: "{machine}: coin hopper 1 out of order",
  },
  hopper2Trouble: {
    code: 105,
    severity: "error",
    sales: "none",
    clears: "auto",
    text: "{machine}: coin hopper 2 out of order",
  },
  hopper1Foreign: {
    code: 106,
    severity: "error",
    sales: "none",
    clears: "auto",
    text: "{machine}: coin hopper 1 is for another currency",
  },
  hopper2Foreign: {
    code: 107,
    severity: "error",
    sales: "none",
    clears: "auto",
    text: "{machine}: coin hopper 2 is for another currency",
  },
  // other devices 110–119
  satellite1Offline: {
    code: 110,
    severity: "error",
    sales: "none",
    clears: "auto",
    text: "{machine}: satellite 1 does not answer",
  },
  ageVerifierOffline: {
    code: 111,
    severity: "error",
    sales: "none",
    clears: "auto",
    text: "{machine}: age verification does not answer",
  },
  satellite2Offline: {
    code: 112,
    severity: "error",
    sales: "none",
    clears: "auto",
    text: "{machine}: satellite 2 does not answer",
  },
  satellite3Offline: {
    code: 113,
    severity: "error",
    sales: "none",
    clears: "auto",
    text: "{machine}: satellite 3 does not answer",
  },
});

export type FaultName = keyof typeof FAULTS;
export type Severity = (typeof FAULTS)[FaultName]["severity"];

/** The fault with this code; undefined for one of a later version. */
export function faultOf(code: number): FaultName | undefined {
  let name: FaultName;
  for (name in FAULTS) {
    if (FAULTS[name].code === code) return name;
  }
  return undefined;
}

/** The operator's sentence, e.g. "M-1234 slot B4 is empty"; an unknown code says so. */
export function faultSentence(code: number, machineId: string, slot?: string, language: Language = "en"): string {
  const name = faultOf(code);
  if (name === undefined) return `${machineId}: ${language === "de" ? "Störung" : "fault"} ${code}`;
  const text = language === "de" ? GERMAN_FAULTS[name] : FAULTS[name].text;
  return text.replace("{machine}", machineId).replace("{slot}", slot ?? "?");
}
