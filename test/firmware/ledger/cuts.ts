/**
 * Cuts the power at every flash operation of a run made of sessions: each opens the ledger, appends, acks and idles, so
 * that blocks fill, turn and wrap, are erased ahead and in a hurry, and recovery itself is cut as well.
 */
import * as assert from "uvu/assert";
import { type Ledger, openLedger } from "../../../firmware/ledger/ledger.js";
import { type CutPhase, PowerCut, SimFlash } from "../../../tools/bench/flash.js";
import { Account, type Draft, draft, Lcg, ownedBy } from "./source.js";

export const EPOCH = 7;
const PHASES: readonly CutPhase[] = ["before", "during", "during", "after"];

/** Runs `act`; true if the power went in it. */
export function cutIn(act: () => void): boolean {
  try {
    act();
    return false;
  } catch (error) {
    if (error instanceof PowerCut) return true;
    throw error;
  }
}

/** What was being appended when the power went. */
export interface Pending {
  item: Draft | undefined;
}

/** Opens the ledger and works `steps` steps; ends early by PowerCut. */
export function session(flash: SimFlash, account: Account, seed: number, steps: number, pending: Pending): Ledger {
  const lcg = new Lcg(seed);
  const ledger = openLedger(flash, ownedBy(EPOCH));
  for (let i = 0; i < steps; i++) {
    const what = lcg.below(10);
    if (what === 0) ledger.acked(ledger.newestSeq - lcg.below(4));
    else if (what === 1) ledger.idleWork();
    else {
      pending.item = draft(lcg, i);
      const result = ledger.append(pending.item.record, pending.item.stamp);
      // A full ring of unacked records refuses; the fleet comes back.
      if (!result.ok) ledger.acked(ledger.newestSeq);
      else account.add(pending.item);
      pending.item = undefined;
    }
  }
  return ledger;
}

/** The ledger after a cut: settled, readable, able to go on, and of the same mind at the power-up after. */
export function goOn(flash: SimFlash, account: Account, pending: Pending): void {
  flash.powerOn();
  const again = openLedger(flash, ownedBy(EPOCH));
  account.settle(again, pending.item);
  account.checkReadable(again);
  for (let i = 0; i < 2; i++) {
    const item = draft(new Lcg(account.length), i);
    const result = again.append(item.record, item.stamp);
    if (result.ok) account.add(item);
  }
  const third = openLedger(flash, ownedBy(EPOCH));
  account.settle(third, undefined);
  account.checkReadable(third, 5, 200);
}

export interface CutRun {
  readonly seed: number;
  readonly sessions: number;
  readonly steps: number;
  /** How often each operation is torn, every time in another way. */
  readonly tears: number;
}

/** Every operation of every session, at every phase. Number of cuts made. */
export function cutEverywhere(run: CutRun): number {
  const flash = new SimFlash({ blocks: 6, blockBytes: 1_024, seed: run.seed });
  let account = new Account(EPOCH);
  let cuts = 0;
  for (let n = 0; n < run.sessions; n++) {
    const seed = run.seed * 1_000 + n;
    const image = flash.snapshot();
    const before = flash.operations;
    const whole = account.clone();
    const ledger = session(flash, whole, seed, run.steps, { item: undefined });
    whole.settle(ledger, undefined);
    const operations = flash.operations - before;
    const done = flash.snapshot();
    for (let operation = 1; operation <= operations; operation++) {
      const phases: CutPhase[] = ["before", "after"];
      for (let tear = 0; tear < run.tears; tear++) phases.push("during");
      for (const [tear, phase] of phases.entries()) {
        flash.restore(image);
        flash.cutAt(operation, phase, seed + operation * 17 + tear);
        const copy = account.clone();
        const pending: Pending = { item: undefined };
        const label = `seed ${run.seed}, session ${n}, operation ${operation}, ${phase} ${tear}`;
        try {
          assert.ok(
            cutIn(() => session(flash, copy, seed, run.steps, pending)),
            "the same run is cut",
          );
          goOn(flash, copy, pending);
        } catch (error) {
          throw new Error(`${label}: ${error instanceof Error ? error.message : String(error)}`);
        }
        cuts++;
      }
    }
    flash.restore(done);
    account = whole;
  }
  return cuts;
}

/** One flash, one life: power goes again and again at random operations, often in recovery from the cut before. */
export function manyLives(seed: number, lives: number): { readonly records: number; readonly cutsInRecovery: number } {
  const flash = new SimFlash({ blocks: 6, blockBytes: 1_024, seed });
  const lcg = new Lcg(seed);
  const account = new Account(EPOCH);
  const pending: Pending = { item: undefined };
  let cutsInRecovery = 0;
  for (let life = 0; life < lives; life++) {
    const soon = lcg.below(3) === 0;
    flash.cutAt(1 + lcg.below(soon ? 7 : 40), PHASES[lcg.below(PHASES.length)] ?? "during", lcg.below(1 << 30));
    let opened = false;
    cutIn(() => {
      const ledger = openLedger(flash, ownedBy(EPOCH));
      opened = true;
      account.settle(ledger, pending.item);
      pending.item = undefined;
      if (lcg.below(4) === 0) account.checkReadable(ledger);
      for (let i = 0; i < 60; i++) {
        if (lcg.below(10) === 0) ledger.acked(ledger.newestSeq - lcg.below(3));
        if (lcg.below(10) === 0) ledger.idleWork();
        pending.item = draft(lcg, i);
        const result = ledger.append(pending.item.record, pending.item.stamp);
        if (result.ok) account.add(pending.item);
        else ledger.acked(ledger.newestSeq);
        pending.item = undefined;
      }
    });
    if (!opened) cutsInRecovery++;
    flash.powerOn();
  }
  const ledger = openLedger(flash, ownedBy(EPOCH));
  account.settle(ledger, pending.item);
  account.checkReadable(ledger);
  return { records: account.length, cutsInRecovery };
}
