/** The gate of the operator's page: nobody is known yet, sign in, or the pages that his rights open. */
import { useCallback, useEffect, useMemo, useState } from "react";
import type { Session } from "../../api/session/schema.js";
import { Logo } from "../parts/logo.js";
import { AccountPage } from "./account-page.js";
import { AlertsPage } from "./alerts-page.js";
import { BoardPage } from "./board-page.js";
import { ChangesPage } from "./changes-page.js";
import { ClaimsPage } from "./claims-page.js";
import { RequestError, readSession, signOut } from "./client.js";
import { FleetPage } from "./fleet-page.js";
import { KeysPage } from "./keys-page.js";
import { MachinePage } from "./machine-page.js";
import { Menu } from "./menu.js";
import { PeoplePage } from "./people-page.js";
import { Failed, Loading } from "./pieces.js";
import { type Route, useRoute } from "./route.js";
import { SessionContext } from "./session.js";
import { SetPasswordPage } from "./set-password.js";
import { SignInPage } from "./sign-in.js";
import { nameOf, SIGN_IN, useTitle } from "./titles.js";

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
  const route = useRoute();
  const leave = useCallback((ended: boolean) => setGate({ at: "out", ended }), []);
  useTitle(gate.at === "out" && route.page !== "password" ? SIGN_IN : nameOf(route));

  if (route.page === "password") return <SetPasswordPage token={route.token} />;
  if (gate.at === "asking") return <Loading what="Looking who is signed in" />;
  if (gate.at === "failed") {
    return (
      <main className="alone">
        <Failed what="The fleet cannot be shown." problem={gate.problem} retry={ask} />
      </main>
    );
  }
  if (gate.at === "out") return <SignInPage ended={gate.ended} onSignedIn={enter} />;
  return <Inside session={gate.session} route={route} enter={enter} leave={leave} />;
}

interface InsideProps {
  readonly session: Session;
  readonly route: Route;
  readonly enter: (session: Session) => void;
  readonly leave: (ended: boolean) => void;
}

function Inside({ session, route, enter, leave }: InsideProps) {
  const expire = useCallback(() => leave(true), [leave]);
  const renew = useCallback(() => {
    readSession().then(enter, expire);
  }, [enter, expire]);
  const signedIn = useMemo(() => ({ session, expire, renew }), [session, expire, renew]);
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
        <bdi className="operator-name">{session.operator.name}</bdi>
        <Menu rights={session.rights} page={route.page} />
        <a className="user-name" href="#/account" aria-current={route.page === "account" ? "page" : undefined}>
          <bdi>{session.user.name}</bdi>
        </a>
        <button type="button" className="button" onClick={out}>
          Sign out
        </button>
      </header>
      {problem === undefined ? null : (
        <p className="banner bad" role="alert">
          Signing out failed. {problem}
        </p>
      )}
      <Page route={route} session={session} />
    </SessionContext>
  );
}

/** Who has no second factor though his operator asks for one is let to his account only. */
function Page({ route, session }: { readonly route: Route; readonly session: Session }) {
  const { secondFactor } = session;
  if (secondFactor.required && !secondFactor.on) return <AccountPage />;
  switch (route.page) {
    case "fleet":
      return <FleetPage filter={route.filter} />;
    case "machine":
      return <MachinePage key={route.serial} serial={route.serial} />;
    case "alerts":
      return <AlertsPage />;
    case "claims":
      return <ClaimsPage />;
    case "board":
      return <BoardPage key={route.id} id={route.id} digits={route.digits} />;
    case "people":
      return <PeoplePage />;
    case "keys":
      return <KeysPage />;
    case "changes":
      return <ChangesPage />;
    case "account":
      return <AccountPage />;
    default:
      return <NoSuchPage />;
  }
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
