/** Which panel is built into the virtual machine: a graphic one, or two lines of text. */
import type { PanelState } from "./contract.js";
import { useAct } from "./machine.js";

const PANELS = [
  { columns: 0, name: "Graphic" },
  { columns: 16, name: "Text display 2 × 16" },
  { columns: 20, name: "Text display 2 × 20" },
] as const;

export function PanelChoice({ panel }: { readonly panel: PanelState }) {
  const act = useAct();
  const now = panel.text?.columns ?? 0;
  return (
    <fieldset className="panel-choice">
      <legend>Panel</legend>
      {PANELS.map(({ columns, name }) => (
        <label key={columns}>
          <input
            type="radio"
            name="panel"
            checked={columns === now}
            onChange={() => act({ do: "textDisplay", columns })}
          />
          {name}
        </label>
      ))}
    </fieldset>
  );
}
