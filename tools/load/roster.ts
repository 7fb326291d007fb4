/** Who the simulated machines are: serials, passwords and places, all from one seed, the same in every process. */
import { createHash } from "node:crypto";
import { deepFreeze } from "../../shared/freeze.js";

/** Time zones of the fleet with their share of the machines; minutes east of UTC where nobody changes clocks. */
export const ZONES = deepFreeze([
  { timeZone: "America/Phoenix", eastMin: -420, share: 3 },
  { timeZone: "America/Panama", eastMin: -300, share: 3 },
  { timeZone: "UTC", eastMin: 0, share: 2 },
  { timeZone: "Africa/Lagos", eastMin: 60, share: 3 },
  { timeZone: "Asia/Kathmandu", eastMin: 345, share: 1 },
  { timeZone: "Asia/Singapore", eastMin: 480, share: 2 },
  { timeZone: "Asia/Tokyo", eastMin: 540, share: 2 },
] as const);

const SHARES = ZONES.reduce((sum, { share }) => sum + share, 0);

export function serialOf(index: number): string {
  return `LOAD-${String(index).padStart(6, "0")}`;
}

/** 256 bits that only who knows the seed can make: nothing has to be handed from process to process. */
export function passwordOf(seed: number, index: number): string {
  return createHash("sha256")
    .update(`${seed}/${serialOf(index)}`)
    .digest("base64url");
}

/** The zone of a machine: neighbours stand in different ones. */
export function zoneOf(index: number): (typeof ZONES)[number] {
  let at = index % SHARES;
  for (const zone of ZONES) {
    if (at < zone.share) return zone;
    at -= zone.share;
  }
  return ZONES[0];
}
