/** What a person may do, from everything to looking only. */
export const ROLES = ["owner", "dispatcher", "technician", "driver", "viewer"] as const;
export type Role = (typeof ROLES)[number];
