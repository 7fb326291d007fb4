/** What can be done about an alert, and what was. */
import { useEffect, useRef, useState } from "react";
import { type Alert, acknowledge, assign, comment, readAlert, resolve, snooze } from "./alert-client.js";
import { readPeople } from "./desk-client.js";
import { type Act, Problem, useAct } from "./forms.js";
import { Failed, Loading } from "./pieces.js";
import { useResource } from "./resource.js";
import { useSession } from "./session.js";
import { exactTime } from "./times.js";

const SNOOZE_HOURS = 8;

interface ActsProps {
  readonly alert: Alert;
  readonly nowMs: number;
  readonly reload: () => void;
}

export function AlertActs({ alert, nowMs, reload }: ActsProps) {
  const act = useAct();
  const { session } = useSession();
  const { id, state, assignedTo } = alert;
  const then = (work: () => Promise<unknown>): void =>
    act.run(async () => {
      await work();
      reload();
    });
  const me = session.user.name;
  return (
    <>
      <div className="acts">
        {state === "open" ? (
          <button type="button" className="button" disabled={act.busy} onClick={() => then(() => acknowledge(id))}>
            Acknowledge
          </button>
        ) : null}
        {assignedTo === me ? null : (
          <button type="button" className="button" disabled={act.busy} onClick={() => then(() => assign(id, me))}>
            I take it
          </button>
        )}
        {session.rights.includes("users:read") ? <Assign alert={alert} act={act} then={then} /> : null}
        <button
          type="button"
          className="button"
          disabled={act.busy}
          onClick={() => then(() => snooze(id, SNOOZE_HOURS, nowMs))}
        >
          Quiet for {SNOOZE_HOURS} h
        </button>
        <button type="button" className="button" disabled={act.busy} onClick={() => then(() => resolve(id))}>
          Resolve
        </button>
      </div>
      <Comment id={id} act={act} reload={reload} />
      <Problem act={act} />
    </>
  );
}

interface AssignProps {
  readonly alert: Alert;
  readonly act: Act;
  readonly then: (work: () => Promise<unknown>) => void;
}

/** The list of people is read when somebody wants to choose. */
function Assign({ alert, act, then }: AssignProps) {
  const [names, setNames] = useState<readonly string[]>();
  if (names === undefined) {
    const read = async (): Promise<void> => {
      const { users } = await readPeople();
      setNames(users.filter(({ disabledAt }) => disabledAt === null).map(({ name }) => name));
    };
    return (
      <button type="button" className="button" disabled={act.busy} onClick={() => act.run(read)}>
        Assign …
      </button>
    );
  }
  return (
    <select
      aria-label="Assign to"
      value={alert.assignedTo ?? ""}
      disabled={act.busy}
      onChange={({ target: { value } }) => then(() => assign(alert.id, value === "" ? null : value))}
    >
      <option value="">nobody</option>
      {names.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Comment({ id, act, reload }: { readonly id: string; readonly act: Act; readonly reload: () => void }) {
  const [note, setNote] = useState("");
  return (
    <form
      className="comment"
      onSubmit={(event) => {
        event.preventDefault();
        act.run(async () => {
          await comment(id, note);
          setNote("");
          reload();
        });
      }}
    >
      <input
        aria-label="Comment"
        placeholder="Comment"
        value={note}
        maxLength={2_000}
        required
        onChange={(event) => setNote(event.target.value)}
      />
      <button type="submit" className="button" disabled={act.busy}>
        Add
      </button>
    </form>
  );
}

/** `acts`: how many were done here; another one is another line. */
export function AlertHistory({ id, acts }: { readonly id: string; readonly acts: number }) {
  const { data, problem, reload } = useResource(`alert ${id}`, (signal) => readAlert(id, signal));
  const read = useRef(acts);
  useEffect(() => {
    if (read.current !== acts) reload();
    read.current = acts;
  }, [acts, reload]);
  if (data === undefined) {
    return problem === undefined ? (
      <Loading what="Reading" />
    ) : (
      <Failed what="It could not be read." problem={problem} retry={reload} />
    );
  }
  return (
    <ol className="alert-history">
      {data.history.map(({ kind, at, by, note }) => (
        <li key={`${at} ${kind}`}>
          {exactTime(at, "UTC")}: {kind}
          {by === null ? null : (
            <>
              {" "}
              by <bdi>{by}</bdi>
            </>
          )}
          {note === "" ? null : (
            <>
              : <bdi>{note}</bdi>
            </>
          )}
        </li>
      ))}
    </ol>
  );
}
