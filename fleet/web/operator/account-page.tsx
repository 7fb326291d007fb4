/** A person's own account: password, second factor, where he is signed in. */
import { useState } from "react";
import { QrCode } from "../parts/qr-code.js";
import {
  changePassword,
  confirmSecondFactor,
  endOwnSession,
  type OwnSession,
  offerSecondFactor,
  readOwnSessions,
  removeSecondFactor,
} from "./desk-client.js";
import { Field, Form, Once, Problem, useAct } from "./forms.js";
import { Failed, Loading } from "./pieces.js";
import { useResource } from "./resource.js";
import { useSession } from "./session.js";
import { exactTime } from "./times.js";

export function AccountPage() {
  const { session } = useSession();
  const { secondFactor, user } = session;
  return (
    <main className="page narrow">
      <h1>{user.name}</h1>
      <p className="muted">
        {user.role} at <bdi>{session.operator.name}</bdi>
      </p>
      {secondFactor.required && !secondFactor.on ? (
        <p className="banner calm">Your operator asks for a second factor. Set one up to go on.</p>
      ) : null}
      <SecondFactor />
      <PasswordForm />
      <Sessions />
    </main>
  );
}

function SecondFactor() {
  const { session, renew } = useSession();
  const [codes, setCodes] = useState<readonly string[]>();
  const finish = (): void => {
    setCodes(undefined);
    renew();
  };
  return (
    <section className="card">
      <h2>Second factor</h2>
      {codes === undefined ? null : (
        <Once
          title="Recovery codes"
          about="Each works once in place of your device. Keep them where you can find them without it."
          text={codes.join("\n")}
          done={finish}
        />
      )}
      {codes === undefined && session.secondFactor.on ? <TakeOff done={renew} /> : null}
      {codes === undefined && !session.secondFactor.on ? <SetUp done={setCodes} /> : null}
    </section>
  );
}

function SetUp({ done }: { readonly done: (codes: readonly string[]) => void }) {
  const act = useAct();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [offer, setOffer] = useState<{ readonly secret: string; readonly uri: string }>();
  if (offer === undefined) {
    return (
      <Form
        title="Set up a device that makes codes"
        act={act}
        submit={async () => setOffer(await offerSecondFactor(password))}
        verb="Set up"
      >
        <Field
          label="Your password"
          type="password"
          autoComplete="current-password"
          value={password}
          change={setPassword}
        />
      </Form>
    );
  }
  return (
    <Form
      title="Scan this with your device, then type the code it shows"
      act={act}
      submit={async () => done((await confirmSecondFactor(code.trim())).recoveryCodes)}
      verb="Confirm"
    >
      <QrCode text={offer.uri} label="The second factor, as a QR code" />
      <p>
        Or type it in: <code data-testid="totp-secret">{offer.secret}</code>
      </p>
      <Field label="Code" autoComplete="one-time-code" value={code} change={setCode} minLength={6} maxLength={6} />
    </Form>
  );
}

function TakeOff({ done }: { readonly done: () => void }) {
  const act = useAct();
  const [password, setPassword] = useState("");
  const submit = async (): Promise<void> => {
    await removeSecondFactor(password);
    setPassword("");
    done();
  };
  return (
    <Form title="It is on. Take it off?" act={act} submit={submit} verb="Take off">
      <Field
        label="Your password"
        type="password"
        autoComplete="current-password"
        value={password}
        change={setPassword}
      />
    </Form>
  );
}

function PasswordForm() {
  const act = useAct();
  const [present, setPresent] = useState("");
  const [wanted, setWanted] = useState("");
  const [changed, setChanged] = useState(false);
  const submit = async (): Promise<void> => {
    setChanged(false);
    await changePassword(present, wanted);
    setPresent("");
    setWanted("");
    setChanged(true);
  };
  return (
    <section className="card">
      <Form title="Change your password" act={act} submit={submit} verb="Change">
        <Field
          label="Present password"
          type="password"
          autoComplete="current-password"
          value={present}
          change={setPresent}
        />
        <Field
          label="New password"
          type="password"
          autoComplete="new-password"
          value={wanted}
          change={setWanted}
          minLength={8}
          maxLength={200}
        />
        <output>{changed ? "Changed. Everywhere else you are signed out." : ""}</output>
      </Form>
    </section>
  );
}

function Sessions() {
  const { data, problem, reload } = useResource("own sessions", readOwnSessions);
  return (
    <section className="card">
      <h2>Where you are signed in</h2>
      {problem === undefined ? null : <Failed what="They could not be read." problem={problem} retry={reload} />}
      {data === undefined && problem === undefined ? <Loading what="Reading" /> : null}
      <ul className="sessions">
        {data?.sessions.map((one) => (
          <SessionRow key={one.id} one={one} reload={reload} />
        ))}
      </ul>
    </section>
  );
}

function SessionRow({ one, reload }: { readonly one: OwnSession; readonly reload: () => void }) {
  const act = useAct();
  const { id, current, address, userAgent, createdAt } = one;
  return (
    <li>
      <span>
        {current ? <strong>Here. </strong> : null}
        <bdi>{userAgent === "" ? "unknown browser" : userAgent}</bdi>
        <small>
          from {address}, since {exactTime(createdAt, "UTC")}
        </small>
      </span>
      {current ? null : (
        <button
          type="button"
          className="button"
          disabled={act.busy}
          onClick={() =>
            act.run(async () => {
              await endOwnSession(id);
              reload();
            })
          }
        >
          Sign out there
        </button>
      )}
      <Problem act={act} />
    </li>
  );
}
