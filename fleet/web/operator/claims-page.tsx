/**
 * New machines: a claim code by which a board becomes one of these cabinets, once. Boards have no camera: the QR opens
 * on the installer's phone what he needs in front of one.
 */
import { useId, useState } from "react";
import type { Claim, ClaimList, NewClaim } from "../../api/claims/schema.js";
import { QrCode } from "../parts/qr-code.js";
import { makeClaim, readClaims, revokeClaim } from "./desk-client.js";
import { Field, Form, Once, Problem, useAct } from "./forms.js";
import { Empty, Failed, Loading } from "./pieces.js";
import { type Resource, useResource } from "./resource.js";
import { machineHref, pagesUrl } from "./route.js";
import { exactTime } from "./times.js";

const DEFAULT_HOURS = 72;
const HOURS: readonly (readonly [number, string])[] = [
  [8, "8 hours"],
  [24, "1 day"],
  [72, "3 days"],
  [168, "1 week"],
  [720, "30 days"],
];

export function ClaimsPage() {
  const claims = useResource("claims", (signal) => readClaims(undefined, signal));
  const [fresh, setFresh] = useState<NewClaim>();
  const { data, problem, reload, update } = claims;
  return (
    <main className="page">
      <h1>New machines</h1>
      <p className="muted">
        A code turns a board into one of your cabinets. A cabinet that has a board already gets the new one in its
        place.
      </p>
      {fresh === undefined ? null : <Fresh key={fresh.id} claim={fresh} done={() => setFresh(undefined)} />}
      <NewClaimForm
        show={(claim) => {
          setFresh(claim);
          reload();
        }}
      />
      {problem === undefined ? null : <Failed what="The codes could not be read." problem={problem} retry={reload} />}
      {data === undefined && problem === undefined ? <Loading what="Reading the codes" /> : null}
      {data?.claims.length === 0 ? <Empty>No code was made yet.</Empty> : null}
      {data === undefined || data.claims.length === 0 ? null : <Claims list={data} update={update} />}
    </main>
  );
}

function Fresh({ claim, done }: { readonly claim: NewClaim; readonly done: () => void }) {
  const { serials, expiresAt, code, digits, path, link } = claim;
  const url = link ?? pagesUrl(path);
  return (
    <Once
      title={`Claim code for ${serials.join(", ")}`}
      about={`Scan it with a phone at the board: it shows what to type and press, and when the board is claimed. It
        works once, until ${exactTime(expiresAt, "UTC")}.`}
      text={code}
      done={done}
    >
      <QrCode text={url} label="Opens the page for whoever stands at the board, as a QR code" size={240} />
      {LOOPBACK.test(new URL(url).hostname) ? (
        <p className="banner warn">
          This address opens on this computer only. For phones set <code>SPIRAL_PUBLIC_URL</code>.
        </p>
      ) : null}
      <p>
        <a href={url}>Open that page here</a>
      </p>
      <p>
        As digits, for the service menu: <span data-testid="claim-digits">{digits}</span>
      </p>
      <p>As letters, to be flashed:</p>
    </Once>
  );
}

/** Host names that mean the computer itself. */
const LOOPBACK = /^(localhost|127\..*|\[::1\])$/;

interface ClaimsProps {
  readonly list: ClaimList;
  readonly update: Resource<ClaimList>["update"];
}

function Claims({ list: { claims, nextCursor }, update }: ClaimsProps) {
  const act = useAct();
  const readOlder = (cursor: string): void =>
    act.run(async () => {
      const page = await readClaims(cursor);
      update((shown) => ({ claims: [...shown.claims, ...page.claims], nextCursor: page.nextCursor }));
    });
  const revoked = (id: string): void =>
    update((shown) => ({
      ...shown,
      claims: shown.claims.map((claim) => (claim.id === id ? { ...claim, state: "revoked" } : claim)),
    }));
  return (
    <>
      <ClaimTable claims={claims} revoked={revoked} />
      <Problem act={act} />
      {nextCursor === null ? null : (
        <button type="button" className="button more" disabled={act.busy} onClick={() => readOlder(nextCursor)}>
          Older codes
        </button>
      )}
    </>
  );
}

interface ClaimTableProps {
  readonly claims: readonly Claim[];
  readonly revoked: (id: string) => void;
}

function ClaimTable({ claims, revoked }: ClaimTableProps) {
  return (
    <div className="card flush scroll">
      <table className="desk">
        <thead>
          <tr>
            <th scope="col">For</th>
            <th scope="col">Note</th>
            <th scope="col">Made</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {claims.map((claim) => (
            <ClaimRow key={claim.id} claim={claim} revoked={revoked} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ClaimRow({ claim, revoked }: { readonly claim: Claim; readonly revoked: (id: string) => void }) {
  const act = useAct();
  const { id, serials, note, state, createdAt, expiresAt, usedBy } = claim;
  const revoke = (): void =>
    act.run(async () => {
      await revokeClaim(id);
      revoked(id);
    });
  return (
    <tr data-testid={`claim-${serials[0]}`}>
      <th scope="row">{serials.join(", ")}</th>
      <td data-label="Note">{note}</td>
      <td data-label="Made">{exactTime(createdAt, "UTC")}</td>
      <td data-label="State">
        {state}
        {usedBy === null ? null : (
          <a className="place" href={machineHref(usedBy)}>
            {usedBy}
          </a>
        )}
        {state === "open" ? (
          <>
            <small>until {exactTime(expiresAt, "UTC")}</small>
            <button type="button" className="button" disabled={act.busy} onClick={revoke}>
              Revoke
            </button>
          </>
        ) : null}
        <Problem act={act} />
      </td>
    </tr>
  );
}

function NewClaimForm({ show }: { readonly show: (claim: NewClaim) => void }) {
  const act = useAct();
  const [serials, setSerials] = useState("");
  const [note, setNote] = useState("");
  const [hours, setHours] = useState(DEFAULT_HOURS);
  const hoursId = useId();
  const submit = async (): Promise<void> => {
    const wanted = serials
      .toUpperCase()
      .split(/[\s,;]+/)
      .filter((serial) => serial !== "");
    show(await makeClaim(wanted, note.trim(), hours));
    setSerials("");
    setNote("");
  };
  return (
    <section className="card">
      <Form title="Make a claim code" act={act} submit={submit} verb="Make">
        <Field
          label="Serial numbers of the cabinets"
          value={serials}
          change={setSerials}
          hint="One or more, with spaces between them: letters, digits and dashes"
        />
        <div className="field">
          <label htmlFor={hoursId}>Good for</label>
          <select id={hoursId} value={hours} onChange={({ target: { value } }) => setHours(Number(value))}>
            {HOURS.map(([count, words]) => (
              <option key={count} value={count}>
                {words}
              </option>
            ))}
          </select>
        </div>
        <Field label="Note (optional)" value={note} change={setNote} required={false} maxLength={200} />
      </Form>
    </section>
  );
}
