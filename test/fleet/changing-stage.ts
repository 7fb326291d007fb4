/** A fleet in which every changing route can succeed: people with passwords, machines as many as are asked for. */
import { rm } from "node:fs/promises";
import { hashPassword } from "../../fleet/api/password.js";
import type { Role } from "../../fleet/api/roles.js";
import { randomSecret } from "../../fleet/store/data-folder.js";
import { masterKey } from "../../fleet/store/master-key.js";
import { addOperator } from "../../fleet/store/provision.js";
import { addSession, addUser, findUser } from "../../fleet/store/users.js";
import { openDoor } from "./identity/boards.js";
import type { Answer, Method, SignedIn } from "./signed-in.js";
import { addTestMachine, OUR_PAGE, startTestFleet, type TestFleet, temporaryFolder } from "./support.js";

export const PASSWORD = "correct horse battery";

export interface StagePerson extends Pick<SignedIn, "ask"> {
  readonly userId: string;
  readonly name: string;
  readonly operatorId: string;
  /** Begins another session of his. */
  signInAgain(): Promise<void>;
}

export interface Stage {
  readonly fleet: TestFleet;
  readonly owner: StagePerson;
  /** Owner of another operator. */
  readonly stranger: StagePerson;
  readonly master: Uint8Array;
  /** A name that nothing has yet. */
  name(): string;
  /** Somebody new of ours. */
  person(role?: Role): Promise<StagePerson>;
  /** A new machine; its serial. */
  machine(operatorId?: string): Promise<string>;
  /** Makes something by POST as the owner, or as `by`; the answer's body. Throws what is no success. */
  make(path: string, body?: object, by?: StagePerson): Promise<Readonly<Record<string, string>>>;
  /** A row by the owner's role. */
  row(query: string, values: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

export async function buildStage(): Promise<Stage> {
  const folder = await temporaryFolder();
  // No jobs, no alerts: nothing but the acts changes anything.
  const fleet = await startTestFleet({ roles: ["api", "ingest"], door: openDoor(folder) });
  const passwordHash = await hashPassword(PASSWORD);
  let count = 0;
  const name = () => `Act ${++count}`;
  const personOf = (operatorId: string, role: Role) => addPerson(fleet, operatorId, name(), passwordHash, role);
  const owner = await personOf(fleet.operatorId, "owner");
  return {
    fleet,
    owner,
    stranger: await personOf(await addOperator(fleet.databases, "Somebody Else"), "owner"),
    master: await masterKey(fleet.config),
    name,
    person: (role = "technician") => personOf(fleet.operatorId, role),
    machine: async (operatorId = fleet.operatorId) => {
      const serial = `ACT-${++count}`;
      await addTestMachine(fleet, operatorId, serial);
      return serial;
    },
    make: async (path, body, by = owner) => {
      const answer = await by.ask("POST", path, body);
      if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
      return answer.json();
    },
    row: async (query, values) => {
      const [row] = await fleet.databases.migrate.unsafe<{ id: string }[]>(query, [...values]);
      if (row === undefined) throw new Error(`no row: ${query}`);
      return row.id;
    },
    close: async () => {
      await fleet.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function addPerson(
  fleet: TestFleet,
  operatorId: string,
  name: string,
  passwordHash: string,
  role: Role,
): Promise<StagePerson> {
  await addUser(fleet.databases, operatorId, name, passwordHash, role);
  const found = await findUser(fleet.databases.app, name);
  if (found === undefined) throw new Error(`${name} was not made`);
  const { user } = found;
  const signIn = async () => {
    const token = randomSecret();
    await addSession(fleet.databases.app, token, user, Date.now() + 600_000);
    return `spiral_session=${token}`;
  };
  const cookie = await signIn();
  return {
    userId: user.id,
    name,
    operatorId,
    signInAgain: async () => void (await signIn()),
    ask: (method, path, payload, headers = {}) =>
      ask(fleet, method, path, { ...OUR_PAGE, cookie, ...headers }, payload),
  };
}

async function ask(
  fleet: TestFleet,
  method: Method,
  path: string,
  headers: Readonly<Record<string, string>>,
  payload?: object | string,
): Promise<Answer> {
  const body = payload === undefined ? {} : { payload };
  const answer = await fleet.app.inject({ method, url: `/api/v1${path}`, headers, ...body });
  return { status: answer.statusCode, headers: answer.headers, text: answer.body, json: answer.json };
}
