/** What a person may do to the virtual machine: the schema of actions that come from a page, and doing them. */
import Type from "typebox";
import { Value } from "typebox/value";
import { TEXT_COLUMNS } from "../../firmware/panel/text-display.js";
import type { Action } from "../../fleet/web/panel/contract.js";
import type { Cabinet } from "../bench/cabinet.js";

/** Coins between slot and tube; a slot that is fuller takes no more. */
export const MAX_COINS_ON_THE_WAY = 20;
/** Products the tray holds. */
export const MAX_PRODUCTS_IN_TRAY = 40;
/** Inputs the machine has not looked at yet; more keys are not pressed. */
export const MAX_INPUTS_WAITING = 64;
/** On each card and phone. */
const CARD_BALANCE_MINOR = 5_000;
const WARM_MILLI_C = 12_000;
const COLD_MILLI_C = 4_500;

const on = Type.Boolean();
const slot = Type.String({ minLength: 1, maxLength: 5 });
const literals = <const T extends readonly string[]>(names: T) => Type.Enum([...names]);
const closed = { additionalProperties: false } as const;

/** The actions of fleet/web/panel/contract.ts, as a schema: what comes from a page is checked here. */
const ActionSchema = Type.Union([
  Type.Object({ do: literals(["coin", "bill"]), valueMinor: Type.Integer({ minimum: 1, maximum: 100_000 }) }, closed),
  Type.Object({ do: Type.Literal("tapCard"), what: literals(["card", "phone"]) }, closed),
  Type.Object({ do: Type.Literal("select"), slot }, closed),
  Type.Object({ do: Type.Literal("key"), key: Type.String({ pattern: "^[A-Z0-9*#]$" }) }, closed),
  Type.Object({ do: literals(["cancel", "lever", "takeCoins", "takeProducts", "pullBill", "kick"]) }, closed),
  Type.Object(
    { do: literals(["power", "network", "door", "beamBlind", "unplugChanger", "unplugValidator", "warm"]), on },
    closed,
  ),
  Type.Object({ do: Type.Literal("jamSlot"), slot, on }, closed),
  Type.Object({ do: Type.Literal("jamTube"), type: Type.Integer({ minimum: 0, maximum: 15 }), on }, closed),
  Type.Object({ do: Type.Literal("refillSlot"), slot }, closed),
  Type.Object({ do: Type.Literal("textDisplay"), columns: Type.Enum([0, ...TEXT_COLUMNS]) }, closed),
]);

export function isAction(value: unknown): value is Action {
  return Value.Check(ActionSchema, value);
}

/** What an action may touch. */
export interface Hands {
  readonly cabinet: Cabinet;
  readonly setCable: (plugged: boolean) => void;
}

/** Does it; returns what to tell the person if it cannot be done. */
export function act(hands: Hands, action: Action): string | undefined {
  const { cabinet } = hands;
  switch (action.do) {
    case "coin":
      return insertCoin(cabinet, action.valueMinor);
    case "bill":
      return cabinet.insertBill(action.valueMinor) === undefined
        ? "The bill validator does not take it now."
        : undefined;
    case "tapCard":
      return tapCard(cabinet, action.what);
    case "select":
      return trayFull(cabinet) ?? onPower(cabinet, () => cabinet.select(action.slot));
    case "key":
      return trayFull(cabinet) ?? onPower(cabinet, () => cabinet.press(action.key));
    case "cancel":
      return onPower(cabinet, () => cabinet.cancel());
    case "lever":
      return onPower(cabinet, () => cabinet.pullLever());
    case "takeCoins":
      cabinet.takeCoins();
      return undefined;
    case "takeProducts":
      cabinet.takeGoods();
      return undefined;
    case "pullBill":
      return cabinet.validator?.pullBack() === true ? undefined : "No bill waits in escrow.";
    case "kick":
      return cabinet.spirals.kick() === 0 ? "Nothing hangs in the machine." : undefined;
    default:
      return mischief(hands, action);
  }
}

