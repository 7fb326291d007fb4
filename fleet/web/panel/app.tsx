/** The whole page: the machine's front on the left, what a technician sees on the right. */
import { useCallback, useEffect, useState } from "react";
import { Logo } from "../parts/logo.js";
import { Cabinet } from "./cabinet.js";
import type { Action, PanelState } from "./contract.js";
import type { Feed, FeedNews } from "./feed.js";
import { ActContext, sendAction, useFeed } from "./machine.js";
import { TechnicianSide } from "./technician-side.js";
import { Wallet } from "./wallet.js";

const TOLD_MS = 5_000;

export function App() {
  const [feed, tell] = useFeed();
  const [told, setTold] = useState<{ readonly text: string }>();
  const act = useCallback((action: Action) => {
    void sendAction(action).then((problem) => {
      if (problem !== undefined) setTold({ text: problem });
    });
  }, []);
  useEffect(() => {
    if (told === undefined) return;
    const timer = setTimeout(() => setTold(undefined), TOLD_MS);
    return () => clearTimeout(timer);
  }, [told]);
  const { panel, link } = feed;
  return (
    <ActContext value={act}>
      <TopBar panel={panel} lost={link === "lost"} />
      {link === "lost" ? <Lost known={panel !== undefined} /> : null}
      {panel === undefined ? <Waiting lost={link === "lost"} /> : <Shown panel={panel} feed={feed} tell={tell} />}
      <p className={told === undefined ? "told empty" : "told"} role="alert">
        {told?.text}
      </p>
    </ActContext>
  );
}

interface ShownProps {
  readonly panel: PanelState;
  readonly feed: Feed;
  readonly tell: (news: FeedNews) => void;
}

function Shown({ panel, feed, tell }: ShownProps) {
  const lost = feed.link === "lost";
  return (
    <main className={lost ? "layout stale" : "layout"} inert={lost}>
      <section className="front-side" aria-label="Front of the machine">
        <Cabinet panel={panel} />
        <Wallet panel={panel} />
      </section>
      <TechnicianSide panel={panel} feed={feed} tell={tell} />
    </main>
  );
}

interface TopBarProps {
  readonly panel: PanelState | undefined;
  readonly lost: boolean;
}

function TopBar({ panel, lost }: TopBarProps) {
  const connected = panel?.connected === true && !lost;
  return (
    <header className="top">
      <Logo />
      <h1>
        Vending machine <b>{panel?.machineId ?? ""}</b>
      </h1>
      {panel === undefined ? null : (
        <>
          <span className={connected ? "chip good" : "chip idle"} data-testid="fleet-link">
            <span className="dot" aria-hidden="true" />
            {connected ? "Connected to the fleet" : lost ? "Not known" : "Not connected to the fleet"}
          </span>
          {panel.operatorUrl === "" ? null : (
            <a className="button" href={panel.operatorUrl} target="_blank" rel="noopener">
              Operator page<span aria-hidden="true"> ↗</span>
            </a>
          )}
        </>
      )}
    </header>
  );
}

function Lost({ known }: { readonly known: boolean }) {
  return (
    <p className="lost" role="alert">
      <strong>Connection lost.</strong> The virtual machine’s server does not answer.{" "}
      {known ? "What you see is its last state. " : ""}Trying again …
    </p>
  );
}

function Waiting({ lost }: { readonly lost: boolean }) {
  return (
    <main className="waiting">
      <span className="waiting-machine" aria-hidden="true" />
      <output>{lost ? "Is npm start running?" : "Connecting to the virtual machine …"}</output>
    </main>
  );
}
