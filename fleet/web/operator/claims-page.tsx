/** New machines: a claim code, as text and QR, by which a board becomes one of these cabinets, once. */
import { useState } from "react";
import type { Claim, NewClaim } from "../../api/claims/schema.js";
import { QrCode } from "../parts/qr-code.js";
import { makeClaim, readClaims, revokeClaim } from "./desk-client.js";
import { Field, Form, Once, Problem, useAct } from "./forms.js";
import { Empty, Failed, Loading } from "./pieces.js";
import { useResource } from "./resource.js";
import { machineHref } from "./route.js";
import { exactTime } from "./times.js";

const DEFAULT_HOURS = 72;

export function ClaimsPage() {
  const claims = useResource("claims", (signal) => readClaims(undefined, signal));
  const [fresh, setFresh] = useState<NewClaim>();
  const { data, problem, reload } = claims;
  return (
    <main className="page">
      <h1>New machines</h1>
      <p className="muted">
        A code turns a board into one of your cabinets. A cabinet that has a board already gets the new one in its
        place.
      </p>
      {fresh === undefined ? null : (
        <Once
          title={`Claim code for ${fresh.serials.join(", ")}`}
          about={`Scan it at the board, or type it. It works once, until ${exactTime(fresh.expiresAt, "UTC")}.`}
          text={fresh.code}
          done={() => setFresh(undefined)}
        >
          <QrCode text={fresh.qrText} label="The claim code, as a QR code" size={240} />
          <p>
            In the board's service menu: <span data-testid="claim-digits">{fresh.digits}</span>
          </p>
        </Once>
      )}
      <NewClaimForm
        show={(claim) => {
          setFresh(claim);
          reload();
        }}
      />
      {problem === undefined ? null : <Failed what="The codes could not be read." problem={problem} retry={reload} />}
      {data === undefined && problem === undefined ? <Loading what="Reading the codes" /> : null}
      {data?.claims.length === 0 ? <Empty>No code was made yet.</Empty> : null}
      {data === undefined || data.claims.length === 0 ? null : <ClaimTable claims={data.claims} reload={reload} />}
    </main>
  );
}

function ClaimTable({ claims, reload }: { readonly claims: readonly Claim[]; readonly reload: () => void }) {
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
            <ClaimRow key={claim.id} claim={claim} reload={reload} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ClaimRow({ claim, reload }: { readonly claim: Claim; readonly reload: () => void }) {
  const act = useAct();
  const { id, serials, note, state, createdAt, expiresAt, usedBy } = claim;
  const revoke = (): void =>
    act.run(async () => {
      await revokeClaim(id);
      reload();
    });
  return (
    <tr data-testid={`claim-${serials[0]}`}>
      <th scope="row">{serials.join(", ")}</th>
      <td>{note}</td>
      <td>{exactTime(createdAt, "UTC")}</td>
      <td>
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
  const submit = async (): Promise<void> => {
    const wanted = serials
      .toUpperCase()
      .split(/[\s,;]+/)
      .filter((serial) => serial !== "");
    show(await makeClaim(wanted, note.trim(), DEFAULT_HOURS));
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
        <Field label="Note (optional)" value={note} change={setNote} required={false} maxLength={200} />
      </Form>
    </section>
  );
}