type Mischief = Exclude<
  Action,
  | { readonly do: "coin" | "bill" | "tapCard" | "select" | "key" }
  | { readonly do: "cancel" | "lever" | "takeCoins" | "pullBill" }
>;

function mischief({ cabinet, setCable }: Hands, action: Mischief): string | undefined {
  switch (action.do) {
    case "power":
      if (action.on) cabinet.powerOn();
      else cabinet.cutPower();
      return undefined;
    case "network":
      setCable(action.on);
      return undefined;
    case "door":
      cabinet.door.set(action.on);
      return undefined;
    case "beamBlind":
      cabinet.beam.setBlocked(action.on);
      return undefined;
    case "unplugChanger":
      cabinet.changer?.setPlugged(!action.on);
      return undefined;
    case "unplugValidator":
      cabinet.validator?.setPlugged(!action.on);
      return undefined;
    case "warm":
      cabinet.thermometer.milliC = action.on ? WARM_MILLI_C : COLD_MILLI_C;
      return undefined;
    case "jamTube":
      return jamTube(cabinet, action.type, action.on);
    case "textDisplay":
      cabinet.panelColumns = action.columns === 0 ? undefined : action.columns;
      return undefined;
    case "jamSlot":
    case "refillSlot":
      return atSlot(cabinet, action);
    default:
      return "Nobody knows how to do that.";
  }
}

/** Cards never run out, as coins do not: each tap is another customer's. */
function tapCard(cabinet: Cabinet, what: "card" | "phone"): string | undefined {
  const card = cabinet.truth.cards.newCard(CARD_BALANCE_MINOR, what);
  return cabinet.tapCard(card) === undefined ? "The card reader does not read it now." : undefined;
}

function insertCoin(cabinet: Cabinet, valueMinor: number): string | undefined {
  const { coins } = cabinet.truth;
  const onTheWay = coins.filter(({ place }) => place === "acceptor" || place === "chute").length;
  if (onTheWay >= MAX_COINS_ON_THE_WAY) return "The coin slot is full of coins; wait a moment.";
  cabinet.insertCoin(valueMinor);
  return undefined;
}

function jamTube(cabinet: Cabinet, type: number, jammed: boolean): string | undefined {
  const tubes = cabinet.changer?.tubes;
  if (tubes === undefined || (tubes.mask & (1 << type)) === 0) return `There is no tube for coin type ${type}.`;
  if (jammed) tubes.jam(type);
  else tubes.unjam(type);
  return undefined;
}

function atSlot(cabinet: Cabinet, action: Extract<Action, { do: "jamSlot" | "refillSlot" }>): string | undefined {
  const { spirals } = cabinet;
  const found = cabinet.planogram.slots.find(({ slot: code }) => code === action.slot);
  if (found === undefined) return `There is no slot ${action.slot}.`;
  if (action.do === "jamSlot") {
    spirals.setJammed(found.column, action.on);
    return undefined;
  }
  const missing = found.capacity - spirals.productsIn(found.column);
  if (missing <= 0) return `Slot ${action.slot} is full.`;
  // A service person opens the door, fills the spiral, tells the machine, and shuts the door if it was shut.
  const wasOpen = cabinet.door.open;
  cabinet.door.set(true);
  spirals.fill(found.column, missing);
  cabinet.tellStock(action.slot, found.capacity);
  cabinet.door.set(wasOpen);
  return undefined;
}

/** Nobody buys on while the last products still lie there. */
function trayFull(cabinet: Cabinet): string | undefined {
  const full = cabinet.truth.productsAt("tray") >= MAX_PRODUCTS_IN_TRAY;
  return full ? "The tray is full; take the products out first." : undefined;
}

function onPower(cabinet: Cabinet, press: () => void): string | undefined {
  if (!cabinet.powered) return "The machine has no power.";
  if (cabinet.js.backlog >= MAX_INPUTS_WAITING) return "The machine is busy; wait a moment.";
  press();
  return undefined;
}
