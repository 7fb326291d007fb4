/** The technician's menu as a touch panel would show it; the keypad beside the glass drives it. */
import type { PanelState } from "./contract.js";

export function MenuScreen({ panel }: { readonly panel: PanelState }) {
  const menu = panel.view?.menu;
  if (menu === undefined) {
    if (!panel.mischief.doorOpen) return null;
    return <p className="menu-hint">Door open. Key # opens the service menu; the demo machine's code is 2580.</p>;
  }
  return (
    <section className="panel-card menu-screen" aria-label="Service menu" data-testid="menu">
      <h2 data-testid="menu-title">{menu.title}</h2>
      <ul className="menu-lines">
        {menu.lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <output className="menu-entry" aria-label="Typed" data-testid="menu-entry">
        {menu.entry}
      </output>
      <p className="menu-keys">{menu.hint}</p>
    </section>
  );
}
