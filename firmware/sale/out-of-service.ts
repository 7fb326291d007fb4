/**
 * OUT_OF_SERVICE: nothing is sold. Entered with nothing owed; at power-up also the state in which everything the last
 * power cut broke off is brought to an end: the open vend here, open payouts and bills by firmware/cash.
 */
import type { OpenVend } from "../../shared/records/durable.js";
import { SALE_FAILURES } from "../../shared/records/kinds.js";
import type { PlanogramSlot } from "../../shared/wire/documents.js";
import type { DeliveryEvent } from "../ports/rooms.js";
import { saleFields, unknown } from "./dispensing.js";
import type { SaleFacts } from "./facts.js";
import { closeAll } from "./payments.js";
import { giveBack, rest, withoutOldNotice } from "./selecting.js";
import { go, ignore, type OutOfService, type SaleEffect, type SaleInput, type SaleStep } from "./state.js";
import { homeNext } from "./technician.js";

export function stepOutOfService(state: OutOfService, input: SaleInput, facts: SaleFacts, nowMs: number): SaleStep {
  switch (input.on) {
    case "start":
      return homeSpiral(state, facts) ?? resume(state, facts, nowMs);
    case "tick":
      return leave(state, facts, nowMs);
    case "delivery":
      return homed(state, input.event, facts, nowMs);
    case "select":
    case "cancel":
    case "lever":
      // A code has been read: it leaves the panel at the next input.
      return state.notice === undefined ? ignore(state) : go({ ...state, notice: undefined });
    default:
      return ignore(state);
  }
}

/** Design "Power": what an open vend of the time before the restart amounts to. */
function resume(state: OutOfService, facts: SaleFacts, nowMs: number): SaleStep {
  const vend = facts.durable.vend;
  if (vend === undefined) return go(state, ...closeAll());
  const slot = facts.slot(vend.slot);
  if (slot !== undefined && facts.awayFromHome(slot.column)) {
    // No spiral starts behind an open door: the turn is finished when it is shut.
    if (facts.durable.doorOpen) return go(state, ...closeAll());
    return finishTurn(vend, slot);
  }
  if (vend.turns === 0 || vend.paused === true) {
    const cause = SALE_FAILURES.indexOf(vend.paused === true ? "powerLost" : "neverTurned");
    return go({ ...state, refund: true }, ...closeAll(), {
      do: "append",
      record: { kind: "saleFailed", ...saleFields(vend, facts), cause },
    });
  }
  return unknown(vend, "powerLost", facts, nowMs);
}

/**
 * The rest of the turn. Where the mains failed with the beam watched to the end (`paused`), what falls now is the whole
 * truth; but from the moment the spiral moves again that is no longer so, and `leftHome` says it on flash. It also does
 * where power went before the first `leftHome` was written: else the next cut would find the spiral at home, as if it
 * had never turned.
 */
function finishTurn(vend: OpenVend, slot: PlanogramSlot): SaleStep {
  const { saleNo, turns } = vend;
  const { column, homeOnly = false } = slot;
  const proven = vend.paused === true;
  const turn = Math.max(1, turns);
  const moved: SaleEffect[] =
    proven || turns === 0 ? [{ do: "append", record: { kind: "leftHome", saleNo, turn } }] : [];
  // a turn that was watched through the power failure can only be unknown because the beam is blind now
  const state = { at: "DISPENSING", slot: vend.slot, saleNo, recovered: !proven } as const;
  return go(state, ...closeAll(), ...moved, { do: "deliver", order: { delivery: "finish", column, homeOnly, proven } });
}

/**
 * Power went when the product had fallen and its spiral was not home yet: the sale stands, the way home is made up for.
 * No product is due any more; if one falls, it is a stray drop. The slot is closed on flash before the motor moves and
 * opens when its spiral is home: power cut again and again gets one short run, not a product. Undefined if there is
 * nothing to do.
 */
function homeSpiral(state: OutOfService, facts: SaleFacts): SaleStep | undefined {
  const slot = facts.slotOffHome;
  const { vend, doorOpen } = facts.durable;
  if (slot === undefined || vend !== undefined || doorOpen || state.cause === "stopped") return undefined;
  return go(
    { ...state, homing: slot.slot },
    ...closeAll(),
    { do: "fault", fault: "spiralNotHome", slot: slot.slot, present: true },
    { do: "deliver", order: { delivery: "home", column: slot.column, attended: false } },
  );
}

/** The spiral has stopped: it is home, or its slot stays closed. */
function homed(state: OutOfService, event: DeliveryEvent, facts: SaleFacts, nowMs: number): SaleStep {
  const { homing: slot, ...rested } = state;
  if (slot === undefined) return ignore(state);
  const isHome = event.delivery === "dropped";
  if (!isHome && event.delivery !== "failed" && event.delivery !== "unknown") return ignore(state);
  const next = facts.durable.doorOpen ? homeNext(rested, slot, facts) : isHome ? homeSpiral(rested, facts) : undefined;
  return next ?? { ...leave(rested, facts, nowMs), known: true };
}

function leave(was: OutOfService, facts: SaleFacts, nowMs: number): SaleStep {
  if (was.homing !== undefined) return ignore(was);
  const state = withoutOldNotice(was, nowMs);
  const { outOfService: cause, durable } = facts;
  if (durable.vend !== undefined && !durable.doorOpen && cause !== "stopped") return resume(state, facts, nowMs);
  if (durable.vend === undefined && cause !== "starting" && cause !== "stopped") {
    if (durable.creditMinor > 0 && (state.refund || cause !== undefined)) {
      return giveBack(state.refund ? "refund" : "outOfService", state.notice);
    }
    if (cause === undefined) return homeSpiral(state, facts) ?? rest(facts, nowMs, state.notice);
  }
  if (cause !== undefined && cause !== state.cause) return go({ ...state, cause });
  return state === was ? ignore(was) : go(state);
}
