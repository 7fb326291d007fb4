/**
 * The technician's menu as a touch panel would show it; the keypad beside the glass drives it. On a text display it is
 * on the machine's own two lines.
 */
import type { PanelState } from "./contract.js";

export function MenuScreen({ panel }: { readonly panel: PanelState }) {
  const menu = panel.view?.menu;
  if (menu === undefined) {
    if (!panel.mischief.doorOpen) return null;
    return <p className="menu-hint">Door open. Key # opens the service menu; the demo machine's code is 2580.</p>;
  }
  if (panel.text !== undefined) {
    return <p className="menu-hint">The service menu is on the text display: # turns to the next item, * goes back.</p>;
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
