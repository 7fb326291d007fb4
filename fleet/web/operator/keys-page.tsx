/** Keys of programs: made with the rights they need, shown once, revoked. */
import { useState } from "react";
import { type Key, makeKey, readKeys, revokeKey } from "./desk-client.js";
import { Field, Form, Once, Problem, useAct } from "./forms.js";
import { Empty, Failed, Loading } from "./pieces.js";
import { useResource } from "./resource.js";
import { useSession } from "./session.js";
import { exactTime } from "./times.js";

/** Never a key's. */
const PERSONAL: readonly string[] = ["users:write", "keys:write"];

export function KeysPage() {
  const keys = useResource("keys", (signal) => readKeys(undefined, signal));
  const [fresh, setFresh] = useState<string>();
  const { data, problem, reload } = keys;
  return (
    <main className="page">
      <h1>Keys of programs</h1>
      {fresh === undefined ? null : (
        <Once
          title="The new key"
          about="It is shown this once: the service keeps only its hash. Send it as “Authorization: Bearer …”."
          text={fresh}
          done={() => setFresh(undefined)}
        />
      )}
      {problem === undefined ? null : <Failed what="The keys could not be read." problem={problem} retry={reload} />}
      {data === undefined && problem === undefined ? <Loading what="Reading the keys" /> : null}
      {data?.keys.length === 0 ? <Empty>No program has a key yet.</Empty> : null}
      {data === undefined || data.keys.length === 0 ? null : (
        <div className="card flush scroll">
          <table className="desk">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Begins with</th>
                <th scope="col">May</th>
                <th scope="col">Last used</th>
                <th scope="col">State</th>
              </tr>
            </thead>
            <tbody>
              {data.keys.map((key) => (
                <KeyRow key={key.id} row={key} reload={reload} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <NewKeyForm reload={reload} show={setFresh} />
    </main>
  );
}

function KeyRow({ row, reload }: { readonly row: Key; readonly reload: () => void }) {
  const act = useAct();
  const { id, name, prefix, scopes, lastUsedAt, revokedAt, expiresAt } = row;
  return (
    <tr data-testid={`key-${name}`}>
      <th scope="row">{name}</th>
      <td data-label="Begins with">
        <code>{prefix}…</code>
      </td>
      <td data-label="May">{scopes.join(", ")}</td>
      <td data-label="Last used">{lastUsedAt === null ? "never" : exactTime(lastUsedAt, "UTC")}</td>
      <td data-label="State">
        {revokedAt === null ? (
          <button
            type="button"
            className="button"
            disabled={act.busy}
            onClick={() =>
              act.run(async () => {
                await revokeKey(id);
                reload();
              })
            }
          >
            Revoke
          </button>
        ) : (
          `revoked ${exactTime(revokedAt, "UTC")}`
        )}
        {expiresAt === null || revokedAt !== null ? null : <small>until {exactTime(expiresAt, "UTC")}</small>}
        <Problem act={act} />
      </td>
    </tr>
  );
}

function NewKeyForm({ reload, show }: { readonly reload: () => void; readonly show: (key: string) => void }) {
  const act = useAct();
  const { session } = useSession();
  const [name, setName] = useState("");
  const [until, setUntil] = useState("");
  const [scopes, setScopes] = useState<readonly string[]>([]);
  const offered = session.rights.filter((right) => !PERSONAL.includes(right));
  const submit = async (): Promise<void> => {
    if (scopes.length === 0) throw new Error("Choose at least one right.");
    const expiresAt = until === "" ? null : new Date(`${until}T23:59:59Z`).toISOString();
    const made = await makeKey({ name: name.trim(), scopes: [...scopes], expiresAt });
    show(made.key);
    setName("");
    setScopes([]);
    reload();
  };
  return (
    <section className="card">
      <Form title="Make a key" act={act} submit={submit} verb="Make">
        <Field label="Name" value={name} change={setName} maxLength={100} hint="What the program is, e.g. ERP" />
        <Field label="Works until (optional)" type="date" value={until} change={setUntil} required={false} />
        <fieldset className="scopes">
          <legend>What it may do</legend>
          {offered.map((right) => (
            <label key={right}>
              <input
                type="checkbox"
                checked={scopes.includes(right)}
                onChange={({ target: { checked } }) =>
                  setScopes(checked ? [...scopes, right] : scopes.filter((one) => one !== right))
                }
              />
              <code>{right}</code>
            </label>
          ))}
        </fieldset>
      </Form>
    </section>
  );
}
