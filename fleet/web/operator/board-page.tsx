/**
 * What an installer has in his hand in front of a board: opened by the QR of a claim code, it shows the digits as the
 * board counts them, what to press, and how far the claim is, until the machine is online.
 */
import { type ReactNode, useCallback } from "react";
import type { Claim } from "../../api/claims/schema.js";
import type { LiveEvent } from "../../api/events/schema.js";
import { readMachine } from "./client.js";
import { readClaim } from "./desk-client.js";
import { useLive } from "./live.js";
import { machineAfter } from "./live-state.js";
import { Failed, Loading } from "./pieces.js";
import { useEvery, useResource } from "./resource.js";
import { machineHref } from "./route.js";
import { useSession } from "./session.js";
import { exactTime } from "./times.js";

/** Somebody stands there and waits. */
const LOOK_MS = 2_000;
/** Digits of a group, and groups of a row: after each row the board's own count can be compared. */
const GROUP = 3;
const ROW = 9;
const MAX_SERIALS_SHOWN = 5;

interface BoardProps {
  readonly id: string;
  readonly digits: string;
}

export function BoardPage({ id, digits }: BoardProps) {
  const { session } = useSession();
  if (!session.rights.includes("claims:write")) {
    return (
      <Frame>
        <Standing tone="calm">You may type the code, but not see how far it is: the board says so itself.</Standing>
        <Digits digits={digits} />
        <Steps />
      </Frame>
    );
  }
  return <FollowedBoard id={id} digits={digits} />;
}

function FollowedBoard({ id, digits }: BoardProps) {
  const claim = useResource(`claim ${id}`, (signal) => readClaim(id, signal));
  const { data, problem, missing, reload } = claim;
  const look = (): void => {
    if (!claim.loading) reload();
  };
  useEvery(look, !missing && (data === undefined || data.state === "open") ? LOOK_MS : undefined);
  if (missing) {
    return (
      <Frame>
        <Standing tone="bad">Your operator has made no such code. Ask whoever sent you here for a new one.</Standing>
      </Frame>
    );
  }
  if (data === undefined) {
    return (
      <Frame>
        {problem === undefined ? <Loading what="Reading the code" /> : null}
        {problem === undefined ? null : (
          <Failed what="How far it is could not be read." problem={problem} retry={reload} />
        )}
        {problem === undefined ? null : <Digits digits={digits} />}
      </Frame>
    );
  }
  const { serials, state, usedBy, usedAt, expiresAt } = data;
  if (state === "open") {
    return (
      <Frame serials={serials}>
        <Standing tone="calm" waits>
          Waiting for the board …
        </Standing>
        {problem === undefined ? null : (
          <Failed what="How far it is could not be read." problem={problem} retry={reload} />
        )}
        <Digits digits={digits} />
        <p className="muted">It works once, until {exactTime(expiresAt, "UTC")}.</p>
        <Steps serials={serials} />
        <Troubles />
      </Frame>
    );
  }
  return (
    <Frame serials={serials}>
      {usedBy === null ? (
        <Standing tone="bad">{OVER[state]}</Standing>
      ) : (
        <Arrival serial={usedBy} claimedAt={usedAt ?? ""} />
      )}
      <p>
        <a href="#/claims">To the claim codes</a>
      </p>
    </Frame>
  );
}

/** Of a code that makes no machine any more. */
const OVER: { readonly [state in Exclude<Claim["state"], "open">]: string } = {
  used: "The code was used, and its machine is yours no longer.",
  expired: "The code is over. Make a new one.",
  revoked: "The code was revoked. Ask for a new one.",
};

/** The board is a machine; now it restarts and connects. */
function Arrival({ serial, claimedAt }: { readonly serial: string; readonly claimedAt: string }) {
  const { data, problem, reload, update } = useResource(`machine ${serial}`, (signal) => readMachine(serial, signal));
  const onEvent = useCallback((event: LiveEvent) => update((shown) => machineAfter(shown, event)), [update]);
  useLive(serial, onEvent, reload);
  // A cabinet with a board before this one has been heard of already.
  const isHere = data?.online === true && Date.parse(data.lastHeartbeat ?? "") >= Date.parse(claimedAt);
  return (
    <>
      <Standing tone="good" waits={!isHere}>
        {isHere ? `${serial} is claimed and online.` : `${serial} is claimed. Waiting for it to come online …`}
      </Standing>
      {problem === undefined ? null : <Failed what="It could not be read." problem={problem} retry={reload} />}
      {isHere ? null : (
        <p>
          The board restarts and connects; that takes a minute or two. Where it takes longer, press 0 (Network) in the
          service menu.
        </p>
      )}
      <p>
        <a className="button primary" href={machineHref(serial)}>
          To {serial}
        </a>
      </p>
    </>
  );
}

