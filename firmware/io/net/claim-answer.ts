/**
 * What the fleet's door answered to a claim: an identity for this board and no other, or why not (RFC 9457 problem
 * documents, `claim-refused` with its reason). Pure; never throws.
 */
import { fromHex } from "../../../shared/bytes.js";
import { CLAIM_REFUSALS, type ClaimRefusal } from "../../../shared/wire/claim.js";
import { type Given, isGiven } from "../claim-store.js";
import { type DoorAnswer, GRANTED, REFUSED, TOO_MANY } from "./door.js";
import { fieldsOf, type IssuedTrust, isFields, judgeIssued } from "./issued-answer.js";

/** Why there is no identity yet, as the service menu names it. */
export type ClaimTrouble = ClaimRefusal | "noAnswer" | "rateLimited" | "refused" | "unsound";

export type ClaimVerdict =
  | { readonly ok: true; readonly given: Given }
  | { readonly ok: false; readonly why: ClaimTrouble };

const BAD_REQUEST = 400;

export function judgeClaim(answer: DoorAnswer, trust: IssuedTrust): ClaimVerdict {
  if (answer?.status === GRANTED) {
    const given = givenBy(fieldsOf(answer.body) ?? {}, trust);
    return given === undefined ? no("unsound") : { ok: true, given };
  }
  if (answer?.status === TOO_MANY) return no("rateLimited");
  if (answer?.status !== REFUSED && answer?.status !== BAD_REQUEST) return no("noAnswer");
  const { code, detail } = fieldsOf(answer.body) ?? {};
  const why = code === "claim-refused" ? CLAIM_REFUSALS.find((refusal) => refusal === detail) : undefined;
  return no(why ?? "refused");
}

function givenBy(answer: Readonly<Record<string, unknown>>, trust: IssuedTrust): Given | undefined {
  const { epoch, broker, keys } = answer;
  const verdict = judgeIssued(answer, trust);
  if (!verdict.ok || !isFields(broker) || !isFields(keys)) return undefined;
  const { host: brokerHost, port: brokerPort } = broker;
  if (typeof brokerHost !== "string" || !isWhole(brokerPort) || !isWhole(epoch)) return undefined;
  const voucherKey = typeof keys.voucher === "string" ? fromHex(keys.voucher) : undefined;
  const orderKey = typeof keys.order === "string" ? fromHex(keys.order) : undefined;
  if (voucherKey === undefined || orderKey === undefined) return undefined;
  const { certificate, authorities } = verdict.issued;
  const given = { epoch, voucherKey, orderKey, certificate, authorities, brokerHost, brokerPort };
  return isGiven(given) ? { ...given, machineId: trust.machineId } : undefined;
}

function isWhole(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value);
}

function no(why: ClaimTrouble): ClaimVerdict {
  return { ok: false, why };
}
