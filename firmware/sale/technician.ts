/**
 * What a technician may have turned behind the open door: a test vend, and spirals brought home. The only turns there
 * are while the door is open, ordered through the code-protected menu; nobody's money is inside. What the menu says of
 * an order it asks here first.
 */
import { MEANS_TEST } from "../../shared/records/fold-sale.js";
import { SERVICE_ACTS } from "../../shared/records/kinds.js";
import type { DeliveryEvent } from "../ports/rooms.js";
import type { SaleFacts } from "./facts.js";
import {
  go,
  ignore,
  type OutOfService,
  type SaleInput,
  type SaleState,
  type SaleStep,
  type TestVend,
} from "./state.js";

const TEST_VEND = SERVICE_ACTS.indexOf("testVend");

/** `free`: an order to turn is taken now. `busy`: one is being carried out. `not`: none can be, see the cause. */
export type Turning = "free" | "busy" | "not";

export function turningNow(state: SaleState, { durable }: Pick<SaleFacts, "durable">): Turning {
  if (state.at === "DISPENSING" || state.at === "ERROR") return "busy";
  if (state.at !== "OUT_OF_SERVICE") return "not";
  if (state.homing !== undefined || state.testing !== undefined) return "busy";
  const { creditMinor, vend, hold, doorOpen } = durable;
  const nobodyIsOwed = creditMinor === 0 && vend === undefined && hold === undefined;
  return doorOpen && state.cause === "doorOpen" && nobodyIsOwed ? "free" : "not";
}

/** Undefined if the input is none of the technician's. */
export function stepTechnician(state: SaleState, input: SaleInput, facts: SaleFacts): SaleStep | undefined {
  const ordered = input.on === "testVend" || input.on === "homeSpirals";
  if (state.at !== "OUT_OF_SERVICE") return ordered ? ignore(state) : undefined;
  if (ordered) return turningNow(state, facts) === "free" ? begin(state, input, facts) : ignore(state);
  if (input.on === "delivery" && state.testing !== undefined) return prepared(state, state.testing, input.event, facts);
  return undefined;
}

function begin(
  was: OutOfService,
  input: Extract<SaleInput, { on: "testVend" | "homeSpirals" }>,
  facts: SaleFacts,
): SaleStep {
  const { refused: _, ...state } = was;
  if (input.on === "homeSpirals") {
    return homeNext(state, undefined, facts) ?? ignore(was);
  }
  const slot = facts.slot(input.slot);
  if (slot === undefined) return ignore(was);
  const order = { delivery: "prepare", column: slot.column, homeOnly: slot.homeOnly ?? false } as const;
  return go({ ...state, testing: { slot: slot.slot, who: input.who } }, { do: "deliver", order });
}

/** One spiral after the other, whatever became of the one before; closed slots too. Undefined: none is left. */
export function homeNext(state: OutOfService, after: string | undefined, facts: SaleFacts): SaleStep | undefined {
  const away = facts.slotAway(after);
  if (away === undefined) return undefined;
  const order = { delivery: "home", column: away.column, attended: true } as const;
  return go({ ...state, homing: away.slot }, { do: "deliver", order });
}

/** Column and beam were tried: who tests, and the vend like every other, go on flash, then the motor starts. */
function prepared(was: OutOfService, { slot: code, who }: TestVend, event: DeliveryEvent, facts: SaleFacts): SaleStep {
  const { testing: _, ...state } = was;
  const slot = facts.slot(code);
  if (event.delivery === "unready") return go({ ...state, refused: { slot: code, cause: event.cause } });
  if (slot === undefined) return go(state);
  if (event.delivery !== "ready") return ignore(was);
  const saleNo = facts.durable.saleNo + 1;
  const { column, priceMinor, homeOnly = false } = slot;
  return go(
    { at: "DISPENSING", slot: code, saleNo, recovered: false },
    { do: "append", record: { kind: "serviceDone", act: TEST_VEND, who, slot: code } },
    { do: "append", record: { kind: "vendStarted", saleNo, slot: code, priceMinor, paidMinor: 0, means: MEANS_TEST } },
    { do: "deliver", order: { delivery: "turn", column, homeOnly, retry: false } },
  );
}
