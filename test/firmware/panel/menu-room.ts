/** A menu with a technician at it, and a machine around it of which every fact can be set. */
import { stepMenu } from "../../../firmware/panel/menu.js";
import {
  ALL_RIGHTS,
  MENU_CLOSED,
  type MenuEffect,
  type MenuFacts,
  type MenuState,
  type SelfTestReport,
} from "../../../firmware/panel/menu-state.js";
import { menuView } from "../../../firmware/panel/menu-view.js";
import type { Language } from "../../../shared/panel-phrases.js";
import type { MenuView } from "../../../shared/panel-view.js";
import { emptyDurable } from "../../../shared/records/durable.js";
import { SERVICE_ACTS, type ServiceAct } from "../../../shared/records/kinds.js";

/** The service act's number on record. */
export function act(name: ServiceAct): number {
  return SERVICE_ACTS.indexOf(name);
}

export const SLOT = { slot: "B4", column: 8, productId: 1, name: "Coke", priceMinor: 175, capacity: 8, quantity: 8 };

export class Room {
  state: MenuState = MENU_CLOSED;
  nowMs = 1_000;
  effects: MenuEffect[] = [];
  taken = true;
  rights = ALL_RIGHTS;
  durable = { ...emptyDurable(), stock: { B4: 3 }, tubes: [40, 30, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] };
  doorOpen = true;
  coinValuesMinor: readonly number[] = [5, 10, 25];
  prices = { stepMinor: 5, highestMinor: 2_000 };
  turning: MenuFacts["turning"] = "free";
  spiralsAway = 0;
  refusedTest: MenuFacts["refusedTest"];
  textDisplay = false;
  language: Language = "en";
  addresses: MenuFacts["addresses"];
  selfTest: SelfTestReport = {
    findings: [
      { part: "door", saw: "open" },
      { part: "thermometer", saw: "silent", cure: "no TMP117 answers: supply, SDA, SCL, address 48h" },
    ],
    bad: 1,
  };
  machineId = "M-1";
  claim: MenuFacts["claim"];
  opensToClaim = false;
  sentenceOf: MenuFacts["sentenceOf"] = (fault, slot) => `fault ${fault} ${slot ?? ""}`;

  get facts(): MenuFacts {
    return {
      durable: this.durable,
      doorOpen: this.doorOpen,
      currency: "USD",
      language: this.language,
      slots: [SLOT],
      coinValuesMinor: this.coinValuesMinor,
      prices: this.prices,
      turning: this.turning,
      spiralsAway: this.spiralsAway,
      refusedTest: this.refusedTest,
      textDisplay: this.textDisplay,
      networkUp: true,
      addresses: this.addresses,
      machineId: this.machineId,
      claim: this.claim,
      opensToClaim: this.opensToClaim,
      unackedRecords: 7,
      selfTest: () => this.selfTest,
      passOf: (code) => {
        if (this.opensToClaim) return { who: 0, rights: 0 };
        return code === "2580" ? { who: 3, rights: this.rights } : undefined;
      },
      sentenceOf: this.sentenceOf,
    };
  }

  press(keys: string): this {
    for (const key of keys) {
      const step = stepMenu(this.state, { on: "key", key }, this.facts, this.nowMs);
      this.state = step.state;
      this.taken = step.taken;
      this.effects.push(...step.effects);
      for (const effect of step.effects) {
        if (effect.do === "menu" && effect.order.menu === "speak") this.language = effect.order.language;
      }
    }
    return this;
  }

  /** Inside, with nothing told yet. */
  static inside(rights = ALL_RIGHTS): Room {
    const room = new Room();
    room.rights = rights;
    room.press("#2580#");
    room.effects = [];
    return room;
  }

  tick(): this {
    const step = stepMenu(this.state, { on: "tick" }, this.facts, this.nowMs);
    this.state = step.state;
    this.effects.push(...step.effects);
    return this;
  }

  get view(): MenuView | undefined {
    return menuView(this.state, this.facts, this.nowMs);
  }

  get title(): string | undefined {
    return this.view?.title;
  }

  get lines(): readonly string[] {
    return this.view?.lines ?? [];
  }

  records(): unknown[] {
    return this.effects.flatMap((effect) => (effect.do === "append" ? [effect.record] : []));
  }

  orders(): unknown[] {
    return this.effects.flatMap((effect) => (effect.do === "menu" ? [effect.order] : []));
  }
}
