/** The machine's front: window with the goods, display, keypad, money slots, delivery tray, coin cup. */
import type { PanelView } from "../../../shared/panel-view.js";
import { CoinCup, DeliveryTray } from "./catches.js";
import { CodeSlip } from "./code-slip.js";
import type { PanelState } from "./contract.js";
import { Keypad, MoneySlots } from "./controls.js";
import { Display } from "./display.js";
import { GoodsWindow } from "./goods-window.js";
import { TextDisplay } from "./text-display.js";

export function Cabinet({ panel }: { readonly panel: PanelState }) {
  const { view, text, surroundings, mischief, currency } = panel;
  const dark = view === undefined || !mischief.powered;
  const letters = [...new Set((view?.products ?? []).map(({ slot }) => slot.slice(0, 1)))].sort();
  return (
    <div className={dark ? "cabinet dark" : "cabinet"} data-testid="cabinet" data-power={dark ? "off" : "on"}>
      <div className="sign">
        <span className="sign-name">SPIRAL</span>
        <Steps step={stepOf(dark ? undefined : view, surroundings.tray.length)} />
      </div>
      <GoodsWindow view={view} surroundings={surroundings} powered={mischief.powered} />
      {text === undefined ? <Display view={view} dark={dark} /> : <TextDisplay text={text} dark={dark} />}
      <Keypad letters={letters.length === 0 ? ["A", "B"] : letters} />
      <MoneySlots
        billsBackMinor={surroundings.billsBackMinor}
        currency={currency}
        takesCards={surroundings.takesCards}
      />
      <DeliveryTray tray={surroundings.tray} />
      <CoinCup cup={surroundings.cup} currency={currency} />
      {view?.code === undefined || text !== undefined ? null : <CodeSlip code={view.code} />}
    </div>
  );
}

const STEPS = ["Choose", "Pay", "Take"] as const;

/** Which of the three steps the customer is at; undefined while the machine does not sell. */
function stepOf(view: PanelView | undefined, inTray: number): number | undefined {
  if (view !== undefined && inTray > 0 && view.state !== "ACCEPTING_PAYMENT" && view.state !== "PRODUCT_SELECTED")
    return 2;
  switch (view?.state) {
    case undefined:
    case "OUT_OF_SERVICE":
      return undefined;
    case "PRODUCT_SELECTED":
      return 1;
    case "ACCEPTING_PAYMENT":
      return view.slot === undefined ? 0 : 1;
    case "DISPENSING":
    case "RETURNING_CHANGE":
      return 2;
    default:
      return 0;
  }
}

function Steps({ step }: { readonly step: number | undefined }) {
  return (
    <ol className="steps" aria-label="How to buy">
      {STEPS.map((name, i) => (
        <li key={name} aria-current={i === step ? "step" : undefined}>
          <b aria-hidden="true">{i + 1}</b> {name}
        </li>
      ))}
    </ol>
  );
}
