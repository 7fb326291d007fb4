/** Signing in by name and password, with the code of a device where one is set up; and asking for a lost password. */
import { type FormEvent, useEffect, useRef, useState } from "react";
import type { Session } from "../../api/session/schema.js";
import { Logo } from "../parts/logo.js";
import { RequestError, signIn } from "./client.js";
import { askForReset, readProviders } from "./desk-client.js";

interface SignInProps {
  /** A session was there and has ended. */
  readonly ended: boolean;
  readonly onSignedIn: (session: Session) => void;
}

export function SignInPage({ ended, onSignedIn }: SignInProps) {
  const form = useSignIn(onSignedIn);
  const { name, password, code, told, busy, problem, nameField, passwordField } = form;

  return (
    <main className="sign-in">
      <form className="card" onSubmit={form.submit} aria-labelledby="sign-in-title">
        <Logo size={48} />
        <h1 id="sign-in-title">Sign in to your fleet</h1>
        {ended ? <p className="banner calm">Your session has ended. Please sign in again.</p> : null}
        <label>
          Name
          <input
            ref={nameField}
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            maxLength={100}
            value={name}
            onChange={(event) => form.setName(event.target.value)}
          />
        </label>
        <label>
          Password
          <input
            ref={passwordField}
            name="password"
            type="password"
            autoComplete="current-password"
            required
            maxLength={200}
            value={password}
            aria-invalid={problem !== undefined}
            onChange={(event) => form.setPassword(event.target.value)}
          />
        </label>
        {code === undefined ? null : (
          <label>
            Code of your device, or a recovery code
            <input
              name="code"
              autoComplete="one-time-code"
              required
              minLength={6}
              maxLength={40}
              value={code}
              onChange={(event) => form.setCode(event.target.value)}
            />
          </label>
        )}
        <p className="form-problem" role="alert">
          {problem}
        </p>
        <button type="submit" className="button primary" disabled={busy}>
          {busy ? "Signing in …" : "Sign in"}
        </button>
        <Elsewhere />
        <button type="button" className="link" onClick={form.lost}>
          I have lost my password
        </button>
        <output className="hint">{told}</output>
        <FirstTime />
      </form>
    </main>
  );
}

function FirstTime() {
  return (
    <p className="hint">
      First time here? <code>npm start</code> prints name and password when it makes them, and says in which file they
      are kept. Lost them? <code>npm run admin -- reset-password</code> makes a new one.
    </p>
  );
}

/** The installation's identity provider, where there is one. */
function Elsewhere() {
  const [provider, setProvider] = useState<{ readonly issuer: string; readonly startUrl: string } | null>(null);
  useEffect(() => {
    readProviders().then(
      ({ oidc }) => setProvider(oidc),
      () => setProvider(null),
    );
  }, []);
  const failed = new URLSearchParams(location.search).get("failed");
  return (
    <>
      {failed === null ? null : (
        <p className="form-problem" role="alert">
          {FAILED_ELSEWHERE[failed] ?? "Signing in there did not succeed."}
        </p>
      )}
      {provider === null ? null : (
        <a className="button" href={provider.startUrl}>
          Sign in at {new URL(provider.issuer).host}
        </a>
      )}
    </>
  );
}

/** By the problem's code. */
const FAILED_ELSEWHERE: { readonly [code: string]: string } = {
  "provider-refused": "Signing in there did not succeed. Try again.",
  "unknown-identity":
    "Nobody here is linked with that sign-in. Sign in by password once and link it, or ask your owner.",
};

/** What is typed, and what comes of it. */
function useSignIn(onSignedIn: (session: Session) => void) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState<string>();
  const [told, setTold] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const passwordField = useRef<HTMLInputElement>(null);
  const nameField = useRef<HTMLInputElement>(null);
  useEffect(() => nameField.current?.focus(), []);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    setTold(undefined);
    const given = code === undefined ? {} : { code: code.trim() };
    signIn({ name: name.trim(), password, ...given }).then(onSignedIn, (error: unknown) => {
      setBusy(false);
      if (error instanceof RequestError && error.code === "code-needed") {
        setCode("");
        return;
      }
      setProblem(problemText(error));
      if (code === undefined) passwordField.current?.select();
    });
  };

  const lost = (): void => {
    setProblem(undefined);
    if (name.trim() === "") {
      setProblem("Type your name first.");
      nameField.current?.focus();
      return;
    }
    askForReset(name.trim()).then(
      () => setTold("If there is an e-mail address with this name, a link is on its way. Else ask your owner for one."),
      (error: unknown) => setProblem(problemText(error)),
    );
  };
  return {
    name,
    setName,
    password,
    setPassword,
    code,
    setCode,
    told,
    busy,
    problem,
    nameField,
    passwordField,
    submit,
    lost,
  };
}

function problemText(error: unknown): string {
  if (!(error instanceof RequestError)) return "Signing in failed.";
  if (error.code === "wrong-password") return "Name or password is wrong.";
  if (error.code === "wrong-code") return "The code is wrong, over, or was used before.";
  if (error.status === 429) return "Too many attempts. Wait a minute, then try again.";
  return error.message;
}
