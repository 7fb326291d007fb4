/** What hands touch beside the glass: keypad, bill slot, coin slot, return lever. */
import { Contactless } from "./card.js";
import { useAct } from "./machine.js";
import { moneyText } from "./money-text.js";

const DIGITS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;

export function Keypad({ letters }: { readonly letters: readonly string[] }) {
  return (
    <fieldset className="keypad">
      <legend className="unseen">Keypad</legend>
      <div className="keys letters">
        {letters.map((letter) => (
          <Key key={letter} face={letter} />
        ))}
      </div>
      <div className="keys digits">
        {DIGITS.map((digit) => (
          <Key key={digit} face={digit} />
        ))}
        <Key face="*" name="* Cancel" />
        <Key face="0" />
        <Key face="#" name="# Enter" />
      </div>
    </fieldset>
  );
}

interface KeyProps {
  readonly face: string;
  readonly name?: string;
}

function Key({ face, name }: KeyProps) {
  const act = useAct();
  const tone = face === "*" ? "key cancel" : face === "#" ? "key enter" : "key";
  return (
    <button
      type="button"
      className={tone}
      aria-label={name ?? `Key ${face}`}
      onClick={() => act({ do: "key", key: face })}
    >
      {face}
      {name === undefined ? null : <small>{name.slice(2)}</small>}
    </button>
  );
}

interface MoneySlotsProps {
  readonly billsBackMinor: number;
  readonly currency: string;
  readonly takesCards: boolean;
}

export function MoneySlots({ billsBackMinor, currency, takesCards }: MoneySlotsProps) {
  const act = useAct();
  return (
    <div className={takesCards ? "money-slots with-reader" : "money-slots"}>
      <div className="bill-slot" id="bill-slot">
        <span className="slot-word">Bills</span>
        <span className="mouth" aria-hidden="true" />
        {billsBackMinor === 0 ? null : <span key={billsBackMinor} className="bill-back" aria-hidden="true" />}
        <output className="bills-back" data-testid="bills-back">
          {billsBackMinor === 0 ? "" : `Given back so far: ${moneyText(billsBackMinor, currency)}`}
        </output>
      </div>
      <div className="coin-slot" id="coin-slot">
        <span className="slot-word">Coins</span>
        <span className="slit" aria-hidden="true" />
      </div>
      {takesCards ? (
        <div className="card-reader" id="card-reader">
          <span className="slot-word">Cards</span>
          <Contactless />
        </div>
      ) : null}
      <button type="button" className="lever" aria-label="Return lever" onClick={() => act({ do: "lever" })}>
        <span className="lever-arm" aria-hidden="true" />
        <small aria-hidden="true">Return</small>
      </button>
    </div>
  );
}
