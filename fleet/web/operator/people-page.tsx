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
import { type Act, Field, Form, Once, Problem, useAct } from "./forms.js";
import { Failed, Loading } from "./pieces.js";
import { useResource } from "./resource.js";
import { pagesUrl } from "./route.js";
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

function Person(props: PersonProps) {
  const { user, may, reload } = props;
  const act = useAct();
  const { id, name, role, tags, email, secondFactor, disabledAt, passwordChangedAt } = user;
  const setRole = (picked: Role): void =>
    act.run(async () => {
      await changePerson(id, { role: picked });
      reload();
    });
  const roleShown = may ? <RolePicker label={`Role of ${name}`} role={role} pick={setRole} /> : ROLES[role];
  return (
    <tr data-testid={`person-${name}`}>
      <th scope="row">
        <bdi>{name}</bdi>
        <span className="place">{email}</span>
      </th>
      <td data-label="Role">{roleShown}</td>
      <td data-label="Machines">{tags === null ? "all" : tags.join(", ")}</td>
      <td data-label="Second factor">{secondFactor ? "on" : "off"}</td>
      <td data-label="State">{stateOf(disabledAt, passwordChangedAt)}</td>
      {may ? (
        <td>
          <Acts {...props} act={act} />
          <Problem act={act} />
        </td>
      ) : null}
    </tr>
  );
}

function Acts({ user, reload, show, act }: PersonProps & { readonly act: Act }) {
  const { id, name, secondFactor, disabledAt } = user;
  const then = (work: () => Promise<unknown>) => (): void =>
    act.run(async () => {
      await work();
      reload();
    });
  const link = async (): Promise<void> => {
    const { path, mailed } = await makePasswordLink(id);
    show({ name, link: pagesUrl(path), mailed });
  };
  return (
    <div className="acts">
      <button type="button" className="button" disabled={act.busy || disabledAt !== null} onClick={() => act.run(link)}>
        New password
      </button>
      {secondFactor ? (
        <button type="button" className="button" disabled={act.busy} onClick={then(() => removeSecondFactorOf(id))}>
          Take second factor off
        </button>
      ) : null}
      <button
        type="button"
        className="button"
        disabled={act.busy}
        onClick={then(() => changePerson(id, { disabled: disabledAt === null }))}
      >
        {disabledAt === null ? "Disable" : "Enable"}
      </button>
    </div>
  );
}

interface RolePickerProps {
  readonly label?: string;
  readonly id?: string;
  readonly role: Role;
  readonly pick: (role: Role) => void;
}

function RolePicker({ label, id, role, pick }: RolePickerProps) {
  const onPick = (value: string): void => {
    const picked = ROLE_NAMES.find((one) => one === value);
    if (picked !== undefined) pick(picked);
  };
  return (
    <select id={id} aria-label={label} value={role} onChange={(event) => onPick(event.target.value)}>
      {ROLE_NAMES.map((one) => (
        <option key={one} value={one}>
          {ROLES[one]}
        </option>
      ))}
    </select>
  );
}

function stateOf(disabledAt: string | null, passwordChangedAt: string | null): string {
  if (disabledAt !== null) return `disabled since ${exactTime(disabledAt, "UTC")}`;
  return passwordChangedAt === null ? "invited" : "active";
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
          <RolePicker id="new-role" role={role} pick={setRole} />
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
