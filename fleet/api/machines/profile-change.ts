/** A change to what an operator says of a machine, whether it is posted or imported. */
import type { Transaction } from "../../store/databases.js";
import { readLocation } from "../../store/locations.js";
import { changeProfile } from "../../store/machine-profiles.js";
import type { ProblemCode } from "../problems.js";
import { isZone } from "../zones.js";
import type { MachineProfile, ProfilePatch } from "./profile-schema.js";

const OF_LOCATION = ["locationName", "timeZone", "latitude", "longitude"] as const;

/** What keeps a change from being made. */
export interface Unfit {
  readonly code: Extract<ProblemCode, "bad-request" | "no-such-location">;
  readonly field: keyof ProfilePatch;
  readonly why: string;
}

/** Changes the profile, `before` locked; or says what does not fit. */
export async function patchProfile(
  tx: Transaction,
  operatorId: string,
  before: MachineProfile,
  patch: ProfilePatch,
): Promise<Unfit | undefined> {
  const { decommissionedAt, ...kept } = before;
  const { decommissioned = decommissionedAt !== null, ...told } = patch;
  const wanted = { ...kept, ...told, decommissioned };
  if (told.timeZone !== undefined && !isZone(told.timeZone)) {
    return { code: "bad-request", field: "timeZone", why: `${told.timeZone} is no IANA time zone` };
  }
  if (wanted.locationId !== null) {
    const beside = OF_LOCATION.find((name) => told[name] !== undefined);
    if (beside !== undefined) {
      return { code: "bad-request", field: beside, why: "is the location's, change it there" };
    }
    const location = await readLocation(tx, operatorId, wanted.locationId);
    if (location === undefined) return { code: "no-such-location", field: "locationId", why: wanted.locationId };
  }
  await changeProfile(tx, operatorId, wanted);
  return undefined;
}
