/** What can be done to the machine that nobody should: switches and knocks. */
import { useState } from "react";
import type { Action, PanelState } from "./contract.js";
import { useAct } from "./machine.js";

/** The thermometer above this: someone warmed the cabinet. */
const WARM_MILLI_C = 8_000;

export function MischiefBoard({ panel }: { readonly panel: PanelState }) {
  const act = useAct();
  const { mischief, service } = panel;
  return (
    <div className="panel-card mischief">
      <h2>Mischief</h2>
      <PowerSwitch powered={mischief.powered} />
      <div className="switches">
        <Switch
          name="Network cable"
          on={mischief.network}
          words={["Plugged in", "Pulled out"]}
          trouble={!mischief.network}
          make={(on) => ({ do: "network", on })}
        />
        <Switch
          name="Door"
          on={mischief.doorOpen}
          words={["Open", "Closed"]}
          trouble={mischief.doorOpen}
          make={(on) => ({ do: "door", on })}
        />
        <Switch
          name="Drop beam blind"
          on={mischief.beamBlind}
          words={["Blind", "Sees"]}
          trouble={mischief.beamBlind}
          make={(on) => ({ do: "beamBlind", on })}
        />
        <Switch
          name="Unplug coin changer"
          on={mischief.changerUnplugged}
          words={["Unplugged", "Plugged in"]}
          trouble={mischief.changerUnplugged}
          make={(on) => ({ do: "unplugChanger", on })}
        />
        <Switch
          name="Unplug bill validator"
          on={mischief.validatorUnplugged}
          words={["Unplugged", "Plugged in"]}
          trouble={mischief.validatorUnplugged}
          make={(on) => ({ do: "unplugValidator", on })}
        />
        <Switch
          name="Warm cabinet"
          on={(service?.tempMilliC ?? 0) >= WARM_MILLI_C}
          words={["Warm", "Cold"]}
          trouble={(service?.tempMilliC ?? 0) >= WARM_MILLI_C}
          make={(on) => ({ do: "warm", on })}
        />
      </div>
      <div className="knocks">
        <SlotTricks panel={panel} />
        <button type="button" className="button" onClick={() => act({ do: "kick" })}>
          Kick machine
        </button>
        <button type="button" className="button" onClick={() => act({ do: "pullBill" })}>
          Pull bill back
        </button>
      </div>
    </div>
  );
}

function PowerSwitch({ powered }: { readonly powered: boolean }) {
  const act = useAct();
  return (
    <button
      type="button"
      className={powered ? "power" : "power off"}
      data-testid="power"
      onClick={() => act({ do: "power", on: !powered })}
    >
      <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
        <path
          d="M12 3v9M6.5 6.5a8 8 0 1 0 11 0"
          fill="none"
          stroke="currentColor"
          strokeWidth="2.5"
          strokeLinecap="round"
        />
      </svg>
      {powered ? "Cut power" : "Restore power"}
    </button>
  );
}

interface SwitchProps {
  readonly name: string;
  readonly on: boolean;
  /** What it says when on, when off. */
  readonly words: readonly [string, string];
  /** It is not as it should be. */
  readonly trouble: boolean;
  readonly make: (on: boolean) => Action;
}

function Switch({ name, on, words, trouble, make }: SwitchProps) {
  const act = useAct();
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      aria-label={name}
      className={trouble ? "switch trouble" : "switch"}
      onClick={() => act(make(!on))}
    >
      <span className="track" aria-hidden="true" />
      <span>
        {name}
        <small>{on ? words[0] : words[1]}</small>
      </span>
    </button>
  );
}

function SlotTricks({ panel }: { readonly panel: PanelState }) {
  const act = useAct();
  const { view, mischief } = panel;
  const [chosen, setChosen] = useState("");
  const [known, setKnown] = useState<readonly string[]>([]);
  const told = (view?.products ?? []).map(({ slot }) => slot);
  if (told.length > 0 && told.join() !== known.join()) setKnown(told);
  const slot = chosen === "" ? (known[0] ?? "") : chosen;
  const jammed = mischief.jammedSlots.includes(slot);
  return (
    <span className="slot-tricks">
      <label>
        Slot
        <select aria-label="Slot for mischief" value={slot} onChange={(event) => setChosen(event.target.value)}>
          {known.map((code) => (
            <option key={code} value={code}>
              {code}
              {mischief.jammedSlots.includes(code) ? " ✗" : ""}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        className={jammed ? "button trouble" : "button"}
        disabled={slot === ""}
        onClick={() => act({ do: "jamSlot", slot, on: !jammed })}
      >
        {jammed ? "Free slot" : "Jam slot"}
      </button>
      <button type="button" className="button" disabled={slot === ""} onClick={() => act({ do: "refillSlot", slot })}>
        Refill slot
      </button>
    </span>
  );
}
