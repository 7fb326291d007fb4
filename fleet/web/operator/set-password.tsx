/** Where the link of an invitation or a reset leads: a new password, once. */
import { useState } from "react";
import { Logo } from "../parts/logo.js";
import { setPassword } from "./desk-client.js";
import { Field, Form, useActBy } from "./forms.js";

export function SetPasswordPage({ token }: { readonly token: string }) {
  const act = useActBy(() => undefined);
  const [password, setPasswordText] = useState("");
  const [again, setAgain] = useState("");
  const [done, setDone] = useState(false);
  const submit = async (): Promise<void> => {
    if (password !== again) throw new Error("The two are not the same.");
    await setPassword(token, password);
    setDone(true);
  };
  return (
    <main className="sign-in">
      <div className="card">
        <Logo size={48} />
        {done ? (
          <>
            <h1>Your password is set</h1>
            <p>
              <a href="#/">Sign in</a>
            </p>
          </>
        ) : (
          <Form title="Set your password" act={act} submit={submit} verb="Set">
            <Field
              label="New password"
              type="password"
              autoComplete="new-password"
              value={password}
              change={setPasswordText}
              maxLength={200}
            />
            <Field
              label="Once more"
              type="password"
              autoComplete="new-password"
              value={again}
              change={setAgain}
              maxLength={200}
            />
          </Form>
        )}
      </div>
    </main>
  );
}
