/** The operator's people: who may come in, as what, and seeing which machines. */
import { useState } from "react";
import type { Role } from "../../api/roles.js";
import {
  addPerson,
  changePerson,
  makePasswordLink,
  readPeople,
  removeSecondFactorOf,
  type User,
} from "./desk-client.js";
import { Field, Form, Once, Problem, useAct } from "./forms.js";
import { Failed, Loading } from "./pieces.js";
import { useResource } from "./resource.js";
import { useSession } from "./session.js";
import { exactTime } from "./times.js";

const ROLES: { readonly [role in Role]: string } = {
  owner: "Owner: everything",
  dispatcher: "Dispatcher: machines, products, plans, rules",
  technician: "Technician: machines, orders, alerts",
  driver: "Driver: visits and alerts",
  viewer: "Viewer: looks only",
};
const ROLE_NAMES = Object.keys(ROLES).filter((name): name is Role => name in ROLES);

interface Shown {
  readonly name: string;
  readonly link: string;
  readonly mailed: boolean;
}

export function PeoplePage() {
  const people = useResource("people", (signal) => readPeople(undefined, signal));
  const [shown, setShown] = useState<Shown>();
  const { session } = useSession();
  const may = session.rights.includes("users:write");
  const { data, problem, reload } = people;
  return (
    <main className="page">
      <h1>People</h1>
      {shown === undefined ? null : (
        <Once
          title={`A password for ${shown.name}`}
          about={
            shown.mailed
              ? "This link is on its way by e-mail, too. It works once."
              : "Give this link to nobody else: who opens it sets the password. It works once."
          }
          text={shown.link}
          done={() => setShown(undefined)}
        />
      )}
      {problem === undefined ? null : <Failed what="The people could not be read." problem={problem} retry={reload} />}
      {data === undefined && problem === undefined ? <Loading what="Reading the people" /> : null}
      {data === undefined ? null : (
        <div className="card flush scroll">
          <table className="desk">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Role</th>
                <th scope="col">Machines</th>
                <th scope="col">Second factor</th>
                <th scope="col">State</th>
                {may ? <th scope="col">Change</th> : null}
              </tr>
            </thead>
            <tbody>
              {data.users.map((user) => (
                <Person key={user.id} user={user} may={may} reload={reload} show={setShown} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {may ? <NewPerson reload={reload} show={setShown} /> : null}
    </main>
  );
}

interface PersonProps {
  readonly user: User;
  readonly may: boolean;
  readonly reload: () => void;
  readonly show: (shown: Shown) => void;
}

function Person({ user, may, reload, show }: PersonProps) {
  const act = useAct();
  const { id, name, role, tags, email, secondFactor, disabledAt, passwordChangedAt } = user;
  const change = (what: Parameters<typeof changePerson>[1]): void =>
    act.run(async () => {
      await changePerson(id, what);
      reload();
    });
  return (
    <tr data-testid={`person-${name}`}>
      <th scope="row">
        {name}
        {email === null ? null : <span className="place">{email}</span>}
      </th>
      <td>
        {may ? (
          <select
            aria-label={`Role of ${name}`}
            value={role}
            onChange={(event) => pickRole(event.target.value, change)}
          >
            {ROLE_NAMES.map((one) => (
              <option key={one} value={one}>
                {ROLES[one]}
              </option>
            ))}
          </select>
        ) : (
          ROLES[role]
        )}
      </td>
      <td>{tags === null ? "all" : tags.join(", ")}</td>
      <td>{secondFactor ? "on" : <span className="muted">off</span>}</td>
      <td>{stateOf(disabledAt, passwordChangedAt)}</td>
      {may ? (
        <td>
          <div className="acts">
            <button
              type="button"
              className="button"
              disabled={act.busy || disabledAt !== null}
              onClick={() =>
                act.run(async () => {
                  const { path, mailed } = await makePasswordLink(id);
                  show({ name, link: pagesUrl(path), mailed });
                })
              }
            >
              New password
            </button>
            {secondFactor ? (
              <button
                type="button"
                className="button"
                disabled={act.busy}
                onClick={() =>
                  act.run(async () => {
                    await removeSecondFactorOf(id);
                    reload();
                  })
                }
              >
                Take second factor off
              </button>
            ) : null}
            <button
              type="button"
              className="button"
              disabled={act.busy}
              onClick={() => change({ disabled: disabledAt === null })}
            >
              {disabledAt === null ? "Disable" : "Enable"}
            </button>
          </div>
          <Problem act={act} />
        </td>
      ) : null}
    </tr>
  );
}

function pickRole(value: string, change: (what: { readonly role: Role }) => void): void {
  const role = ROLE_NAMES.find((one) => one === value);
  if (role !== undefined) change({ role });
}

function stateOf(disabledAt: string | null, passwordChangedAt: string | null): string {
  if (disabledAt !== null) return `disabled since ${exactTime(disabledAt, "UTC")}`;
  return passwordChangedAt === null ? "invited" : "active";
}

/** The pages may lie below a path of a proxy. */
function pagesUrl(path: string): string {
  return new URL(path.replace(/^\//, ""), location.href.split("#")[0]).href;
}

function NewPerson({ reload, show }: Pick<PersonProps, "reload" | "show">) {
  const act = useAct();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [tags, setTags] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const submit = async (): Promise<void> => {
    const words = tags.split(",").flatMap((tag) => (tag.trim() === "" ? [] : [tag.trim()]));
    const made = await addPerson({
      name: name.trim(),
      role,
      tags: words.length === 0 ? null : words,
      email: email.trim() === "" ? null : email.trim(),
    });
    show({ name: made.user.name, link: pagesUrl(made.link.path), mailed: made.link.mailed });
    setName("");
    setEmail("");
    setTags("");
    reload();
  };
  return (
    <section className="card">
      <Form title="Add a person" act={act} submit={submit} verb="Add">
        <Field label="Name" value={name} change={setName} maxLength={100} autoComplete="off" />
        <div className="field">
          <label htmlFor="new-role">Role</label>
          <select
            id="new-role"
            value={role}
            onChange={(event) => pickRole(event.target.value, (picked) => setRole(picked.role))}
          >
            {ROLE_NAMES.map((one) => (
              <option key={one} value={one}>
                {ROLES[one]}
              </option>
            ))}
          </select>
        </div>
        <Field label="E-mail (optional)" type="email" value={email} change={setEmail} required={false} />
        <Field
          label="Only machines with these tags (optional)"
          value={tags}
          change={setTags}
          required={false}
          hint="Words with commas between them. Empty: all machines."
        />
      </Form>
    </section>
  );
}
