/** Who changed what: the record of changes, newest first. */
import { useState } from "react";
import { type ChangeEntry, readChanges } from "./desk-client.js";
import { Problem, useAct } from "./forms.js";
import { Empty, Failed, Loading } from "./pieces.js";
import { useResource } from "./resource.js";
import { exactTime } from "./times.js";

export function ChangesPage() {
  const list = useResource("changes", (signal) => readChanges(undefined, signal));
  const act = useAct();
  const [older, setOlder] = useState<readonly ChangeEntry[]>([]);
  const [cursor, setCursor] = useState<string | null>();
  const { data, problem, reload } = list;
  const next = cursor === undefined ? data?.nextCursor : cursor;
  const more = (from: string): void =>
    act.run(async () => {
      const page = await readChanges(from);
      setOlder((shown) => [...shown, ...page.changes]);
      setCursor(page.nextCursor);
    });
  return (
    <main className="page">
      <h1>Changes</h1>
      {problem === undefined ? null : <Failed what="The record could not be read." problem={problem} retry={reload} />}
      {data === undefined && problem === undefined ? <Loading what="Reading the record" /> : null}
      {data?.changes.length === 0 ? <Empty>Nothing was changed yet.</Empty> : null}
      {data === undefined || data.changes.length === 0 ? null : (
        <div className="card flush scroll">
          <table className="desk">
            <thead>
              <tr>
                <th scope="col">When</th>
                <th scope="col">Who</th>
                <th scope="col">What</th>
                <th scope="col">Before and after</th>
              </tr>
            </thead>
            <tbody>
              {[...data.changes, ...older].map((entry) => (
                <tr key={entry.id}>
                  <td data-label="When">{exactTime(entry.at, "UTC")}</td>
                  <td data-label="Who">
                    {entry.user === null && entry.key !== null ? "key " : ""}
                    <bdi>{entry.user ?? entry.key ?? "the service"}</bdi>
                  </td>
                  <td data-label="What">
                    {entry.subject} {entry.action} <bdi className="place">{entry.subjectId}</bdi>
                  </td>
                  <td data-label="Before and after">
                    <details>
                      <summary>show</summary>
                      <pre>{recordText(entry)}</pre>
                    </details>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Problem act={act} />
      {typeof next === "string" ? (
        <button type="button" className="button more" disabled={act.busy} onClick={() => more(next)}>
          Older changes
        </button>
      ) : null}
    </main>
  );
}

/** Letters that turn the direction of what follows are written as what they are: here it matters what was said. */
function recordText({ before, after }: ChangeEntry): string {
  return JSON.stringify({ before, after }, null, 2).replace(
    /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16)}`,
  );
}