function Frame({ serials, children }: { readonly serials?: readonly string[]; readonly children: ReactNode }) {
  return (
    <main className="page narrow">
      <h1>At the board</h1>
      {serials === undefined ? null : (
        <p>
          A code for <strong>{serialsText(serials)}</strong>
        </p>
      )}
      {children}
    </main>
  );
}

function serialsText(serials: readonly string[]): string {
  const more = serials.length - MAX_SERIALS_SHOWN;
  if (more <= 0) return serials.join(", ");
  return `${serials.slice(0, MAX_SERIALS_SHOWN).join(", ")} and ${more} more`;
}

interface StandingProps {
  readonly tone: "calm" | "good" | "bad";
  readonly waits?: boolean;
  readonly children: ReactNode;
}

/** Always in its place, so that a change of it is read out. */
function Standing({ tone, waits = false, children }: StandingProps) {
  return (
    <output className={`banner standing ${tone}`} data-testid="standing">
      {waits ? <span className="spinner" aria-hidden="true" /> : null}
      <span>{children}</span>
    </output>
  );
}

/** In rows of nine, each with the count that the board shows beside what was typed. */
function Digits({ digits }: { readonly digits: string }) {
  const rows = Array.from({ length: Math.ceil(digits.length / ROW) }, (_, at) =>
    digits.slice(at * ROW, at * ROW + ROW),
  );
  return (
    <section className="card" aria-labelledby="digits-title">
      <h2 id="digits-title">Type these {digits.length} digits</h2>
      <ol className="digits" data-testid="digits">
        {rows.map((row, at) => {
          const count = Math.min(digits.length, (at + 1) * ROW);
          return (
            <li key={count}>
              <span className="digit-row">{row.replace(new RegExp(`(.{${GROUP}})(?=.)`, "g"), "$1 ")}</span>
              <small>
                <span className="unseen">The board then shows </span>
                {count}/{digits.length}
              </small>
            </li>
          );
        })}
      </ol>
      <p className="muted">The board shows that count and the digits typed last, so each row can be compared.</p>
    </section>
  );
}

function Steps({ serials }: { readonly serials?: readonly string[] }) {
  return (
    <section className="card" aria-labelledby="steps-title">
      <h2 id="steps-title">What to do</h2>
      <ol className="steps">
        <li>Open the machine's door.</li>
        <li>
          Press <kbd>#</kbd>, then your service code and <kbd>#</kbd>. A board that has no codes yet opens by any digit
          and <kbd>#</kbd>, and shows “Claim” at once.
        </li>
        <li>
          Else press <kbd>C</kbd> for “Claim”; without letters on the keypad <kbd>0</kbd>, then <kbd>1</kbd>.
        </li>
        <li>
          {serials?.length === 1
            ? `Compare the serial number: the board must say “Machine ${serials[0]}”.`
            : "Compare the serial number that the board says: it must be one that the code is for."}
        </li>
        <li>
          Type the digits. <kbd>*</kbd> takes one back. Then press <kbd>#</kbd>.
        </li>
        <li>Wait here or there: both say when the board is claimed. It then restarts by itself.</li>
      </ol>
    </section>
  );
}

/** What the board says, and what to do; `firmware/panel/menu-view.ts` has the words. */
const TROUBLES: readonly (readonly [string, string])[] = [
  ["The digits do not fit together", "One is mistyped. Compare row by row."],
  ["No network", "Look at cable, router and Wi-Fi."],
  ["Clock not set", "The network must let UDP port 123 through to the time server."],
  ["The fleet does not answer", "Look at the firewall, and at the door's address that was flashed."],
  ["The fleet knows no such code", "Compare the digits; else make a new code."],
  ["The code is not for this machine", "Compare the serial numbers; make a code for the one that the board says."],
  ["The code was used by another board", "Each code makes one machine. Make a new one."],
];

function Troubles() {
  return (
    <details className="card">
      <summary>The board says something else</summary>
      <dl className="troubles">
        {TROUBLES.map(([says, cure]) => (
          <div key={says}>
            <dt>{says}</dt>
            <dd>{cure}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
