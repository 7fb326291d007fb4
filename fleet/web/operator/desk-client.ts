/** What the pages of people, keys, own account and the record of changes ask of the API. */

import type Type from "typebox";
import type { OwnSessions, RecoveryCodes, TotpOffer } from "../../api/account/schema.js";
import type { ChangeEntry, ChangeList } from "../../api/audit-log/schema.js";
import type { Claim, ClaimList, NewClaim } from "../../api/claims/schema.js";
import type { Key, KeyList, MadeKey, NewKey } from "../../api/keys/schema.js";
import type { Providers } from "../../api/session/schema.js";
import type { MadeUser, NewUser, PasswordLink, User, UserChange, UserList } from "../../api/users/schema.js";
import { call, queryText } from "./client.js";

export type { ChangeEntry, Key, User };
export type OwnSession = Type.Static<typeof OwnSessions>["sessions"][number];

export function readPeople(cursor?: string, signal?: AbortSignal): Promise<Type.Static<typeof UserList>> {
  return call("GET", `users${queryText({ limit: 200, cursor })}`, undefined, signal);
}

export function addPerson(person: Type.Static<typeof NewUser>): Promise<Type.Static<typeof MadeUser>> {
  return call("POST", "users", person);
}

export function changePerson(id: string, change: Type.Static<typeof UserChange>): Promise<User> {
  return call("PATCH", `users/${id}`, change);
}

export function makePasswordLink(id: string): Promise<Type.Static<typeof PasswordLink>> {
  return call("POST", `users/${id}/password-links`);
}

export function removeSecondFactorOf(id: string): Promise<void> {
  return call("DELETE", `users/${id}/second-factor`);
}

export function readKeys(cursor?: string, signal?: AbortSignal): Promise<Type.Static<typeof KeyList>> {
  return call("GET", `keys${queryText({ limit: 200, cursor })}`, undefined, signal);
}

/** `scopes`: rights of whoever is signed in; the service looks. */
export function makeKey(
  key: Omit<Type.Static<typeof NewKey>, "scopes"> & { readonly scopes: readonly string[] },
): Promise<Type.Static<typeof MadeKey>> {
  return call("POST", "keys", key);
}

export function revokeKey(id: string): Promise<void> {
  return call("DELETE", `keys/${id}`);
}

export function readClaims(cursor?: string, signal?: AbortSignal): Promise<ClaimList> {
  return call("GET", `claims${queryText({ limit: 50, cursor })}`, undefined, signal);
}

export function readClaim(id: string, signal?: AbortSignal): Promise<Claim> {
  return call("GET", `claims/${id}`, undefined, signal);
}

export function makeClaim(serials: readonly string[], note: string, expiresInHours: number): Promise<NewClaim> {
  return call("POST", "claims", { serials, note, expiresInHours });
}

export function revokeClaim(id: string): Promise<void> {
  return call("DELETE", `claims/${id}`);
}

export function readChanges(cursor?: string, signal?: AbortSignal): Promise<Type.Static<typeof ChangeList>> {
  return call("GET", `audit-log${queryText({ limit: 50, cursor })}`, undefined, signal);
}

export function changePassword(present: string, wanted: string): Promise<void> {
  return call("PUT", "account/password", { present, wanted });
}

export function readOwnSessions(signal?: AbortSignal): Promise<Type.Static<typeof OwnSessions>> {
  return call("GET", "account/sessions", undefined, signal);
}

export function endOwnSession(id: string): Promise<void> {
  return call("DELETE", `account/sessions/${id}`);
}

export function offerSecondFactor(password: string): Promise<Type.Static<typeof TotpOffer>> {
  return call("POST", "account/totp", { password });
}

export function confirmSecondFactor(code: string): Promise<Type.Static<typeof RecoveryCodes>> {
  return call("PUT", "account/totp", { code });
}

export function removeSecondFactor(password: string): Promise<void> {
  return call("POST", "account/totp/removal", { password });
}

/** Where else one may sign in; null: nowhere. */
export function readProviders(): Promise<Type.Static<typeof Providers>> {
  return call("GET", "session/providers");
}

export function askForReset(name: string): Promise<void> {
  return call("POST", "password-resets", { name });
}

export function setPassword(token: string, password: string): Promise<void> {
  return call("POST", "passwords", { token, password });
}
