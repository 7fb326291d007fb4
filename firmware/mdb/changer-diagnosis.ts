/**
 * What the changer says of itself in SEND DIAGNOSTIC STATUS (option b1, MDB 4.2 §5, p81-84): which fault each code
 * means to the operator. Asked at set-up and every 10 s; a fault stands until a diagnosis comes without it.
 */
import type { FaultName } from "../../shared/faults.js";
import { decodeReply } from "../../shared/mdb/codec.js";
import { COIN_CHANGER, COIN_OPTIONS, type CoinDiagnostic, coinDiagnostic } from "../../shared/mdb/coin-changer.js";
import { type ChangerState, type ChangerStep, DIAGNOSE_EVERY_MS } from "./changer-state.js";
import { commandAnswered } from "./peripheral.js";
import { troublesAfterDiagnosis } from "./troubles.js";

/** Faults that nothing but a diagnosis can raise. */
export const DIAGNOSIS_FAULTS: readonly FaultName[] = Object.freeze<FaultName[]>([
  "changerTrouble",
  "coinAcceptor",
  "acceptorOpen",
  "leverStuck",
  "coinDispenser",
  "tubesRemoved",
  "cashBoxSensor",
]);

/** Undefined: a state, no fault. */
const FAULT_OF: { readonly [name in CoinDiagnostic]: FaultName | undefined } = Object.freeze({
  poweringUp: undefined,
  poweringDown: undefined,
  ok: undefined,
  keypadShifted: undefined,
  manualMode: undefined,
  manualFill: undefined,
  newInventory: undefined,
  inhibitedByVmc: undefined,
  generalError: "changerTrouble",
  discriminator: "coinAcceptor",
  flightDeckOpen: "acceptorOpen",
  escrowLeverStuck: "leverStuck",
  discriminatorJam: "coinJam",
  discriminatorFault41: "coinAcceptor",
  discriminatorSensor50: "coinAcceptor",
  discriminatorSensor51: "coinAcceptor",
  discriminatorSensor52: "coinAcceptor",
  discriminatorSensor53: "coinAcceptor",
  discriminatorSensor54: "coinAcceptor",
  acceptGate: "coinAcceptor",
  acceptGate30: "coinAcceptor",
  acceptGate31: "coinAcceptor",
  acceptGate40: "coinAcceptor",
  acceptGate50: "coinAcceptor",
  separator: "changerTrouble",
  dispenser: "coinDispenser",
  cassette: "changerTrouble",
  cassetteRemoved: "tubesRemoved",
  cashBoxSensor: "cashBoxSensor",
  tubeTooMuchLight: "tubeSensor",
});

/** Hands have been, or are, at the tubes: they are counted, and their reports read. */
const BY_HAND: readonly CoinDiagnostic[] = Object.freeze<CoinDiagnostic[]>(["manualFill", "newInventory"]);

/** A diagnosis has come; without bytes (a bare ACK) it says nothing new. */
export function diagnosed(before: ChangerState, bytes: Uint8Array | undefined, nowMs: number): ChangerStep {
  const contact = commandAnswered(before.contact, nowMs);
  const state = { ...before, contact, diagnoseMisses: 0, diagnoseAtMs: nowMs + DIAGNOSE_EVERY_MS };
  if (bytes === undefined) return { state, effects: [] };
  const named: FaultName[] = [];
  let byHand = false;
  let unknown = 0;
  for (const code of decodeReply(COIN_CHANGER, "sendDiagnostic", bytes).fields.codes) {
    const name = coinDiagnostic(code);
    if (name === undefined) {
      unknown += 1;
      continue;
    }
    const fault = FAULT_OF[name];
    if (fault !== undefined && !named.includes(fault)) named.push(fault);
    byHand ||= BY_HAND.includes(name);
  }
  const { troubles, effects } = troublesAfterDiagnosis(contact.troubles, named, nowMs);
  const counts = byHand && (state.options & COIN_OPTIONS.controlledManualFill) !== 0;
  return {
    state: {
      ...state,
      contact: { ...contact, troubles, unknownCodes: contact.unknownCodes + unknown },
      tubesAtMs: counts ? nowMs : state.tubesAtMs,
    },
    effects,
  };
}
