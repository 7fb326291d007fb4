/** The two lines of the display, credit and the exact-change lamp. */
import type { PanelView } from "../../../shared/panel-view.js";

interface DisplayProps {
  readonly view: PanelView | undefined;
  readonly dark: boolean;
}

export function Display({ view, dark }: DisplayProps) {
  const lamp = !dark && view?.exactChangeOnly === true;
  return (
    <div className="display">
      <output className="display-lines" aria-label="Display" data-testid="display">
        <span className="headline" data-testid="display-headline">
          {dark ? "" : (view?.menu?.title ?? view?.headline)}
        </span>
        <span className="detail" data-testid="display-detail">
          {dark ? "" : view?.menu === undefined ? view?.detail : view.menu.entry || view.menu.hint}
        </span>
      </output>
      <div className="display-foot">
        <span className="display-credit">
          {dark || view === undefined ? "" : "Credit "}
          <b data-testid="credit">{dark ? "" : view?.credit}</b>
        </span>
        <span className={lamp ? "lamp on" : "lamp"} data-testid="exact-change-lamp">
          Exact change<span className="unseen">{lamp ? " only: on" : " only: off"}</span>
        </span>
      </div>
    </div>
  );
}
