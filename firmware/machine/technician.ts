/** The technician's menu joined to the rest of the machine: its facts, and what each of its effects does. */
import { faultSentence } from "../../shared/faults.js";
import { serviceCodeOwner } from "../../shared/menu-code.js";
import type { MenuView } from "../../shared/panel-view.js";
import { menuAtBoot, menuDueMs, stepMenu } from "../panel/menu.js";
import type { MenuEffect, MenuFacts, MenuInput, MenuOrder, MenuState } from "../panel/menu-state.js";
import { menuView } from "../panel/menu-view.js";
import { turningNow } from "../sale/technician.js";
import { priceRule } from "./prices.js";
import type { Recorder } from "./recorder.js";
import { currencyOf, type Rooms } from "./rooms.js";
import type { MachinePorts, Task } from "./types.js";

export class Technician {
  private state: MenuState;
  private readonly facts: MenuFacts;
  private readonly recorder: Recorder;
  private readonly push: (task: Task) => void;
  /** Each step makes another: a view from before it is old. */
  steps = 0;

  constructor(
    { panel }: Pick<MachinePorts, "panel">,
    rooms: Rooms,
    recorder: Recorder,
    networkUp: () => boolean,
    push: (task: Task) => void,
  ) {
    this.recorder = recorder;
    this.push = push;
    this.facts = menuFacts(panel, rooms, networkUp);
    this.state = menuAtBoot(rooms.ledger.durable, recorder.nowMs);
  }

  /** Its views are made for two lines of text. */
  get textDisplay(): boolean {
    return this.facts.textDisplay;
  }

  /** True if the input was for the menu. */
  take(input: MenuInput, nowMs: number): boolean {
    const step = stepMenu(this.state, input, this.facts, nowMs);
    this.state = step.state;
    if (step.taken) this.steps++;
    for (const effect of step.effects) this.perform(effect);
    return step.taken;
  }

  dueMs(): number {
    return menuDueMs(this.state);
  }

  /** Undefined while nobody is in it. */
  view(nowMs: number): MenuView | undefined {
    return menuView(this.state, this.facts, nowMs);
  }

  private perform(effect: MenuEffect): void {
    switch (effect.do) {
      case "append":
        return this.recorder.append(effect.record);
      case "fault":
        return this.recorder.fault(effect.fault, effect.present);
      case "menu":
        return this.obey(effect.order);
    }
  }

  private obey(order: MenuOrder): void {
    switch (order.menu) {
      case "fill":
        return this.push({ to: "cash", input: { on: "order", order: { cash: "fill", on: order.on } } });
      case "empty": {
        const { type, count } = order;
        return this.push({ to: "cash", input: { on: "order", order: { cash: "empty", store: 0, type, count } } });
      }
      case "testVend":
        return this.push({ to: "sale", input: { on: "testVend", slot: order.slot, who: order.who } });
      case "home":
        return this.push({ to: "sale", input: { on: "homeSpirals" } });
      case "clearFaults":
        return this.recorder.personWasThere();
    }
  }
}

function menuFacts(panel: MachinePorts["panel"], rooms: Rooms, networkUp: () => boolean): MenuFacts {
  const { identity, ledger } = rooms;
  return {
    machineId: identity.machineId,
    get durable() {
      return ledger.durable;
    },
    get doorOpen() {
      return rooms.doorOpen;
    },
    get currency() {
      return currencyOf(rooms.settings);
    },
    get slots() {
      return rooms.planogram?.slots ?? [];
    },
    get coinValuesMinor() {
      return rooms.cash.changer?.valuesMinor ?? [];
    },
    get prices() {
      return priceRule(rooms);
    },
    get turning() {
      return rooms.motorRuns ? "busy" : turningNow(rooms.sale, ledger);
    },
    get spiralsAway() {
      return (rooms.planogram?.slots ?? []).filter(({ column }) => rooms.away.includes(column)).length;
    },
    get refusedTest() {
      return rooms.sale.at === "OUT_OF_SERVICE" ? rooms.sale.refused : undefined;
    },
    get textDisplay() {
      return panel.columns !== undefined;
    },
    get networkUp() {
      return networkUp();
    },
    get unackedRecords() {
      return ledger.newestSeq - ledger.mark;
    },
    passOf: (code) => serviceCodeOwner(rooms.settings.serviceCodes ?? [], identity.machineId, code),
    sentenceOf: (fault, slot) => faultSentence(fault, identity.machineId, slot),
  };
}
