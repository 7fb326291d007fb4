/** What forms share: one act at a time, its problem in words, fields with their labels, texts that are shown once. */
import { type FormEvent, type ReactNode, useCallback, useEffect, useId, useRef, useState } from "react";
import { RequestError } from "./client.js";
import { useSession } from "./session.js";

export interface Act {
  readonly busy: boolean;
  readonly problem: string | undefined;
  /** Runs `work` unless something runs; its failure becomes `problem`. */
  readonly run: (work: () => Promise<unknown>) => void;
}

/** For pages behind the sign-in: a session that has ended leads back to it. */
export function useAct(): Act {
  const { expire } = useSession();
  return useActBy(expire);
}

/** `expire` is called if the service says that nobody is signed in. */
export function useActBy(expire: () => void): Act {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const run = useCallback(
    (work: () => Promise<unknown>): void => {
      setBusy(true);
      setProblem(undefined);
      work().then(
        () => setBusy(false),
        (error: unknown) => {
          setBusy(false);
          if (error instanceof RequestError && error.code === "not-signed-in") expire();
          else setProblem(error instanceof Error ? error.message : String(error));
        },
      );
    },
    [expire],
  );
  return { busy, problem, run };
}

export function Problem({ act }: { readonly act: Act }) {
  return (
    <p className="form-problem" role="alert">
      {act.problem}
    </p>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly change: (value: string) => void;
  readonly type?: "text" | "password" | "email" | "date";
  readonly autoComplete?: string;
  readonly required?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly hint?: string;
}

export function Field({ label, value, change, hint, type = "text", required = true, ...rest }: FieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type={type}
        value={value}
        required={required}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={(event) => change(event.target.value)}
        {...rest}
      />
      {hint === undefined ? null : (
        <small id={`${id}-hint`} className="hint">
          {hint}
        </small>
      )}
    </div>
  );
}

interface FormProps {
  readonly title: string;
  readonly act: Act;
  readonly submit: () => Promise<unknown>;
  readonly verb: string;
  readonly children: ReactNode;
}

export function Form({ title, act, submit, verb, children }: FormProps) {
  const id = useId();
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    act.run(submit);
  };
  return (
    <form className="form" onSubmit={onSubmit} aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      {children}
      <Problem act={act} />
      <button type="submit" className="button primary" disabled={act.busy}>
        {act.busy ? "One moment …" : verb}
      </button>
    </form>
  );
}

interface OnceProps {
  readonly title: string;
  readonly text: string;
  readonly about: string;
  readonly done: () => void;
  readonly children?: ReactNode;
}

/** A secret that is shown this once, to be copied. It may stand above what made it: it comes into sight by itself. */
export function Once({ title, text, about, done, children }: OnceProps) {
  const [copied, setCopied] = useState(false);
  const shown = useRef<HTMLElement>(null);
  useEffect(() => shown.current?.focus(), []);
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <section ref={shown} className="once" aria-label={title} tabIndex={-1}>
      <h3>{title}</h3>
      <p>{about}</p>
      {children}
      <pre data-testid="once">{text}</pre>
      <div className="acts">
        <button type="button" className="button" onClick={copy}>
          {copied ? "Copied" : "Copy"}
        </button>
        <button type="button" className="button primary" onClick={done}>
          I have kept it
        </button>
      </div>
    </section>
  );
}
