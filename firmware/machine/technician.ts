/** The technician's menu joined to the rest of the machine: its facts, and what each of its effects does. */
import type { ClaimState } from "../../shared/claim-states.js";
import { faultSentence } from "../../shared/faults.js";
import { serviceCodeOwner } from "../../shared/menu-code.js";
import type { CurrencyCode } from "../../shared/money/currencies.js";
import type { Language } from "../../shared/panel-phrases.js";
import type { MenuView } from "../../shared/panel-view.js";
import type { Durable } from "../../shared/records/durable.js";
import { languageOf, type PlanogramSlot } from "../../shared/wire/documents.js";
import { menuAtBoot, menuDueMs, stepMenu } from "../panel/menu.js";
import type {
  MenuEffect,
  MenuFacts,
  MenuInput,
  MenuOrder,
  MenuState,
  Pass,
  PriceRule,
  SelfTestReport,
} from "../panel/menu-state.js";
import { menuView } from "../panel/menu-view.js";
import type { ClaimPort, NetAddresses } from "../ports/hardware.js";
import { turningNow } from "../sale/technician.js";
import { priceRule } from "./prices.js";
import type { Recorder } from "./recorder.js";
import { currencyOf, type Rooms } from "./rooms.js";
import type { MachinePorts, Task } from "./types.js";

/** Whether the fleet can be reached. */
interface Network {
  readonly isUp: boolean;
}

export class Technician {
  private state: MenuState;
  private readonly facts: FactsForMenu;
  private readonly claim: ClaimPort | undefined;
  private readonly recorder: Recorder;
  private readonly push: (task: Task) => void;
  /** Each step makes another: a view from before it is old. */
  steps = 0;

  constructor(
    ports: Pick<MachinePorts, "panel" | "network" | "claim">,
    rooms: Rooms,
    recorder: Recorder,
    network: Network,
    push: (task: Task) => void,
    lookAtPorts: () => SelfTestReport,
  ) {
    this.claim = ports.claim;
    this.recorder = recorder;
    this.push = push;
    this.facts = new FactsForMenu(ports, rooms, network, lookAtPorts);
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

  /** What panel and menu speak. */
  get language(): Language {
    return this.facts.language;
  }

  /** From now on it speaks `language`, on this visit and the next ones until power-up. */
  speak(language: Language): void {
    if (language === this.facts.language) return;
    this.facts.chosen = language;
    this.steps++;
  }

  /** The board has got on with its claim. */
  claimMoved(): void {
    this.steps++;
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
      case "speak":
        return this.speak(order.language);
      case "claim":
        return this.claim?.use(order.code);
    }
  }
}

class FactsForMenu implements MenuFacts {
  private readonly ports: Pick<MachinePorts, "panel" | "network" | "claim">;
  private readonly rooms: Rooms;
  private readonly network: Network;
  readonly selfTest: () => SelfTestReport;
  /** Undefined: as the settings say. */
  chosen: Language | undefined;

  constructor(
    ports: Pick<MachinePorts, "panel" | "network" | "claim">,
    rooms: Rooms,
    network: Network,
    selfTest: () => SelfTestReport,
  ) {
    this.ports = ports;
    this.rooms = rooms;
    this.network = network;
    this.selfTest = selfTest;
  }

  get machineId(): string {
    return this.rooms.identity.machineId;
  }

  get durable(): Durable {
    return this.rooms.ledger.durable;
  }

  get doorOpen(): boolean {
    return this.rooms.doorOpen;
  }

  get currency(): CurrencyCode {
    return currencyOf(this.rooms.settings);
  }

  get language(): Language {
    return this.chosen ?? languageOf(this.rooms.settings);
  }

  get slots(): readonly PlanogramSlot[] {
    return this.rooms.planogram?.slots ?? [];
  }

  get coinValuesMinor(): readonly number[] {
    return this.rooms.cash.changer?.valuesMinor ?? [];
  }

  get prices(): PriceRule {
    return priceRule(this.rooms);
  }

  get turning(): MenuFacts["turning"] {
    return this.rooms.motorRuns ? "busy" : turningNow(this.rooms.sale, this.rooms.ledger);
  }

  get spiralsAway(): number {
    return this.slots.filter(({ column }) => this.rooms.away.includes(column)).length;
  }

  get refusedTest(): MenuFacts["refusedTest"] {
    const { sale } = this.rooms;
    return sale.at === "OUT_OF_SERVICE" ? sale.refused : undefined;
  }

  get textDisplay(): boolean {
    return this.ports.panel.columns !== undefined;
  }

  get networkUp(): boolean {
    return this.network.isUp;
  }

  get addresses(): NetAddresses | undefined {
    return this.ports.network?.addresses;
  }

  get claim(): ClaimState | undefined {
    return this.ports.claim?.state;
  }

  get opensToClaim(): boolean {
    return this.ports.claim !== undefined && (this.rooms.settings.serviceCodes ?? []).length === 0;
  }

  get unackedRecords(): number {
    const { ledger } = this.rooms;
    return ledger.newestSeq - ledger.mark;
  }

  passOf(code: string): Pass | undefined {
    const { settings, identity } = this.rooms;
    if (this.opensToClaim) return { who: 0, rights: 0 };
    return serviceCodeOwner(settings.serviceCodes ?? [], identity.machineId, code);
  }

  sentenceOf(fault: number, slot: string | undefined): string {
    return faultSentence(fault, this.rooms.identity.machineId, slot, this.language);
  }
}
