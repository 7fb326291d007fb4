/** The gate of the operator's page: nobody is known yet, sign in, or the fleet. */
import { useCallback, useEffect, useMemo, useState } from "react";
import type { Session } from "../../api/session/schema.js";
import { Logo } from "../parts/logo.js";
import { RequestError, readSession, signOut } from "./client.js";
import { FleetPage } from "./fleet-page.js";
import { MachinePage } from "./machine-page.js";
import { Failed, Loading } from "./pieces.js";
import { useRoute } from "./route.js";
import { SessionContext } from "./session.js";
import { SignInPage } from "./sign-in.js";

type Gate =
  | { readonly at: "asking" }
  | { readonly at: "failed"; readonly problem: string }
  | { readonly at: "out"; readonly ended: boolean }
  | { readonly at: "in"; readonly session: Session };

export function App() {
  const [gate, setGate] = useState<Gate>({ at: "asking" });
  const ask = useCallback(() => {
    setGate({ at: "asking" });
    readSession().then(
      (session) => setGate({ at: "in", session }),
      (error: unknown) => {
        const refused = error instanceof RequestError && error.status === 401;
        const problem = error instanceof Error ? error.message : String(error);
        setGate(refused ? { at: "out", ended: false } : { at: "failed", problem });
      },
    );
  }, []);
  useEffect(ask, [ask]);
  const enter = useCallback((session: Session) => setGate({ at: "in", session }), []);
  const leave = useCallback((ended: boolean) => setGate({ at: "out", ended }), []);

  if (gate.at === "asking") return <Loading what="Looking who is signed in" />;
  if (gate.at === "failed") {
    return (
      <main className="alone">
        <Failed what="The fleet cannot be shown." problem={gate.problem} retry={ask} />
      </main>
    );
  }
  if (gate.at === "out") return <SignInPage ended={gate.ended} onSignedIn={enter} />;
  return <Inside session={gate.session} leave={leave} />;
}

interface InsideProps {
  readonly session: Session;
  readonly leave: (ended: boolean) => void;
}

function Inside({ session, leave }: InsideProps) {
  const route = useRoute();
  const expire = useCallback(() => leave(true), [leave]);
  const signedIn = useMemo(() => ({ session, expire }), [session, expire]);
  const [problem, setProblem] = useState<string>();
  const out = (): void => {
    signOut().then(
      () => leave(false),
      (error: unknown) => {
        if (error instanceof RequestError && error.status === 401) leave(false);
        else setProblem(error instanceof Error ? error.message : String(error));
      },
    );
  };
  return (
    <SessionContext value={signedIn}>
      <header className="top">
        <a className="brand" href="#/" aria-label="Spiral, to the fleet list">
          <Logo />
          <span>Spiral</span>
        </a>
        <span className="operator-name">{session.operator.name}</span>
        <span className="user-name">{session.user.name}</span>
        <button type="button" className="button" onClick={out}>
          Sign out
        </button>
      </header>
      {problem === undefined ? null : (
        <p className="banner bad" role="alert">
          Signing out failed. {problem}
        </p>
      )}
      {route.page === "fleet" ? <FleetPage filter={route.filter} /> : null}
      {route.page === "machine" ? <MachinePage key={route.serial} serial={route.serial} /> : null}
      {route.page === "unknown" ? <NoSuchPage /> : null}
    </SessionContext>
  );
}

function NoSuchPage() {
  return (
    <main className="alone">
      <h1>No such page</h1>
      <p>
        The address names nothing here. <a href="#/">To the fleet list</a>
      </p>
    </main>
  );
}
