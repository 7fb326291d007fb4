/** What a run may cost. */

/** Memory may grow by so much in a run, whatever its length: more is a leak. */
export const MAX_GROWTH_MIB = 300;
